use serde_json::json;

use crate::evaluate::testing::{item, value};
use crate::evaluate::{conditions_hold, legacy_updated};
use crate::expression::{Path, Projection};
use crate::legacy::{AttributeUpdate, Conditions, Operator, Test};
use crate::request::ItemUpdate;
use crate::{AttributeValue, Item, Refusal};

fn stored() -> Item {
    item(&json!({
        "s": "hello",
        "n": 5,
        "b": {"B": "hi there"},
        "z": null,
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": [2, 4]},
        "l": [2, "dog"],
    }))
}

fn test(operator: Operator, values: serde_json::Value) -> Test {
    let values = match value(&values) {
        AttributeValue::L(values) => values,
        other => vec![other],
    };
    Test { operator, values }
}

#[test]
fn tests_hold_of_attributes() {
    use Operator::{
        BeginsWith, Between, Contains, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual,
        NotContains, NotEqual, NotNull, Null,
    };
    let cases = [
        ("n", Equal, json!(5.0), true),
        ("n", Equal, json!("5"), false),
        ("ss", Equal, json!({"SS": ["y", "x"]}), true),
        ("q", Equal, json!(5), false),
        ("n", NotEqual, json!(5), false),
        ("n", NotEqual, json!("5"), true),
        ("q", NotEqual, json!(5), true),
        ("n", Less, json!(6), true),
        ("n", Less, json!(5), false),
        ("n", LessOrEqual, json!(5), true),
        ("n", Greater, json!(4), true),
        ("n", GreaterOrEqual, json!(5), true),
        ("n", GreaterOrEqual, json!("5"), false),
        ("l", Greater, json!(0), false),
        ("q", Less, json!(6), false),
        ("s", Contains, json!("ell"), true),
        ("b", Contains, json!({"B": "here"}), true),
        ("ns", Contains, json!(4), true),
        ("l", Contains, json!("dog"), true),
        ("s", Contains, json!("dog"), false),
        ("s", Contains, json!(1), false),
        ("q", Contains, json!(1), false),
        ("s", NotContains, json!("dog"), true),
        ("s", NotContains, json!(1), true),
        ("n", NotContains, json!(5), true),
        ("ns", NotContains, json!(1), true),
        ("s", NotContains, json!("ell"), false),
        ("l", NotContains, json!(2), false),
        // Neither contains it nor doesn't.
        ("q", NotContains, json!(1), false),
        ("s", BeginsWith, json!("he"), true),
        ("s", BeginsWith, json!("lo"), false),
        ("n", BeginsWith, json!("5"), false),
        ("q", BeginsWith, json!("h"), false),
        ("n", In, json!([4, 5]), true),
        ("n", In, json!([4, 6]), false),
        ("ns", In, json!([2]), false),
        ("q", In, json!([2]), false),
        ("n", Between, json!([5, 6]), true),
        ("n", Between, json!([6, 7]), false),
        ("l", Between, json!([1, 7]), false),
        ("q", Between, json!([1, 7]), false),
        ("q", Null, json!([]), true),
        ("z", Null, json!([]), false),
        ("z", NotNull, json!([]), true),
        ("q", NotNull, json!([]), false),
    ];
    let stored = stored();
    for (name, operator, values, is_true) in cases {
        let conditions = Conditions {
            is_any: false,
            tests: vec![(name.into(), test(operator, values.clone()))],
        };
        let holds = conditions_hold(&conditions, Some(&stored));
        assert_eq!(holds, is_true, "{name} {operator:?} {values}");
    }
}

#[test]
fn all_hold_or_any_does() {
    let test = |name: &str, value| (name.to_owned(), test(Operator::Equal, value));
    let cases = [
        (
            false,
            vec![test("n", json!(5)), test("s", json!("hello"))],
            true,
        ),
        (
            false,
            vec![test("n", json!(5)), test("s", json!("bye"))],
            false,
        ),
        (
            true,
            vec![test("n", json!(6)), test("s", json!("hello"))],
            true,
        ),
        (
            true,
            vec![test("n", json!(6)), test("s", json!("bye"))],
            false,
        ),
    ];
    for (is_any, tests, holds) in cases {
        let conditions = Conditions { is_any, tests };
        assert_eq!(
            conditions_hold(&conditions, Some(&stored())),
            holds,
            "{conditions:?}"
        );
    }
    let names = |operator| Conditions {
        is_any: false,
        tests: vec![(
            "n".into(),
            Test {
                operator,
                values: Vec::new(),
            },
        )],
    };
    assert!(conditions_hold(&names(Operator::Null), None));
    assert!(!conditions_hold(&names(Operator::NotNull), None));
}

fn put(json: serde_json::Value) -> AttributeUpdate {
    AttributeUpdate::Put(value(&json))
}

fn add(json: serde_json::Value) -> AttributeUpdate {
    AttributeUpdate::Add(value(&json))
}

fn take(json: serde_json::Value) -> AttributeUpdate {
    AttributeUpdate::Remove(value(&json))
}

#[test]
fn attributes_are_put_added_to_and_deleted() {
    let cases = [
        ("n", put(json!("x")), Some(json!("x"))),
        ("q", put(json!({"a": 1})), Some(json!({"a": 1}))),
        ("n", add(json!(-3.5)), Some(json!(1.5))),
        ("q", add(json!(2)), Some(json!(2))),
        (
            "ss",
            add(json!({"SS": ["z", "x"]})),
            Some(json!({"SS": ["x", "y", "z"]})),
        ),
        ("q", add(json!({"SS": ["z"]})), Some(json!({"SS": ["z"]}))),
        ("l", add(json!([2, 5])), Some(json!([2, "dog", 2, 5]))),
        ("q", add(json!([7])), Some(json!([7]))),
        ("ns", take(json!({"NS": [4, 9]})), Some(json!({"NS": [2]}))),
        ("ns", take(json!({"NS": [4, 2]})), None),
        ("q", take(json!({"NS": [4]})), None),
        ("n", AttributeUpdate::Delete, None),
        ("q", AttributeUpdate::Delete, None),
    ];
    for (name, update, after) in cases {
        let mut expected = stored();
        match after {
            Some(json) => expected.insert(name.into(), value(&json)),
            None => expected.remove(name),
        };
        let updates = [(name.to_owned(), update)];
        let updated = legacy_updated(&updates, &stored()).expect("an update");
        assert_eq!(updated.item, expected, "{updates:?}");
        assert_eq!(updated.changed, Projection(vec![Path::from(name)]));
    }
    let updates = [
        ("a.b".to_owned(), put(json!(3))),
        ("n".to_owned(), AttributeUpdate::Delete),
    ];
    let updated = legacy_updated(&updates, &item(&json!({"n": 1, "p": 2}))).expect("an update");
    assert_eq!(updated.item, item(&json!({"a.b": 3, "p": 2})));
}

#[test]
fn values_of_other_types_are_refused() {
    let mismatch = "Type mismatch for attribute to update";
    let cases = [
        ("ss", take(json!({"NS": [1]})), mismatch),
        ("n", take(json!({"NS": [1]})), mismatch),
        ("ss", add(json!({"NS": [1]})), mismatch),
        ("ns", add(json!(1)), mismatch),
        ("n", add(json!([1])), mismatch),
        ("l", add(json!({"SS": ["cat"]})), mismatch),
        (
            "big",
            add(json!(9e125)),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "q",
            put(json!("x".repeat(400 * 1024))),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ];
    let mut stored = stored();
    stored.insert("big".into(), value(&json!(9e125)));
    for (name, update, message) in cases {
        let refusal = legacy_updated(&[(name.into(), update)], &stored);
        assert_eq!(refusal, Err(Refusal::validation(message)), "{name}");
    }
}

#[test]
fn updates_that_only_remove_make_no_item() {
    let cases = [
        (vec![], false),
        (vec![AttributeUpdate::Delete], true),
        (
            vec![AttributeUpdate::Delete, take(json!({"SS": ["a"]}))],
            true,
        ),
        (vec![AttributeUpdate::Delete, put(json!(1))], false),
        (vec![add(json!(1))], false),
    ];
    for (updates, only_removes) in cases {
        let named = updates.into_iter().map(|update| ("a".to_owned(), update));
        let update = ItemUpdate::Legacy(named.collect());
        assert_eq!(update.only_removes(), only_removes, "{update:?}");
    }
}
