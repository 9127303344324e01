//! What queries and scans find and answer, and what is refused of them, in DynamoDB's words.
#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "tables of cases")]

mod answers;
mod pages;
mod refusals;
mod segments;
mod starts;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::testing::{create, database, run, table};
use crate::database::Database;

/// A database with tables of several kinds:
/// - `hash` has the partition key `a` only;
/// - `range` has the sort key `b`, local indexes `l_all` (`c`) and `l_keys` (`d`, keys only), and global ones: `g_hash`
///   (`c`), `g_include` (`c`, `d`; includes `e`);
/// - `several` has the partition key `p` and a global index `g_several` of the partition key `h1`, `h2` and the sort key `r1`
///   (a number), `r2`, `r3`.
fn tables() -> (TempDir, Database) {
    let (folder, mut database) = database();
    create(&mut database, table("hash", "a"));
    let index = |name: &str, keys: &[&str], roles: &[&str], projection: Value| {
        let keys = keys.iter().zip(roles);
        let keys = keys.map(|(key, role)| json!({"AttributeName": key, "KeyType": role}));
        json!({"IndexName": name, "KeySchema": keys.collect::<Value>(), "Projection": projection})
    };
    let all = || json!({"ProjectionType": "ALL"});
    let both = ["HASH", "RANGE"];
    let mut range = table("range", "a b c d");
    range["KeySchema"] = table("range", "a b")["KeySchema"].clone();
    range["LocalSecondaryIndexes"] = json!([
        index("l_all", &["a", "c"], &both, all()),
        index(
            "l_keys",
            &["a", "d"],
            &both,
            json!({"ProjectionType": "KEYS_ONLY"})
        ),
    ]);
    let include = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["e"]});
    range["GlobalSecondaryIndexes"] = json!([
        index("g_hash", &["c"], &both, all()),
        index("g_include", &["c", "d"], &both, include),
    ]);
    create(&mut database, range);
    let mut several = table("several", "p h1 h2 r1:N r2 r3");
    several["KeySchema"] = table("several", "p")["KeySchema"].clone();
    several["GlobalSecondaryIndexes"] = json!([index(
        "g_several",
        &["h1", "h2", "r1", "r2", "r3"],
        &["HASH", "HASH", "RANGE", "RANGE", "RANGE"],
        all()
    )]);
    create(&mut database, several);
    (folder, database)
}

/// A request with more members, or others.
fn with(mut body: Value, more: Value) -> Value {
    let (Value::Object(members), Value::Object(more)) = (&mut body, more) else {
        unreachable!("requests are objects");
    };
    members.extend(more);
    body
}

/// Strings as an item: `{"a": {"S": "…"}}`.
fn item(attributes: &[(&str, &str)]) -> Value {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, text)| ((*name).to_owned(), json!({"S": text})));
    Value::Object(attributes.collect())
}

fn put(database: &mut Database, table: &str, item: &Value) {
    run(
        database,
        "PutItem",
        json!({"TableName": table, "Item": item}),
    )
    .unwrap();
}
