//! One connection to the embedded engine: runs an operation and gives its JSON.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use dynoxide::actions::vector_lifecycle::VectorIndexLifecycle;
use dynoxide::actions::{
    batch_get_item, batch_write_item, create_table, delete_item, delete_table, describe_table,
    get_item, list_tables, put_item, query, scan, transact_get_items, update_item,
};
use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arns;
use crate::errors::{ApiError, StoreError};

/// Items on a page of a Query or Scan that sets no Limit: the engine would
/// otherwise read every remaining row into memory. Clients page by
/// LastEvaluatedKey in any case.
const PAGE_ITEMS: u64 = 1000;

/// How an operation is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    /// Changes which tables there are.
    Definition,
}

/// `None` for an operation that isn't supported.
pub(crate) fn kind(operation: &str) -> Option<Kind> {
    match operation {
        "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" | "DescribeTable"
        | "ListTables" => Some(Kind::Read),
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" => Some(Kind::Write),
        "CreateTable" | "DeleteTable" => Some(Kind::Definition),
        _ => None,
    }
}

pub(crate) struct Engine {
    path: PathBuf,
    storage: Storage,
    lifecycle: VectorIndexLifecycle,
    region: String,
    account_id: String,
}

impl Engine {
    pub(crate) fn open(
        path: &Path,
        region: &str,
        account_id: &str,
    ) -> std::result::Result<Self, StoreError> {
        let engine = |error: DynoxideError| StoreError::Engine {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let storage = Storage::new(&path.to_string_lossy()).map_err(engine)?;
        // Commits are synced once a group, by the writer itself; SQLite still
        // syncs around checkpoints.
        let relaxed = storage.conn().execute_batch("PRAGMA synchronous = NORMAL");
        relaxed.map_err(|error| StoreError::Engine {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            storage,
            lifecycle: VectorIndexLifecycle::default(),
            region: region.into(),
            account_id: account_id.into(),
        })
    }

    /// Runs an operation; whatever the engine does, this returns.
    pub(crate) fn run(
        &mut self,
        operation: &str,
        body: &[u8],
    ) -> std::result::Result<Bytes, ApiError> {
        match catch_unwind(AssertUnwindSafe(|| self.dispatch(operation, body))) {
            Ok(result) => result.map(Bytes::from).map_err(ApiError::from),
            Err(_) => {
                tracing::error!(operation, "the store's engine panicked");
                self.reopen();
                Err(ApiError::internal("Internal server error"))
            }
        }
    }

    /// Forgets what is cached of the tables.
    pub(crate) fn reopen(&mut self) {
        match Self::open(&self.path, &self.region, &self.account_id) {
            Ok(fresh) => *self = fresh,
            Err(error) => tracing::error!(%error, "cannot reopen the store"),
        }
    }

    #[cfg(test)]
    pub(crate) fn synchronous(&self) -> i64 {
        let value = self
            .storage
            .conn()
            .query_row("PRAGMA synchronous", [], |row| row.get(0));
        value.unwrap_or(-1)
    }

    fn dispatch(&self, operation: &str, body: &[u8]) -> Result<String> {
        let storage = &self.storage;
        match operation {
            "PutItem" => answer(put_item::execute(storage, read(body)?)),
            "GetItem" => answer(get_item::execute(storage, read(body)?)),
            "UpdateItem" => answer(update_item::execute(storage, read(body)?)),
            "DeleteItem" => answer(delete_item::execute(storage, read(body)?)),
            "BatchGetItem" => answer(batch_get_item::execute(storage, read(body)?)),
            "BatchWriteItem" => answer(batch_write_item::execute(storage, read(body)?)),
            "TransactGetItems" => answer(transact_get_items::execute(storage, read(body)?)),
            "Query" => answer(query::execute(storage, read(&paged(body)?)?)),
            "Scan" => answer(scan::execute(storage, read(&paged(body)?)?)),
            "ListTables" => answer(list_tables::execute(storage, read(body)?)),
            "CreateTable" => self.local(answer(create_table::execute(storage, read(body)?))),
            "DeleteTable" => self.local(answer(delete_table::execute(
                storage,
                read(body)?,
                &self.lifecycle,
            ))),
            "DescribeTable" => self.local(answer(describe_table::execute(
                storage,
                read(body)?,
                &self.lifecycle,
            ))),
            _ => Err(DynoxideError::InternalServerError(
                "Internal server error".into(),
            )),
        }
    }

    fn local(&self, description: Result<String>) -> Result<String> {
        Ok(arns::localise(
            &description?,
            &self.region,
            &self.account_id,
        ))
    }
}

/// The engine's futures over SQLite are ready when first polled.
fn answer<T: Serialize>(future: impl Future<Output = Result<T>>) -> Result<String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => serde_json::to_string(&result?)
            .map_err(|error| DynoxideError::InternalServerError(error.to_string())),
        Poll::Pending => Err(DynoxideError::InternalServerError(
            "Internal server error".into(),
        )),
    }
}

/// Reads a request. The engine marks in serde's message which exception a
/// wrong member is.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(text, _)| text);
        let marked = |markers: [&str; 3]| {
            markers
                .iter()
                .find_map(|marker| message.strip_prefix(marker))
        };
        if let Some(text) = marked(["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"]) {
            return DynoxideError::ValidationException(text.into());
        }
        if let Some(text) = marked([
            "SERIALIZATION_AS_READ:",
            "SERIALIZATION:",
            "SERIALIZATION_REQUEST:",
        ]) {
            return DynoxideError::SerializationException(text.into());
        }
        let of_validation = [
            "missing field",
            "unknown variant",
            "invalid type: null",
            "Supplied AttributeValue",
        ];
        if of_validation.iter().any(|part| message.contains(part)) {
            DynoxideError::ValidationException(message.into())
        } else {
            DynoxideError::SerializationException(message.into())
        }
    })
}

fn paged(body: &[u8]) -> Result<Vec<u8>> {
    let mut request: Value = read(body)?;
    if let Value::Object(members) = &mut request
        && members.get("Limit").is_none_or(Value::is_null)
    {
        members.insert("Limit".into(), PAGE_ITEMS.into());
    }
    serde_json::to_vec(&request)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))
}
