//! The tables of one application: one thread that writes groups of operations, and some that read beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::{Readers, Writer, log_path, unreadable_frames};
use samlet_dynamodb_api::{Item, Kind, Operation, Request};
use serde_json::Value;
use tokio::sync::watch;

use crate::damage;
use crate::database::{Database, Shared, Table};
use crate::error::Error;
use crate::errors::{ApiError, StoreError};
use crate::expiry;
use crate::operations;
use crate::streams;
use crate::tables::{self, TableError};

/// Threads that read.
const READERS: usize = 2;

/// What is read nests within bounds, so that what threads usually have is enough.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// How long closing may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A larger file is not looked over at start: reading it takes a while.
const MAX_CHECKED_BYTES: u64 = 64 * 1024 * 1024;

/// The tables of one application; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Writer<Database>,
    readers: Readers<Database>,
    shared: Arc<Shared>,
}

impl Store {
    /// Opens the store in `folder`, making it if need be. Items expire by `clock`.
    pub fn open(folder: &Path, place: &Arc<Place>, clock: &Clock) -> Result<Self, StoreError> {
        let path = folder.join("dynamodb.sqlite");
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        report_unreadable_log(&path);
        // Opened here, so that what is wrong with it is known to the caller.
        let database = Database::open(&path, place, clock)?;
        check_in_background(&database, &path)?;
        Self::start(database, &path)
    }

    fn start(database: Database, path: &Path) -> Result<Self, StoreError> {
        let shared = Arc::clone(database.shared());
        let beside = (0..READERS).map(|_| database.beside());
        let beside = beside.collect::<Result<Vec<_>, _>>()?;
        let readers = Readers::start("store-reader", STACK_BYTES, beside).map_err(failed(path))?;
        let writer = Writer::start("store-writer", STACK_BYTES, database).map_err(failed(path))?;
        Ok(Self {
            writer,
            readers,
            shared,
        })
    }

    /// Runs one operation as the developer; `body` is its request, the answer its response. A
    /// write is on disk when this returns.
    pub async fn execute(&self, operation: &str, body: Bytes) -> Result<Bytes, ApiError> {
        let request = self.read(operation, &body)?;
        self.run(request).await
    }

    /// Reads a request of an operation.
    pub(crate) fn read(&self, operation: &str, body: &[u8]) -> Result<Request, ApiError> {
        let known = Operation::from_name(operation);
        let operation = known.ok_or_else(|| ApiError::unknown_operation(operation))?;
        Ok(Request::read(operation, body, &self.shared.place)?)
    }

    /// Runs what was read. A write is on disk when this returns.
    pub(crate) async fn run(&self, request: Request) -> Result<Bytes, ApiError> {
        let kind = request.kind();
        let run = move |database: &mut Database| {
            let answer = match kind {
                Kind::Read => database.read(|database| answer(database, &request)),
                Kind::Write | Kind::Definition => answer(database, &request),
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

    /// A table as it is now, if it is there.
    pub(crate) async fn table(&self, name: &str) -> Result<Option<Arc<Table>>, ApiError> {
        let name = name.to_owned();
        let find = move |database: &mut Database| {
            let found = database.read(|database| database.find_table(&name));
            database.note_result(&found);
            found
        };
        self.readers.run(find).await.map_err(ApiError::from)
    }

    /// Where the tables seem to be.
    pub(crate) fn place(&self) -> &Place {
        &self.shared.place
    }

    /// The ARN of the stream that a table has now.
    pub(crate) async fn stream_arn(&self, table: &str) -> Option<String> {
        let table = self.table(table).await.ok()??;
        let stream = table.stream.as_ref()?;
        Some(streams::arn(self.place(), table.name(), &stream.label).into())
    }

    /// A count that goes up with a stream's records, by what its ARN has after the account; `None` if there is no such
    /// stream.
    pub(crate) fn watch(&self, stream: &str) -> Option<watch::Receiver<u64>> {
        self.shared.streams.watch(stream)
    }

    /// Loads many items of different keys into a table that has none, which is quicker than writing them.
    pub async fn load(
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

    /// Creates a table, or makes the one that is there as it is declared: keys and local indexes can't be changed. Its
    /// items expire by the attribute `time_to_live`.
    pub async fn ensure_table(
        &self,
        create_table: &Value,
        time_to_live: Option<&str>,
    ) -> Result<(), TableError> {
        tables::ensure(self, create_table, time_to_live).await
    }

    /// Has the items deleted that have expired, and what is too old in streams. Answers when the next item expires, if
    /// that is known.
    pub(crate) async fn delete_expired(&self) -> Option<SystemTime> {
        let sweep = |database: &mut Database| {
            database.sweep();
            let next = expiry::next(database);
            database.note_result(&next);
            next
        };
        match self.writer.run(sweep).await {
            Ok(next) => {
                let next = Duration::from_secs(next?.try_into().ok()?);
                SystemTime::UNIX_EPOCH.checked_add(next)
            }
            Err(error) => {
                tracing::warn!(%error, "expired items could not be deleted");
                None
            }
        }
    }

    /// Lets the threads finish what waits, and waits for them, once all other
    /// clones are gone.
    pub async fn close(self) {
        let Self {
            writer, readers, ..
        } = self;
        // The writer last: SQLite takes the write-ahead log into the store's
        // file when a connection is closed while there is no other.
        let closed = async {
            readers.close().await;
            writer.close().await;
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the store was still busy when samlet ended");
        }
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> StoreError {
    move |source| StoreError::Io {
        path: path.to_owned(),
        source,
    }
}

/// The answer to a request as JSON; nothing where the operation answers nothing.
fn answer(database: &mut Database, request: &Request) -> Result<Bytes, Error> {
    let answer = operations::run(database, request)?;
    if answer.is_null() {
        return Ok(Bytes::new());
    }
    // Quicker than its `to_string`. It can't fail: an answer's names are strings.
    Ok(serde_json::to_vec(&answer).unwrap_or_default().into())
}

/// Looks the whole file over, and reports if something is wrong with it.
fn check_in_background(database: &Database, path: &Path) -> Result<(), StoreError> {
    if std::fs::metadata(path).map_err(failed(path))?.len() > MAX_CHECKED_BYTES {
        return Ok(());
    }
    let mut database = database.beside()?;
    database.begin_check();
    let checked = path.to_owned();
    let check = move || {
        if let Some(found) = database.find_damage() {
            damage::report(&checked, &found);
        }
    };
    let thread = std::thread::Builder::new()
        .name("store-check".into())
        .stack_size(STACK_BYTES);
    thread.spawn(check).map(drop).map_err(failed(path))
}

/// Before SQLite drops what it can't read.
fn report_unreadable_log(path: &Path) {
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

#[cfg(test)]
mod tests;
