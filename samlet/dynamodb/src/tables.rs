//! Makes the store's tables those the template declares.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::command::Command;
use crate::damage;
use crate::errors::ApiError;
use crate::store::Store;

/// Why a declared table is not there.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// DynamoDB refuses the declaration.
    #[error("the table cannot be created: {0}")]
    Refused(String),
    /// A stream was declared, and there is none.
    #[error("its stream cannot be found")]
    NoStream,
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use samlet_clock::Clock;

    use super::*;
    use crate::command::tests::place;
    use dynoxide::storage::Storage;

    fn table(key: &str) -> Value {
        json!({
            "TableName": "messages",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        })
    }

    #[tokio::test]
    async fn a_table_with_other_keys_is_neither_replaced_nor_taken() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &place(), &Clock::new()).unwrap();
        ensure(&store, &table("pk"), None).await.unwrap();
        ensure(&store, &table("pk"), None).await.unwrap();
        let error = ensure(&store, &table("id"), None).await.unwrap_err();
        assert!(
            matches!(
                error,
                TableError::Differs {
                    what: "KeySchema",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_stored_tables_stream_becomes_the_declared_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &place(), &Clock::new()).unwrap();
        for view in [
            None,
            Some("KEYS_ONLY"),
            Some("KEYS_ONLY"),
            Some("NEW_IMAGE"),
            None,
        ] {
            let mut declared = table("pk");
            if let Some(view) = view {
                declared["StreamSpecification"] =
                    json!({"StreamEnabled": true, "StreamViewType": view});
            }
            ensure(&store, &declared, None).await.unwrap();
            let stored = check(&store, &declared).await.unwrap().unwrap();
            assert_eq!(stored["StreamViewType"].as_str(), view);
        }
    }

    #[test]
    fn an_index_has_a_partition_key_of_its_own() {
        let key = |name: &str| {
            json!([
                {"AttributeName": "sk", "KeyType": "RANGE"},
                {"AttributeName": name, "KeyType": "HASH"},
            ])
        };
        let definition = json!({
            "KeySchema": key("pk"),
            "GlobalSecondaryIndexes": [{"IndexName": "by-other", "KeySchema": key("other")}],
            "LocalSecondaryIndexes": null,
        });
        let found = |index| hash_key(&definition, index);
        assert_eq!(found(None).as_deref(), Some("pk"));
        assert_eq!(found(Some("by-other")).as_deref(), Some("other"));
        assert_eq!(found(Some("unknown")), None);
        assert_eq!(hash_key(&Value::Null, None), None);
    }

    #[tokio::test]
    async fn a_table_whose_definition_is_damaged_is_told_as_that() {
        for damage in [
            "key_schema = '[{'",
            "attribute_definitions = '[]'",
            "key_schema = CAST(x'ff' AS TEXT)",
            "key_schema = CAST(key_schema AS BLOB)",
            "table_name = 'massages'",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let open = || Store::open(folder.path(), &place(), &Clock::new()).unwrap();
            let store = open();
            ensure(&store, &table("pk"), None).await.unwrap();
            store.close().await;
            let file = folder.path().join("dynamodb.sqlite");
            let storage = Storage::new(file.to_str().unwrap()).unwrap();
            let update = format!("UPDATE _tables SET {damage}");
            storage.conn().execute_batch(&update).unwrap();
            let error = ensure(&open(), &table("pk"), None).await.unwrap_err();
            let is_told = matches!(error, TableError::Damaged { .. });
            assert!(is_told, "{damage}: {error}");
        }
    }
}
