//! What waits on a resource of another service is woken by its change, and asks for nothing meanwhile.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Weak};

use samlet_aws::{Arn, Place};
use samlet_clock::Clock;
use samlet_iam::{Denied, Principal};
use samlet_service::{AccessObserver, Call, Caller, Changes, Declared, Deliver as _, Services};
use samlet_template::Location;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use toy::{BELLS, Bells};

#[derive(Debug)]
struct Unobserved;

impl AccessObserver for Unobserved {
    fn allowed(&self, _: &Principal, _: &str, _: &str) {}
    fn denied(&self, _: &Principal, _: &Denied) {}
}

fn bell(name: &str) -> Declared {
    Declared {
        logical_id: "Main".to_owned(),
        kind: "Toy::Bells::Bell",
        name: name.to_owned(),
        properties: Value::Null,
        policy: None,
        location: Location {
            line: 1,
            column: 1,
            end_column: 2,
        },
    }
}

#[tokio::test]
async fn whatever_waits_on_a_resource_is_woken_by_its_change() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new("us-east-1", "123456789012", "local");
    let services = Services::new(Arc::new(place.clone()), Arc::new(Unobserved));
    let setup = services.setup(folder.path(), &Clock::new(), &CancellationToken::new());
    assert!(Weak::upgrade(&setup.deliver).is_some());
    let bells = Bells::new(&setup).unwrap();
    let arn: Arn = place.arn("bells", "bell/main");
    services.add(vec![Arc::new(bells.clone())]);
    let plans = services.plan(&[bell("main")]).await.unwrap();
    services.carry_out(plans).await.unwrap();
    let mut waiting = bells.watch(&arn).unwrap();
    assert!(bells.watch(&place.arn("bells", "bell/none")).is_none());

    let woken = tokio::spawn(async move {
        waiting.changed().await.unwrap();
        *waiting.borrow()
    });
    let call = Call::query(
        &BELLS.identity.protocols[0],
        "Ring",
        &[("Name", "main"), ("Times", "3")],
    );
    let caller = Caller::new(Principal::developer(&place));
    services.deliver("bells", call, &caller).await.unwrap();
    assert_eq!(woken.await.unwrap(), 3);
}
