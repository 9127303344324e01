//! Statements are run as samlet has understood and written them: they do what they say as a client has written them.

#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "tables of cases are long")]

use std::path::Path;
use std::sync::Arc;

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
use samlet_dynamodb_api::AttributeValue;
use samlet_dynamodb_api::partiql::parse;
use serde_json::{Value, json};

/// Two tables with the same items: statements as written are run on the one, and as samlet writes them on the other.
const TABLES: [&str; 2] = ["written", "printed"];

async fn open(folder: &Path) -> Store {
    let store = Store::open(
        folder,
        &Arc::new(Place::new("us-east-1", "123456789012", "local")),
        &Clock::new(),
    )
    .unwrap();
    for table in TABLES {
        let definition = json!({
            "TableName": table,
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                {"AttributeName": "g", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        store.ensure_table(&definition, None).await.unwrap();
        for item in items() {
            let body = json!({"TableName": table, "Item": item}).to_string();
            store.execute("PutItem", body.into()).await.unwrap();
        }
    }
    store
}

fn items() -> Vec<Value> {
    let item = |pk: &str, sk: u32, others: Value| {
        let mut item = json!({"pk": {"S": pk}, "sk": {"N": sk.to_string()}});
        let others = others.as_object().unwrap().clone();
        item.as_object_mut().unwrap().extend(others);
        item
    };
    vec![
        item(
            "a",
            1,
            json!({"s": {"S": "one"}, "n": {"N": "1"}, "g": {"S": "x"}, "b": {"BOOL": true}}),
        ),
        item(
            "a",
            2,
            json!({"s": {"S": "two"}, "n": {"N": "2"}, "g": {"S": "y"}, "z": {"NULL": true}}),
        ),
        item(
            "a",
            3,
            json!({"m": {"M": {"x": {"N": "1"}, "y z": {"L": [{"S": "deep"}]}}}, "l": {"L": [{"N": "5"}, {"S": "e"}]}}),
        ),
        item(
            "b",
            1,
            json!({"ss": {"SS": ["p", "q"]}, "ns": {"NS": ["1", "2"]}, "bytes": {"B": "AQI="}, "g": {"S": "x"}}),
        ),
        item(
            "b",
            2,
            json!({"a.b": {"S": "dotted"}, "a[0]": {"S": "indexed"}, "count": {"N": "7"}, "it's": {"S": "q"}, "a\"b": {"S": "quote"}}),
        ),
        item(
            "c",
            1,
            json!({"n": {"N": "10"}, "s": {"S": ""}, "inner": {"S": "i"}, "other": {"N": "10"}}),
        ),
    ]
}

/// What is answered, or the error.
async fn answer(store: &Store, statement: &str, parameters: &Value) -> Result<Value, (u16, Value)> {
    let mut body = json!({"Statement": statement});
    if parameters.as_array().is_some_and(|all| !all.is_empty()) {
        body["Parameters"] = parameters.clone();
    }
    match store
        .execute("ExecuteStatement", body.to_string().into())
        .await
    {
        Ok(answer) => Ok(serde_json::from_slice(&answer).unwrap()),
        Err(error) => Err((error.status, serde_json::from_slice(&error.body).unwrap())),
    }
}

async fn contents(store: &Store, table: &str) -> Vec<String> {
    let body = json!({"TableName": table}).to_string();
    let answer = store.execute("Scan", body.into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let items = answer["Items"].as_array().unwrap().iter();
    let mut items: Vec<String> = items.map(Value::to_string).collect();
    items.sort();
    items
}

/// Runs a statement about `"t"` both ways.
async fn same(store: &Store, statement: &str, parameters: Value) {
    let written = statement.replace("\"t\"", "\"written\"");
    let printed = statement.replace("\"t\"", "\"printed\"");
    let values = parameters.as_array().unwrap().iter();
    let values: Vec<_> = values
        .map(|value| AttributeValue::read(value).unwrap())
        .collect();
    let printed = parse(&printed, values).unwrap_or_else(|why| panic!("{statement}: {why}"));
    let (printed, values) = printed.print();
    let values: Value = values.into_iter().map(AttributeValue::write).collect();
    let of_written = answer(store, &written, &parameters).await;
    let of_printed = answer(store, &printed, &values).await;
    assert_eq!(of_printed, of_written, "{written} {printed}");
    assert_eq!(
        contents(store, "printed").await,
        contents(store, "written").await,
        "{written} {printed}"
    );
}

#[tokio::test]
async fn selections_find_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for condition in [
        "pk = 'a'",
        "'a' = pk",
        "pk = 'a' AND sk = 2",
        "pk = 'a' AND sk > 1",
        "pk = 'a' AND 1 < sk",
        "pk = 'a' AND sk BETWEEN 2 AND 3",
        "pk = 'a' AND sk NOT BETWEEN 2 AND 3",
        "pk = 'a' AND sk <> 1",
        "pk IN ['a', 'c']",
        "pk IN ('b')",
        "pk = 'a' OR pk = 'c'",
        "(pk = 'a' AND sk = 1) OR (pk = 'b' AND sk = 2)",
        "pk = 'a' AND sk IN [1, 3]",
        "pk = 'a' AND NOT sk = 1",
        "pk = 'a' AND (sk = 1 OR sk = 3)",
        "pk = 'a' AND (s = 'one' OR n = 2)",
        "NOT (pk = 'a' AND sk = 1)",
        "NOT NOT pk = 'a'",
        "n = 1",
        "n = 1.0",
        "n <> 1",
        "n != 1",
        "NOT n = 1",
        "n >= 2",
        "n = other",
        "n <> other",
        "s = ''",
        "s > 'one'",
        "begins_with(s, 't')",
        "NOT begins_with(s, 't')",
        "contains(s, 'n')",
        "NOT contains(s, 'n')",
        "contains(ss, 'p')",
        "contains(l, 5)",
        "begins_with(bytes, 'x')",
        "size(s) = 3",
        "3 = size(s)",
        "size(s) BETWEEN 1 AND 2",
        "size(ss) IN [1, 2]",
        "size(l) > size(ss)",
        "size(s) <> 3",
        "size('abc') = n",
        "s IS MISSING",
        "s IS NOT MISSING",
        "NOT s IS MISSING",
        "attribute_exists(s)",
        "attribute_not_exists(s)",
        "attribute_exists(s) = false",
        "attribute_exists(m.x)",
        "attribute_exists(s) = b",
        "b = attribute_exists(s)",
        "attribute_exists(s) <> b",
        "NOT attribute_not_exists(s) = b",
        "attribute_exists(s) = attribute_exists(n)",
        "attribute_exists(s) <> attribute_exists(n)",
        "attribute_exists(s) = 'x'",
        "attribute_exists(s) <> 5",
        "attribute_exists(s) = size(s)",
        "attribute_type(n, 'N') = b",
        "z IS NULL",
        "z IS NOT NULL",
        "b IS BOOLEAN",
        "s IS STRING",
        "n IS NUMERIC",
        "n IS NOT NUMERIC",
        "m IS STRUCT",
        "l IS LIST",
        "bytes IS BLOB",
        "attribute_type(ss, 'SS')",
        "attribute_type(ns, 'NS') OR attribute_type(n, 'N')",
        "NOT attribute_type(ss, 'SS')",
        "b = true",
        "b <> TRUE",
        "z = null",
        "m.x = 1",
        "m.\"y z\"[0] = 'deep'",
        "l[1] = 'e'",
        "l[7] = 'e'",
        "l = [5, 'e']",
        "m = {'x': 1, 'y z': ['deep']}",
        "ss = <<'q', 'p'>>",
        "ns = <<2, 1>>",
        "\"a.b\" = 'dotted'",
        "\"a[0]\" = 'indexed'",
        "\"it's\" = 'q'",
        "\"a\"\"b\" = 'quote'",
        "\"count\" > 5",
        "\"inner\" = 'i'",
        "s = 'it''s -- no /* comment */'",
        "n IN [1, n]",
        "n IN [1, other]",
        "n BETWEEN 1 AND other",
        "5 BETWEEN n AND other",
        "'a' = 'b'",
        "'a' = 'a'",
        "s = 'one' AND (n = 1 OR n = 2) AND NOT (b = false OR z IS NULL)",
        "pk = 5",
        "pk = 'a' AND sk = 'x'",
        "pk = {'a': 1}",
        "pk = 'a' AND pk = 'b'",
        "pk = 'a' OR pk = 'a'",
    ] {
        // The first operand again, and others that are refused, are refused by both.
        let statement = format!("SELECT * FROM \"t\" WHERE {condition}");
        if parse(&statement, Vec::new()).is_ok() {
            same(&store, &statement, json!([])).await;
        } else {
            assert!(
                answer(&store, &statement, &json!([])).await.is_err(),
                "{condition}"
            );
        }
    }
    for statement in [
        "SELECT * FROM \"t\"",
        "SELECT pk, sk FROM \"t\"",
        "SELECT m.x, l[0], m.\"y z\"[0] FROM \"t\" WHERE pk = 'a'",
        "SELECT \"a.b\", \"a[0]\", \"it's\", \"count\" FROM \"t\" WHERE pk = 'b'",
        "SELECT * FROM \"t\".\"by-g\" WHERE g = 'x'",
        "SELECT * FROM \"t\".\"by-g\"",
        "SELECT * FROM \"t\".\"missing\" WHERE g = 'x'",
        "SELECT * FROM \"t\" WHERE pk = 'a' ORDER BY sk DESC",
        "SELECT * FROM \"t\" WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk ASC",
        "SELECT * FROM \"t\" WHERE pk IN ['a', 'b'] ORDER BY sk",
        "SELECT * FROM \"t\" WHERE pk = 'a' ORDER BY s",
        "SELECT /* \"written\" */ * -- \"printed\"\nFROM \"t\" WHERE pk = 'a';",
        "SELECT * FROM \"nowhere\" WHERE pk = 'a'",
    ] {
        same(&store, statement, json!([])).await;
    }
    same(
        &store,
        "SELECT * FROM \"t\" WHERE pk = ? AND sk >= ?",
        json!([{"S": "a"}, {"N": "2"}]),
    )
    .await;
    same(
        &store,
        "SELECT * FROM \"t\" WHERE pk = ? AND s = 'one'",
        json!([{"S": "a"}, {"N": "2"}]),
    )
    .await;
    same(
        &store,
        "SELECT * FROM \"t\" WHERE bytes = ?",
        json!([{"B": "AQI="}]),
    )
    .await;
}

#[tokio::test]
async fn changes_leave_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = "pk = 'a' AND sk = 1";
    let map = "pk = 'a' AND sk = 3";
    let sets = "pk = 'b' AND sk = 1";
    for (change, condition) in [
        ("SET s = 'new'", key),
        ("SET s = 'new', n = 5 SET x = null", key),
        ("SET n = n + 1", key),
        ("SET n = n - 1.5", key),
        ("SET n = n - -1", key),
        ("SET n = n + sk", key),
        ("SET made = n + 1", key),
        ("SET n = missing1 + 1", key),
        ("SET s = s + 1", key),
        ("SET n = n + 'x'", key),
        ("SET v = [1, {'a': <<'x'>>}], w = {'b': [true]}", key),
        ("SET m.x = m.x + 1", map),
        ("SET m.made = 'x'", map),
        ("SET m.\"y z\"[0] = 'deeper'", map),
        ("SET missing1.x = 1", map),
        ("SET l = list_append(l, [6])", map),
        ("SET l = list_append([4], l)", map),
        ("SET l = list_append(l, m.\"y z\")", map),
        ("SET l = list_append(s, [6])", map),
        ("SET l[0] = 9", map),
        ("SET l[9] = 9", map),
        ("REMOVE l[0]", map),
        ("REMOVE m.x REMOVE m.made", map),
        ("SET s = 'x' REMOVE l", map),
        ("SET ss = set_add(ss, <<'r'>>)", sets),
        ("SET ns = set_add(ns, <<3, 4>>)", sets),
        (
            "SET ss = set_delete(ss, <<'p', 'x'>>), fresh = set_add(fresh, <<1>>)",
            sets,
        ),
        ("SET ss = set_add(ss, <<1>>)", sets),
        ("SET ss = set_delete(ss, <<'q', 'r'>>)", sets),
        ("SET \"a.b\" = 'x', \"it's\" = 'y'", "pk = 'b' AND sk = 2"),
        ("REMOVE \"a[0]\"", "pk = 'b' AND sk = 2"),
        ("SET s = 'x'", "pk = 'a' AND sk = 1 AND n = 1000"),
        (
            "SET s = 'x'",
            "pk = 'a' AND sk = 1 AND (n = 1000 OR s <> 'y')",
        ),
        ("SET s = 'x'", "sk = 1 AND (pk = 'a')"),
        ("SET s = 'x'", "pk = 'nobody' AND sk = 1"),
        ("SET s = 'x'", "pk = 'a'"),
        ("SET s = 'x'", "pk = 'a' AND sk IN [1]"),
        ("SET s = 'x'", "pk = 'a' AND NOT NOT sk = 1"),
        ("SET s = 'x'", "pk = 'a' AND sk = 1 AND sk = 2"),
        ("SET s = 'x'", "pk = 1 AND sk = 1"),
        ("SET pk = 'x'", key),
        ("REMOVE sk", key),
    ] {
        for returning in ["", " RETURNING ALL OLD *", " RETURNING MODIFIED NEW *"] {
            let statement = format!("UPDATE \"t\" {change} WHERE {condition}{returning}");
            same(&store, &statement, json!([])).await;
        }
    }
    for statement in [
        "UPDATE \"t\" SET s = ?, ss = set_add(ss, ?) WHERE pk = ? AND sk = ? RETURNING ALL NEW *",
        "FROM \"t\" WHERE sk = 1 AND pk = 'a' SET s = 'first' RETURNING MODIFIED OLD *",
        "INSERT INTO \"t\" VALUE {'pk': 'new', 'sk': 1, 'a': [1, 'x', {'b': null}], 's': <<'a', 'b'>>, 'n': <<2, 1>>, 'it''s': true}",
        "INSERT INTO \"t\" VALUE {'pk': 'new', 'sk': 1}",
        "INSERT INTO \"t\" VALUE {'pk': 'new'}",
        "INSERT INTO \"t\" VALUE {'pk': 1, 'sk': 1}",
        "INSERT INTO \"t\" VALUE {'pk': 'new2', 'sk': -1.50e1, 'g': 1}",
        "INSERT INTO \"t\" VALUE {'pk': '', 'sk': 1}",
        "INSERT INTO \"nowhere\" VALUE {'pk': '', 'sk': 1}",
        "DELETE FROM \"t\" WHERE pk = 'new' AND sk = 1 AND s IS MISSING",
        "DELETE FROM \"t\" WHERE pk = 'new' AND sk = 1 RETURNING ALL OLD *",
        "DELETE FROM \"t\" WHERE pk = 'new' AND sk = 1 RETURNING ALL OLD *",
        "DELETE FROM \"t\" WHERE pk = 'new'",
        "DELETE FROM \"t\" WHERE pk = 'c' OR sk = 1",
        "DELETE FROM \"t\" WHERE 'c' = pk AND 1 = sk",
    ] {
        let parameters = if statement.contains('?') {
            json!([{"S": "x"}, {"SS": ["u"]}, {"S": "b"}, {"N": "1"}])
        } else {
            json!([])
        };
        same(&store, statement, parameters).await;
    }
}

#[tokio::test]
async fn attributes_that_are_keywords_can_be_counted_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let statement = "UPDATE \"printed\" SET \"count\" = \"count\" + 1 WHERE pk = 'b' AND sk = 2 RETURNING MODIFIED NEW *";
    let answer = answer(&store, statement, &json!([])).await.unwrap();
    assert_eq!(answer["Items"], json!([{"count": {"N": "8"}}]));
}
