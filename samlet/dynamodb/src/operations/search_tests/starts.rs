//! What starting keys are refused.

use serde_json::{Value, json};

use super::refusals::{assert_refused, query};
use super::{item, with};

const INVALID: &str = "The provided starting key is invalid";
const MISMATCH: &str = "The provided key element does not match the schema";
const INVALID_MISMATCH: &str =
    "The provided starting key is invalid: The provided key element does not match the schema";
const OUTSIDE: &str =
    "The provided starting key is outside query boundaries based on provided conditions";
const PREDICATE: &str = "The provided starting key does not match the range key predicate";
const RESTARTED: &str = "The query can return at most one row and cannot be restarted";

#[test]
fn a_querys_starting_key_has_the_attributes_of_the_keys() {
    let on = |table: &str, index: Option<&str>, start: Value| {
        let name = if index.is_some_and(|index| index.starts_with('g')) {
            "c"
        } else {
            "a"
        };
        let query = query(table, index, &format!("{name} = :b"));
        with(query, json!({"ExclusiveStartKey": start}))
    };
    let n = || json!({"N": "1"});
    let s = || json!({"S": "a"});
    let cases = [
        (on("hash", None, json!({})), INVALID),
        (on("hash", None, json!({"b": s()})), INVALID),
        (on("hash", None, json!({"a": s(), "b": s()})), INVALID),
        (on("hash", None, json!({"a": n()})), MISMATCH),
        (on("hash", None, json!({"a": {"M": {}}})), MISMATCH),
        (on("range", None, json!({"a": s()})), INVALID),
        (on("range", None, json!({"a": s(), "c": s()})), INVALID),
        (
            on("range", None, json!({"a": s(), "b": s(), "c": s()})),
            INVALID,
        ),
        (on("range", None, json!({"a": n(), "z": s()})), MISMATCH),
        (on("range", None, json!({"a": s(), "b": n()})), MISMATCH),
        (
            on("range", Some("l_all"), json!({"a": s(), "b": s()})),
            INVALID,
        ),
        (
            on(
                "range",
                Some("l_all"),
                json!({"a": s(), "b": s(), "c": n()}),
            ),
            MISMATCH,
        ),
        (
            on(
                "range",
                Some("l_all"),
                json!({"a": s(), "b": n(), "c": s()}),
            ),
            INVALID_MISMATCH,
        ),
        (
            on("range", Some("g_hash"), json!({"a": s(), "c": s()})),
            INVALID,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"a": s(), "b": s(), "z": s()}),
            ),
            INVALID,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"x": s(), "y": s(), "c": n()}),
            ),
            MISMATCH,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"x": s(), "y": s(), "c": s()}),
            ),
            INVALID_MISMATCH,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"a": s(), "b": n(), "c": s()}),
            ),
            INVALID_MISMATCH,
        ),
    ];
    assert_refused("Query", &cases);
    // Conditions on a part of the key are looked at after that part of the starting key.
    let cases = [
        (
            with(
                query("range", None, "z = :a"),
                json!({"ExclusiveStartKey": {"a": s(), "b": n()}}),
            ),
            "Query condition missed key schema element: a",
        ),
        (
            with(
                query("range", None, "z = :a"),
                json!({"ExclusiveStartKey": {"a": n(), "b": n()}}),
            ),
            MISMATCH,
        ),
    ];
    assert_refused("Query", &cases);
}

#[test]
fn a_querys_starting_key_lies_within_its_conditions() {
    let on = |index: Option<&str>, condition: &str, start: &[(&str, &str)]| {
        with(
            query("range", index, condition),
            json!({"ExclusiveStartKey": item(start)}),
        )
    };
    let ab = [("a", "a"), ("b", "a")];
    let abc = [("a", "a"), ("b", "a"), ("c", "a")];
    let abcd = [("a", "a"), ("b", "a"), ("c", "a"), ("d", "a")];
    let cases = [
        (on(None, "a = :b", &ab), OUTSIDE),
        (on(Some("l_all"), "a = :b", &abc), OUTSIDE),
        (on(Some("g_hash"), "c = :b", &abc), OUTSIDE),
        (on(Some("g_include"), "c = :b", &abcd), OUTSIDE),
        (on(None, "a = :b AND b > :a", &ab), PREDICATE),
        (on(Some("l_all"), "a = :a AND c > :a", &abc), PREDICATE),
        (on(Some("g_include"), "c = :a AND d = :b", &abcd), PREDICATE),
        (on(None, "a = :b AND b < :b", &ab), RESTARTED),
        (on(Some("g_include"), "c = :b AND d = :a", &abcd), RESTARTED),
        (
            with(
                query("hash", None, "a = :a"),
                json!({"ExclusiveStartKey": item(&[("a", "a")])}),
            ),
            "The provided exclusive start key is invalid: ExclusiveStartKey: {a=AttributeValue: {S:a}}",
        ),
    ];
    assert_refused("Query", &cases);
    let start = json!({"p": {"S": "p"}, "h1": {"S": "a"}, "h2": {"S": "b"}, "r1": {"N": "1"}, "r2": {"S": "c"}, "r3": {"S": "c"}});
    let on = |condition: &str| {
        with(
            query("several", Some("g_several"), condition),
            json!({"ExclusiveStartKey": start}),
        )
    };
    let cases = [
        (on("h1 = :b AND h2 = :b"), RESTARTED),
        (on("h1 = :a AND h2 = :a"), OUTSIDE),
        (on("h1 = :a AND h2 = :b AND r1 > :n"), PREDICATE),
        (on("h1 = :a AND h2 = :b AND r1 = :n AND r2 < :c"), PREDICATE),
    ];
    assert_refused("Query", &cases);
}

#[test]
fn scans_are_refused_for_their_starting_keys_and_attributes() {
    let on = |table: &str, index: Option<&str>, start: Value| {
        let mut scan = json!({"TableName": table, "ExclusiveStartKey": start});
        if let Some(index) = index {
            scan["IndexName"] = index.into();
        }
        scan
    };
    let n = || json!({"N": "1"});
    let s = || json!({"S": "a"});
    let cases = [
        (on("hash", None, json!({})), INVALID_MISMATCH),
        (on("hash", None, json!({"b": s()})), INVALID_MISMATCH),
        (
            on("hash", None, json!({"a": s(), "b": s()})),
            INVALID_MISMATCH,
        ),
        (
            on("hash", None, json!({"a": {"NULL": true}})),
            INVALID_MISMATCH,
        ),
        (on("range", None, json!({"a": s()})), INVALID_MISMATCH),
        (
            on("range", None, json!({"a": s(), "b": n()})),
            INVALID_MISMATCH,
        ),
        (
            on("range", Some("l_all"), json!({"a": s(), "b": s()})),
            INVALID,
        ),
        (
            on(
                "range",
                Some("l_all"),
                json!({"a": n(), "x": s(), "y": s()}),
            ),
            MISMATCH,
        ),
        (
            on(
                "range",
                Some("l_all"),
                json!({"a": s(), "b": n(), "c": s()}),
            ),
            INVALID_MISMATCH,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"x": s(), "y": s(), "c": n()}),
            ),
            MISMATCH,
        ),
        (
            on(
                "range",
                Some("g_hash"),
                json!({"x": n(), "y": n(), "c": s()}),
            ),
            INVALID_MISMATCH,
        ),
        (
            on(
                "range",
                Some("g_include"),
                json!({"x": n(), "y": n(), "c": s(), "d": n()}),
            ),
            MISMATCH,
        ),
        (
            with(
                on(
                    "range",
                    Some("g_include"),
                    json!({"x": n(), "y": n(), "c": s(), "d": s()}),
                ),
                json!({"Select": "ALL_ATTRIBUTES", "FilterExpression": "attribute_exists(a.b)"}),
            ),
            "One or more parameter values were invalid: \
             Select type ALL_ATTRIBUTES is not supported for global secondary index g_include \
             because its projection type is not ALL",
        ),
        (
            json!({"TableName": "hash", "FilterExpression": "attribute_exists(a.b.c)"}),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: a",
        ),
        (
            json!({"TableName": "range", "IndexName": "g_include", "AttributesToGet": ["z", "e"]}),
            "One or more parameter values were invalid: Global secondary index g_include does not project [z]",
        ),
    ];
    assert_refused("Scan", &cases);
}
