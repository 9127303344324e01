//! The engine as the histories see it: operations and JSON in, JSON or an exception out.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
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

/// What answers requests.
pub(crate) trait Engine {
    fn send(&mut self, operation: &str, body: &Json) -> Answered;

    /// Ends it, and starts it again.
    fn reopen(&mut self);

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
pub(crate) fn open(folder: &Path) -> Store {
    let place = Arc::new(Place::new("us-east-1", "123456789012", "local"));
    Store::open(folder, &place, &Clock::new()).unwrap()
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
    folder: TempDir,
}

impl<'r> Here<'r> {
    pub(crate) fn new(runtime: &'r Runtime) -> Self {
        // In memory, if there is such a place: nothing here depends on the disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let store = runtime.block_on(async { open(folder.path()) });
        Self {
            runtime,
            store: Some(store),
            folder,
        }
    }

    fn close(&mut self) {
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
        let folder = self.folder.path();
        self.store = Some(self.runtime.block_on(async { open(folder) }));
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.close();
    }
}
