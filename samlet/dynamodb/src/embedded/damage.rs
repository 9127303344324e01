//! Finds damage in the store's file.

use dynoxide::Result;
use dynoxide::types::Item;
use rusqlite::Connection;

use super::engine::read;

/// What is wrong with the file, as far as that can be seen.
pub(crate) fn find(connection: &Connection) -> Option<String> {
    let found = connection.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    });
    match found {
        Ok(text) if text == "ok" => {
            unreadable_item(connection).unwrap_or_else(|error| Some(error.to_string()))
        }
        Ok(text) => Some(text),
        Err(error) => Some(error.to_string()),
    }
}

/// SQLite keeps no checksums of its rows, and the engine's GetItem answers as
/// if an item that it can't read did not exist.
fn unreadable_item(connection: &Connection) -> Result<Option<String>> {
    let mut tables = connection.prepare(TABLES_OF_ITEMS)?;
    for table in tables.query_map([], |row| row.get::<_, String>(0))? {
        let table = table?;
        let quoted = table.replace('"', "\"\"");
        let mut items = connection.prepare(&format!("SELECT item_json FROM \"{quoted}\""))?;
        let mut items = items.query([])?;
        while let Some(row) = items.next()? {
            let json = row.get_ref(0)?.as_str().map_err(|error| error.to_string());
            let item = json
                .and_then(|json| read::<Item>(json.as_bytes()).map_err(|error| error.to_string()));
            if let Err(error) = item {
                return Ok(Some(format!("an item of {table} can't be read: {error}")));
            }
        }
    }
    Ok(None)
}

/// The tables of SQLite that hold items: the engine's tables and their indexes.
const TABLES_OF_ITEMS: &str = "SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns \
     WHERE tables.type = 'table' AND columns.name = 'item_json'";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::engine::Engine;
    use super::*;
    use crate::command::tests::{of, place};
    use crate::damage::is_sign;
    use crate::errors::ApiError;
    use bytes::Bytes;
    use samlet_clock::Clock;
    use samlet_commit::Session;
    use serde_json::{Value, json};

    /// A table with an item `a`, as it is stored.
    fn engine() -> (tempfile::TempDir, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let mut engine =
            Engine::open(&folder.path().join("store"), &place(), &Clock::new()).unwrap();
        let table = json!({
            "TableName": "messages",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        run(&mut engine, "CreateTable", &table).unwrap();
        let put = json!({"TableName": "messages", "Item": {"pk": {"S": "a"}, "n": {"N": "1"}}});
        run(&mut engine, "PutItem", &put).unwrap();
        (folder, engine)
    }

    fn run(
        engine: &mut Engine,
        operation: &str,
        request: &Value,
    ) -> std::result::Result<Bytes, ApiError> {
        engine.run(&of(operation, request))
    }

    fn store_as(engine: &Engine, item_json: &str) {
        let update = format!("UPDATE messages SET item_json = {item_json}");
        engine.connection().execute_batch(&update).unwrap();
    }

    #[test]
    fn an_item_that_cannot_be_read_is_damage() {
        let (_folder, engine) = engine();
        assert_eq!(find(engine.connection()), None);
        for item_json in [
            "''",
            r#"'{"pk":{"S":"a"}'"#,
            r#"'{"pk":{"T":"a"}}'"#,
            r#"'{"pk":{"S":"a"},"n":{"N":"q"}}'"#,
            r#"CAST('{"pk":{"S":"' || x'ff' || '"}}' AS TEXT)"#,
            // A bit of a row's header makes one of the other.
            r#"CAST('{"pk":{"S":"a"}}' AS BLOB)"#,
        ] {
            store_as(&engine, item_json);
            let damage = find(engine.connection()).unwrap_or_default();
            let words = "an item of messages can't be read: ";
            assert!(damage.starts_with(words), "{item_json}: {damage}");
        }
    }

    #[test]
    fn items_of_all_kinds_in_tables_of_any_name_are_no_damage() {
        let (_folder, mut engine) = engine();
        let table = json!({
            "TableName": "a.b-c_d",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "B"},
                {"AttributeName": "other", "AttributeType": "N"},
            ],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by.other",
                "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        run(&mut engine, "CreateTable", &table).unwrap();
        let put = json!({"TableName": "a.b-c_d", "Item": {
            "pk": {"B": "AAECAw=="},
            "other": {"N": "-1.5E-130"},
            "l": {"L": [{"NULL": true}, {"BOOL": false}, {"S": ""}, {"M": {}}]},
            "ss": {"SS": ["ä\u{0}\"", "b"]},
            "ns": {"NS": ["1", "99999999999999999999999999999999999999E87"]},
            "bs": {"BS": ["AA==", ""]},
        }});
        run(&mut engine, "PutItem", &put).unwrap();
        assert_eq!(find(engine.connection()), None);
        let index = r#"UPDATE "a.b-c_d::gsi::by.other" SET item_json = '{'"#;
        engine.connection().execute_batch(index).unwrap();
        let damage = find(engine.connection()).unwrap();
        assert!(damage.contains("a.b-c_d::gsi::by.other"), "{damage}");
    }

    #[test]
    fn a_read_that_meets_a_damaged_item_shows_signs_of_it() {
        let (_folder, mut engine) = engine();
        let get = json!({"TableName": "messages", "Key": {"pk": {"S": "a"}}});
        for item_json in ["CAST(x'7bff7d' AS TEXT)", "x'7b7d'"] {
            store_as(&engine, item_json);
            let failure = run(&mut engine, "GetItem", &get).unwrap_err();
            assert_eq!(failure.status, 500);
            let reason = String::from_utf8_lossy(&failure.body);
            assert!(is_sign(&reason), "{reason}");
        }
    }
}
