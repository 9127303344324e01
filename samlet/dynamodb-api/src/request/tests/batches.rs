use serde_json::{Value, json};

use super::{assert_refused, assert_written, request};
use crate::Operation;

fn get(keys: Value) -> Value {
    json!({"RequestItems": {"abc": keys}})
}

fn key(value: &str) -> Value {
    json!({"a": {"S": value}})
}

fn keys(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|number| key(&number.to_string())).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn batches_of_gets_are_refused() {
    let both = "Can not use both expression and non-expression parameters in the same request: \
        Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}";
    assert_refused(
        Operation::BatchGetItem,
        &[
            (
                json!({"RequestItems": {}}),
                "The requestItems parameter is required for BatchGetItem",
            ),
            (
                get(json!({
                    "Keys": [{"a": {}}],
                    "AttributesToGet": ["a", "a"],
                    "ProjectionExpression": "",
                    "ExpressionAttributeNames": {},
                })),
                both,
            ),
            (
                json!({"RequestItems": {
                    "abc": {"Keys": [key("1")], "AttributesToGet": ["a"]},
                    "abd": {"Keys": [key("1")], "ProjectionExpression": "a"},
                }}),
                both,
            ),
            (
                get(json!({
                    "Keys": [{"a": {}}],
                    "AttributesToGet": ["a", "a"],
                    "ExpressionAttributeNames": {},
                })),
                "ExpressionAttributeNames can only be specified when using expressions",
            ),
            (
                get(json!({"Keys": [{"a": {}}], "AttributesToGet": ["a", "a"]})),
                "One or more parameter values were invalid: Duplicate value in attribute name: a",
            ),
            (
                get(json!({"Keys": [{"a": {}}], "ProjectionExpression": ""})),
                "Invalid ProjectionExpression: The expression can not be empty;",
            ),
            (
                get(json!({"Keys": [key("1"), {"a": {}}]})),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                get(json!({"Keys": [key("1"), key("2"), key("1")]})),
                "Provided list of item keys contains duplicates",
            ),
            (
                get(json!({"Keys": [{"a": {"N": "1"}}, {"a": {"N": "1.0"}}]})),
                "Provided list of item keys contains duplicates",
            ),
            (
                json!({"RequestItems": {"abc": {"Keys": keys(0..100)}, "abd": {"Keys": keys(0..1)}}}),
                "Too many items requested for the BatchGetItem call",
            ),
            (
                get(json!({"Keys": keys(0..101)})),
                "1 validation error detected: Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: \
                 Member must have length less than or equal to 100",
            ),
        ],
    );
}

#[test]
fn batches_of_gets_are_written() {
    let whole = json!({
        "RequestItems": {
            "abc": {"Keys": [key("1"), key("2")], "ConsistentRead": true},
            "abd": {"Keys": [key("1")]},
        },
        "ReturnConsumedCapacity": "TOTAL",
    });
    assert_written(Operation::BatchGetItem, &whole, &whole);
    let read = request(
        Operation::BatchGetItem,
        &get(json!({"Keys": keys(0..100), "AttributesToGet": ["a", "b.c"]})),
    );
    assert_eq!(read.operation(), Operation::BatchGetItem);
}

fn put(item: Value) -> Value {
    json!({"PutRequest": {"Item": item}})
}

fn write(writes: Value) -> Value {
    json!({"RequestItems": {"abc": writes}})
}

#[test]
fn batches_of_writes_are_refused() {
    let not_one = "Supplied AttributeValue has more than one datatypes set, \
        must contain exactly one of the supported datatypes";
    let puts = |range| keys(range).into_iter().map(put).collect::<Vec<_>>();
    assert_refused(
        Operation::BatchWriteItem,
        &[
            (
                json!({"RequestItems": {}}),
                "The requestItems parameter is required for BatchWriteItem",
            ),
            (write(json!([put(json!({"a": {}})), {}])), not_one),
            (
                write(
                    json!([{"PutRequest": {"Item": key("1")}, "DeleteRequest": {"Key": key("1")}}]),
                ),
                not_one,
            ),
            (
                write(json!([put(json!({"a": {"NS": ["1", "1.0"]}}))])),
                "Input collection contains duplicates",
            ),
            (
                write(json!([{"DeleteRequest": {"Key": {"a": {}}}}])),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                write(json!([put(key(&"a".repeat(400 * 1024)))])),
                "Item size has exceeded the maximum allowed size",
            ),
            (
                json!({"RequestItems": {"abc": puts(0..25), "abd": puts(0..1)}}),
                "Too many items requested for the BatchWriteItem call",
            ),
        ],
    );
}

#[test]
fn batches_of_writes_are_written() {
    let whole = json!({
        "RequestItems": {
            "abc": [put(key("1")), {"DeleteRequest": {"Key": key("2")}}],
            "abd": [put(json!({}))],
        },
        "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
    });
    assert_written(Operation::BatchWriteItem, &whole, &whole);
}
