//! Bells: AWS Query, one IAM action, and resources that have policies.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use samlet_aws::{Arn, Place};
use samlet_iam::{Context, ResourcePolicy, ResourcePolicyDocument};
use samlet_service::protocol::Query;
use samlet_service::xml::Element;
use samlet_service::{
    Answer, BodyRule, Call, Caller, Changes, Described, Fault, Identity, Need, Operation, Protocol,
    Service, Setup, Stored, async_trait,
};
use serde_json::json;
use tokio::sync::watch;

/// What a bell has been rung at once, at most.
const MAX_TIMES: u64 = 12;

/// Bells, as samlet knows them.
pub static IDENTITY: Identity = Identity {
    signing_name: "bells",
    title: "Bells",
    iam_prefix: "bells",
    actions: include_str!("bells.txt"),
    protocols: &[Protocol::Query(Query {
        version: "2026-11-27",
        namespace: "https://bells.example.com/doc/2026-11-27/",
    })],
    body: BodyRule::Whole { max_bytes: 4096 },
    stored: &[Stored {
        path: "bells",
        title: "bells",
    }],
};

/// The bells of one application; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bells {
    place: Arc<Place>,
    folder: PathBuf,
    /// By name. Held for a moment only.
    bells: Arc<Mutex<BTreeMap<&'static str, Bell>>>,
}

#[derive(Debug)]
struct Bell {
    policy: Option<Arc<ResourcePolicy>>,
    rung: watch::Sender<u64>,
}

impl Bells {
    /// Two bells: `main`, which the chime `hourly` may ring, and `quiet`, which has no policy.
    pub fn new(setup: &Setup) -> io::Result<Self> {
        let folder = setup.folder.join(IDENTITY.stored[0].path);
        std::fs::create_dir_all(&folder)?;
        let place = Arc::clone(&setup.place);
        let bell = |name: &str, policy| {
            let stored = std::fs::read_to_string(folder.join(name)).ok();
            let rung = stored.and_then(|text| text.parse().ok()).unwrap_or(0);
            Bell {
                policy,
                rung: watch::Sender::new(rung),
            }
        };
        let bells = BTreeMap::from([
            ("main", bell("main", policy_of_main(&place))),
            ("quiet", bell("quiet", None)),
        ]);
        Ok(Self {
            place,
            folder,
            bells: Arc::new(Mutex::new(bells)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Bell>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arn(&self, name: &str) -> Arn {
        arn(&self.place, name)
    }

    fn ring(&self, name: &str, times: u64) -> Result<Answer, Fault> {
        let bells = self.lock();
        let bell = bells.get(name).ok_or_else(|| no_bell(name))?;
        let count = *bell.rung.borrow() + times;
        // On disk before it is acknowledged.
        std::fs::write(self.folder.join(name), count.to_string()).map_err(|_| Fault::internal())?;
        bell.rung.send_replace(count);
        let result = Element::new("RingResult")
            .with_text_child("Name", name)
            .with_text_child("Count", count);
        Ok(Answer::xml(result))
    }

    fn list(&self) -> Answer {
        let bells = self.lock();
        let members = bells
            .keys()
            .map(|name| Element::with_only_text("member", name));
        let bells = Element::new("Bells").with_children(members);
        Answer::xml(Element::new("ListBellsResult").with_child(bells))
    }
}

fn arn(place: &Place, name: &str) -> Arn {
    place.arn("bells", format_args!("bell/{name}"))
}

fn policy_of_main(place: &Place) -> Option<Arc<ResourcePolicy>> {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": crate::chimes::SERVICE},
            "Action": "bells:Ring",
            "Resource": arn(place, "main"),
            "Condition": {"ArnEquals": {"aws:SourceArn": place.arn("chimes", "chime/hourly")}},
        },
    });
    let document = ResourcePolicyDocument::parse(&document).ok()?;
    Some(Arc::new(ResourcePolicy {
        name: "the policy of main".into(),
        document,
        places: Vec::new(),
    }))
}

fn no_bell(name: &str) -> Fault {
    Fault::new(404, "NoSuchBell", format!("There is no bell {name:.100}"))
}

#[async_trait]
impl Service for Bells {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        match call.operation() {
            "ListBells" => Ok(Box::new(ListBells(self.clone()))),
            "Ring" => Ok(Box::new(self.read_ring(&call)?)),
            other => {
                let text = format!("samlet does not provide the Bells action {other}");
                Err(Fault::unknown_operation(text))
            }
        }
    }

    async fn describe(&self) -> Vec<Described> {
        let bells = self.lock();
        let described = bells.iter().map(|(name, bell)| Described {
            kind: "bell",
            name: (*name).to_owned(),
            arn: self.arn(name),
            details: vec![("rung", bell.rung.borrow().to_string())],
        });
        described.collect()
    }
}

impl Bells {
    fn read_ring(&self, call: &Call) -> Result<Ring, Fault> {
        let form = call.read_form()?;
        let name = form.get("Name").ok_or_else(|| {
            let text = "The request must contain the parameter Name.";
            Fault::new(400, "MissingParameter", text)
        })?;
        let times = form.get("Times").unwrap_or("1").parse().ok();
        let times = times.filter(|times| (1..=MAX_TIMES).contains(times));
        let times = times.ok_or_else(|| {
            let text = format!("Times must be an integer from 1 to {MAX_TIMES}.");
            Fault::new(400, "InvalidParameterValue", text)
        })?;
        let policy = self.lock().get(name).and_then(|bell| bell.policy.clone());
        Ok(Ring {
            need: [Need::new("bells:Ring", self.arn(name)).with_policy(policy)],
            name: name.to_owned(),
            times,
            bells: self.clone(),
        })
    }
}

/// Needs no permission.
struct ListBells(Bells);

#[async_trait]
impl Operation for ListBells {
    fn needs(&self) -> &[Need] {
        &[]
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        Ok(self.0.list())
    }
}

struct Ring {
    need: [Need; 1],
    name: String,
    times: u64,
    bells: Bells,
}

#[async_trait]
impl Operation for Ring {
    fn needs(&self) -> &[Need] {
        &self.need
    }

    async fn conditions(&self) -> Vec<Context> {
        let mut context = Context::default();
        context.set("bells:Times", self.times.to_string());
        vec![context]
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        self.bells.ring(&self.name, self.times)
    }
}

impl Changes for Bells {
    fn watch(&self, resource: &Arn) -> Option<watch::Receiver<u64>> {
        let bells = self.lock();
        let mut named = bells.iter();
        let (_, bell) = named.find(|(name, _)| self.arn(name) == *resource)?;
        Some(bell.rung.subscribe())
    }
}
