use serde_json::{Value, json};

use super::{assert_refused, assert_written, request, with};
use crate::Operation;
use crate::request::{KeySearch, Request};

fn query(members: Value) -> Value {
    let key = json!({"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]}});
    with(json!({"TableName": "abc", "KeyConditions": key}), members)
}

fn scan(members: Value) -> Value {
    with(json!({"TableName": "abc"}), members)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn queries_are_refused() {
    let both = "Can not use both expression and non-expression parameters in the same request: ";
    assert_refused(
        Operation::Query,
        &[
            (
                query(json!({
                    "AttributesToGet": ["a", "a"],
                    "QueryFilter": {"a": {"ComparisonOperator": "EQ"}},
                    "ConditionalOperator": "OR",
                    "KeyConditionExpression": "",
                    "FilterExpression": "",
                    "ProjectionExpression": "",
                    "ExclusiveStartKey": {"a": {}},
                })),
                &format!(
                    "{both}Non-expression parameters: \
                     {{AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions}} \
                     Expression parameters: {{ProjectionExpression, FilterExpression, KeyConditionExpression}}"
                ),
            ),
            (
                query(json!({"AttributesToGet": ["a", "a"], "FilterExpression": ""})),
                &format!(
                    "{both}Non-expression parameters: {{AttributesToGet}} Expression parameters: {{FilterExpression}}"
                ),
            ),
            (
                query(json!({"ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}})),
                "ExpressionAttributeNames can only be specified when using expressions",
            ),
            (
                query(json!({"ExpressionAttributeValues": {}})),
                "ExpressionAttributeValues can only be specified when using expressions: \
                 FilterExpression and KeyConditionExpression are null",
            ),
            (
                query(json!({
                    "QueryFilter": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{}]}},
                    "AttributesToGet": ["a", "a"],
                })),
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                query(json!({"ConditionalOperator": "AND"})),
                "ConditionalOperator cannot be used without Filter or Expected",
            ),
            (
                query(json!({"AttributesToGet": ["a", "a"], "ExclusiveStartKey": {"a": {}}})),
                "One or more parameter values were invalid: Duplicate value in attribute name: a",
            ),
            (
                json!({"TableName": "abc", "ExclusiveStartKey": {"a": {}}}),
                "The provided starting key is invalid: \
                 Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                json!({"TableName": "abc", "ExclusiveStartKey": {"a": {"SS": []}}}),
                "One or more parameter values were invalid: An string set  may not be empty",
            ),
            (
                json!({"TableName": "abc", "ExclusiveStartKey": {"a": {"N": "b"}}}),
                "The parameter cannot be converted to a numeric value: b",
            ),
            (
                json!({"TableName": "abc"}),
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ),
            (
                json!({"TableName": "abc", "FilterExpression": ""}),
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ),
            (
                json!({"TableName": "abc", "KeyConditionExpression": "", "FilterExpression": ""}),
                "Invalid KeyConditionExpression: The expression can not be empty;",
            ),
            (
                query(
                    json!({"FilterExpression": "", "ProjectionExpression": "", "KeyConditions": {}}),
                ),
                "Invalid FilterExpression: The expression can not be empty;",
            ),
            (
                query(json!({"ProjectionExpression": "", "KeyConditions": {}})),
                "Invalid ProjectionExpression: The expression can not be empty;",
            ),
            (
                query(json!({"KeyConditions": {}})),
                "Conditions can be of length 1 or 2 only",
            ),
        ],
    );
}

#[test]
fn selects_go_with_projections() {
    let refused = "1 validation error detected: ";
    for (operation, body) in [
        (Operation::Query, query(json!({}))),
        (Operation::Scan, scan(json!({}))),
    ] {
        assert_refused(
            operation,
            &[
                (
                    with(body.clone(), json!({"Select": "SPECIFIC_ATTRIBUTES"})),
                    &format!(
                        "{refused}Must specify the AttributesToGet or ProjectionExpression \
                         when choosing to get SPECIFIC_ATTRIBUTES"
                    ),
                ),
                (
                    with(
                        body.clone(),
                        json!({"Select": "COUNT", "AttributesToGet": ["a"]}),
                    ),
                    &format!(
                        "{refused}Cannot specify the AttributesToGet when choosing to get only the Count"
                    ),
                ),
                (
                    with(
                        body.clone(),
                        json!({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "a"}),
                    ),
                    &format!(
                        "{refused}Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"
                    ),
                ),
                (
                    with(
                        body.clone(),
                        json!({"Select": "ALL_PROJECTED_ATTRIBUTES", "AttributesToGet": ["a"], "IndexName": "abc"}),
                    ),
                    &format!(
                        "{refused}Cannot specify the AttributesToGet when choosing to get ALL_PROJECTED_ATTRIBUTES"
                    ),
                ),
                (
                    with(body.clone(), json!({"Select": "ALL_PROJECTED_ATTRIBUTES"})),
                    &format!(
                        "{refused}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
                    ),
                ),
            ],
        );
        for members in [
            json!({"Select": "SPECIFIC_ATTRIBUTES", "AttributesToGet": ["a"]}),
            json!({"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "a"}),
            json!({"Select": "ALL_PROJECTED_ATTRIBUTES", "IndexName": "abc"}),
            json!({"Select": "ALL_ATTRIBUTES"}),
            json!({"Select": "COUNT"}),
        ] {
            request(operation, &with(body.clone(), members));
        }
    }
}

#[test]
fn queries_are_written() {
    let whole = query(json!({
        "IndexName": "index",
        "QueryFilter": {
            "b": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "1"}]},
            "c": {"ComparisonOperator": "NOT_NULL"},
        },
        "ConditionalOperator": "OR",
        "AttributesToGet": ["a", "b.c"],
        "Select": "SPECIFIC_ATTRIBUTES",
        "Limit": 10,
        "ExclusiveStartKey": {"a": {"S": "1"}},
        "ScanIndexForward": false,
        "ConsistentRead": true,
        "ReturnConsumedCapacity": "TOTAL",
    }));
    assert_written(Operation::Query, &whole, &whole);
    let taken_for_granted = query(json!({
        "QueryFilter": {},
        "ScanIndexForward": true,
        "ConsistentRead": false,
        "ReturnConsumedCapacity": "NONE",
    }));
    assert_written(Operation::Query, &taken_for_granted, &query(json!({})));
    request(
        Operation::Query,
        &json!({
            "TableName": "abc",
            "KeyConditionExpression": "#a = :a AND begins_with(b, :b)",
            "FilterExpression": "c > :a",
            "ProjectionExpression": "#a, d[0].e",
            "ExpressionAttributeNames": {"#a": "a"},
            "ExpressionAttributeValues": {":a": {"S": "1"}, ":b": {"S": "2"}},
        }),
    );
}

#[test]
fn key_conditions_with_expressions_are_one_themselves() {
    let old = query(json!({"ProjectionExpression": "b"}));
    let new = json!({
        "TableName": "abc",
        "KeyConditionExpression": "a = :a",
        "ProjectionExpression": "b",
        "ExpressionAttributeValues": {":a": {"S": "1"}},
    });
    let old = request(Operation::Query, &old);
    assert_eq!(old, request(Operation::Query, &new));
    let Request::Query(read) = old else {
        panic!("not a Query");
    };
    assert!(matches!(read.key, KeySearch::Expression(_)));

    let with_key = |operator: &str, values: Value| {
        let test = json!({"ComparisonOperator": operator, "AttributeValueList": values});
        query(json!({"KeyConditions": {"a": test}, "FilterExpression": "attribute_exists(b)"}))
    };
    let numbers = json!([{"N": "1"}, {"N": "2"}]);
    for operator in ["LT", "LE", "GT", "GE"] {
        request(Operation::Query, &with_key(operator, json!([{"N": "1"}])));
    }
    request(Operation::Query, &with_key("BETWEEN", numbers.clone()));
    request(
        Operation::Query,
        &with_key("BEGINS_WITH", json!([{"B": "YQ=="}])),
    );
    assert_refused(
        Operation::Query,
        &[
            (
                with_key("IN", numbers),
                "Attempted conditional constraint is not an indexable operation",
            ),
            (
                with_key("EQ", json!([{"SS": ["a"]}])),
                "One or more parameter values were invalid: \
                 Condition parameter type does not match schema type",
            ),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn scans_are_refused() {
    assert_refused(
        Operation::Scan,
        &[
            (
                scan(json!({
                    "Segment": 1,
                    "AttributesToGet": ["a", "a"],
                    "ScanFilter": {"a": {"ComparisonOperator": "EQ"}},
                    "ConditionalOperator": "OR",
                    "FilterExpression": "",
                    "ProjectionExpression": "",
                    "ExclusiveStartKey": {"a": {}},
                })),
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {AttributesToGet, ScanFilter, ConditionalOperator} \
                 Expression parameters: {ProjectionExpression, FilterExpression}",
            ),
            (
                scan(json!({"Segment": 1, "ExpressionAttributeValues": {}})),
                "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
            ),
            (
                scan(json!({
                    "Segment": 1,
                    "AttributesToGet": ["a", "a"],
                    "ScanFilter": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{}]}},
                })),
                "One or more parameter values were invalid: Duplicate value in attribute name: a",
            ),
            (
                scan(json!({
                    "Segment": 1,
                    "ExclusiveStartKey": {"a": {}},
                    "ScanFilter": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}, {"S": "2"}]}},
                })),
                "One or more parameter values were invalid: \
                 Invalid number of argument(s) for the EQ ComparisonOperator",
            ),
            (
                scan(json!({"Segment": 1, "ExclusiveStartKey": {"a": {}}})),
                "The provided starting key is invalid: \
                 Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ),
            (
                scan(json!({"Segment": 1, "ExclusiveStartKey": {"a": {"NULL": "no"}}})),
                "The provided starting key is invalid: One or more parameter values were invalid: \
                 Null attribute value types must have the value of true",
            ),
            (
                scan(json!({"Segment": 1, "ExclusiveStartKey": {"a": {"BS": []}}})),
                "The provided starting key is invalid: One or more parameter values were invalid: \
                 Binary sets should not be empty",
            ),
            (
                scan(json!({"Segment": 1, "ExclusiveStartKey": {"a": {"NS": []}}})),
                "One or more parameter values were invalid: An number set  may not be empty",
            ),
            (
                scan(json!({"Segment": 1, "ExclusiveStartKey": {"a": {"SS": ["a", "a"]}}})),
                "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
            ),
            (
                scan(json!({"Segment": 1, "FilterExpression": ""})),
                "The TotalSegments parameter is required but was not present in the request \
                 when Segment parameter is present",
            ),
            (
                scan(json!({"Segment": 0})),
                "The TotalSegments parameter is required but was not present in the request \
                 when Segment parameter is present",
            ),
            (
                scan(json!({"TotalSegments": 1, "FilterExpression": ""})),
                "The Segment parameter is required but was not present in the request \
                 when parameter TotalSegments is present",
            ),
            (
                scan(json!({"Segment": 5, "TotalSegments": 5, "FilterExpression": ""})),
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: \
                 Segment: 5 is not less than TotalSegments: 5",
            ),
            (
                scan(json!({"FilterExpression": "", "ProjectionExpression": ""})),
                "Invalid FilterExpression: The expression can not be empty;",
            ),
            (
                scan(json!({"ProjectionExpression": ""})),
                "Invalid ProjectionExpression: The expression can not be empty;",
            ),
        ],
    );
}

#[test]
fn scans_are_written() {
    let whole = scan(json!({
        "IndexName": "index",
        "ScanFilter": {
            "b": {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "1"}, {"N": "2"}]},
            "c": {"ComparisonOperator": "NULL"},
        },
        "ConditionalOperator": "OR",
        "AttributesToGet": ["a", "b.c"],
        "Select": "SPECIFIC_ATTRIBUTES",
        "Limit": 10,
        "ExclusiveStartKey": {"a": {"S": "1"}},
        "Segment": 0,
        "TotalSegments": 4,
        "ConsistentRead": true,
        "ReturnConsumedCapacity": "INDEXES",
    }));
    assert_written(Operation::Scan, &whole, &whole);
    assert_written(Operation::Scan, &scan(json!({})), &scan(json!({})));
}

#[test]
fn a_starting_key_that_nests_too_deep_is_named_by_scan_only() {
    let mut deep = json!({"S": "a"});
    for _ in 0..32 {
        deep = json!({"L": [deep]});
    }
    let start = json!({"ExclusiveStartKey": {"a": deep}});
    let reason = "Nesting Levels have exceeded supported limits: \
        Attributes in the item have nested levels beyond supported limit";
    assert_refused(Operation::Query, &[(query(start.clone()), reason)]);
    let named = format!("The provided starting key is invalid: {reason}");
    assert_refused(Operation::Scan, &[(scan(start), &named)]);
}
