use std::borrow::Cow;

use serde_json::{Value, json};

use crate::Item;
use crate::evaluate::testing::{item, update};
use crate::evaluate::{returned, updated};
use crate::expression::Projection;
use crate::request::ReturnValues;

/// An update, and what `UPDATED_OLD` and `UPDATED_NEW` answer; null for no attributes.
type Case = (&'static str, Value, Value);

fn check(old: &Value, cases: impl IntoIterator<Item = Case>) {
    let old = item(old);
    let some = |json: Value| (!json.is_null()).then(|| item(&json));
    for (text, before, after) in cases {
        let new = updated(&update(text), &old).expect("an update");
        let answer = |values| -> Option<Item> {
            let answer = returned(values, Some(&old), Some(&new.item), &new.changed);
            answer.map(Cow::into_owned)
        };
        assert_eq!(answer(ReturnValues::UpdatedOld), some(before), "{text}");
        assert_eq!(answer(ReturnValues::UpdatedNew), some(after), "{text}");
        assert_eq!(answer(ReturnValues::None), None, "{text}");
        assert_eq!(answer(ReturnValues::AllOld), Some(old.clone()), "{text}");
        assert_eq!(
            answer(ReturnValues::AllNew),
            Some(new.item.clone()),
            "{text}"
        );
    }
}

#[test]
fn what_was_changed_is_answered() {
    let numbers = json!({"ns": {"NS": [1, 2]}});
    check(
        &json!({"p": "key", "a": "hi", "b": "dog", "n": 1, "ns": {"NS": [1, 2]}}),
        [
            (
                "SET b = `0`, c = `1`",
                json!({"b": "dog"}),
                json!({"b": 0, "c": 1}),
            ),
            // The same value is a change, too.
            ("SET b = b", json!({"b": "dog"}), json!({"b": "dog"})),
            ("SET c = `1`", json!(null), json!({"c": 1})),
            ("REMOVE b", json!({"b": "dog"}), json!(null)),
            ("REMOVE q", json!(null), json!(null)),
            (
                "SET a = `1` REMOVE b",
                json!({"a": "hi", "b": "dog"}),
                json!({"a": 1}),
            ),
            ("ADD n `1`", json!({"n": 1}), json!({"n": 2})),
            (
                r#"DELETE ns `{"NS": [1]}`"#,
                numbers.clone(),
                json!({"ns": {"NS": [2]}}),
            ),
            (r#"DELETE ns `{"NS": [1, 2]}`"#, numbers, json!(null)),
        ],
    );
}

#[test]
fn only_the_parts_that_were_changed_are_answered() {
    check(
        &json!({"p": "key", "a": {"b": "dog", "c": [1, 2, 3]}, "d": "cat"}),
        [
            (
                "SET a.b = `1`",
                json!({"a": {"b": "dog"}}),
                json!({"a": {"b": 1}}),
            ),
            (
                "SET a.c[1] = `7`, a.b = `1`",
                json!({"a": {"b": "dog", "c": [2]}}),
                json!({"a": {"b": 1, "c": [7]}}),
            ),
            ("SET a.x = `8`", json!(null), json!({"a": {"x": 8}})),
            // It is appended, so there is nothing at the index.
            ("SET a.c[100] = `70`", json!(null), json!(null)),
            ("SET a.c[3] = `70`", json!(null), json!({"a": {"c": [70]}})),
            // The next one has its index now.
            (
                "REMOVE a.c[1]",
                json!({"a": {"c": [2]}}),
                json!({"a": {"c": [3]}}),
            ),
            (
                "REMOVE a.c[1], a.c[3]",
                json!({"a": {"c": [2]}}),
                json!({"a": {"c": [3]}}),
            ),
            ("REMOVE a.c[2]", json!({"a": {"c": [3]}}), json!(null)),
        ],
    );
    check(
        &json!({"a": "key", "b": {"a": 1, "b": 2, "c": 3}, "c": [1, 3]}),
        [(
            r#"SET b.c = ((c[1]) + (b.a)), b.a = a, c[1] = a, c[4] = b.a - b.b, c[2] = b.c
               ADD c[8] `{"SS": ["a"]}`, c[6] `2`"#,
            json!({"b": {"a": 1, "c": 3}, "c": [3]}),
            json!({"b": {"a": "key", "c": 4}, "c": ["key", 3, 2]}),
        )],
    );
}

#[test]
fn an_item_that_is_not_there_is_not_answered() {
    let there = item(&json!({"p": "key", "a": 1}));
    let part = item(&json!({"a": 1}));
    let changed = Projection(vec!["a".into()]);
    let cases = [
        (ReturnValues::None, None, Some(&there), None),
        (ReturnValues::AllOld, None, Some(&there), None),
        (ReturnValues::UpdatedOld, None, Some(&there), None),
        (ReturnValues::AllNew, None, Some(&there), Some(&there)),
        (ReturnValues::UpdatedNew, None, Some(&there), Some(&part)),
        (ReturnValues::AllOld, Some(&there), None, Some(&there)),
        (ReturnValues::AllNew, None, None, None),
        (ReturnValues::UpdatedNew, None, None, None),
    ];
    for (values, old, new, expected) in cases {
        let answer = returned(values, old, new, &changed);
        assert_eq!(answer.as_deref(), expected, "{values:?}");
    }
    let nothing = Projection(Vec::new());
    assert_eq!(
        returned(ReturnValues::UpdatedNew, None, Some(&there), &nothing),
        None
    );
}
