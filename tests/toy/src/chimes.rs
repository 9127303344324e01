//! Chimes: AWS JSON, and a service that has another one do something.

use std::sync::{Arc, Weak};

use samlet_aws::{Arn, Place};
use samlet_service::protocol::{Json, JsonVersion};
use samlet_service::{
    Answer, BodyRule, Call, Caller, Content, Deliver, Fault, Identity, Need, Operation, Protocol,
    Registration, Service, Setup, async_trait,
};
use serde_json::{Value, json};

use crate::bells;

/// As what Chimes makes requests of other services.
const CALLER: &str = "chimes.example.com";

/// Chimes, as samlet knows them.
static IDENTITY: Identity = Identity {
    signing_name: "chimes",
    title: "Chimes",
    iam_prefix: "chimes",
    actions: include_str!("chimes.txt"),
    condition_keys: "",
    protocols: &[Protocol::Json(Json {
        version: JsonVersion::V1_0,
        targets: &["Chimes_20261127"],
        namespace: "com.amazon.coral.service#",
        is_dynamodb_style: false,
    })],
    body: BodyRule::Whole { max_bytes: 4096 },
    has_compression: false,
    check: None,
    stored: &[],
};

/// Chimes, which can be made.
pub static SERVICE: Registration = Registration {
    identity: &IDENTITY,
    make: |setup| Ok(Arc::new(Chimes::new(setup))),
    resource_types: &[],
};

/// The chimes of one application: there is one of any name.
#[derive(Clone, Debug)]
pub struct Chimes {
    place: Arc<Place>,
    deliver: Weak<dyn Deliver>,
}

impl Chimes {
    /// Chimes that reach other services by what `setup` has.
    pub fn new(setup: &Setup) -> Self {
        Self {
            place: Arc::clone(&setup.place),
            deliver: Weak::clone(&setup.deliver),
        }
    }
}

#[async_trait]
impl Service for Chimes {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        if call.operation() != "Strike" {
            let text = format!("samlet does not provide Chimes' {}", call.operation());
            return Err(Fault::unknown_operation(text));
        }
        let request: Value = call.read_json()?;
        let text = |name: &str| request[name].as_str().map(str::to_owned);
        let (Some(chime), Some(bell)) = (text("Chime"), text("Bell")) else {
            let message = "Chime and Bell are required";
            return Err(Fault::new(400, "ValidationException", message));
        };
        let arn = self.place.arn("chimes", format_args!("chime/{chime}"));
        Ok(Box::new(Strike {
            need: [Need::new("chimes:Strike", arn.as_str())],
            arn,
            bell,
            deliver: Weak::clone(&self.deliver),
        }))
    }
}

struct Strike {
    need: [Need; 1],
    arn: Arn,
    bell: String,
    deliver: Weak<dyn Deliver>,
}

#[async_trait]
impl Operation for Strike {
    fn needs(&self) -> &[Need] {
        &self.need
    }

    /// The bell is always rung by Chimes, not by the caller.
    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        let deliver = self.deliver.upgrade().ok_or_else(Fault::internal)?;
        let protocol = &bells::IDENTITY.protocols[0];
        let call = Call::query(protocol, "Ring", &[("Name", &self.bell)]);
        let caller = Caller::service(CALLER, &self.arn);
        let name = bells::IDENTITY.signing_name;
        let answer = deliver.deliver(name, call, &caller).await?;
        let Content::Xml(result) = answer.content else {
            return Err(Fault::internal());
        };
        let count = result
            .child_text("Count")
            .and_then(|text| text.parse::<u64>().ok());
        Ok(Answer::json(json!({"Count": count}).to_string()))
    }
}
