use serde_json::{Value, json};

use super::{assert_refused, assert_written, request, with};
use crate::Operation;

const TOO_LARGE_NAME: &str = "One or more parameter values were invalid: \
    Attribute name is too large, must be less than 65536 bytes";

fn of_key(members: Value) -> Value {
    with(
        json!({"TableName": "abc", "Key": {"a": {"S": "1"}}}),
        members,
    )
}

fn of_item(members: Value) -> Value {
    with(
        json!({"TableName": "abc", "Item": {"a": {"S": "1"}}}),
        members,
    )
}

#[test]
fn get_item_is_refused() {
    assert_refused(
        Operation::GetItem,
        &[
            (
                of_key(json!({
                    "Key": {"a": {}},
                    "AttributesToGet": ["a", "a"],
                    "ProjectionExpression": "",
                    "ExpressionAttributeNames": {},
                })),
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
            ),
            (
                of_key(json!({
                    "Key": {"a": {}},
                    "AttributesToGet": ["a", "a"],
                    "ExpressionAttributeNames": {},
                })),
                "ExpressionAttributeNames can only be specified when using expressions",
            ),
            (
                of_key(json!({"Key": {"a": {}}, "AttributesToGet": ["a", "a"]})),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                of_key(json!({"Key": {"a": {"NULL": "no"}}, "AttributesToGet": ["a", "a"]})),
                "One or more parameter values were invalid: Null attribute value types must have the value of true",
            ),
            (
                of_key(json!({"AttributesToGet": ["a", "b", "a"]})),
                "One or more parameter values were invalid: Duplicate value in attribute name: a",
            ),
            (
                of_key(json!({"AttributesToGet": [""]})),
                "Empty attribute name",
            ),
            (
                of_key(json!({"AttributesToGet": ["a".repeat(65_536)]})),
                TOO_LARGE_NAME,
            ),
            (
                of_key(json!({"Key": {"": {"S": "a"}}})),
                "Empty attribute name",
            ),
            (
                of_key(json!({"ProjectionExpression": "a", "ExpressionAttributeNames": {}})),
                "ExpressionAttributeNames must not be empty",
            ),
            (
                of_key(json!({"ProjectionExpression": ""})),
                "Invalid ProjectionExpression: The expression can not be empty;",
            ),
        ],
    );
}

#[test]
fn get_item_is_written() {
    assert_written(Operation::GetItem, &of_key(json!({})), &of_key(json!({})));
    assert_written(
        Operation::GetItem,
        &of_key(json!({
            "ConsistentRead": "true",
            "ReturnConsumedCapacity": "TOTAL",
            "AttributesToGet": null,
            "Unknown": 1,
        })),
        &of_key(json!({"ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL"})),
    );
    assert_written(
        Operation::GetItem,
        &of_key(json!({"ConsistentRead": false, "ReturnConsumedCapacity": "NONE"})),
        &of_key(json!({})),
    );
}

#[test]
fn attributes_to_get_are_a_projection() {
    let old = of_key(json!({"AttributesToGet": ["b", "c.d", "e[0]"]}));
    let names = json!({"#b": "b", "#c": "c.d", "#e": "e[0]"});
    let new = of_key(json!({
        "ProjectionExpression": "#b, #c, #e",
        "ExpressionAttributeNames": names,
    }));
    assert_eq!(
        request(Operation::GetItem, &old),
        request(Operation::GetItem, &new)
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn put_item_is_refused() {
    let large = "a".repeat(400 * 1024);
    assert_refused(
        Operation::PutItem,
        &[
            (
                of_item(json!({
                    "Item": {"a": {}},
                    "Expected": {"a": {}},
                    "ConditionExpression": "",
                    "ExpressionAttributeNames": {},
                    "ExpressionAttributeValues": {},
                })),
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
            ),
            (
                of_item(json!({
                    "Item": {"a": {}},
                    "Expected": {"a": {}},
                    "ExpressionAttributeNames": {},
                    "ExpressionAttributeValues": {},
                })),
                "ExpressionAttributeNames can only be specified when using expressions",
            ),
            (
                of_item(json!({
                    "Item": {"a": {}},
                    "Expected": {"a": {}},
                    "ExpressionAttributeValues": {},
                })),
                "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
            ),
            (
                of_item(json!({"Item": {"a": {"SS": []}}, "ConditionExpression": ""})),
                "One or more parameter values were invalid: An string set  may not be empty",
            ),
            (
                of_item(json!({"Item": {"a": {"S": "a", "N": "1"}}, "ReturnValues": "ALL_NEW"})),
                "Supplied AttributeValue has more than one datatypes set, \
                 must contain exactly one of the supported datatypes",
            ),
            (
                of_item(json!({"Item": {"a": {"S": large}}, "ReturnValues": "UPDATED_OLD"})),
                "ReturnValues can only be ALL_OLD or NONE",
            ),
            (
                of_item(json!({"ReturnValues": "ALL_NEW"})),
                "ReturnValues can only be ALL_OLD or NONE",
            ),
            (
                of_item(json!({"ReturnValues": "UPDATED_NEW"})),
                "ReturnValues can only be ALL_OLD or NONE",
            ),
            (
                of_item(json!({"Item": {"a": {"S": large}}, "Expected": {"a": {}}})),
                "Item size has exceeded the maximum allowed size",
            ),
            (
                of_item(json!({"Item": {"a".repeat(65_536): {"S": "a"}}})),
                TOO_LARGE_NAME,
            ),
            (
                of_item(json!({"Expected": {"a": {}}, "ReturnValues": "ALL_OLD"})),
                "One or more parameter values were invalid: \
                 Value must be provided when Exists is null for Attribute: a",
            ),
            (
                of_item(json!({"ConditionalOperator": "OR"})),
                "ConditionalOperator cannot be used without Filter or Expected",
            ),
            (
                of_item(json!({"ConditionExpression": "", "ExpressionAttributeValues": {}})),
                "ExpressionAttributeValues must not be empty",
            ),
            (
                of_item(json!({"ConditionExpression": ""})),
                "Invalid ConditionExpression: The expression can not be empty;",
            ),
            (
                of_item(json!({
                    "ConditionExpression": "attribute_exists(a)",
                    "ExpressionAttributeNames": {"#a": "a"},
                })),
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
            ),
        ],
    );
}

#[test]
fn put_item_is_written() {
    let largest = "a".repeat(400 * 1024 - 1);
    request(
        Operation::PutItem,
        &of_item(json!({"Item": {"a": {"S": largest}}})),
    );
    let whole = of_item(json!({
        "Expected": {
            "a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]},
            "b": {"ComparisonOperator": "NULL"},
        },
        "ConditionalOperator": "OR",
        "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
        "ReturnValues": "ALL_OLD",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }));
    assert_written(Operation::PutItem, &whole, &whole);
    let old = of_item(json!({
        "Expected": {"a": {"Value": {"S": "1"}}, "b": {"Exists": false}},
        "ConditionalOperator": "AND",
    }));
    let written = of_item(json!({
        "Expected": {
            "a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]},
            "b": {"ComparisonOperator": "NULL"},
        },
    }));
    assert_written(Operation::PutItem, &old, &written);
    assert_written(
        Operation::PutItem,
        &of_item(json!({"Expected": {}})),
        &of_item(json!({})),
    );
}

#[test]
fn delete_item_is_refused() {
    assert_refused(
        Operation::DeleteItem,
        &[
            (
                of_key(json!({"ReturnValues": "ALL_NEW", "Key": {"a": {}}})),
                "ReturnValues can only be ALL_OLD or NONE",
            ),
            (
                of_key(json!({
                    "Key": {"a": {}},
                    "Expected": {"a": {}},
                    "ConditionExpression": "",
                })),
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
            ),
            (
                of_key(json!({"Key": {"a": {}}, "ExpressionAttributeValues": {}})),
                "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
            ),
            (
                of_key(json!({"Key": {"a": {"N": "b"}}, "Expected": {"a": {}}})),
                "The parameter cannot be converted to a numeric value: b",
            ),
            (
                of_key(json!({"Expected": {"a": {"Exists": true}}})),
                "One or more parameter values were invalid: \
                 Value must be provided when Exists is true for Attribute: a",
            ),
            (
                of_key(json!({"ConditionExpression": ""})),
                "Invalid ConditionExpression: The expression can not be empty;",
            ),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn update_item_is_refused() {
    assert_refused(
        Operation::UpdateItem,
        &[
            (
                of_key(json!({
                    "Key": {"a": {}},
                    "Expected": {"a": {}},
                    "AttributeUpdates": {"a": {}},
                    "UpdateExpression": "",
                    "ConditionExpression": "",
                    "ExpressionAttributeNames": {},
                    "ExpressionAttributeValues": {},
                })),
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {AttributeUpdates, Expected} \
                 Expression parameters: {UpdateExpression, ConditionExpression}",
            ),
            (
                of_key(
                    json!({"Key": {"a": {}}, "ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}}),
                ),
                "ExpressionAttributeNames can only be specified when using expressions",
            ),
            (
                of_key(json!({"Key": {"a": {}}, "ExpressionAttributeValues": {}})),
                "ExpressionAttributeValues can only be specified when using expressions: \
                 UpdateExpression and ConditionExpression are null",
            ),
            (
                of_key(json!({"Key": {"a": {}}, "AttributeUpdates": {"a": {}}})),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                of_key(json!({"AttributeUpdates": {"b": {}}, "Expected": {"a": {}}})),
                "One or more parameter values were invalid: \
                 Only DELETE action is allowed when no attribute value is specified",
            ),
            (
                of_key(json!({"AttributeUpdates": {"b".repeat(65_536): {"Value": {"S": "1"}}}})),
                TOO_LARGE_NAME,
            ),
            (
                of_key(json!({"Expected": {"a": {}}})),
                "One or more parameter values were invalid: \
                 Value must be provided when Exists is null for Attribute: a",
            ),
            (
                of_key(json!({"UpdateExpression": "", "ConditionExpression": ""})),
                "Invalid UpdateExpression: The expression can not be empty;",
            ),
            (
                of_key(json!({"UpdateExpression": "REMOVE b", "ConditionExpression": ""})),
                "Invalid ConditionExpression: The expression can not be empty;",
            ),
            (
                of_key(json!({
                    "UpdateExpression": "SET b = :b",
                    "ConditionExpression": "a = :a",
                    "ExpressionAttributeValues": {":a": {"S": "1"}, ":b": {"S": "2"}, ":c": {"S": "3"}},
                })),
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {:c}",
            ),
        ],
    );
}

#[test]
fn update_item_is_written() {
    let old = of_key(json!({
        "AttributeUpdates": {
            "b": {"Action": "PUT", "Value": {"S": "2"}},
            "c": {"Action": "DELETE"},
        },
        "Expected": {"a": {"ComparisonOperator": "NOT_NULL"}},
        "ReturnValues": "UPDATED_NEW",
    }));
    assert_written(Operation::UpdateItem, &old, &old);
    assert_written(
        Operation::UpdateItem,
        &of_key(json!({"ReturnValues": "NONE"})),
        &of_key(json!({})),
    );
    request(
        Operation::UpdateItem,
        &of_key(json!({
            "UpdateExpression": "SET #b = :b REMOVE c.d[1]",
            "ConditionExpression": "attribute_exists(#b) AND c = :b",
            "ExpressionAttributeNames": {"#b": "b"},
            "ExpressionAttributeValues": {":b": {"S": "2"}},
        })),
    );
}
