//! Makes the store's tables those the template declares.

mod changes;

use std::sync::Arc;
use std::time::Duration;

use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::request::CreateTable;
use serde_json::Value;

use crate::damage;
use crate::database::{IndexState, Table};
use crate::errors::ApiError;
use crate::store::Store;

/// Why a declared table is not there.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// DynamoDB refuses the declaration.
    #[error("DynamoDB refuses the table: {0}")]
    Refused(String),
    /// A stream was declared, and there is none.
    #[error("its stream cannot be found")]
    NoStream,
    /// Further changes wait for an index of a large table.
    #[error(
        "its index {index} is still being filled; wait for that, then save the template again or restart samlet"
    )]
    IndexNotFilled {
        /// The index's name.
        index: String,
    },
    /// What is stored of the table can't be read.
    #[error(
        "the stored table {name} is damaged: {reason}; restore dynamodb.sqlite in the data folder from a copy, \
         or run `samlet reset` to start afresh"
    )]
    Damaged {
        /// The table's name.
        name: String,
        /// What was found.
        reason: String,
    },
    /// A table of this name holds data under other keys or indexes.
    #[error(
        "the stored table {name} has another {what} than the template: stored {stored}, declared {declared}; \
         put the template back, name the table anew, or run `samlet reset` to start afresh"
    )]
    Differs {
        /// The table's name.
        name: String,
        /// Which part differs.
        what: &'static str,
        /// As it is stored.
        stored: String,
        /// As the template has it.
        declared: String,
    },
}

/// How long to wait until an index is filled.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often to look whether it is.
const INTERVAL: Duration = Duration::from_millis(20);

/// Whether a declared table can be there: there is none of its name, or one with the same keys and local indexes.
/// Changes nothing.
pub(crate) async fn check(store: &Store, create_table: &Value) -> Result<(), TableError> {
    let declared = read(store, create_table)?;
    if let Some(stored) = stored(store, &declared.table).await? {
        changes::requests(store.place(), &stored, &declared, None)?;
    }
    Ok(())
}

/// Makes a declared table, or makes the one that is there as it is declared: its global indexes, stream, settings and
/// tags, and that its items expire by the attribute `time_to_live`.
pub(crate) async fn ensure(
    store: &Store,
    create_table: &Value,
    time_to_live: Option<&str>,
) -> Result<(), TableError> {
    let declared = read(store, create_table)?;
    let name = declared.table.clone();
    let run = async |request: Request| {
        let ran = store.run(request).await;
        ran.map(drop).map_err(|error| refused(&name, &error))
    };
    let table = match stored(store, &name).await? {
        Some(table) => table,
        None => {
            run(Request::CreateTable(declared.clone())).await?;
            stored(store, &name).await?.ok_or_else(store_failed)?
        }
    };
    for request in changes::requests(store.place(), &table, &declared, time_to_live)? {
        if changes::waits_for_indexes(&request)
            && let Some(index) = filling(store, &name).await?
        {
            return Err(TableError::IndexNotFilled { index });
        }
        run(request).await?;
    }
    if let Some(index) = filling(store, &name).await? {
        tracing::warn!("the index {index} of the table {name} is still being filled");
    }
    Ok(())
}

/// Waits until all indexes of a table are filled; names one that is not after a long time.
async fn filling(store: &Store, name: &str) -> Result<Option<String>, TableError> {
    let start = tokio::time::Instant::now();
    loop {
        let table = stored(store, name).await?;
        let indexes = table.iter().flat_map(|table| &table.indexes);
        let mut filling = indexes.filter(|index| index.state == IndexState::Creating);
        let Some(index) = filling.next() else {
            return Ok(None);
        };
        if start.elapsed() >= PATIENCE {
            return Ok(Some(index.name.clone()));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The table of a name, if it is there.
async fn stored(store: &Store, name: &str) -> Result<Option<Arc<Table>>, TableError> {
    let stored = store.table(name).await;
    stored.map_err(|error| refused(name, &error))
}

/// A declaration, read as a request to make the table.
fn read(store: &Store, create_table: &Value) -> Result<CreateTable, TableError> {
    let request = store.read("CreateTable", create_table.to_string().as_bytes());
    match request.map_err(|error| TableError::Refused(message(&error.body)))? {
        Request::CreateTable(declared) => Ok(declared),
        _ => Err(store_failed()),
    }
}

fn store_failed() -> TableError {
    TableError::Refused(STORE_FAILED.to_owned())
}

fn refused(name: &str, error: &ApiError) -> TableError {
    let reason = message(&error.body);
    if error.status >= 500 && damage::is_sign(&reason) {
        let name = name.to_owned();
        return TableError::Damaged { name, reason };
    }
    TableError::Refused(reason)
}

/// What a refusal says.
fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body
        .get("message")
        .or_else(|| body.get("Message"))
        .and_then(Value::as_str);
    text.unwrap_or(STORE_FAILED).to_owned()
}

/// For want of better words.
const STORE_FAILED: &str = "the store failed";

#[cfg(test)]
mod tests;
