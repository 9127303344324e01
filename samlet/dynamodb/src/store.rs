//! How the engine is held: one writing thread that syncs a group of commits at once, and reading threads beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use samlet_clock::Clock;
use samlet_commit::{log_path, unreadable_frames};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::engine::{DEFINITION, Engine, Kind, SWEEP_EXPIRED, kind, tell_damage};
use crate::errors::{ApiError, StoreError};
use crate::requirements::Requirement;
use crate::tables::{self, TableError};
use crate::{arns, conditions};

/// Writes that are committed before one sync.
const MAX_GROUP: usize = 256;

/// Requests that may wait for a thread; further callers wait for room.
const QUEUE_LENGTH: usize = 1024;

const READERS: usize = 2;

/// The engine's parsers recurse: on small stacks a deeply nested expression or
/// item would end the process.
const STACK_BYTES: usize = 32 * 1024 * 1024;

type Reply = Result<Bytes, ApiError>;

struct Request {
    operation: String,
    body: Bytes,
    reply: oneshot::Sender<Reply>,
}

/// The tables of one application; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writes: mpsc::Sender<Request>,
    reads: Vec<mpsc::Sender<Request>>,
    next_reader: Arc<AtomicU64>,
    threads: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
}

/// Makes all commits so far durable.
type Sync = Box<dyn FnMut() -> io::Result<()> + Send>;

impl Store {
    /// Opens the store in `folder`, making it if need be. Items expire by `clock`.
    pub fn open(
        folder: &Path,
        region: &str,
        account_id: &str,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        let path = folder.join("dynamodb.sqlite");
        let failed = |source| StoreError::Io {
            path: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        tell_unreadable_log(&path);
        // Opened here, so that what is wrong with it is known to the caller.
        let engine = Engine::open(&path, region, account_id, clock)?;
        let sync = log_sync(&path, folder).map_err(failed)?;
        check_in_background(&path, region, account_id, clock)?;
        Self::start(engine, sync, &path, region, account_id, clock)
    }

    fn start(
        engine: Engine,
        sync: Sync,
        path: &Path,
        region: &str,
        account_id: &str,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        let generation = Arc::new(AtomicU64::new(0));
        let mut threads = Vec::new();
        let mut spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new()
                .name(name.into())
                .stack_size(STACK_BYTES);
            let failed = |source| StoreError::Io {
                path: path.to_owned(),
                source,
            };
            threads.push(thread.spawn(body).map_err(failed)?);
            Ok::<_, StoreError>(())
        };
        let mut reads = Vec::new();
        for _ in 0..READERS {
            let engine = Engine::open(path, region, account_id, clock)?;
            let (sender, queue) = mpsc::channel(QUEUE_LENGTH);
            let generation = Arc::clone(&generation);
            spawn(
                "store-reader",
                Box::new(move || serve_reads(engine, queue, &generation)),
            )?;
            reads.push(sender);
        }
        let (writes, queue) = mpsc::channel(QUEUE_LENGTH);
        spawn(
            "store-writer",
            Box::new(move || serve_writes(engine, sync, queue, &generation)),
        )?;
        Ok(Self {
            writes,
            reads,
            next_reader: Arc::default(),
            threads: Arc::new(Mutex::new(threads)),
        })
    }

    /// Runs one operation; `body` is its request, the answer its response. A
    /// write is on disk when this returns.
    pub async fn execute(&self, operation: &str, body: Bytes) -> Result<Bytes, ApiError> {
        let Some(kind) = kind(operation) else {
            return Err(ApiError::unknown_operation(operation));
        };
        let body = without_table_arn(body);
        let (reply, replied) = oneshot::channel();
        let request = Request {
            operation: operation.to_owned(),
            body,
            reply,
        };
        let queue = match kind {
            Kind::Read => {
                let next = self.next_reader.fetch_add(1, Ordering::Relaxed);
                &self.reads[usize::try_from(next).unwrap_or_default() % self.reads.len()]
            }
            Kind::Write | Kind::Definition => &self.writes,
        };
        let closed = || ApiError::internal("The store is closed");
        queue.send(request).await.map_err(|_| closed())?;
        replied.await.map_err(|_| closed())?
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

    /// DynamoDB's condition keys for what a request needs, with their values.
    pub(crate) async fn condition_keys(
        &self,
        operation: &str,
        needed: &Requirement<'_>,
    ) -> BTreeMap<&'static str, Vec<String>> {
        let mut hash_key = None;
        if let Some((table, index)) = &needed.table {
            let definition = self.execute(DEFINITION, table.clone().into()).await;
            let definition = definition
                .ok()
                .and_then(|definition| serde_json::from_slice(&definition).ok());
            hash_key = definition
                .and_then(|definition: Value| tables::hash_key(&definition, index.as_deref()));
        }
        conditions::of(operation, needed.part, hash_key.as_deref())
    }

    /// Deletes the items that have expired.
    pub async fn delete_expired(&self) {
        if let Err(error) = self.execute(SWEEP_EXPIRED, Bytes::new()).await {
            tracing::warn!(?error, "expired items could not be deleted");
        }
    }

    /// Lets the threads finish what waits, and waits for them, once all other
    /// clones are gone.
    pub async fn close(self) {
        let Self {
            writes,
            reads,
            threads,
            ..
        } = self;
        let mut threads =
            std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The writer last: SQLite takes the write-ahead log into the store's
        // file when a connection is closed while there is no other.
        let writer = threads.pop();
        let joined = tokio::task::spawn_blocking(move || {
            drop(reads);
            threads.into_iter().for_each(|thread| drop(thread.join()));
            drop(writes);
            writer.map(std::thread::JoinHandle::join)
        });
        if tokio::time::timeout(CLOSE_TIMEOUT, joined).await.is_err() {
            tracing::warn!("the store was still busy when samlet ended");
        }
    }
}

/// A larger file is not looked over at start: reading it takes a while.
const MAX_CHECKED_BYTES: u64 = 64 * 1024 * 1024;

/// Looks the whole file over, and tells if something is wrong with it.
fn check_in_background(
    path: &Path,
    region: &str,
    account_id: &str,
    clock: &Clock,
) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_CHECKED_BYTES {
        return Ok(());
    }
    let engine = Engine::open(path, region, account_id, clock)?;
    let path = path.to_owned();
    let check = move || {
        if let Some(damage) = engine.damage() {
            tell_damage(&path, &damage);
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

/// DynamoDB takes a table's ARN for its name; the engine doesn't.
fn without_table_arn(body: Bytes) -> Bytes {
    // Cheap for all requests that have no ARN in them.
    if !body.windows(5).any(|window| window == b"\"arn:") {
        return body;
    }
    let Ok(mut request) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    arns::reduce_table_name(&mut request);
    serde_json::to_vec(&request).map_or(body, Bytes::from)
}

/// Syncs the write-ahead log through a handle of its own; the folder's entry
/// for it is synced once, here.
fn log_sync(path: &Path, folder: &Path) -> io::Result<Sync> {
    File::open(folder)?.sync_all()?;
    let log_path = log_path(path);
    let mut log: Option<File> = None;
    Ok(Box::new(move || {
        // The log's file is made with the first commit and stays until the store is closed.
        match &log {
            Some(file) => file.sync_data(),
            None => {
                let file = File::open(&log_path)?;
                file.sync_all()?;
                if let Some(folder) = log_path.parent() {
                    File::open(folder)?.sync_all()?;
                }
                log = Some(file);
                Ok(())
            }
        }
    }))
}

fn serve_reads(mut engine: Engine, mut queue: mpsc::Receiver<Request>, generation: &AtomicU64) {
    let mut seen = generation.load(Ordering::Acquire);
    while let Some(request) = queue.blocking_recv() {
        let now = generation.load(Ordering::Acquire);
        if now != seen {
            engine.reopen();
            seen = now;
        }
        let answer = engine.run(&request.operation, &request.body);
        request.reply.send(answer).ok();
    }
}

/// Commits what waits, syncs once, and only then acknowledges.
fn serve_writes(
    mut engine: Engine,
    mut sync: Sync,
    mut queue: mpsc::Receiver<Request>,
    generation: &AtomicU64,
) {
    let mut group = Vec::with_capacity(MAX_GROUP);
    let mut broken = false;
    while queue.blocking_recv_many(&mut group, MAX_GROUP) > 0 {
        if broken {
            for request in group.drain(..) {
                request.reply.send(Err(not_durable())).ok();
            }
            continue;
        }
        let mut answers = Vec::with_capacity(group.len());
        for request in group.drain(..) {
            let answer = engine.run(&request.operation, &request.body);
            if kind(&request.operation) == Some(Kind::Definition) {
                generation.fetch_add(1, Ordering::Release);
            }
            answers.push((request.reply, answer));
        }
        if let Err(error) = sync() {
            // What the disk holds is unknown now, and stays so: to go on
            // acknowledging would be to guess.
            tracing::error!(%error, "the store could not be synced to disk; no more writes are taken: restart samlet");
            broken = true;
        }
        for (reply, answer) in answers {
            reply
                .send(if broken { Err(not_durable()) } else { answer })
                .ok();
        }
    }
}

fn not_durable() -> ApiError {
    ApiError::internal("The store could not be synced to disk")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

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
        let store = Store::open(folder, "us-east-1", "123456789012", &Clock::new()).unwrap();
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
            let engine = Engine::open(&path, "us-east-1", "1", &Clock::new()).unwrap();
            let sync: Sync = Box::new(|| Ok(()));
            let store = Store::start(engine, sync, &path, "us-east-1", "1", &Clock::new()).unwrap();
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

    #[tokio::test]
    async fn a_write_is_not_acknowledged_when_the_disk_does_not_take_it() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).await.close().await;
        let path = folder.path().join("dynamodb.sqlite");
        let engine = Engine::open(&path, "us-east-1", "1", &Clock::new()).unwrap();
        assert_eq!(
            engine.synchronous(),
            1,
            "NORMAL: the writer syncs by itself"
        );
        let sync: Sync = Box::new(|| Err(io::Error::other("no space")));
        let store = Store::start(engine, sync, &path, "us-east-1", "1", &Clock::new()).unwrap();
        for _ in 0..2 {
            let refusal = store.execute("PutItem", put("a")).await.unwrap_err();
            assert_eq!(refusal, not_durable());
        }
    }

    #[tokio::test]
    async fn every_group_of_writes_is_synced_before_it_is_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).await.close().await;
        let path = folder.path().join("dynamodb.sqlite");
        let engine = Engine::open(&path, "us-east-1", "1", &Clock::new()).unwrap();
        let synced = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&synced);
        let sync: Sync = Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let store = Store::start(engine, sync, &path, "us-east-1", "1", &Clock::new()).unwrap();
        for n in 1..=3 {
            store.execute("PutItem", put("a")).await.unwrap();
            assert_eq!(synced.load(Ordering::SeqCst), n);
        }
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

    #[tokio::test]
    async fn what_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dynamodb.sqlite");
        let content = "not a database, but somebody's text".repeat(100);
        std::fs::write(&path, &content).unwrap();
        let error = Store::open(folder.path(), "us-east-1", "1", &Clock::new())
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
