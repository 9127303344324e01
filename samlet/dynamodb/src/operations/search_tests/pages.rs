//! Pages: where they end, and that they give everything once, in order.

use proptest::prelude::*;
use samlet_dynamodb_api::expression::KeyTest;
use samlet_dynamodb_api::{AttributeValue, Number};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::key_conditions::{holds, values};
use super::super::key_ranges::KeyTests;
use super::super::testing::run;
use super::{item, put, tables, with};
use crate::database::{Database, encode};

/// The pages of a request, one after the other.
fn pages(database: &mut Database, operation: &str, request: &Value) -> Vec<Value> {
    let mut request = request.clone();
    let mut pages = Vec::new();
    loop {
        let page = run(database, operation, request.clone()).unwrap();
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        let is_last = request["ExclusiveStartKey"] == Value::Null;
        pages.push(page);
        if is_last {
            return pages;
        }
    }
}

fn items(page: &Value) -> Vec<Value> {
    page["Items"].as_array().unwrap().clone()
}

/// 40 items in three partitions, with few values of `c` and `d`.
fn filled() -> (TempDir, Database) {
    let (folder, mut database) = tables();
    for n in 0..40 {
        let (a, b) = (format!("a{}", n % 3), format!("b{n:02}"));
        let (c, d) = (format!("c{}", n % 2), format!("d{}", n % 4));
        put(
            &mut database,
            "range",
            &item(&[("a", &a), ("b", &b), ("c", &c), ("d", &d)]),
        );
    }
    (folder, database)
}

#[test]
fn pages_of_any_limit_give_everything_in_order() {
    let (_folder, mut database) = filled();
    let query = |index: Option<&str>, condition: &str| {
        let mut query = json!({
            "TableName": "range",
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":p": {"S": if condition.starts_with('a') { "a1" } else { "c1" }}},
        });
        if condition.contains(":s") {
            query["ExpressionAttributeValues"][":s"] =
                json!({"S": if index.is_none() { "b2" } else { "d1" }});
        }
        if let Some(index) = index {
            query["IndexName"] = index.into();
        }
        query
    };
    let mut requests = Vec::new();
    for query in [
        query(None, "a = :p"),
        query(None, "a = :p AND b > :s"),
        query(Some("l_all"), "a = :p"),
        query(Some("l_keys"), "a = :p AND d >= :s"),
        query(Some("g_hash"), "c = :p"),
        query(Some("g_include"), "c = :p"),
        query(Some("g_include"), "c = :p AND d = :s"),
        query(Some("g_include"), "c = :p AND begins_with(d, :s)"),
    ] {
        for is_forward in [true, false] {
            requests.push((
                "Query",
                with(query.clone(), json!({"ScanIndexForward": is_forward})),
            ));
        }
    }
    for index in [
        Value::Null,
        "l_all".into(),
        "l_keys".into(),
        "g_hash".into(),
        "g_include".into(),
    ] {
        requests.push(("Scan", json!({"TableName": "range", "IndexName": index})));
    }
    for (operation, request) in requests {
        let all = items(&run(&mut database, operation, request.clone()).unwrap());
        assert!(all.len() > 5, "{request}");
        if let Some(false) = request["ScanIndexForward"].as_bool() {
            let forward = with(request.clone(), json!({"ScanIndexForward": true}));
            let mut forward = items(&run(&mut database, operation, forward).unwrap());
            forward.reverse();
            assert_eq!(forward, all, "{request}");
        }
        for limit in (1..=all.len() + 1).filter(|limit| limit % 3 != 0) {
            let request = with(request.clone(), json!({"Limit": limit}));
            let pages = pages(&mut database, operation, &request);
            // A page that ends at the last item has a key to go on from: DynamoDB doesn't look further.
            assert_eq!(pages.len(), all.len() / limit + 1, "{request}");
            let joined: Vec<_> = pages.iter().flat_map(items).collect();
            assert_eq!(joined, all, "{request}");
        }
    }
}

#[test]
fn a_page_is_full_with_the_item_that_reaches_one_megabyte() {
    let (_folder, mut database) = tables();
    // 65,536 bytes each.
    let text = "x".repeat(65_536 - "abcz".len() - "a000c".len());
    for n in 0..20 {
        let b = format!("{n:03}");
        put(
            &mut database,
            "range",
            &item(&[("a", "a"), ("b", &b), ("c", "c"), ("z", &text)]),
        );
    }
    let query = json!({
        "TableName": "range",
        "KeyConditionExpression": "a = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    });
    let counts = |pages: Vec<Value>| -> Vec<_> {
        let counts = |page: &Value| (page["Count"].clone(), page["ScannedCount"].clone());
        pages.iter().map(counts).collect()
    };
    let expected = |counts: &[(u64, u64)]| -> Vec<(Value, Value)> {
        counts
            .iter()
            .map(|(count, scanned)| ((*count).into(), (*scanned).into()))
            .collect()
    };
    let cases = [
        ("Query", query.clone(), vec![(16, 16), (4, 4)]),
        (
            "Scan",
            json!({"TableName": "range"}),
            vec![(16, 16), (4, 4)],
        ),
        (
            "Query",
            with(query.clone(), json!({"Select": "COUNT"})),
            vec![(16, 16), (4, 4)],
        ),
        (
            "Query",
            with(query.clone(), json!({"ProjectionExpression": "b"})),
            vec![(16, 16), (4, 4)],
        ),
        (
            "Query",
            with(
                query.clone(),
                json!({"FilterExpression": "attribute_exists(zz)"}),
            ),
            vec![(0, 16), (0, 4)],
        ),
        (
            "Query",
            with(query.clone(), json!({"Limit": 12})),
            vec![(12, 12), (8, 8)],
        ),
        (
            "Query",
            with(query.clone(), json!({"Limit": 17})),
            vec![(16, 16), (4, 4)],
        ),
        (
            "Query",
            with(query.clone(), json!({"IndexName": "l_all"})),
            vec![(16, 16), (4, 4)],
        ),
        (
            "Query",
            json!({
                "TableName": "range",
                "IndexName": "g_hash",
                "KeyConditionExpression": "c = :c",
                "ExpressionAttributeValues": {":c": {"S": "c"}},
            }),
            vec![(16, 16), (4, 4)],
        ),
    ];
    for (operation, request, pages_of) in cases {
        assert_eq!(
            counts(pages(&mut database, operation, &request)),
            expected(&pages_of),
            "{request}"
        );
    }
    // A byte less, and another item is looked at.
    put(
        &mut database,
        "range",
        &item(&[("a", "a"), ("b", "015"), ("c", "c"), ("z", &text[1..])]),
    );
    assert_eq!(
        counts(pages(&mut database, "Query", &query)),
        expected(&[(17, 17), (3, 3)])
    );
}

#[test]
fn a_page_counts_what_of_items_is_in_an_index() {
    let (_folder, mut database) = tables();
    let text = "x".repeat(100_000);
    for n in 0..20 {
        let b = format!("{n:03}");
        put(
            &mut database,
            "range",
            &item(&[("a", "a"), ("b", &b), ("d", "d"), ("z", &text)]),
        );
    }
    let query = |more: Value| {
        let query = json!({
            "TableName": "range",
            "IndexName": "l_keys",
            "KeyConditionExpression": "a = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        });
        with(query, more)
    };
    assert_eq!(pages(&mut database, "Query", &query(json!({}))).len(), 1);
    let whole = pages(
        &mut database,
        "Query",
        &query(json!({"Select": "ALL_ATTRIBUTES"})),
    );
    assert_eq!(
        whole
            .iter()
            .map(|page| items(page).len())
            .collect::<Vec<_>>(),
        [11, 9]
    );
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        "[ab\0\u{ff}]{0,4}".prop_map(AttributeValue::S),
        proptest::collection::vec(prop_oneof![Just(0), Just(1), Just(255)], 0..4)
            .prop_map(AttributeValue::B),
        (-30_i32..30).prop_map(|n| AttributeValue::N(Number::parse(&n.to_string()).unwrap())),
    ]
}

fn test() -> impl Strategy<Value = KeyTest> {
    prop_oneof![
        value().prop_map(KeyTest::Equal),
        value().prop_map(KeyTest::Less),
        value().prop_map(KeyTest::LessOrEqual),
        value().prop_map(KeyTest::Greater),
        value().prop_map(KeyTest::GreaterOrEqual),
        (value(), value()).prop_map(|(low, high)| KeyTest::Between(low, high)),
        value().prop_map(KeyTest::BeginsWith),
    ]
}

proptest! {
    #[test]
    fn a_key_is_in_the_range_of_a_test_that_holds_of_it(
        test in test(),
        key in value(),
        same_partition in any::<bool>(),
        same_sort in any::<bool>(),
        rest in value(),
    ) {
        let text = |text: &str| AttributeValue::S(text.into());
        let (partition, first) = (text("p"), text("s"));
        let other = text("q");
        let tests = KeyTests {
            partition: vec![&partition],
            sort: vec![&first],
            last: Some(&test),
        };
        let number_prefix = matches!(&test, KeyTest::BeginsWith(AttributeValue::N(_)));
        let Ok(range) = tests.range() else {
            prop_assert!(number_prefix);
            return Ok(());
        };
        // A key's values and those that it is compared with have one type.
        prop_assume!(values(&test).all(|value| value.kind() == key.kind()));
        let encoded = encode(
            [if same_partition { &partition } else { &other }],
            [if same_sort { &first } else { &other }, &key, &rest],
        );
        let holds = holds(&test, &key);
        prop_assert_eq!(
            range.contains(&encoded.unwrap().0),
            same_partition && same_sort && holds
        );
    }
}

#[test]
fn a_page_says_where_to_go_on_by_the_keys_of_table_and_index() {
    let (_folder, mut database) = filled();
    let query = |index: Option<&str>, name: &str, value: &str| {
        let mut query = json!({
            "TableName": "range",
            "KeyConditionExpression": format!("{name} = :v"),
            "ExpressionAttributeValues": {":v": {"S": value}},
            "Limit": 1,
            "Select": "COUNT",
        });
        if let Some(index) = index {
            query["IndexName"] = index.into();
        }
        query
    };
    let cases: [(Value, &[&str]); 4] = [
        (query(None, "a", "a0"), &["a", "b"]),
        (query(Some("l_keys"), "a", "a0"), &["a", "b", "d"]),
        (query(Some("g_hash"), "c", "c0"), &["a", "b", "c"]),
        (query(Some("g_include"), "c", "c0"), &["a", "b", "c", "d"]),
    ];
    for (request, names) in cases {
        let page = run(&mut database, "Query", request.clone()).unwrap();
        let key = page["LastEvaluatedKey"].as_object().unwrap();
        assert_eq!(key.keys().collect::<Vec<_>>(), names, "{request}");
        assert_eq!(page["Items"], Value::Null);
    }
    // There is no more than one item to find: nothing to go on from.
    put(&mut database, "hash", &item(&[("a", "a")]));
    let query = with(query(None, "a", "a"), json!({"TableName": "hash"}));
    let page = run(&mut database, "Query", query).unwrap();
    assert_eq!(page, json!({"Count": 1, "ScannedCount": 1}));
}
