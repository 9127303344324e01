//! Bells: AWS Query, one IAM action, and resources that a template declares, with policies.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use samlet_aws::{Arn, Place};
use samlet_iam::{Context, ResourcePolicy};
use samlet_service::protocol::Query;
use samlet_service::xml::Element;
use samlet_service::{
    Answer, Applied, ApplyError, BodyRule, Call, Caller, Changes, Declared, Described, Fault,
    Identity, Need, Operation, Plan, Protocol, Registration, Service, Setup, Stored, async_trait,
};
use tokio::sync::watch;

use crate::bell::BELL;

/// What a bell has been rung at once, at most.
const MAX_TIMES: u64 = 12;

/// Bells, as samlet knows them.
pub(crate) static IDENTITY: Identity = Identity {
    signing_name: "bells",
    title: "Bells",
    iam_prefix: "bells",
    actions: include_str!("bells.txt"),
    condition_keys: include_str!("bell_keys.txt"),
    protocols: &[Protocol::Query(Query {
        version: "2026-11-27",
        namespace: "https://bells.example.com/doc/2026-11-27/",
    })],
    body: BodyRule::Whole { max_bytes: 4096 },
    has_compression: false,
    check: None,
    stored: &[Stored {
        path: "bells",
        title: "bells",
    }],
};

/// Bells, which can be made.
pub static SERVICE: Registration = Registration {
    identity: &IDENTITY,
    make: |setup| Ok(Arc::new(Bells::new(setup)?)),
    resource_types: &[&BELL],
};

/// The bells of one application; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bells {
    place: Arc<Place>,
    folder: PathBuf,
    /// By name: those that were declared once. Held for a moment only.
    bells: Arc<Mutex<BTreeMap<String, Bell>>>,
}

#[derive(Debug, Default)]
struct Bell {
    policy: Option<Arc<ResourcePolicy>>,
    rung: watch::Sender<u64>,
}

impl Bells {
    /// The bells that are stored.
    pub fn new(setup: &Setup) -> io::Result<Self> {
        let folder = setup.folder.join(IDENTITY.stored[0].path);
        std::fs::create_dir_all(&folder)?;
        let mut bells = BTreeMap::new();
        for file in std::fs::read_dir(&folder)? {
            let file = file?;
            let rung = std::fs::read_to_string(file.path())?.parse().unwrap_or(0);
            let bell = Bell {
                policy: None,
                rung: watch::Sender::new(rung),
            };
            bells.insert(file.file_name().to_string_lossy().into_owned(), bell);
        }
        Ok(Self {
            place: Arc::clone(&setup.place),
            folder,
            bells: Arc::new(Mutex::new(bells)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bell>> {
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

fn no_bell(name: &str) -> Fault {
    Fault::new(404, "NoSuchBell", format!("There is no bell {name:.100}"))
}

#[async_trait]
impl Service for Bells {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn plan(&self, declared: &[Declared]) -> Result<Plan, ApplyError> {
        let bells = declared
            .iter()
            .filter(|declared| declared.kind == BELL.name);
        let bells: Vec<Declared> = bells.cloned().collect();
        if let Some(bell) = bells.iter().find(|bell| bell.name.contains('/')) {
            return Err(ApplyError {
                resource: format!("bell {}", bell.logical_id),
                source: "a bell's name must not have a slash".into(),
            });
        }
        Ok(Plan::new(bells))
    }

    async fn apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        let declared: Vec<Declared> = plan.take().unwrap_or_default();
        let mut applied = Applied::default();
        let mut bells = self.lock();
        // A bell that has left the template stays, without its policy.
        for bell in bells.values_mut() {
            bell.policy = None;
        }
        for declared in declared {
            let bell = bells.entry(declared.name.clone()).or_default();
            bell.policy = declared.policy;
            let serial = format!("{}-{}", declared.name, std::process::id());
            applied.set(&declared.logical_id, "Serial", serial);
        }
        Ok(applied)
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
            name: name.clone(),
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
