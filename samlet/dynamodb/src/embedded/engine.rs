//! One connection to the embedded engine: runs an operation and gives its JSON.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dynoxide::actions::vector_lifecycle::VectorIndexLifecycle;
use dynoxide::actions::{
    batch_execute_statement, batch_get_item, batch_write_item, create_table, delete_item,
    delete_table, describe_stream, describe_table, describe_time_to_live, execute_statement,
    execute_transaction, get_item, get_records, get_shard_iterator, list_streams, list_tables,
    list_tags_of_resource, put_item, query, scan, tag_resource, transact_get_items,
    transact_write_items, untag_resource, update_item, update_table, update_time_to_live,
};
use dynoxide::storage::Storage;
use dynoxide::storage_backend;
use dynoxide::{DynoxideError, Result, ttl};
use rusqlite::Connection;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::{Failure, Session};
use samlet_dynamodb_api::{Kind, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::nesting::Nesting;
use super::tokens::Tokens;
use super::{arns, clashes, key_changes, names, pages, removals, statements, streams};
use crate::command::Command;
use crate::damage;
use crate::errors::{ApiError, StoreError};

pub(crate) struct Engine {
    path: PathBuf,
    storage: Storage,
    lifecycle: VectorIndexLifecycle,
    tokens: Tokens,
    place: Arc<Place>,
    clock: Clock,
    /// The writer's: its transaction is around the engine's own.
    nesting: Option<Nesting>,
    /// The writer's: where the engines beside it find what is to replace theirs.
    beside: Vec<Replacement>,
    /// What the writer puts there, once what is cached of the tables is wrong.
    replacement: Replacement,
    /// The open transaction changes definitions.
    defines: bool,
    /// What is cached of the tables may be wrong once the transaction has ended.
    is_stale: bool,
    /// Logged once, not for every operation.
    is_failing: bool,
    #[cfg(test)]
    pub(crate) commit: Option<TestCommit>,
}

/// The engine opens a file under SQLite's lock for writing, which the writer
/// holds nearly always when it is busy: so it is the writer that opens it.
type Replacement = Arc<Mutex<Option<Storage>>>;

/// What a test has the writer do in place of COMMIT.
#[cfg(test)]
pub(crate) type TestCommit = Box<dyn FnMut(&Connection) -> rusqlite::Result<()> + Send>;

impl Engine {
    pub(crate) fn open(
        path: &Path,
        place: &Arc<Place>,
        clock: &Clock,
    ) -> std::result::Result<Self, StoreError> {
        Ok(Self {
            path: path.to_owned(),
            storage: open_storage(path, clock)?,
            lifecycle: VectorIndexLifecycle::default(),
            tokens: Tokens::default(),
            place: Arc::clone(place),
            clock: clock.clone(),
            nesting: None,
            beside: Vec::new(),
            replacement: Replacement::default(),
            defines: false,
            is_stale: false,
            is_failing: false,
            #[cfg(test)]
            commit: None,
        })
    }

    /// Another engine for the same file, which follows this one's definitions.
    pub(crate) fn beside(&mut self) -> std::result::Result<Self, StoreError> {
        let beside = Self::open(&self.path, &self.place, &self.clock)?;
        self.beside.push(Arc::clone(&beside.replacement));
        Ok(beside)
    }

    /// Makes the engine one for a writer, whose transaction is around its own.
    pub(crate) fn nested(mut self) -> Self {
        let nesting = Nesting::default();
        nesting.install(self.storage.conn());
        self.nesting = Some(nesting);
        self
    }

    /// What a test's own authorizer asks as well.
    #[cfg(test)]
    pub(crate) fn nesting(&self) -> Nesting {
        self.nesting.clone().unwrap_or_default()
    }

    /// Runs an operation beside the writer, which may have changed definitions.
    pub(crate) fn read(&mut self, command: &Command) -> std::result::Result<Bytes, ApiError> {
        let replacement = lock(&self.replacement).take();
        if let Some(storage) = replacement {
            self.storage = storage;
        }
        let result = self.run(command);
        let has_failed = result.as_ref().is_err_and(|error| error.status >= 500);
        self.is_failing &= has_failed;
        result
    }

    /// Runs an operation; whatever the engine does, this returns.
    pub(crate) fn run(&mut self, command: &Command) -> std::result::Result<Bytes, ApiError> {
        let pending = self.tokens.pending();
        let is_definition = command.kind() == Kind::Definition;
        self.defines |= is_definition;
        let result = catch_unwind(AssertUnwindSafe(|| self.run_nested(command)));
        let has_panicked = result.is_err();
        if has_panicked {
            tracing::error!(operation = command.name(), "the store's engine panicked");
        }
        let result = result.unwrap_or_else(|_| Err(Failure::Panicked.into()));
        if let Err(error) = &result {
            // The writer rolls it back.
            self.tokens.roll_back_to(pending);
            self.is_stale |= is_definition || has_panicked;
            if error.status >= 500 && !has_panicked {
                self.note_failure(&String::from_utf8_lossy(&error.body));
            }
        }
        if self.is_stale && self.nesting.is_none() {
            self.reopen();
        }
        result
    }

    fn run_nested(&mut self, command: &Command) -> std::result::Result<Bytes, ApiError> {
        let Some(nesting) = self.nesting.clone() else {
            return Ok(self.run_checked(command)?.into());
        };
        let nested = nesting.within(|| self.run_checked(command));
        let answer = nested.result?;
        // A batch's statement that failed after its first write: the engine answers
        // with its error, and counts on the rollback.
        if nested.must_be_undone {
            let message = "A part of the operation failed after it had been written";
            return Err(ApiError::internal(message));
        }
        Ok(answer.into())
    }

    fn run_checked(&mut self, command: &Command) -> Result<String> {
        if command.kind() != Kind::Write {
            return self.dispatch(command);
        }
        let newest = streams::newest(&self.storage)?;
        let answer = self.dispatch(command)?;
        streams::forget_no_changes(&self.storage, newest)?;
        Ok(answer)
    }

    /// Logs that the store has begun to fail.
    fn note_failure(&mut self, reason: &str) {
        if std::mem::replace(&mut self.is_failing, true) {
            return;
        }
        if damage::is_sign(reason) {
            damage::report(&self.path, reason);
        } else {
            tracing::error!("the store {} fails: {reason}", self.path.display());
        }
    }

    /// Forgets what is cached of the tables.
    fn reopen(&mut self) {
        match open_storage(&self.path, &self.clock) {
            Ok(storage) => {
                if let Some(nesting) = &self.nesting {
                    nesting.install(storage.conn());
                }
                self.storage = storage;
                self.lifecycle = VectorIndexLifecycle::default();
                self.is_stale = false;
            }
            Err(error) => tracing::error!(%error, "cannot reopen the store"),
        }
    }

    /// Has the engines beside this one forget what they have cached of the tables.
    fn replace_beside(&self) {
        for replacement in &self.beside {
            let mut replacement = lock(replacement);
            // One that waits there has cached nothing yet.
            if replacement.is_some() {
                continue;
            }
            match open_storage(&self.path, &self.clock) {
                Ok(storage) => *replacement = Some(storage),
                Err(error) => tracing::error!(%error, "cannot reopen the store"),
            }
        }
    }

    fn dispatch(&mut self, command: &Command) -> Result<String> {
        match command {
            Command::Definition(table) => self.definition(table),
            Command::SweepExpired => answer(ttl::sweep_expired_items(&self.storage)),
            Command::Request(request, body) => match request.token() {
                Some(token) => self.run_once(token, request, body),
                None => self.execute(request, body),
            },
        }
    }

    /// Runs a transaction that has a token.
    fn run_once(&mut self, token: &str, request: &Request, body: &[u8]) -> Result<String> {
        let Some(fingerprint) = request.fingerprint() else {
            return self.execute(request, body);
        };
        let (now, name) = (self.clock.now(), request.operation().name());
        if let Some(answer) = self.tokens.find(now, name, token, &fingerprint)? {
            return Ok(answer);
        }
        let answer = self.execute(request, body)?;
        self.tokens
            .keep(now, name, token, fingerprint, answer.clone());
        Ok(answer)
    }

    fn execute(&self, request: &Request, body: &[u8]) -> Result<String> {
        let storage = &self.storage;
        match request {
            Request::PutItem(_) => answer(put_item::execute(storage, read(body)?)),
            Request::GetItem(_) => answer(get_item::execute(storage, read(body)?)),
            Request::UpdateItem(update) => match removals::run(storage, update)? {
                Some(answer) => Ok(answer),
                None => answer(update_item::execute(storage, read(body)?)),
            },
            Request::DeleteItem(_) => answer(delete_item::execute(storage, read(body)?)),
            Request::BatchGetItem(_) => answer(batch_get_item::execute(storage, read(body)?)),
            Request::BatchWriteItem(_) => answer(batch_write_item::execute(storage, read(body)?)),
            Request::TransactGetItems(_) => {
                answer(transact_get_items::execute(storage, read(body)?))
            }
            Request::TransactWriteItems(transaction) => {
                key_changes::refuse(transaction)?;
                let changed = removals::without(storage, transaction)?;
                let changed = changed.map(|changed| {
                    let changed = Request::TransactWriteItems(changed);
                    changed.to_json().to_string()
                });
                let body = changed.as_deref().map_or(body, str::as_bytes);
                answer(transact_write_items::execute(storage, read(body)?))
            }
            Request::Query(_) => {
                pages::joined(request, |body| answer(query::execute(storage, read(body)?)))
            }
            Request::Scan(_) => {
                pages::joined(request, |body| answer(scan::execute(storage, read(body)?)))
            }
            Request::ExecuteStatement(request) => {
                statements::check(request)?;
                answer(execute_statement::execute(storage, read(body)?))
            }
            Request::BatchExecuteStatement(batch) => statements::run_batch(batch, |batch| {
                let batch = Request::BatchExecuteStatement(batch.clone()).to_json();
                let body = batch.to_string();
                answer(batch_execute_statement::execute(
                    storage,
                    read(body.as_bytes())?,
                ))
            }),
            Request::ExecuteTransaction(request) => {
                statements::check_transaction(request)?;
                answer(execute_transaction::execute(storage, read(body)?))
            }
            _ => self.administer(request, body),
        }
    }

    /// Requests about tables and streams.
    fn administer(&self, request: &Request, body: &[u8]) -> Result<String> {
        let storage = &self.storage;
        match request {
            Request::DescribeLimits => Ok(DESCRIBE_LIMITS.into()),
            Request::DescribeEndpoints => Ok(format!(
                r#"{{"Endpoints":[{{"Address":"dynamodb.{}.{}","CachePeriodInMinutes":1440}}]}}"#,
                self.place.region,
                self.place.url_suffix()
            )),
            Request::DescribeContinuousBackups(_) => Ok(CONTINUOUS_BACKUPS.into()),
            Request::ListTables(_) => answer(list_tables::execute(storage, read(body)?)),
            Request::UpdateTimeToLive(_) => {
                answer(update_time_to_live::execute(storage, read(body)?))
            }
            Request::DescribeTimeToLive(_) => {
                answer(describe_time_to_live::execute(storage, read(body)?))
            }
            Request::CreateTable(create) => {
                refuse_names(names::refuse_new(create))?;
                clashes::refuse_clash(storage, &create.table)?;
                self.local(answer(create_table::execute(storage, read(body)?)))
            }
            Request::DeleteTable(_) => self.local(answer(delete_table::execute(
                storage,
                read(body)?,
                &self.lifecycle,
            ))),
            Request::DescribeTable(_) => self.local(answer(describe_table::execute(
                storage,
                read(body)?,
                &self.lifecycle,
            ))),
            _ => self.with_arns(request, &arns::delocalise(body, &self.place)),
        }
    }

    /// What DescribeTable tells of keys and indexes.
    fn definition(&self, table: &str) -> Result<String> {
        let Some(metadata) = self.storage.get_table_metadata(table)? else {
            return Ok(Value::Null.to_string());
        };
        let list = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let indexes = |text: &Option<String>| text.as_deref().map(list);
        let definition = json!({
            "KeySchema": list(&metadata.key_schema),
            "AttributeDefinitions": list(&metadata.attribute_definitions),
            "GlobalSecondaryIndexes": indexes(&metadata.gsi_definitions),
            "LocalSecondaryIndexes": indexes(&metadata.lsi_definitions),
            "StreamViewType": metadata.stream_view_type.filter(|_| metadata.stream_enabled),
        });
        Ok(definition.to_string())
    }

    /// Operations that name tables or streams by their ARN.
    fn with_arns(&self, request: &Request, body: &[u8]) -> Result<String> {
        let storage = &self.storage;
        self.local(match request {
            Request::UpdateTable(update) => {
                refuse_names(names::refuse_changed(update))?;
                clashes::refuse_clash_of_indexes(storage, update)?;
                answer(update_table::execute(storage, read(body)?, &self.lifecycle))
            }
            Request::TagResource(tag) => {
                self.check_tagged(&tag.resource)?;
                answer(tag_resource::execute(storage, read(body)?))
            }
            Request::UntagResource(untag) => {
                self.check_tagged(&untag.resource)?;
                answer(untag_resource::execute(storage, read(body)?))
            }
            Request::ListTagsOfResource(resource, _) => {
                self.check_tagged(resource)?;
                answer(list_tags_of_resource::execute(storage, read(body)?))
            }
            Request::ListStreams(_) => answer(list_streams::execute(storage, read(body)?)),
            Request::DescribeStream(describe) => {
                let described = answer(describe_stream::execute(storage, read(body)?))?;
                let definition = self.definition(describe.stream.table())?;
                streams::described(&described, describe, &definition)
            }
            Request::GetShardIterator(get) => {
                let body = streams::with_shard(get, body)?;
                answer(get_shard_iterator::execute(storage, read(&body)?))
            }
            Request::GetRecords(_) => answer(get_records::execute(storage, read(body)?)),
            _ => Err(DynoxideError::InternalServerError(
                "Internal server error".into(),
            )),
        })
    }

    fn has_table(&self, name: &str) -> Result<bool> {
        Ok(self.storage.get_table_metadata(name)?.is_some())
    }

    /// Refuses the ARN of a table that is not there, in DynamoDB's own spelling.
    fn check_tagged(&self, resource: &str) -> Result<()> {
        let name = resource.rsplit_once(":table/").map(|(_, name)| name);
        if self.has_table(name.unwrap_or_default())? {
            return Ok(());
        }
        Err(DynoxideError::ResourceNotFoundException(format!(
            "Requested resource not found: ResourcArn: {resource} not found"
        )))
    }

    fn local(&self, description: Result<String>) -> Result<String> {
        Ok(arns::localise(&description?, &self.place))
    }
}

impl Session for Engine {
    fn connection(&self) -> &Connection {
        self.storage.conn()
    }

    #[cfg(test)]
    fn commit(&mut self) -> rusqlite::Result<()> {
        match &mut self.commit {
            Some(commit) => commit(self.storage.conn()),
            None => self.storage.conn().execute_batch("COMMIT"),
        }
    }

    fn ended(&mut self, failure: Option<&Failure>) {
        match failure {
            None => {
                self.tokens.commit();
                self.is_failing = false;
            }
            Some(failure) => {
                self.tokens.roll_back_to(0);
                self.is_stale |= self.defines;
                if let Failure::Disk { reason } = failure {
                    self.note_failure(reason);
                }
            }
        }
        let has_defined = std::mem::take(&mut self.defines);
        if has_defined && failure.is_none() {
            self.replace_beside();
        }
        // Not before: with its connection, the transaction would have gone.
        if self.is_stale {
            self.reopen();
        }
    }
}

fn refuse_names(refusal: Option<String>) -> Result<()> {
    match refusal {
        None => Ok(()),
        Some(refusal) => Err(DynoxideError::ValidationException(refusal)),
    }
}

fn lock(replacement: &Replacement) -> MutexGuard<'_, Option<Storage>> {
    replacement.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_storage(path: &Path, clock: &Clock) -> std::result::Result<Storage, StoreError> {
    let storage = Storage::new(&path.to_string_lossy());
    let storage = storage.map_err(|error| StoreError::Engine {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(storage.with_clock(Arc::new(EngineClock(clock.clone()))))
}

/// What the engine's times to live and stream records go by. It writes the tables' CreationDateTime by the wall.
struct EngineClock(Clock);

impl EngineClock {
    fn since_epoch(&self) -> Duration {
        let now = self.0.now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap_or_default()
    }
}

impl storage_backend::Clock for EngineClock {
    fn now_unix_secs(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.since_epoch().as_secs_f64()
    }
}

/// What an account may have by default, which is not limited here.
const DESCRIBE_LIMITS: &str = r#"{"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,"TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}"#;

/// There are none here.
const CONTINUOUS_BACKUPS: &str = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}"#;

/// The engine's futures over SQLite are ready when first polled.
pub(crate) fn answer<T: Serialize>(future: impl Future<Output = Result<T>>) -> Result<String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => serde_json::to_string(&result?)
            .map_err(|error| DynoxideError::InternalServerError(error.to_string())),
        Poll::Pending => Err(DynoxideError::InternalServerError(
            "Internal server error".into(),
        )),
    }
}

/// Reads a request that was written for the engine.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let text = message.rsplit_once(" at line ");
        let text = text.map_or(message.as_str(), |(text, _)| text);
        // The engine marks in serde's message what it refuses by itself.
        let text = text
            .split_once("VALIDATION:")
            .map_or(text, |(_, text)| text);
        DynoxideError::ValidationException(text.into())
    })
}
