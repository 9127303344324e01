use serde_json::{Value, json};

use super::{assert_refused, assert_written, fingerprint, request, with};
use crate::Operation;

fn transaction(items: Value) -> Value {
    json!({"TransactItems": items})
}

fn key() -> Value {
    json!({"a": {"S": "1"}})
}

fn put(members: Value) -> Value {
    json!({"Put": with(json!({"TableName": "abc", "Item": key()}), members)})
}

fn of_key(action: &str, members: Value) -> Value {
    json!({action: with(json!({"TableName": "abc", "Key": key()}), members)})
}

#[test]
fn transactions_of_gets_are_refused() {
    let get = |members| transaction(json!([of_key("Get", members)]));
    assert_refused(
        Operation::TransactGetItems,
        &[
            (
                transaction(json!([])),
                "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: \
                 Member must have length greater than or equal to 1",
            ),
            (
                transaction(json!([{}])),
                "1 validation error detected: Value null at 'transactItems.1.member.get' failed to satisfy \
                 constraint: Member must not be null",
            ),
            (
                get(json!({"Key": {"a": {}}, "ProjectionExpression": ""})),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                get(json!({"ProjectionExpression": ""})),
                "Invalid ProjectionExpression: The expression can not be empty;",
            ),
            (
                get(json!({"ProjectionExpression": "!!!"})),
                "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\"",
            ),
        ],
    );
}

#[test]
fn transactions_of_gets_are_written() {
    let whole = with(
        transaction(json!([
            of_key("Get", json!({})),
            of_key("Get", json!({"TableName": "abd"}))
        ])),
        json!({"ReturnConsumedCapacity": "TOTAL"}),
    );
    assert_written(Operation::TransactGetItems, &whole, &whole);
    let read = request(
        Operation::TransactGetItems,
        &transaction(json!([of_key(
            "Get",
            json!({"ProjectionExpression": "#a.b[1], c", "ExpressionAttributeNames": {"#a": "a"}})
        )])),
    );
    assert_eq!(read.fingerprint(), None);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn transactions_of_writes_are_refused() {
    let exists = json!({"ConditionExpression": "attribute_exists(a)"});
    let both = json!({
        "Put": put(json!({}))["Put"],
        "ConditionCheck": of_key("ConditionCheck", exists.clone())["ConditionCheck"],
    });
    let large = |count| {
        let item = json!({"Item": {"a": {"S": "a".repeat(350_000)}}});
        transaction(vec![put(item); count].into())
    };
    assert_refused(
        Operation::TransactWriteItems,
        &[
            (
                transaction(json!([])),
                "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: \
                 Member must have length greater than or equal to 1",
            ),
            (
                with(
                    transaction(json!([put(json!({}))])),
                    json!({"ClientRequestToken": "a".repeat(37)}),
                ),
                &format!(
                    "1 validation error detected: Value '{}' at 'clientRequestToken' failed to satisfy constraint: \
                     Member must have length less than or equal to 36",
                    "a".repeat(37)
                ),
            ),
            (
                transaction(json!([put(json!({"Item": {"a": {}}})), {}])),
                "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
            ),
            (
                transaction(json!([put(json!({"Item": {"a": {}}})), both])),
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ),
            (
                transaction(json!([of_key("ConditionCheck", json!({}))])),
                "1 validation error detected: \
                 Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy \
                 constraint: Member must not be null",
            ),
            (
                transaction(json!([put(json!({"Item": {"a": {"BS": []}}}))])),
                "One or more parameter values were invalid: Binary sets should not be empty",
            ),
            (
                transaction(json!([put(
                    json!({"Item": {"a": {"S": "a".repeat(400 * 1024)}}})
                )])),
                "Item size has exceeded the maximum allowed size",
            ),
            (large(12), "Transaction payload size cannot exceed 4 MB"),
            (
                transaction(json!([
                    put(json!({})),
                    of_key("Update", json!({"UpdateExpression": ""})),
                ])),
                "Invalid UpdateExpression: The expression can not be empty;",
            ),
            (
                transaction(json!([of_key(
                    "ConditionCheck",
                    json!({"ConditionExpression": ""})
                )])),
                "Invalid ConditionExpression: The expression can not be empty;",
            ),
            (
                transaction(json!([put(
                    json!({"ConditionExpression": "attribute_exists(#xyz)"})
                )])),
                "Invalid ConditionExpression: \
                 An expression attribute name used in the document path is not defined; attribute name: #xyz",
            ),
            (
                transaction(json!([of_key(
                    "Delete",
                    with(exists, json!({"ExpressionAttributeNames": {"#xyz": "x"}})),
                )])),
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {#xyz}",
            ),
        ],
    );
    request(Operation::TransactWriteItems, &large(10));
}

#[test]
fn transactions_of_writes_are_written() {
    let whole = with(
        transaction(json!([
            put(json!({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})),
            of_key("Delete", json!({"TableName": "abd"})),
        ])),
        json!({
            "ClientRequestToken": "token",
            "ReturnConsumedCapacity": "TOTAL",
            "ReturnItemCollectionMetrics": "SIZE",
        }),
    );
    assert_written(Operation::TransactWriteItems, &whole, &whole);
    let read = request(Operation::TransactWriteItems, &whole);
    assert_eq!(read.token(), Some("token"));
}

#[test]
fn actions_have_their_own_expressions() {
    let values = json!({":v": {"N": "1"}});
    request(
        Operation::TransactWriteItems,
        &transaction(json!([
            put(json!({
                "ConditionExpression": "attribute_not_exists(a) OR a < :v",
                "ExpressionAttributeValues": values,
            })),
            of_key(
                "Update",
                json!({
                    "UpdateExpression": "ADD b :v",
                    "ConditionExpression": "a = :v",
                    "ExpressionAttributeValues": values,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                })
            ),
            of_key(
                "Delete",
                json!({
                    "ConditionExpression": "a = :v",
                    "ExpressionAttributeValues": values,
                })
            ),
            of_key(
                "ConditionCheck",
                json!({
                    "ConditionExpression": "a = :v",
                    "ExpressionAttributeValues": values,
                })
            ),
        ])),
    );
}

#[test]
fn placeholders_of_an_action_without_a_condition_decide_nothing() {
    assert_written(
        Operation::TransactWriteItems,
        &transaction(json!([put(
            json!({"ExpressionAttributeValues": {":v": {"N": "1"}}})
        )])),
        &transaction(json!([put(json!({}))])),
    );
}

#[test]
fn a_fingerprint_is_of_what_is_done() {
    let one = transaction(json!([put(json!({}))]));
    let print = fingerprint(&one);
    for same in [
        with(one.clone(), json!({"ClientRequestToken": "token"})),
        with(one.clone(), json!({"ReturnConsumedCapacity": "TOTAL"})),
    ] {
        assert_eq!(fingerprint(&same), print);
    }
    for other in [
        transaction(json!([put(json!({"Item": {"a": {"S": "2"}}}))])),
        transaction(json!([put(json!({"TableName": "abd"}))])),
        transaction(json!([put(
            json!({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
        )])),
        transaction(json!([put(json!({})), put(json!({}))])),
    ] {
        assert_ne!(fingerprint(&other), print);
    }
    assert_eq!(super::Fingerprint::from_bytes(*print.as_bytes()), print);
}
