//! What is found, what of it is answered, and what that consumes.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::testing::{create, refusal, run, table};
use super::{item, put, tables, with};
use crate::database::Database;

/// A table, a condition, the type and values that it compares with, and the keys that it finds.
type Comparison = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn keys_are_found_by_each_comparison() {
    let (_folder, mut database) = tables();
    create(&mut database, table("numbers", "p n:N"));
    create(&mut database, table("bytes", "p b:B"));
    for text in ["1", "10", "2", "A", "a", "aa", "ab", "b", "\u{e4}", "a\0"] {
        put(&mut database, "range", &item(&[("a", "p"), ("b", text)]));
        put(&mut database, "range", &item(&[("a", "p\0"), ("b", text)]));
    }
    for number in ["-100", "-2.5", "-1", "0", "0.5", "1", "9", "10", "1e3"] {
        put(
            &mut database,
            "numbers",
            &json!({"p": {"S": "p"}, "n": {"N": number}}),
        );
    }
    // 00, 01, 01 00, 01 ff, ff
    for bytes in ["AA==", "AQ==", "AQA=", "Af8=", "/w=="] {
        put(
            &mut database,
            "bytes",
            &json!({"p": {"S": "p"}, "b": {"B": bytes}}),
        );
    }
    let cases: [Comparison; 18] = [
        (
            "range",
            "a = :p",
            "S",
            &[],
            &["1", "10", "2", "A", "a", "a\0", "aa", "ab", "b", "\u{e4}"],
        ),
        ("range", "a = :p AND b = :v", "S", &["a"], &["a"]),
        (
            "range",
            "a = :p AND b < :v",
            "S",
            &["a"],
            &["1", "10", "2", "A"],
        ),
        (
            "range",
            "a = :p AND b <= :v",
            "S",
            &["a"],
            &["1", "10", "2", "A", "a"],
        ),
        (
            "range",
            "a = :p AND b > :v",
            "S",
            &["a"],
            &["a\0", "aa", "ab", "b", "\u{e4}"],
        ),
        (
            "range",
            "a = :p AND b >= :v",
            "S",
            &["ab"],
            &["ab", "b", "\u{e4}"],
        ),
        ("range", "a = :p AND :v > b", "S", &["2"], &["1", "10"]),
        (
            "range",
            "a = :p AND b BETWEEN :v AND :w",
            "S",
            &["2", "aa"],
            &["2", "A", "a", "a\0", "aa"],
        ),
        (
            "range",
            "a = :p AND begins_with(b, :v)",
            "S",
            &["a"],
            &["a", "a\0", "aa", "ab"],
        ),
        ("range", "a = :p AND begins_with(b, :v)", "S", &["x"], &[]),
        (
            "numbers",
            "p = :p",
            "N",
            &[],
            &["-100", "-2.5", "-1", "0", "0.5", "1", "9", "10", "1000"],
        ),
        (
            "numbers",
            "p = :p AND n < :v",
            "N",
            &["0"],
            &["-100", "-2.5", "-1"],
        ),
        (
            "numbers",
            "p = :p AND n >= :v",
            "N",
            &["9.0"],
            &["9", "10", "1000"],
        ),
        (
            "numbers",
            "p = :p AND n BETWEEN :v AND :w",
            "N",
            &["-2.5", "0.5"],
            &["-2.5", "-1", "0", "0.5"],
        ),
        ("numbers", "n = :v AND p = :p", "N", &["1000"], &["1000"]),
        (
            "bytes",
            "p = :p",
            "B",
            &[],
            &["AA==", "AQ==", "AQA=", "Af8=", "/w=="],
        ),
        (
            "bytes",
            "p = :p AND b > :v",
            "B",
            &["AQ=="],
            &["AQA=", "Af8=", "/w=="],
        ),
        (
            "bytes",
            "p = :p AND begins_with(b, :v)",
            "B",
            &["AQ=="],
            &["AQ==", "AQA=", "Af8="],
        ),
    ];
    for (table, condition, kind, values, expected) in cases {
        let mut query = json!({
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":p": {"S": "p"}},
        });
        for (name, value) in [":v", ":w"].into_iter().zip(values) {
            query["ExpressionAttributeValues"][name] = json!({kind: value});
        }
        let sort = if table == "numbers" { "n" } else { "b" };
        for is_forward in [true, false] {
            let query = with(query.clone(), json!({"ScanIndexForward": is_forward}));
            let found = run(&mut database, "Query", query.clone()).unwrap();
            let items = found["Items"].as_array().unwrap().iter();
            let mut keys: Vec<&str> = items
                .map(|item| item[sort][kind].as_str().unwrap())
                .collect();
            if !is_forward {
                keys.reverse();
            }
            assert_eq!(keys, expected, "{query}");
        }
    }
}

#[test]
fn keys_of_several_attributes_are_found_by_the_first_of_them() {
    let (_folder, mut database) = tables();
    for (p, h2, r1, r2, r3) in [
        ("1", "b", "-1", "x", "x"),
        ("2", "b", "2", "x", "y"),
        ("3", "b", "2", "y", "x"),
        ("4", "b", "10", "x", "x"),
        ("5", "a", "2", "x", "x"),
    ] {
        let mut item = item(&[("p", p), ("h1", "a"), ("h2", h2), ("r2", r2), ("r3", r3)]);
        item["r1"] = json!({"N": r1});
        put(&mut database, "several", &item);
    }
    // In an index are only items with all attributes of its key.
    put(
        &mut database,
        "several",
        &item(&[("p", "6"), ("h1", "a"), ("h2", "b")]),
    );
    let cases = [
        ("h1 = :a AND h2 = :b", "1234"),
        ("h1 = :a AND h2 = :b AND r1 > :n", "4"),
        ("h1 = :a AND h2 = :b AND r1 = :n", "23"),
        ("r1 = :n AND h2 = :b AND r2 > :x AND h1 = :a", "3"),
        ("h1 = :a AND h2 = :b AND r1 = :n AND r2 = :x", "2"),
        (
            "h1 = :a AND h2 = :b AND r1 = :n AND r2 = :x AND begins_with(r3, :y)",
            "2",
        ),
        (
            "h1 = :a AND h2 = :b AND r1 = :n AND r2 = :x AND r3 BETWEEN :x AND :x",
            "",
        ),
        ("h1 = :a AND h2 = :a", "5"),
    ];
    for (condition, expected) in cases {
        let values = [(":a", "a"), (":b", "b"), (":x", "x"), (":y", "y")];
        let mut named: Value = values
            .into_iter()
            .filter(|(name, _)| condition.contains(name))
            .map(|(name, value)| (name.to_owned(), json!({"S": value})))
            .collect();
        if condition.contains(":n") {
            named[":n"] = json!({"N": "2"});
        }
        let query = json!({
            "TableName": "several",
            "IndexName": "g_several",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": named,
        });
        let found = run(&mut database, "Query", query).unwrap();
        let items = found["Items"].as_array().unwrap().iter();
        let found: String = items.map(|item| item["p"]["S"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{condition}");
    }
}

/// Two items of `range` that are in all of its indexes.
fn two() -> (TempDir, Database) {
    let (folder, mut database) = tables();
    for b in ["1", "2"] {
        put(
            &mut database,
            "range",
            &item(&[
                ("a", "a"),
                ("b", b),
                ("c", "c"),
                ("d", "d"),
                ("e", "e"),
                ("f", b),
            ]),
        );
    }
    (folder, database)
}

#[test]
fn attributes_are_answered_as_selected() {
    let (_folder, mut database) = two();
    let on = |index: Option<&str>, more: Value| {
        let name = if index.is_some_and(|index| index.starts_with('g')) {
            "c"
        } else {
            "a"
        };
        let mut query = json!({
            "TableName": "range",
            "KeyConditions": {name: {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": name}]}},
        });
        if let Some(index) = index {
            query["IndexName"] = index.into();
        }
        with(query, more)
    };
    let select = |select: &str| json!({"Select": select});
    let names = |names: &[&str]| json!({"Select": "SPECIFIC_ATTRIBUTES", "AttributesToGet": names});
    let cases = [
        (on(None, json!({})), "abcdef"),
        (on(None, select("ALL_ATTRIBUTES")), "abcdef"),
        (on(None, names(&["b", "f", "none"])), "bf"),
        (on(None, names(&["none"])), ""),
        (on(None, json!({"ProjectionExpression": "f"})), "f"),
        (on(Some("l_all"), json!({})), "abcdef"),
        (
            on(Some("l_all"), select("ALL_PROJECTED_ATTRIBUTES")),
            "abcdef",
        ),
        (on(Some("l_keys"), json!({})), "abd"),
        (
            on(Some("l_keys"), select("ALL_PROJECTED_ATTRIBUTES")),
            "abd",
        ),
        (on(Some("l_keys"), select("ALL_ATTRIBUTES")), "abcdef"),
        (on(Some("l_keys"), names(&["d", "f"])), "df"),
        (on(Some("g_hash"), select("ALL_ATTRIBUTES")), "abcdef"),
        (on(Some("g_include"), json!({})), "abcde"),
        (
            on(Some("g_include"), select("ALL_PROJECTED_ATTRIBUTES")),
            "abcde",
        ),
        (on(Some("g_include"), names(&["a", "e"])), "ae"),
    ];
    for (query, expected) in cases {
        let mut requests = vec![("Query", query.clone())];
        let mut scan = query;
        scan.as_object_mut().unwrap().remove("KeyConditions");
        requests.push(("Scan", scan));
        for (operation, request) in requests {
            let found = run(&mut database, operation, request.clone()).unwrap();
            assert_eq!(found["Count"], 2, "{request}");
            assert_eq!(found["ScannedCount"], 2, "{request}");
            for item in found["Items"].as_array().unwrap() {
                let names: String = item
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                assert_eq!(names, expected, "{request}");
            }
        }
    }
    let count = on(Some("g_include"), select("COUNT"));
    let found = run(&mut database, "Query", count).unwrap();
    assert_eq!(found, json!({"Count": 2, "ScannedCount": 2}));
}

#[test]
fn filters_keep_some_of_what_is_looked_at() {
    let (_folder, mut database) = two();
    let values = json!({"ExpressionAttributeValues": {":v": {"S": "2"}}});
    let scan = |more: Value| with(json!({"TableName": "range", "Select": "COUNT"}), more);
    let old = json!({"f": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "2"}]}});
    let by_f = with(values.clone(), json!({"FilterExpression": "f = :v"}));
    let cases = [
        (scan(by_f.clone()), (1, 2)),
        (scan(json!({"ScanFilter": old})), (1, 2)),
        (
            scan(with(values, json!({"FilterExpression": "b = :v"}))),
            (1, 2),
        ),
        (scan(with(by_f.clone(), json!({"Limit": 1}))), (0, 1)),
        (
            scan(with(by_f.clone(), json!({"IndexName": "l_all"}))),
            (1, 2),
        ),
        // A local index fetches what it doesn't have, a global one can't.
        (
            scan(with(by_f.clone(), json!({"IndexName": "l_keys"}))),
            (1, 2),
        ),
        (scan(with(by_f, json!({"IndexName": "g_include"}))), (0, 2)),
    ];
    for (request, (count, scanned)) in cases {
        let found = run(&mut database, "Scan", request.clone()).unwrap();
        assert_eq!(found["Count"], count, "{request}");
        assert_eq!(found["ScannedCount"], scanned, "{request}");
    }
}

#[test]
fn reads_consume_by_what_is_looked_at() {
    let (_folder, mut database) = tables();
    // 21 + 4,076 bytes, of which indexes have 9 or all.
    for b in ["1", "2", "3"] {
        let f = "x".repeat(4_076);
        put(
            &mut database,
            "range",
            &item(&[("a", "a"), ("b", b), ("c", "c"), ("d", "d"), ("f", &f)]),
        );
    }
    let query = |more: Value| {
        let query = json!({
            "TableName": "range",
            "KeyConditionExpression": "a = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        });
        with(query, more)
    };
    let by_c = |index: &str| {
        json!({
            "TableName": "range",
            "IndexName": index,
            "KeyConditionExpression": "c = :c",
            "ExpressionAttributeValues": {":c": {"S": "c"}},
        })
    };
    let in_index =
        |kind: &str, index: &str, units: f64| json!({kind: {index: {"CapacityUnits": units}}});
    let local = "LocalSecondaryIndexes";
    let global = "GlobalSecondaryIndexes";
    // The request, what it takes of the table, and of the index.
    let cases = [
        (query(json!({})), 1.5, json!({})),
        (query(json!({"ConsistentRead": true})), 3.0, json!({})),
        (
            query(json!({"ConsistentRead": true, "Limit": 1})),
            1.0,
            json!({}),
        ),
        (
            query(json!({"Select": "COUNT", "FilterExpression": "attribute_exists(z)"})),
            1.5,
            json!({}),
        ),
        (query(json!({"ProjectionExpression": "b"})), 1.5, json!({})),
        (
            query(json!({"ExpressionAttributeValues": {":a": {"S": "none"}}})),
            0.5,
            json!({}),
        ),
        (
            query(json!({"IndexName": "l_all"})),
            0.0,
            in_index(local, "l_all", 1.5),
        ),
        (
            query(json!({"IndexName": "l_keys"})),
            0.0,
            in_index(local, "l_keys", 0.5),
        ),
        (
            query(
                json!({"IndexName": "l_keys", "Select": "ALL_ATTRIBUTES", "ConsistentRead": true}),
            ),
            3.0,
            in_index(local, "l_keys", 1.0),
        ),
        (
            query(json!({"IndexName": "l_keys", "ProjectionExpression": "f"})),
            1.5,
            in_index(local, "l_keys", 0.5),
        ),
        (by_c("g_hash"), 0.0, in_index(global, "g_hash", 1.5)),
        (by_c("g_include"), 0.0, in_index(global, "g_include", 0.5)),
    ];
    for (request, of_table, of_index) in cases {
        let mut consumed = |wanted: &str| {
            let request = with(request.clone(), json!({"ReturnConsumedCapacity": wanted}));
            run(&mut database, "Query", request).unwrap()["ConsumedCapacity"].take()
        };
        let indexes = of_index.as_object().unwrap().values();
        let of_indexes: f64 = indexes
            .flat_map(|indexes| indexes.as_object().unwrap().values())
            .map(|units| units["CapacityUnits"].as_f64().unwrap())
            .sum();
        let total = json!({"TableName": "range", "CapacityUnits": of_table + of_indexes});
        assert_eq!(consumed("NONE"), Value::Null);
        assert_eq!(consumed("TOTAL"), total, "{request}");
        let all = with(
            with(total, json!({"Table": {"CapacityUnits": of_table}})),
            of_index,
        );
        assert_eq!(consumed("INDEXES"), all, "{request}");
    }
}

#[test]
fn each_item_that_is_fetched_for_a_local_index_takes_whole_units() {
    let (_folder, mut database) = tables();
    for b in ["1", "2", "3"] {
        let small = item(&[("a", "a"), ("b", b), ("d", "d"), ("f", "f")]);
        put(&mut database, "range", &small);
    }
    let query = json!({
        "TableName": "range",
        "IndexName": "l_keys",
        "KeyConditionExpression": "a = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
        "ProjectionExpression": "f",
        "ReturnConsumedCapacity": "INDEXES",
    });
    let consumed = &run(&mut database, "Query", query).unwrap()["ConsumedCapacity"];
    assert_eq!(consumed["Table"]["CapacityUnits"], 1.5);
    assert_eq!(consumed["CapacityUnits"], 2.0);
}

#[test]
fn a_filter_by_what_a_local_index_lacks_doesnt_add_to_the_answer() {
    let (_folder, mut database) = tables();
    for (b, f) in [("1", "x"), ("2", "y")] {
        let whole = item(&[("a", "a"), ("b", b), ("d", "d"), ("e", "e"), ("f", f)]);
        put(&mut database, "range", &whole);
    }
    let keys = item(&[("a", "a"), ("b", "1"), ("d", "d")]);
    for select in [json!({}), json!({"Select": "ALL_PROJECTED_ATTRIBUTES"})] {
        let request = json!({
            "TableName": "range",
            "IndexName": "l_keys",
            "FilterExpression": "f = :f",
            "ExpressionAttributeValues": {":f": {"S": "x"}},
        });
        let scan = with(request, select);
        let found = run(&mut database, "Scan", scan.clone()).unwrap();
        assert_eq!(found["Items"], json!([keys]));
        let query = json!({
            "KeyConditionExpression": "a = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}, ":f": {"S": "x"}},
        });
        let found = run(&mut database, "Query", with(scan, query)).unwrap();
        assert_eq!(found["Items"], json!([keys]));
    }
}

#[test]
fn an_index_is_not_read_before_all_items_are_in_it() {
    let (_folder, mut database) = tables();
    put(&mut database, "hash", &item(&[("a", "a"), ("x", "x")]));
    let create = json!({
        "TableName": "hash",
        "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": {
            "IndexName": "by_x",
            "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }}],
    });
    run(&mut database, "UpdateTable", create).unwrap();
    let scan = json!({"TableName": "hash", "IndexName": "by_x"});
    assert_eq!(
        refusal(&mut database, "Scan", scan).message,
        "Cannot read from backfilling global secondary index: by_x"
    );
}
