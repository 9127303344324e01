//! Statements, run.
#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "tables of cases are long")]

mod batches;
mod changes;
mod pages;
mod selections;
mod transactions;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::database::Database;
use crate::error::{Error, Exception};
use crate::operations::testing;

/// Tables `tab`, of partition and sort keys, with indexes, and `hub`, of partition keys only.
fn database() -> (TempDir, Database) {
    let (folder, mut database) = testing::database();
    let key = |name: &str, role: &str| json!({"AttributeName": name, "KeyType": role});
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let index = |name: &str, keys: &[Value], projection: Value| json!({"IndexName": name, "KeySchema": keys, "Projection": projection});
    let keys_only = json!({"ProjectionType": "KEYS_ONLY"});
    let table = json!({
        "TableName": "tab",
        "AttributeDefinitions": [
            attribute("pk", "S"), attribute("sk", "N"), attribute("g", "S"), attribute("n", "N"),
        ],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "LocalSecondaryIndexes": [
            index("by_n", &[key("pk", "HASH"), key("n", "RANGE")], keys_only.clone()),
        ],
        "GlobalSecondaryIndexes": [
            index("by_g", &[key("g", "HASH"), key("n", "RANGE")], json!({"ProjectionType": "ALL"})),
            index("by_keys", &[key("g", "HASH")], keys_only),
            index("by_several", &[key("g", "HASH"), key("pk", "HASH"), key("n", "RANGE")], json!({"ProjectionType": "ALL"})),
        ],
        "BillingMode": "PAY_PER_REQUEST",
    });
    testing::create(&mut database, table);
    testing::create(&mut database, testing::table("hub", "pk"));
    for statement in [
        "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1, 'g': 'x', 'n': 3, 's': 'one', 'm': {'x': 1, 'ys': [5, {'z': true}]}}",
        "INSERT INTO tab VALUE {'pk': 'a', 'sk': 2, 'g': 'x', 'n': 2, 's': 'two', 'l': [1, 2]}",
        "INSERT INTO tab VALUE {'pk': 'a', 'sk': 3, 'n': 1, 's': 'three', 'ss': <<'p', 'q'>>}",
        "INSERT INTO tab VALUE {'pk': 'b', 'sk': 1, 'g': 'y', 'n': 1, 'a b': 'odd', 's': 'o'}",
        "INSERT INTO tab VALUE {'pk': 'b', 'sk': 2, 's': 'on', 'other': 'one'}",
        "INSERT INTO hub VALUE {'pk': 'a', 'v': 1}",
    ] {
        execute(&mut database, statement).unwrap();
    }
    (folder, database)
}

fn execute(database: &mut Database, statement: &str) -> Result<Value, Error> {
    testing::run(
        database,
        "ExecuteStatement",
        json!({"Statement": statement}),
    )
}

/// Items by their keys: `a1 a2`; of table `hub`, `a`.
fn keys(answer: &Value) -> String {
    let items = answer["Items"].as_array().unwrap().iter();
    let keys = items.map(|item| {
        let pk = item["pk"]["S"].as_str().unwrap_or("?");
        let sk = item["sk"]["N"].as_str().unwrap_or_default();
        format!("{pk}{sk}")
    });
    keys.collect::<Vec<_>>().join(" ")
}

fn refused(error: Error) -> Exception {
    match error {
        Error::Refused(exception) => exception,
        error => panic!("{error:?}"),
    }
}

/// `ValidationException` is left out.
fn refusal(database: &mut Database, statement: &str) -> String {
    match execute(database, statement) {
        Ok(answer) => panic!("{statement}: {answer}"),
        Err(error) => named(&refused(error)),
    }
}

fn named(exception: &Exception) -> String {
    match exception.name {
        "ValidationException" => exception.message.clone(),
        name => format!("{name}: {}", exception.message),
    }
}

fn key(pk: &str, sk: u32) -> Value {
    json!({"pk": {"S": pk}, "sk": {"N": sk.to_string()}})
}

/// The item of a key in `tab`, and nothing if it is not there.
fn item(database: &mut Database, pk: &str, sk: u32) -> Value {
    let get = json!({"TableName": "tab", "Key": key(pk, sk)});
    let answer = testing::run(database, "GetItem", get).unwrap();
    answer.get("Item").cloned().unwrap_or_default()
}
