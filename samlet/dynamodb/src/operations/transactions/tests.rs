#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use crate::database::Database;
use crate::error::Exception;
use crate::operations::testing::{create, database, refusal, run, table};

fn open() -> (tempfile::TempDir, Database) {
    let (folder, mut database) = database();
    create(&mut database, table("things", "pk"));
    create(&mut database, table("others", "pk sk:N"));
    (folder, database)
}

fn key(key: &str) -> Value {
    json!({"pk": {"S": key}})
}

fn put(item: Value) -> Value {
    json!({"Put": {"TableName": "things", "Item": item}})
}

fn on(action: &str, name: &str, more: Value) -> Value {
    let mut members = json!({"TableName": "things", "Key": key(name)});
    let object = members.as_object_mut().unwrap();
    object.extend(more.as_object().unwrap().clone());
    json!({action: members})
}

fn is_there() -> Value {
    json!({"ConditionExpression": "attribute_exists(pk)"})
}

fn get(database: &mut Database, name: &str) -> Option<Value> {
    let request = json!({"TableName": "things", "Key": key(name)});
    let answer = run(database, "GetItem", request).unwrap();
    answer.get("Item").cloned()
}

fn write(database: &mut Database, items: Value) -> Value {
    let request = json!({"TransactItems": items});
    run(database, "TransactWriteItems", request).unwrap()
}

fn refused(database: &mut Database, items: Value) -> Exception {
    let request = json!({"TransactItems": items});
    refusal(database, "TransactWriteItems", request)
}

#[test]
fn all_is_done() {
    let (_folder, mut database) = open();
    write(
        &mut database,
        json!([put(key("b")), put(key("c")), put(key("d"))]),
    );
    let set =
        json!({"UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"N": "1"}}});
    let answer = write(
        &mut database,
        json!([
            put(key("a")),
            on("Delete", "b", json!({})),
            on("ConditionCheck", "c", is_there()),
            on("Update", "d", set.clone()),
            on("Update", "e", set),
            on("Update", "f", json!({"UpdateExpression": "REMOVE x"})),
        ]),
    );
    assert_eq!(answer, json!({}));
    assert_eq!(get(&mut database, "a"), Some(key("a")));
    assert_eq!(get(&mut database, "b"), None);
    assert_eq!(get(&mut database, "c"), Some(key("c")));
    for name in ["d", "e"] {
        let item = json!({"pk": {"S": name}, "x": {"N": "1"}});
        assert_eq!(get(&mut database, name), Some(item));
    }
    assert_eq!(get(&mut database, "f"), None);
}

/// The codes that a cancellation has, and the messages of those that have one.
fn reasons(refused: &Exception) -> (Vec<&str>, Vec<Option<&str>>) {
    assert_eq!(refused.name, "TransactionCanceledException");
    let reasons = refused.members["CancellationReasons"].as_array().unwrap();
    let codes: Vec<_> = reasons
        .iter()
        .map(|reason| reason["Code"].as_str().unwrap())
        .collect();
    let whole = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    assert_eq!(refused.message, whole);
    let messages = reasons
        .iter()
        .map(|reason| reason.get("Message").and_then(Value::as_str));
    (codes, messages.collect())
}

const FAILED: Option<&str> = Some("The conditional request failed");

#[test]
fn every_condition_that_fails_is_a_reason() {
    let (_folder, mut database) = open();
    let item = json!({"pk": {"S": "there"}, "x": {"N": "1"}});
    write(&mut database, json!([put(item.clone())]));
    let mut not_there = json!({"ConditionExpression": "attribute_not_exists(pk)"});
    let with_item = "ReturnValuesOnConditionCheckFailure";
    let plain = on("Delete", "there", not_there.clone());
    not_there[with_item] = json!("ALL_OLD");
    let full = on("Delete", "there", not_there);
    for (delete, expected) in [(plain, None), (full, Some(&item))] {
        let actions = json!([
            put(key("a")),
            on("ConditionCheck", "b", is_there()),
            delete,
            on("Update", "c", json!({"UpdateExpression": "SET x = y"})),
            put(key("d")),
        ]);
        let refused = refused(&mut database, actions);
        let (codes, messages) = reasons(&refused);
        let expected_codes = [
            "None",
            "ConditionalCheckFailed",
            "ConditionalCheckFailed",
            "ValidationError",
            "None",
        ];
        assert_eq!(codes, expected_codes);
        let missing =
            "The provided expression refers to an attribute that does not exist in the item";
        assert_eq!(messages, [None, FAILED, FAILED, Some(missing), None]);
        assert_eq!(
            refused.members["CancellationReasons"][2].get("Item"),
            expected
        );
        assert_eq!(refused.members["CancellationReasons"][1].get("Item"), None);
    }
    for name in ["a", "d"] {
        assert_eq!(get(&mut database, name), None);
    }
    assert_eq!(get(&mut database, "there"), Some(item));
}

#[test]
fn of_actions_that_do_not_fit_only_the_first_is_a_reason() {
    let (_folder, mut database) = open();
    let number = |number: &str| put(json!({"pk": {"N": number}}));
    let mut failing = put(key("a"));
    failing["Put"]["ConditionExpression"] = json!("attribute_exists(pk)");
    let refused_ = refused(&mut database, json!([failing, number("7"), number("8")]));
    let (codes, messages) = reasons(&refused_);
    assert_eq!(codes, ["None", "ValidationError", "None"]);
    let message =
        "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N";
    assert_eq!(messages, [None, Some(message), None]);
    let cases = [
        (
            on("Delete", "a", json!({"TableName": "others"})),
            "The provided key element does not match the schema",
        ),
        (
            put(json!({})),
            "One or more parameter values were invalid: Missing the key pk in the item",
        ),
        (
            put(key(&"a".repeat(2049))),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            on("Update", "a", json!({"UpdateExpression": "REMOVE pk"})),
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
        ),
    ];
    for (action, message) in cases {
        let refused = refused(&mut database, json!([action]));
        assert_eq!(
            reasons(&refused),
            (vec!["ValidationError"], vec![Some(message)])
        );
    }
}

#[test]
fn some_errors_are_of_the_whole_request() {
    let (_folder, mut database) = open();
    let several = "Transaction request cannot include multiple operations on one item";
    let empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
        empty string value. Key: pk";
    let not_found = ("ResourceNotFoundException", "Requested resource not found");
    let cases = [
        (
            json!([put(key("a")), put(key("a"))]),
            ("ValidationException", several),
        ),
        (
            json!([put(key("a")), on("ConditionCheck", "a", is_there())]),
            ("ValidationException", several),
        ),
        (
            json!([put(json!({"pk": {"N": "1"}})), put(key(""))]),
            ("ValidationException", empty),
        ),
        (
            json!([
                put(key("a")),
                on("Delete", "a", json!({"TableName": "missing"}))
            ]),
            not_found,
        ),
    ];
    for (actions, expected) in cases {
        let refused = refused(&mut database, actions.clone());
        assert_eq!(
            (refused.name, refused.message.as_str()),
            expected,
            "{actions}"
        );
        assert!(refused.members.is_empty());
    }
    assert_eq!(get(&mut database, "a"), None);
}

#[test]
fn a_transaction_consumes_twice_as_much() {
    let (_folder, mut database) = open();
    let large = json!({"pk": {"S": "large"}, "x": {"S": "x".repeat(5000)}});
    let request = json!({
        "TransactItems": [
            put(large),
            put(key("a")),
            on("ConditionCheck", "b", json!({"ConditionExpression": "attribute_not_exists(pk)"})),
            {"Put": {"TableName": "others", "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}}}},
        ],
        "ReturnConsumedCapacity": "INDEXES",
    });
    let answer = run(&mut database, "TransactWriteItems", request).unwrap();
    let units = |units: f64| json!({"CapacityUnits": units, "WriteCapacityUnits": units});
    let of = |table: &str, count: f64| json!({"TableName": table, "CapacityUnits": count, "WriteCapacityUnits": count, "Table": units(count)});
    assert_eq!(
        answer,
        json!({"ConsumedCapacity": [of("others", 2.0), of("things", 14.0)]})
    );
    let get = |name: &str| json!({"Get": {"TableName": "things", "Key": key(name)}});
    let request = json!({
        "TransactItems": [get("large"), get("missing")],
        "ReturnConsumedCapacity": "TOTAL",
    });
    let answer = run(&mut database, "TransactGetItems", request).unwrap();
    let expected = json!([{"TableName": "things", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]);
    assert_eq!(answer["ConsumedCapacity"], expected);
}

#[test]
fn items_are_got_in_order() {
    let (_folder, mut database) = open();
    let item = json!({"pk": {"S": "a"}, "x": {"N": "1"}, "y": {"N": "2"}});
    write(&mut database, json!([put(item.clone())]));
    let get = |name: &str, more: Value| on("Get", name, more);
    let request = json!({"TransactItems": [
        get("missing", json!({})),
        get("a", json!({"ProjectionExpression": "y"})),
    ]});
    let answer = run(&mut database, "TransactGetItems", request).unwrap();
    assert_eq!(
        answer,
        json!({"Responses": [{}, {"Item": {"y": {"N": "2"}}}]})
    );
    let whole = json!({"TransactItems": [get("a", json!({}))]});
    let answer = run(&mut database, "TransactGetItems", whole).unwrap();
    assert_eq!(answer, json!({"Responses": [{"Item": item}]}));
}

#[test]
fn gets_are_refused_as_writes_are() {
    let (_folder, mut database) = open();
    let get = |name: &str, more: Value| on("Get", name, more);
    let unfit =
        json!({"TransactItems": [get("a", json!({})), get("a", json!({"TableName": "others"}))]});
    let refused = refusal(&mut database, "TransactGetItems", unfit);
    let mismatch = "The provided key element does not match the schema";
    assert_eq!(
        reasons(&refused),
        (vec!["None", "ValidationError"], vec![None, Some(mismatch)])
    );
    let twice = json!({"TransactItems": [get("a", json!({})), get("a", json!({}))]});
    let refused = refusal(&mut database, "TransactGetItems", twice);
    assert_eq!(refused.name, "ValidationException");
    assert_eq!(
        refused.message,
        "Transaction request cannot include multiple operations on one item"
    );
    let missing = json!({"TransactItems": [get("a", json!({"TableName": "missing"}))]});
    let refused = refusal(&mut database, "TransactGetItems", missing);
    assert_eq!(refused.name, "ResourceNotFoundException");
    for number in 0..11 {
        let item = json!({"pk": {"S": number.to_string()}, "x": {"S": "x".repeat(399 * 1024)}});
        write(&mut database, json!([put(item)]));
    }
    let all: Vec<_> = (0..11)
        .map(|number| get(&number.to_string(), json!({})))
        .collect();
    let refused = refusal(
        &mut database,
        "TransactGetItems",
        json!({"TransactItems": all}),
    );
    assert_eq!(
        refused.message,
        "Transaction payload size cannot exceed 4 MB"
    );
}

#[test]
fn an_item_without_projected_attributes_is_answered_as_none() {
    let (_folder, mut database) = open();
    let item = |name: &str| json!({"pk": {"S": name}, "x": {"S": "y"}});
    write(&mut database, json!([put(item("a")), put(item("b"))]));
    let read = |name: &str, path: &str| json!({"Get": {"TableName": "things", "Key": key(name), "ProjectionExpression": path}});
    let request = json!({"TransactItems": [read("a", "x"), read("b", "z")]});
    let answer = run(&mut database, "TransactGetItems", request).unwrap();
    assert_eq!(
        answer["Responses"],
        json!([{"Item": {"x": {"S": "y"}}}, {}])
    );
}
