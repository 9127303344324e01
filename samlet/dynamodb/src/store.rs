//! How the engine is held: one writing thread that syncs a group of commits at once, and reading threads beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::{Readers, Session, Writer, log_path, unreadable_frames};
use samlet_dynamodb_api::{Item, Kind, Operation, Request};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::command::Command;
use crate::embedded::engine::Engine;
use crate::errors::{ApiError, StoreError};
use crate::own::Own;
use crate::tables::{self, TableError};
use crate::{damage, embedded};

/// Threads that read.
pub(crate) const READERS: usize = 2;

/// What is read nests within bounds, so that what threads usually have is enough.
pub(crate) const STACK_BYTES: usize = 2 * 1024 * 1024;

/// The tables of one application; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    tables: Tables,
    place: Arc<Place>,
}

/// What runs commands.
#[derive(Clone, Debug)]
enum Tables {
    Embedded {
        writer: Writer<Engine>,
        readers: Readers<Engine>,
    },
    Own(Own),
}

impl Store {
    /// Opens the store in `folder`, making it if need be. Items expire by `clock`.
    pub fn open(folder: &Path, place: &Arc<Place>, clock: &Clock) -> Result<Self, StoreError> {
        let path = folder.join("dynamodb.sqlite");
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Io {
            path: folder.to_owned(),
            source,
        })?;
        tell_unreadable_log(&path);
        if !embedded::is_used() {
            return Self::open_own(&path, place, clock);
        }
        // Opened here, so that what is wrong with it is known to the caller.
        let engine = Engine::open(&path, place, clock)?;
        check_in_background(&path, place, clock)?;
        Self::start(engine, &path, place)
    }

    /// Opens a store of the engine over SQLite.
    pub(crate) fn open_own(
        path: &Path,
        place: &Arc<Place>,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tables: Tables::Own(Own::open(path, place, clock)?),
            place: Arc::clone(place),
        })
    }

    /// Whether the engine over SQLite runs its operations.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.tables, Tables::Own(_))
    }

    /// The ARN of the stream that a table has now.
    pub(crate) async fn stream_arn(&self, table: &str) -> Option<String> {
        if self.is_own() {
            let definition = self.run(Command::Definition(table.to_owned())).await.ok()?;
            let definition: Value = serde_json::from_slice(&definition).ok()?;
            return Some(definition["StreamArn"].as_str()?.to_owned());
        }
        let request = json!({"TableName": table, "Limit": 1});
        let listed = self.execute("ListStreams", request.to_string().into());
        let listed: Value = serde_json::from_slice(&listed.await.ok()?).ok()?;
        let arn = listed["Streams"][0]["StreamArn"].as_str()?;
        Some(arn.to_owned())
    }

    /// A count that goes up with a stream's records, by what its ARN has after the account; `None` if there is no such
    /// stream.
    pub(crate) fn watch(&self, stream: &str) -> Option<watch::Receiver<u64>> {
        match &self.tables {
            Tables::Own(own) => own.watch(stream),
            Tables::Embedded { .. } => None,
        }
    }

    fn start(mut engine: Engine, path: &Path, place: &Arc<Place>) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io {
            path: path.to_owned(),
            source,
        };
        let beside = (0..READERS).map(|_| engine.beside());
        let beside = beside.collect::<Result<Vec<_>, _>>()?;
        let readers = Readers::start("store-reader", STACK_BYTES, beside).map_err(failed)?;
        let engine = engine.nested();
        let writer = Writer::start("store-writer", STACK_BYTES, engine).map_err(failed)?;
        Ok(Self {
            tables: Tables::Embedded { writer, readers },
            place: Arc::clone(place),
        })
    }

    /// Runs one operation as the developer; `body` is its request, the answer its response. A
    /// write is on disk when this returns.
    pub async fn execute(&self, operation: &str, body: Bytes) -> Result<Bytes, ApiError> {
        let request = self.read(operation, &body)?;
        self.run(Command::request(request)).await
    }

    /// Reads a request of an operation.
    pub(crate) fn read(&self, operation: &str, body: &[u8]) -> Result<Request, ApiError> {
        let known = Operation::from_name(operation);
        let operation = known.ok_or_else(|| ApiError::unknown_operation(operation))?;
        Ok(Request::read(operation, body, &self.place)?)
    }

    /// Runs what was read. A write is on disk when this returns.
    pub(crate) async fn run(&self, command: Command) -> Result<Bytes, ApiError> {
        let (writer, readers) = match &self.tables {
            Tables::Own(own) => return own.run(command).await,
            Tables::Embedded { writer, readers } => (writer, readers),
        };
        let command = command.written();
        match command.kind() {
            Kind::Read => {
                let read = move |engine: &mut Engine| engine.read(&command);
                readers.run(read).await
            }
            Kind::Write => {
                let write = move |engine: &mut Engine| engine.run(&command);
                writer.run(write).await
            }
            Kind::Definition => {
                let define = move |engine: &mut Engine| engine.run(&command);
                writer.run_alone(define).await
            }
        }
    }

    /// Loads many items of different keys into a table that has none, which is quicker than writing them.
    pub async fn load(
        &self,
        table: &str,
        items: impl Iterator<Item = Item> + Send + 'static,
    ) -> Result<(), ApiError> {
        match &self.tables {
            Tables::Own(own) => own.load(table, items).await,
            Tables::Embedded { .. } => {
                let message = "the embedded engine doesn't load items";
                Err(ApiError::internal(message))
            }
        }
    }

    /// Creates a table, unless it is there already with the same keys and
    /// indexes; its items expire by the attribute `time_to_live`.
    pub async fn ensure_table(
        &self,
        create_table: &Value,
        time_to_live: Option<&str>,
    ) -> Result<(), TableError> {
        tables::ensure(self, create_table, time_to_live).await
    }

    /// The attribute that is the partition key of a table, or of an index of it.
    pub(crate) async fn partition_key(&self, table: &str, index: Option<&str>) -> Option<String> {
        let definition = self.run(Command::Definition(table.to_owned())).await.ok()?;
        let definition: Value = serde_json::from_slice(&definition).ok()?;
        tables::hash_key(&definition, index)
    }

    /// Has the items deleted that have expired, and what is too old in streams. Answers when the next item expires, if
    /// that is known.
    pub(crate) async fn delete_expired(&self) -> Option<SystemTime> {
        match self.run(Command::SweepExpired).await {
            Ok(next) => {
                let next = serde_json::from_slice(&next).ok()?;
                SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(next))
            }
            Err(error) => {
                tracing::warn!(?error, "expired items could not be deleted");
                None
            }
        }
    }

    /// Lets the threads finish what waits, and waits for them, once all other
    /// clones are gone.
    pub async fn close(self) {
        // The writer last: SQLite takes the write-ahead log into the store's
        // file when a connection is closed while there is no other.
        let closed = async {
            match self.tables {
                Tables::Own(own) => own.close().await,
                Tables::Embedded { writer, readers } => {
                    readers.close().await;
                    writer.close().await;
                }
            }
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the store was still busy when samlet ended");
        }
    }
}

/// A larger file is not looked over at start: reading it takes a while.
pub(crate) const MAX_CHECKED_BYTES: u64 = 64 * 1024 * 1024;

/// Looks the whole file over, and tells if something is wrong with it.
fn check_in_background(path: &Path, place: &Arc<Place>, clock: &Clock) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_CHECKED_BYTES {
        return Ok(());
    }
    let engine = Engine::open(path, place, clock)?;
    let path = path.to_owned();
    let check = move || {
        if let Some(found) = embedded::damage::find(engine.connection()) {
            damage::report(&path, &found);
        }
    };
    let thread = std::thread::Builder::new()
        .name("store-check".into())
        .stack_size(STACK_BYTES);
    thread
        .spawn(check)
        .map(drop)
        .map_err(|source| StoreError::Io {
            path: PathBuf::new(),
            source,
        })
}

/// Before SQLite drops what it can't read.
fn tell_unreadable_log(path: &Path) {
    let log = log_path(path);
    match unreadable_frames(&log) {
        Ok(0) => {}
        Ok(pages) => tracing::error!(
            "the store's write-ahead log {} is damaged: its last {pages} or so pages can't be read, and writes that were acknowledged may be lost",
            log.display()
        ),
        Err(error) => tracing::warn!(%error, "cannot look over {}", log.display()),
    }
}

/// How long closing may take.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::command::tests::place;
    use crate::embedded::engine::TestCommit;
    use rusqlite::{Connection, ffi};
    use samlet_commit::Failure;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn table() -> Value {
        json!({
            "TableName": "messages",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        })
    }

    fn put(key: &str) -> Bytes {
        json!({"TableName": "messages", "Item": {"pk": {"S": key}}})
            .to_string()
            .into()
    }

    fn get(key: &str) -> Bytes {
        json!({"TableName": "messages", "Key": {"pk": {"S": key}}})
            .to_string()
            .into()
    }

    async fn open(folder: &Path) -> Store {
        let store = Store::open(folder, &place(), &Clock::new()).unwrap();
        store.ensure_table(&table(), None).await.unwrap();
        store
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_writes_are_all_kept_and_survive_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let mut puts = tokio::task::JoinSet::new();
        for n in 0..64 {
            let store = store.clone();
            puts.spawn(async move { store.execute("PutItem", put(&n.to_string())).await.unwrap() });
        }
        puts.join_all().await;
        store.close().await;
        let store = open(folder.path()).await;
        for n in 0..64 {
            let item = store.execute("GetItem", get(&n.to_string())).await.unwrap();
            assert_eq!(item, format!(r#"{{"Item":{{"pk":{{"S":"{n}"}}}}}}"#));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_closed_store_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dynamodb.sqlite");
        for _ in 0..20 {
            // Without the check at start, which has a connection as well.
            let engine = Engine::open(&path, &place(), &Clock::new()).unwrap();
            let store = Store::start(engine, &path, &place()).unwrap();
            store.ensure_table(&table(), None).await.unwrap();
            store.execute("PutItem", put("a")).await.unwrap();
            for _ in 0..READERS {
                store.execute("GetItem", get("a")).await.unwrap();
            }
            store.close().await;
            let files = std::fs::read_dir(folder.path()).unwrap();
            let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
            assert_eq!(files, ["dynamodb.sqlite"]);
        }
    }

    /// A store with a table that commits by `commit`.
    async fn open_with(folder: &Path, commit: TestCommit) -> Store {
        open(folder).await.close().await;
        let path = folder.join("dynamodb.sqlite");
        let mut engine = Engine::open(&path, &place(), &Clock::new()).unwrap();
        engine.commit = Some(commit);
        Store::start(engine, &path, &place()).unwrap()
    }

    fn failed_sync() -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), None)
    }

    #[tokio::test]
    async fn a_write_is_not_acknowledged_when_the_disk_does_not_take_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_with(folder.path(), Box::new(|_| Err(failed_sync()))).await;
        for _ in 0..2 {
            let refusal = store.execute("PutItem", put("a")).await.unwrap_err();
            assert_eq!(refusal, Failure::NotSynced.into());
        }
        assert_eq!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn every_group_of_writes_is_synced_before_it_is_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let synced = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&synced);
        let commit = move |connection: &Connection| {
            let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
            assert_eq!(level, 2, "FULL: the commit syncs");
            count.fetch_add(1, Ordering::SeqCst);
            connection.execute_batch("COMMIT")
        };
        let store = open_with(folder.path(), Box::new(commit)).await;
        for n in 1..=3 {
            store.execute("PutItem", put("a")).await.unwrap();
            assert_eq!(synced.load(Ordering::SeqCst), n);
        }
    }

    /// Commits, but for the first time, when the disk is full.
    fn full_at_first() -> TestCommit {
        let mut commits = 0;
        Box::new(move |connection| {
            commits += 1;
            if commits == 1 {
                let full = ffi::Error::new(ffi::SQLITE_FULL);
                return Err(rusqlite::Error::SqliteFailure(full, None));
            }
            connection.execute_batch("COMMIT")
        })
    }

    #[tokio::test]
    async fn a_definition_that_is_rolled_back_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_with(folder.path(), full_at_first()).await;
        let delete = json!({"TableName": "messages"}).to_string();
        let refusal = store.execute("DeleteTable", delete.into()).await;
        assert_eq!(refusal.unwrap_err().status, 500);
        store.execute("PutItem", put("a")).await.unwrap();
        assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");

        let folder = tempfile::tempdir().unwrap();
        let store = open_with(folder.path(), full_at_first()).await;
        let mut other = table();
        other["TableName"] = json!("other");
        let create = Bytes::from(other.to_string());
        let refusal = store.execute("CreateTable", create.clone()).await;
        assert_eq!(refusal.unwrap_err().status, 500);
        let item = json!({"TableName": "other", "Item": {"pk": {"S": "a"}}}).to_string();
        let refusal = store.execute("PutItem", item.clone().into()).await;
        let refusal = refusal.unwrap_err();
        assert!(String::from_utf8_lossy(&refusal.body).contains("ResourceNotFound"));
        store.execute("CreateTable", create).await.unwrap();
        store.execute("PutItem", item.into()).await.unwrap();
        let scan = json!({"TableName": "other"}).to_string();
        for _ in 0..READERS {
            let found = store.execute("Scan", scan.clone().into()).await.unwrap();
            assert!(String::from_utf8_lossy(&found).contains(r#""Count":1"#));
        }
    }

    #[tokio::test]
    async fn a_request_with_a_token_that_is_rolled_back_is_done_when_it_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_with(folder.path(), full_at_first()).await;
        let item = json!({"TableName": "messages", "Item": {"pk": {"S": "a"}}});
        let request = json!({"ClientRequestToken": "t", "TransactItems": [{"Put": item}]});
        let send = || store.execute("TransactWriteItems", request.to_string().into());
        assert_eq!(send().await.unwrap_err().status, 500);
        assert_eq!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
        send().await.unwrap();
        assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn statements_of_a_batch_that_succeed_are_kept_beside_one_that_fails() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let insert = |key: &str| {
            let statement = format!("INSERT INTO \"messages\" VALUE {{'pk': '{key}'}}");
            json!({ "Statement": statement })
        };
        let batch = json!({"Statements": [insert("a"), insert("b")]}).to_string();
        store.execute("PutItem", put("b")).await.unwrap();
        let answer = store.execute("BatchExecuteStatement", batch.into()).await;
        let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
        assert_eq!(answer["Responses"][0]["Error"], Value::Null);
        assert_eq!(answer["Responses"][1]["Error"]["Code"], "DuplicateItem");
        assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn a_nested_expression_is_an_error_and_no_crash() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let condition = "(".repeat(2000) + "attribute_exists(pk)" + &")".repeat(2000);
        let request = json!({"TableName": "messages", "Key": {"pk": {"S": "a"}}, "ConditionExpression": condition});
        let refusal = store
            .execute("DeleteItem", request.to_string().into())
            .await
            .unwrap_err();
        assert_eq!(refusal.status, 400);
        let deep = "[".repeat(5000);
        assert_eq!(
            store
                .execute("PutItem", deep.into())
                .await
                .unwrap_err()
                .status,
            400
        );
    }

    /// Requests with a condition that nests as deep as one that is read.
    fn deepest() -> Vec<(&'static str, Value)> {
        let negated = "NOT ".repeat(299) + "attribute_exists(pk)";
        let nested = (0..140).fold("a = :v".to_owned(), |inner, depth| {
            let operator = if depth % 2 == 0 { "AND" } else { "OR" };
            format!("a = :v {operator} ({inner})")
        });
        let path = (0..31).map(|_| ".a").collect::<String>();
        let value = (0..30).fold(json!({"S": "x"}), |inner, _| json!({"L": [inner]}));
        let of = |condition: &str, values: Value| {
            let mut request = json!({
                "TableName": "messages",
                "Key": {"pk": {"S": "a"}},
                "ConditionExpression": condition,
            });
            if !values.is_null() {
                request["ExpressionAttributeValues"] = values;
            }
            ("DeleteItem", request)
        };
        let statement = (0..60).fold("a = 1".to_owned(), |inner, _| format!("(a = 1 OR {inner})"));
        vec![
            of(&negated, Value::Null),
            of(&nested, json!({":v": {"S": "x"}})),
            of(&format!("attribute_exists(a{path})"), Value::Null),
            (
                "PutItem",
                json!({"TableName": "messages", "Item": {"pk": {"S": "a"}, "v": value}}),
            ),
            (
                "ExecuteStatement",
                json!({"Statement": format!("SELECT * FROM messages WHERE {statement}")}),
            ),
        ]
    }

    #[tokio::test]
    async fn the_deepest_requests_fit_the_threads_stacks() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        for (operation, request) in deepest() {
            let answer = store.execute(operation, request.to_string().into()).await;
            if let Err(refusal) = answer {
                let text = String::from_utf8_lossy(&refusal.body).into_owned();
                assert!(
                    text.contains("ConditionalCheckFailed"),
                    "{operation}: {text}"
                );
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dynamodb.sqlite");
        let content = "not a database, but somebody's text".repeat(100);
        std::fs::write(&path, &content).unwrap();
        let error = Store::open(folder.path(), &place(), &Clock::new())
            .unwrap_err()
            .to_string();
        assert!(error.contains("dynamodb.sqlite"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }

    #[tokio::test]
    async fn descriptions_name_the_applications_account() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";
        let request = json!({"TableName": arn}).to_string();
        let description = store
            .execute("DescribeTable", request.into())
            .await
            .unwrap();
        let description: Value = serde_json::from_slice(&description).unwrap();
        assert_eq!(description["Table"]["TableArn"], arn);
        assert_eq!(
            store
                .execute("CreateBackup", "{}".into())
                .await
                .unwrap_err()
                .status,
            400
        );
    }
}
