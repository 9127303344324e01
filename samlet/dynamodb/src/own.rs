//! The threads of the engine over SQLite: one that writes groups of operations, and some that read beside it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::{Readers, Writer};
use samlet_dynamodb_api::{Item, Kind};
use tokio::sync::watch;

use crate::command::Command;
use crate::damage;
use crate::database::{Database, Shared};
use crate::error::Error;
use crate::errors::{ApiError, StoreError};
use crate::expiry;
use crate::operations;
use crate::store::{MAX_CHECKED_BYTES, READERS, STACK_BYTES};

/// The engine; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    writer: Writer<Database>,
    readers: Readers<Database>,
    shared: Arc<Shared>,
}

impl Own {
    /// Opens the file, and makes it if it is not there.
    pub(crate) fn open(path: &Path, place: &Arc<Place>, clock: &Clock) -> Result<Self, StoreError> {
        let database = Database::open(path, place, clock)?;
        check_in_background(&database, path)?;
        Self::start(database, path)
    }

    fn start(database: Database, path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io {
            path: path.to_owned(),
            source,
        };
        let shared = Arc::clone(database.shared());
        let beside = (0..READERS).map(|_| database.beside());
        let beside = beside.collect::<Result<Vec<_>, _>>()?;
        let readers = Readers::start("store-reader", STACK_BYTES, beside).map_err(failed)?;
        let writer = Writer::start("store-writer", STACK_BYTES, database).map_err(failed)?;
        Ok(Self {
            writer,
            readers,
            shared,
        })
    }

    /// Runs a command. A write is on disk when this returns.
    pub(crate) async fn run(&self, command: Command) -> Result<Bytes, ApiError> {
        let kind = command.kind();
        let run = move |database: &mut Database| {
            let answer = match kind {
                Kind::Read => database.read(|database| execute(database, &command)),
                Kind::Write | Kind::Definition => execute(database, &command),
            };
            database.note_result(&answer);
            answer
        };
        let answer = match kind {
            Kind::Read => self.readers.run(run).await,
            Kind::Write => self.writer.run(run).await,
            Kind::Definition => self.writer.run_alone(run).await,
        };
        answer.map_err(ApiError::from)
    }

    /// Loads items into a table that has none.
    pub(crate) async fn load(
        &self,
        table: &str,
        items: impl Iterator<Item = Item> + Send + 'static,
    ) -> Result<(), ApiError> {
        let table = table.to_owned();
        let load = move |database: &mut Database| {
            let table = database.table(&table)?;
            database.load(&table, items)
        };
        let loaded: Result<(), Error> = self.writer.run_alone(load).await;
        loaded.map_err(ApiError::from)
    }

    /// A count that goes up with a stream's records, by what its ARN has after the account.
    pub(crate) fn watch(&self, stream: &str) -> Option<watch::Receiver<u64>> {
        self.shared.streams.watch(stream)
    }

    /// Lets the threads finish what waits, and waits for them, once all other clones are gone.
    pub(crate) async fn close(self) {
        let Self {
            writer, readers, ..
        } = self;
        readers.close().await;
        writer.close().await;
    }
}

fn execute(database: &mut Database, command: &Command) -> Result<Bytes, Error> {
    let answer = match command {
        Command::Request(request, _) => operations::run(database, request)?,
        Command::Definition(table) => operations::definition(database, table)?,
        Command::SweepExpired => {
            database.sweep();
            expiry::next(database)?.into()
        }
    };
    if answer.is_null() {
        return Ok(Bytes::new());
    }
    Ok(answer.to_string().into())
}

/// Looks the whole file over, and reports if something is wrong with it.
fn check_in_background(database: &Database, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_CHECKED_BYTES {
        return Ok(());
    }
    let mut database = database.beside()?;
    let path = path.to_owned();
    let check = move || {
        if let Some(found) = database.find_damage() {
            damage::report(&path, &found);
        }
    };
    let thread = std::thread::Builder::new()
        .name("store-check".into())
        .stack_size(STACK_BYTES);
    thread.spawn(check).map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::command::tests::{of, place};
    use crate::operations::testing::table;
    use serde_json::Value;
    use serde_json::json;

    /// How long to wait for long work.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

    fn open(path: &Path) -> Own {
        Own::open(path, &place(), &Clock::new()).unwrap()
    }

    async fn run(own: &Own, operation: &str, request: Value) -> Value {
        let answer = own.run(of(operation, &request)).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    fn put(key: usize) -> Value {
        json!({"TableName": "things", "Item": {"pk": {"S": key.to_string()}, "a": {"S": "x"}}})
    }

    async fn get(own: &Own, key: usize) -> Value {
        let key = json!({"pk": {"S": key.to_string()}});
        run(own, "GetItem", json!({"TableName": "things", "Key": key})).await
    }

    /// As a kill at this moment would leave it.
    fn copied(path: &Path) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("store");
        std::fs::copy(path, &copy).unwrap();
        let log = samlet_commit::log_path(path);
        std::fs::copy(log, samlet_commit::log_path(&copy)).unwrap();
        (folder, copy)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_acknowledged_is_there_after_a_kill_and_a_closed_store_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let database = Database::open(&path, &place(), &Clock::new()).unwrap();
        // Without the check at start, which has a connection as well.
        let own = Own::start(database, &path).unwrap();
        run(&own, "CreateTable", table("things", "pk")).await;
        let mut puts = tokio::task::JoinSet::new();
        for key in 0..64 {
            let own = own.clone();
            puts.spawn(async move { run(&own, "PutItem", put(key)).await });
        }
        puts.join_all().await;
        let (_copied, copy) = copied(&path);
        let killed = open(&copy);
        for key in 0..64 {
            assert_eq!(get(&killed, key).await["Item"], put(key)["Item"]);
        }
        killed.close().await;
        own.close().await;
        let files = std::fs::read_dir(folder.path()).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["store"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn long_work_goes_on_after_a_kill_and_ends_with_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let own = open(&path);
        run(&own, "CreateTable", table("things", "pk")).await;
        let items = (0..5000).map(|key| {
            let item = put(key)["Item"].as_object().unwrap().clone();
            samlet_dynamodb_api::value::item_from_json(item).unwrap()
        });
        own.load("things", items).await.unwrap();
        let index = json!({
            "IndexName": "by-a",
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        });
        let update = json!({
            "TableName": "things",
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": index}],
        });
        run(&own, "UpdateTable", update).await;
        let (_copied, copy) = copied(&path);
        // Whatever is left of it.
        own.close().await;
        let killed = open(&copy);
        let filled = async {
            loop {
                let described = run(&killed, "DescribeTable", json!({"TableName": "things"})).await;
                let index = described["Table"]["GlobalSecondaryIndexes"][0].clone();
                if index["IndexStatus"] == "ACTIVE" {
                    return index;
                }
                tokio::task::yield_now().await;
            }
        };
        let index = tokio::time::timeout(PATIENCE, filled).await.unwrap();
        assert_eq!(index["ItemCount"], 5000);
        killed.close().await;
    }
}
