//! Makes the store's tables those the template declares.

mod changes;

use std::time::Duration;

use bytes::Bytes;
use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::request::CreateTable;
use serde_json::{Value, json};

use self::changes::{Difference, StoredTable};
use crate::command::Command;
use crate::damage;
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

/// What can't be changed under stored items.
const FIXED: [&str; 2] = ["KeySchema", "AttributeDefinitions"];

/// Whether a declared table can be there: there is none of its name, or one with the same keys and indexes. Changes
/// nothing; gives the one that is there.
pub(crate) async fn check(
    store: &Store,
    create_table: &Value,
) -> Result<Option<Value>, TableError> {
    let name = create_table["TableName"].as_str().unwrap_or_default();
    let stored = store.run(Command::Definition(name.to_owned())).await;
    let stored = stored.map_err(|error| refused(name, &error))?;
    match serde_json::from_slice(&stored).unwrap_or_default() {
        Value::Null => Ok(None),
        stored if store.is_own() => {
            let declared = read(store, create_table)?;
            let table = stored_table(store, &stored)?;
            let changes = changes::requests(&table, &declared, None);
            changes.map_err(|difference| differs(name, difference))?;
            Ok(Some(stored))
        }
        stored => compare(name, &stored, create_table).map(|()| Some(stored)),
    }
}

/// Makes a declared table, unless it is there already with the same keys and indexes; its stream is as declared, and its
/// items expire by the attribute `time_to_live`.
pub(crate) async fn ensure(
    store: &Store,
    create_table: &Value,
    time_to_live: Option<&str>,
) -> Result<(), TableError> {
    let name = create_table["TableName"].as_str().unwrap_or_default();
    if store.is_own() {
        return change(store, create_table, time_to_live).await;
    }
    let made = match check(store, create_table).await? {
        Some(stored) => ensure_stream(store, name, &stored, create_table).await,
        None => {
            let created = store.execute("CreateTable", create_table.to_string().into());
            created.await.map(drop)
        }
    };
    made.map_err(|error| refused(name, &error))?;
    ensure_time_to_live(store, name, time_to_live)
        .await
        .map_err(|error| refused(name, &error))
}

/// How long to wait until an index is filled.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often to look whether it is.
const INTERVAL: Duration = Duration::from_millis(20);

/// Makes a declared table, or makes the one that is there as it is declared.
async fn change(
    store: &Store,
    create_table: &Value,
    time_to_live: Option<&str>,
) -> Result<(), TableError> {
    let declared = read(store, create_table)?;
    let name = declared.table.clone();
    let run = async |request: Request| {
        let ran = store.run(Command::request(request)).await;
        ran.map(drop).map_err(|error| refused(&name, &error))
    };
    let mut stored = definition(store, &name).await?;
    if stored.is_null() {
        run(Request::CreateTable(declared.clone())).await?;
        stored = definition(store, &name).await?;
    }
    let table = stored_table(store, &stored)?;
    let requests = changes::requests(&table, &declared, time_to_live);
    for request in requests.map_err(|difference| differs(&name, difference))? {
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
        let stored = definition(store, name).await?;
        let Some(index) = stored["FillingIndexes"][0].as_str() else {
            return Ok(None);
        };
        if start.elapsed() >= PATIENCE {
            return Ok(Some(index.to_owned()));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What is stored of a table; null if it is not there.
async fn definition(store: &Store, name: &str) -> Result<Value, TableError> {
    let stored = store.run(Command::Definition(name.to_owned())).await;
    let stored = stored.map_err(|error| refused(name, &error))?;
    Ok(serde_json::from_slice(&stored).unwrap_or_default())
}

/// A declaration, read as a request to make the table.
fn read(store: &Store, create_table: &Value) -> Result<CreateTable, TableError> {
    let request = store.read("CreateTable", create_table.to_string().as_bytes());
    match request.map_err(|error| TableError::Refused(message(&error.body)))? {
        Request::CreateTable(declared) => Ok(declared),
        _ => Err(TableError::Refused("the store failed".into())),
    }
}

fn stored_table(store: &Store, stored: &Value) -> Result<StoredTable, TableError> {
    let text = |name: &str| stored[name].as_str().map(str::to_owned);
    Ok(StoredTable {
        definition: read(store, stored)?,
        time_to_live: text("TimeToLive"),
        arn: text("TableArn").unwrap_or_default(),
    })
}

fn differs(name: &str, difference: Difference) -> TableError {
    TableError::Differs {
        name: name.to_owned(),
        what: difference.what,
        stored: difference.stored,
        declared: difference.declared,
    }
}

/// Begins, ends or replaces the stream of a table that is there.
async fn ensure_stream(
    store: &Store,
    name: &str,
    stored: &Value,
    declared: &Value,
) -> Result<(), ApiError> {
    let stored = &stored["StreamViewType"];
    let wanted = &declared["StreamSpecification"]["StreamViewType"];
    let update = |specification: Value| {
        let request = json!({"TableName": name, "StreamSpecification": specification});
        let body = request.to_string().into();
        async move { store.execute("UpdateTable", body).await.map(drop) }
    };
    if stored == wanted {
        return Ok(());
    }
    if !stored.is_null() {
        update(json!({"StreamEnabled": false})).await?;
    }
    if wanted.is_null() {
        return Ok(());
    }
    update(json!({"StreamEnabled": true, "StreamViewType": wanted})).await
}

fn refused(name: &str, error: &ApiError) -> TableError {
    let reason = message(&error.body);
    match error.status >= 500 && damage::is_sign(&reason) {
        true => damaged(name, reason),
        false => TableError::Refused(reason),
    }
}

fn damaged(name: &str, reason: String) -> TableError {
    let name = name.to_owned();
    TableError::Damaged { name, reason }
}

async fn ensure_time_to_live(
    store: &Store,
    name: &str,
    wanted: Option<&str>,
) -> Result<(), ApiError> {
    let describe = json!({"TableName": name}).to_string();
    let known = store.execute("DescribeTimeToLive", describe.into()).await?;
    let known: Value = serde_json::from_slice(&known).unwrap_or_default();
    let known = &known["TimeToLiveDescription"];
    let enabled = known["TimeToLiveStatus"] == "ENABLED";
    let attribute = known["AttributeName"].as_str().filter(|_| enabled);
    let set = |attribute: &str, enabled: bool| {
        let specification = json!({"AttributeName": attribute, "Enabled": enabled});
        let request = json!({"TableName": name, "TimeToLiveSpecification": specification});
        let body = request.to_string().into();
        async move { store.execute("UpdateTimeToLive", body).await.map(drop) }
    };
    if attribute == wanted {
        return Ok(());
    }
    if let Some(attribute) = attribute {
        set(attribute, false).await?;
    }
    match wanted {
        Some(wanted) => set(wanted, true).await,
        None => Ok(()),
    }
}

fn message(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body
        .get("message")
        .or_else(|| body.get("Message"))
        .and_then(Value::as_str);
    text.unwrap_or("the store failed").to_owned()
}

fn compare(name: &str, stored: &Value, declared: &Value) -> Result<(), TableError> {
    let differs = |what, stored: String, declared: String| {
        Err(TableError::Differs {
            name: name.to_owned(),
            what,
            stored,
            declared,
        })
    };
    for what in FIXED {
        let (stored, declared) = (sorted(&stored[what]), sorted(&declared[what]));
        // Every table has them; the engine gives none for those it can't read.
        if stored.is_empty() {
            return Err(damaged(name, format!("its {what} can't be read")));
        }
        if stored != declared {
            return differs(what, stored.join(", "), declared.join(", "));
        }
    }
    for what in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let (stored, declared) = (indexes(&stored[what]), indexes(&declared[what]));
        if stored != declared {
            return differs(what, stored.join(", "), declared.join(", "));
        }
    }
    Ok(())
}

/// A list's members as text, order left out.
fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<String> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(Value::to_string)
        .collect();
    texts.sort();
    texts
}

fn indexes(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let mut texts: Vec<String> = list
        .map(|index| {
            format!(
                "{} {}",
                index["IndexName"],
                sorted(&index["KeySchema"]).join(" ")
            )
        })
        .collect();
    texts.sort();
    texts
}

/// The partition key of a table, or of one of its indexes.
pub(crate) fn hash_key(definition: &Value, index: Option<&str>) -> Option<String> {
    let schema = match index {
        None => &definition["KeySchema"],
        Some(name) => {
            let lists = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
            let lists = lists.map(|list| definition[list].as_array());
            let mut indexes = lists.into_iter().flatten().flatten();
            &indexes.find(|index| index["IndexName"] == name)?["KeySchema"]
        }
    };
    let mut elements = schema.as_array()?.iter();
    let hash = elements.find(|element| element["KeyType"] == "HASH")?;
    hash["AttributeName"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
