#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use crate::database::Database;
use crate::operations::testing::{create, database, refusal, run, table};

fn open() -> (tempfile::TempDir, Database) {
    let (folder, mut database) = database();
    create(&mut database, table("one", "pk"));
    create(&mut database, table("two", "pk sk:N"));
    (folder, database)
}

fn put(item: Value) -> Value {
    json!({"PutRequest": {"Item": item}})
}

fn delete(key: Value) -> Value {
    json!({"DeleteRequest": {"Key": key}})
}

fn one(key: &str) -> Value {
    json!({"pk": {"S": key}})
}

fn two(key: &str, sort: &str) -> Value {
    json!({"pk": {"S": key}, "sk": {"N": sort}})
}

#[test]
fn a_batch_puts_deletes_and_gets() {
    let (_folder, mut database) = open();
    let writes = json!({"RequestItems": {"one": [put(one("a")), put(one("b"))], "two": [put(two("a", "1"))]}});
    let answer = run(&mut database, "BatchWriteItem", writes).unwrap();
    assert_eq!(answer, json!({"UnprocessedItems": {}}));
    let writes = json!({"RequestItems": {"one": [delete(one("a")), delete(one("missing"))]}});
    run(&mut database, "BatchWriteItem", writes).unwrap();
    let keys = json!({"RequestItems": {
        "one": {"Keys": [one("b"), one("a")]},
        "two": {"Keys": [two("a", "1.0")], "ProjectionExpression": "sk"},
    }});
    let answer = run(&mut database, "BatchGetItem", keys).unwrap();
    let expected = json!({
        "Responses": {"one": [one("b")], "two": [{"sk": {"N": "1"}}]},
        "UnprocessedKeys": {},
    });
    assert_eq!(answer, expected);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_batch_is_refused_whole() {
    let (_folder, mut database) = open();
    let mismatch = "The provided key element does not match the schema";
    let duplicates = "Provided list of item keys contains duplicates";
    let empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain \
        an empty string value. Key: pk";
    let validation = "ValidationException";
    let cases = [
        (
            json!({"one": [put(one("a")), put(json!({}))]}),
            validation,
            mismatch,
        ),
        (
            json!({"one": [put(one("a"))], "two": [put(one("a"))]}),
            validation,
            mismatch,
        ),
        (
            json!({"two": [put(json!({"pk": {"S": "a"}, "sk": {"S": "a"}}))]}),
            validation,
            mismatch,
        ),
        (
            json!({"one": [delete(two("a", "1"))]}),
            validation,
            mismatch,
        ),
        (
            json!({"one": [put(one("a")), delete(one("a"))]}),
            validation,
            duplicates,
        ),
        (
            json!({"two": [put(two("a", "1")), put(two("a", "1.0"))]}),
            validation,
            duplicates,
        ),
        (
            json!({"one": [put(one("a")), put(one(""))]}),
            validation,
            empty,
        ),
        (
            json!({"one": [put(one("a"))], "six": [put(one("a"))]}),
            "ResourceNotFoundException",
            "Requested resource not found",
        ),
    ];
    for (items, name, message) in cases {
        let request = json!({"RequestItems": items});
        let refused = refusal(&mut database, "BatchWriteItem", request);
        assert_eq!(
            (refused.name, refused.message.as_str()),
            (name, message),
            "{items}"
        );
        let key = json!({"TableName": "one", "Key": one("a")});
        assert_eq!(run(&mut database, "GetItem", key).unwrap(), json!({}));
    }
    let cases = [
        (json!({"one": {"Keys": [json!({})]}}), validation, mismatch),
        (
            json!({"one": {"Keys": [two("a", "1")]}}),
            validation,
            mismatch,
        ),
        (
            json!({"one": {"Keys": [one("a"), one("b"), one("a")]}}),
            validation,
            duplicates,
        ),
        (
            json!({"two": {"Keys": [two("a", "1"), two("a", "1.0")]}}),
            validation,
            duplicates,
        ),
        (
            json!({"one": {"Keys": [one("a")]}, "six": {"Keys": [one("a")]}}),
            "ResourceNotFoundException",
            "Requested resource not found",
        ),
    ];
    for (items, name, message) in cases {
        let request = json!({"RequestItems": items});
        let refused = refusal(&mut database, "BatchGetItem", request);
        assert_eq!(
            (refused.name, refused.message.as_str()),
            (name, message),
            "{items}"
        );
    }
}

#[test]
fn batches_answer_capacity_by_table() {
    let (_folder, mut database) = open();
    let large = json!({"pk": {"S": "large"}, "x": {"S": "x".repeat(5000)}});
    let writes = json!({
        "RequestItems": {"one": [put(one("a")), put(large)], "two": [put(two("a", "1"))]},
        "ReturnConsumedCapacity": "TOTAL",
    });
    let answer = run(&mut database, "BatchWriteItem", writes).unwrap();
    let expected = json!([
        {"TableName": "one", "CapacityUnits": 6.0},
        {"TableName": "two", "CapacityUnits": 1.0},
    ]);
    assert_eq!(answer["ConsumedCapacity"], expected);
    let keys = json!({
        "RequestItems": {
            "one": {"Keys": [one("a"), one("missing"), one("large")], "ConsistentRead": true},
            "two": {"Keys": [two("a", "1")]},
        },
        "ReturnConsumedCapacity": "INDEXES",
    });
    let answer = run(&mut database, "BatchGetItem", keys).unwrap();
    let expected = json!([
        {"TableName": "one", "CapacityUnits": 4.0, "Table": {"CapacityUnits": 4.0}},
        {"TableName": "two", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}},
    ]);
    assert_eq!(answer["ConsumedCapacity"], expected);
}

#[test]
fn what_is_too_much_for_an_answer_is_left_for_another() {
    let (_folder, mut database) = open();
    let key = |number: usize| one(&format!("{number:02}"));
    for number in 0..50 {
        let mut item = key(number);
        item["x"] = json!({"S": "x".repeat(399 * 1024)});
        item["y"] = json!({"N": "1"});
        let put = json!({"TableName": "one", "Item": item});
        run(&mut database, "PutItem", put).unwrap();
    }
    let keys: Vec<Value> = (0..50).map(key).collect();
    let request = json!({
        "RequestItems": {
            "one": {"Keys": keys, "ProjectionExpression": "y", "ConsistentRead": true},
            "two": {"Keys": [two("a", "1")]},
        },
    });
    let answer = run(&mut database, "BatchGetItem", request).unwrap();
    // Bytes of whole items count, whatever is asked for of them.
    let mut got = answer["Responses"]["one"].as_array().unwrap().len();
    assert_eq!(got, 41);
    let left = &answer["UnprocessedKeys"];
    let first = left["one"]["Keys"][0].clone();
    assert_eq!(left["one"]["ConsistentRead"], json!(true));
    assert_eq!(left["two"]["Keys"], json!([two("a", "1")]));
    // They are the next request.
    assert_eq!(first, key(got));
    let answer = run(&mut database, "BatchGetItem", json!({"RequestItems": left})).unwrap();
    got += answer["Responses"]["one"].as_array().unwrap().len();
    assert_eq!(answer["Responses"]["one"][0], json!({"y": {"N": "1"}}));
    assert_eq!((got, &answer["UnprocessedKeys"]), (50, &json!({})));
}
