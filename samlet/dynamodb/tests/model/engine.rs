//! The engine as the histories see it: operations and JSON in, JSON or an exception out.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::{DynamoDb, Store};
use samlet_service::{Service, Services, Setup};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the engine refuses something with.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The exception's name.
    pub(crate) name: String,
    pub(crate) body: Json,
}

pub(crate) type Answered = Result<Json, Refusal>;

/// When histories begin: seconds since the epoch.
pub(crate) const BEGINNING: u64 = 1_800_000_000;

/// What answers requests.
pub(crate) trait Engine {
    fn send(&mut self, operation: &str, body: &Json) -> Answered;

    /// Ends it, and starts it again.
    fn reopen(&mut self);

    /// Moves its clock ahead.
    fn advance(&mut self, _duration: Duration) {}

    /// Waits until no index of a table is being made; says what the table is then.
    fn settled(&mut self, table: &str) -> Answered {
        let start = Instant::now();
        loop {
            let described = self.send("DescribeTable", &json!({"TableName": table}))?;
            let described = described["Table"].clone();
            let none = Vec::new();
            let indexes = described["GlobalSecondaryIndexes"].as_array();
            let mut indexes = indexes.unwrap_or(&none).iter();
            if indexes.all(|index| index["IndexStatus"] == "ACTIVE") {
                return Ok(described);
            }
            assert!(start.elapsed() < PATIENCE, "an index is never made");
            std::thread::yield_now();
        }
    }
}

/// Reads an answer with its status.
pub(crate) fn answered(status: u64, body: Json) -> Answered {
    if status == 200 {
        return Ok(body);
    }
    let name = body["__type"].as_str().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().to_owned();
    Err(Refusal { name, body })
}

/// Opens the store in a folder.
pub(crate) fn open(folder: &Path, clock: &Clock) -> Store {
    Store::open(folder, &place(), clock).unwrap()
}

fn place() -> Arc<Place> {
    Arc::new(Place::new("us-east-1", "123456789012", "local"))
}

/// A clock that shows when histories begin.
pub(crate) fn clock() -> Clock {
    Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGINNING))
}

/// Runs an operation; the status and body of its answer.
pub(crate) async fn execute(store: &Store, operation: &str, body: &Json) -> (u64, Json) {
    let (status, body) = match store.execute(operation, body.to_string().into()).await {
        Ok(body) => (200, body),
        Err(error) => (error.status.into(), error.body),
    };
    if body.is_empty() {
        return (status, Json::Null);
    }
    (status, serde_json::from_slice(&body).unwrap())
}

/// The engine in this process.
pub(crate) struct Here<'r> {
    runtime: &'r Runtime,
    store: Option<Store>,
    /// Deletes what has expired.
    service: Option<Arc<dyn Service>>,
    clock: Clock,
    folder: TempDir,
}

impl<'r> Here<'r> {
    pub(crate) fn new(runtime: &'r Runtime) -> Self {
        // In memory, if there is such a place: nothing here depends on the disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let mut here = Self {
            runtime,
            store: None,
            service: None,
            clock: clock(),
            folder,
        };
        here.open();
        here
    }

    fn open(&mut self) {
        let setup = Setup {
            place: place(),
            folder: self.folder.path().to_owned(),
            clock: self.clock.clone(),
            deliver: Weak::<Services>::new(),
            shutdown: Default::default(),
        };
        let (store, service) = self.runtime.block_on(async {
            let store = open(&setup.folder, &setup.clock);
            let service = DynamoDb::service(store.clone(), &setup);
            (store, service)
        });
        self.store = Some(store);
        self.service = Some(service);
    }

    fn close(&mut self) {
        if let Some(service) = self.service.take() {
            self.runtime.block_on(service.close());
        }
        if let Some(store) = self.store.take() {
            self.runtime.block_on(store.close());
        }
    }
}

impl Engine for Here<'_> {
    fn send(&mut self, operation: &str, body: &Json) -> Answered {
        let store = self.store.as_ref().unwrap();
        let (status, body) = self.runtime.block_on(execute(store, operation, body));
        answered(status, body)
    }

    fn reopen(&mut self) {
        self.close();
        self.open();
    }

    fn advance(&mut self, duration: Duration) {
        // What deletes expired items looks at them when its wait ends, so it must wait.
        let start = Instant::now();
        while self.clock.pending() == 0 {
            assert!(
                start.elapsed() < PATIENCE,
                "nothing waits for items to expire"
            );
            std::thread::yield_now();
        }
        self.clock.advance(duration);
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.close();
    }
}
