//! What is refused, each for its reason and in DynamoDB's order.

use serde_json::{Value, json};

use super::super::testing::refusal;
use super::{tables, with};

/// Holds that requests are refused, each with its message.
pub(super) fn assert_refused(operation: &str, cases: &[(Value, &str)]) {
    let (_folder, mut database) = tables();
    for (request, message) in cases {
        let refused = refusal(&mut database, operation, request.clone());
        assert_eq!(refused.message, *message, "{request}");
        assert_eq!(refused.name, "ValidationException", "{request}");
    }
}

/// A Query by an expression with the strings `:a` to `:c` and the number `:n`, as far as it names them.
pub(super) fn query(table: &str, index: Option<&str>, condition: &str) -> Value {
    let values = [
        (":a", json!({"S": "a"})),
        (":b", json!({"S": "b"})),
        (":c", json!({"S": "c"})),
        (":n", json!({"N": "1"})),
        (":e", json!({"S": ""})),
    ];
    let named = values
        .into_iter()
        .filter(|(name, _)| condition.contains(name));
    let mut request = json!({
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": named.map(|(name, value)| (name.to_owned(), value)).collect::<Value>(),
    });
    if let Some(index) = index {
        request["IndexName"] = index.into();
    }
    request
}

/// A Query by old conditions: attribute, operator and strings.
fn old_query(table: &str, index: Option<&str>, conditions: &[(&str, &str, &[&str])]) -> Value {
    let conditions = conditions.iter().map(|(name, operator, values)| {
        let values: Value = values.iter().map(|value| json!({"S": value})).collect();
        (
            (*name).to_owned(),
            json!({"ComparisonOperator": operator, "AttributeValueList": values}),
        )
    });
    let mut request = json!({"TableName": table, "KeyConditions": conditions.collect::<Value>()});
    if let Some(index) = index {
        request["IndexName"] = index.into();
    }
    request
}

const NOT_SUPPORTED: &str = "Query key condition not supported";
const TYPE: &str = "One or more parameter values were invalid: Condition parameter type does not match schema type";

#[test]
fn a_table_is_looked_for_first_and_then_its_index() {
    let (_folder, mut database) = tables();
    for request in [
        query("none", Some("none"), "z = :a"),
        with(
            query("none", None, "z = :a"),
            json!({"ExclusiveStartKey": {}}),
        ),
    ] {
        let refused = refusal(&mut database, "Query", request);
        assert_eq!(refused.name, "ResourceNotFoundException");
        assert_eq!(refused.message, "Requested resource not found");
    }
    let refused = refusal(
        &mut database,
        "Scan",
        json!({"TableName": "none", "IndexName": "none"}),
    );
    assert_eq!(refused.message, "Requested resource not found");
    let missing = "The table does not have the specified index: whatever";
    let consistent = json!({"ConsistentRead": true, "ExclusiveStartKey": {}});
    let cases = [
        (
            with(
                query("range", Some("whatever"), "z = :a"),
                consistent.clone(),
            ),
            missing,
        ),
        (
            with(query("range", Some("g_hash"), "z = :a"), consistent.clone()),
            "Consistent reads are not supported on global secondary indexes",
        ),
    ];
    assert_refused("Query", &cases);
    let scan = |index: &str| {
        with(
            json!({"TableName": "range", "IndexName": index}),
            consistent.clone(),
        )
    };
    let cases = [
        (scan("whatever"), missing),
        (
            scan("g_include"),
            "Consistent reads are not supported on global secondary indexes",
        ),
    ];
    assert_refused("Scan", &cases);
}

#[test]
fn conditions_are_those_of_the_key() {
    let missed = |name: &str| format!("Query condition missed key schema element: {name}");
    let (a, b, c, d) = (missed("a"), missed("b"), missed("c"), missed("d"));
    let cases = [
        (query("hash", None, "z = :a"), a.as_str()),
        (query("hash", None, "a > :a"), NOT_SUPPORTED),
        (query("hash", None, ":a >= a"), NOT_SUPPORTED),
        (query("hash", None, "a BETWEEN :a AND :a"), NOT_SUPPORTED),
        (query("hash", None, "begins_with(a, :a)"), NOT_SUPPORTED),
        (query("hash", None, "a = :a AND b = :a"), NOT_SUPPORTED),
        (query("hash", None, "y = :a AND z = :a"), NOT_SUPPORTED),
        (query("hash", None, "a > :n"), TYPE),
        (query("range", None, "b = :a"), &a),
        (query("range", None, "c = :a"), &a),
        (query("range", None, "a = :a AND c = :a"), &b),
        (query("range", None, "a = :a AND b = :n"), TYPE),
        (query("range", None, "a = :a AND b BETWEEN :n AND :n"), TYPE),
        (
            query("range", None, "a = :a AND b = :b AND c = :c"),
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
        ),
        (query("range", Some("l_all"), "a = :a AND b = :a"), &c),
        (query("range", Some("g_hash"), "a = :a"), &c),
        (
            query("range", Some("g_hash"), "c = :a AND b = :a"),
            NOT_SUPPORTED,
        ),
        (query("range", Some("g_include"), "c = :a AND b = :a"), &d),
        (
            query("range", Some("g_include"), "c < :a AND d = :a"),
            NOT_SUPPORTED,
        ),
    ];
    assert_refused("Query", &cases);
}

#[test]
fn old_conditions_are_those_of_the_key() {
    let not_indexable = "Attempted conditional constraint is not an indexable operation";
    let of_a = |operator, values| old_query("hash", None, &[("a", operator, values)]);
    let of_b = |operator, values| {
        old_query(
            "range",
            None,
            &[("a", "EQ", &["a"]), ("b", operator, values)],
        )
    };
    let cases = [
        (
            old_query("range", None, &[("z", "NULL", &[])]),
            "Query condition missed key schema element: a",
        ),
        (of_a("NULL", &[]), not_indexable),
        (of_a("NE", &["a"]), not_indexable),
        (of_a("CONTAINS", &["a"]), not_indexable),
        (of_a("IN", &["a"]), not_indexable),
        (of_b("NOT_NULL", &[]), not_indexable),
        (of_b("NOT_CONTAINS", &["a"]), not_indexable),
        (of_a("LE", &["a"]), NOT_SUPPORTED),
        (of_a("BETWEEN", &["a", "a"]), NOT_SUPPORTED),
        (of_a("BEGINS_WITH", &["a"]), NOT_SUPPORTED),
        (
            old_query("hash", None, &[("a", "EQ", &["a"]), ("b", "EQ", &["a"])]),
            NOT_SUPPORTED,
        ),
        (
            old_query(
                "range",
                Some("l_all"),
                &[("a", "EQ", &["a"]), ("b", "NULL", &[])],
            ),
            "Query condition missed key schema element: c",
        ),
    ];
    assert_refused("Query", &cases);
}

#[test]
fn values_are_those_that_keys_can_have() {
    let empty = |name: &str| {
        format!(
            "One or more parameter values are not valid. \
             The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
        )
    };
    let (a, b, r2) = (empty("a"), empty("b"), empty("r2"));
    let long = |bytes: usize| json!({"ExpressionAttributeValues": {":a": {"S": "a"}, ":v": {"S": "x".repeat(bytes)}}});
    let cases = [
        (query("hash", None, "a = :e"), a.as_str()),
        (query("range", None, "a = :a AND b = :e"), &b),
        (query("range", None, "a = :a AND b BETWEEN :e AND :b"), &b),
        (query("range", None, "a = :a AND begins_with(b, :e)"), &b),
        (
            query(
                "several",
                Some("g_several"),
                "h1 = :a AND h2 = :b AND r1 = :n AND r2 < :e",
            ),
            &r2,
        ),
        (
            with(
                query("hash", None, "a = :v"),
                json!({"ExpressionAttributeValues": {":v": {"S": "x".repeat(2049)}}}),
            ),
            "One or more parameter values were invalid: \
             Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            with(query("range", None, "a = :a AND b > :v"), long(1025)),
            "One or more parameter values were invalid: \
             Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
    ];
    assert_refused("Query", &cases);
}

#[test]
fn keys_of_several_attributes_are_given_from_the_left() {
    let several = |condition: &str| query("several", Some("g_several"), condition);
    let range = |names: &str, present: &str| {
        format!(
            "RANGE key attributes {names} must have equality conditions specified in the query \
             because a condition is present on key attribute {present}"
        )
    };
    let hash = |names: &str| {
        format!("HASH key attributes {names} must have equality conditions specified in the query")
    };
    let cases = [
        (several("h1 = :a"), hash("h2")),
        (several("h1 = :a AND h2 > :a"), hash("h2")),
        (several("r1 = :n AND r2 = :a"), hash("h1, h2")),
        (several("h1 = :a AND h2 = :n"), TYPE.into()),
        (several("h1 = :a AND h2 = :b AND begins_with(r1, :c)"), TYPE.into()),
        (several("h1 = :a AND h2 = :b AND r2 = :c"), range("r1", "r2")),
        (several("h1 = :a AND h2 = :b AND r3 = :c"), range("r1, r2", "r3")),
        (several("h1 = :a AND h2 = :b AND r1 > :n AND r2 = :c"), range("r1", "r2")),
        (several("h1 = :a AND h2 = :b AND r1 = :n AND r3 > :c"), range("r2", "r3")),
        (
            several("h1 = :a AND h2 = :b AND r1 = :n AND z = :c"),
            "Query condition missed key schema element: r2".into(),
        ),
        (
            several("h1 = :a AND h2 = :b AND r1 = :n AND r2 = :c AND r3 = :c AND z = :c"),
            "The number of query conditions (6) exceeds the number of key attributes defined in the schema (5)".into(),
        ),
    ];
    let cases: Vec<_> = cases
        .iter()
        .map(|(request, message)| (request.clone(), message.as_str()))
        .collect();
    assert_refused("Query", &cases);
}

#[test]
fn filters_and_projections_of_queries_keep_to_what_they_may_name() {
    let on = |index: Option<&str>, condition: &str, more: Value| {
        with(query("range", index, condition), more)
    };
    let filter = |text: &str| json!({"FilterExpression": text});
    let old = old_query("range", Some("g_include"), &[("c", "EQ", &["a"])]);
    let old_filter = |name: &str| json!({"QueryFilter": {name: {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}});
    let select = "One or more parameter values were invalid: \
                  Select type ALL_ATTRIBUTES is not supported for global secondary index g_include \
                  because its projection type is not ALL";
    let cases = [
        (
            on(None, "a = :a", filter("attribute_exists(a.b) AND c = :a")),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: a",
        ),
        (
            on(None, "a = :a", filter("z = b")),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: b",
        ),
        (
            on(Some("g_include"), "c = :a", filter("d[1] = :a AND a = :a")),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: d",
        ),
        (
            with(
                with(old.clone(), old_filter("d")),
                json!({"Select": "ALL_ATTRIBUTES"}),
            ),
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: d",
        ),
        (
            with(
                with(old, old_filter("a")),
                json!({"Select": "ALL_ATTRIBUTES"}),
            ),
            select,
        ),
        (
            on(
                Some("g_include"),
                "c = :a",
                json!({"FilterExpression": "a.b = :a", "Select": "ALL_ATTRIBUTES"}),
            ),
            select,
        ),
        (
            on(None, "a = :a", filter("d[1] = :a")),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: d",
        ),
        (
            on(None, "a = :a", json!({"ProjectionExpression": "x.y, b[0]"})),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: b",
        ),
        (
            on(
                Some("g_include"),
                "c = :a",
                json!({"ProjectionExpression": "z, e, x.y, x.z"}),
            ),
            "One or more parameter values were invalid: Global secondary index g_include does not project [z, x]",
        ),
    ];
    assert_refused("Query", &cases);
}
