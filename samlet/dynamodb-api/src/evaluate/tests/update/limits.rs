use serde_json::{Value, json};

use super::{INVALID_PATH, MISSING, check, check_refused};
use crate::Refusal;
use crate::evaluate::testing::{item, path, update};
use crate::evaluate::updated;
use crate::expression::{SetAction, SetOperand, SetValue, Update};

const TOO_LARGE: &str = "Item size to update has exceeded the maximum allowed size";
const TOO_DEEP: &str = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

#[test]
fn paths_need_a_map_or_list_to_lead_into() {
    let stored = json!({"s": "a", "m": {"x": "a"}, "l": ["a", "b"]});
    let paths = [
        "s.a", "s[1]", "q.a", "q[1]", "m[1]", "l.x", "m.x.y", "l[5].x", "l[5][0]",
    ];
    for path in paths {
        let updates = [
            format!("SET {path} = `1`"),
            format!("REMOVE {path}"),
            format!("ADD {path} `1`"),
            format!(r#"DELETE {path} `{{"SS": ["a"]}}`"#),
            format!("REMOVE {path} SET x = `1`"),
        ];
        let cases = updates.iter().map(|text| (text.as_str(), INVALID_PATH));
        check_refused(&stored, cases);
    }
    check_refused(
        &stored,
        [
            // The right-hand sides are looked up first.
            ("SET s.a = `1`, x = y", MISSING),
            ("REMOVE s.a SET x = y", MISSING),
        ],
    );
}

#[test]
fn items_have_a_size_that_updates_dont_exceed() {
    let large = "x".repeat(400 * 1024 - 10);
    let stored = json!({"a": large});
    check_refused(
        &stored,
        [
            (r#"SET b = `"123456789"`"#, TOO_LARGE),
            ("SET b = a", TOO_LARGE),
            (format!(r#"SET b = `"{large}"`"#).as_str(), TOO_LARGE),
        ],
    );
    check(
        &stored,
        [
            (
                r#"SET b = `"12345678"`"#,
                json!({"a": large, "b": "12345678"}),
            ),
            (format!(r#"SET a = `"{large}"`"#).as_str(), stored.clone()),
            ("SET b = a REMOVE a", json!({"b": large})),
        ],
    );
}

#[test]
fn large_attributes_are_not_copied_in_vain() {
    let stored = item(&json!({"l": ["x".repeat(390 * 1024)]}));
    let copy = || SetOperand::Path(path("l"));
    let set = |name: String, operand| SetAction {
        path: path(&name),
        value: SetValue::Operand(operand),
    };
    let appended = (0..100).fold(copy(), |list, _| {
        SetOperand::ListAppend(Box::new(list), Box::new(copy()))
    });
    let copies = (0..1000).map(|number| set(format!("l{number}"), copy()));
    for set in [copies.collect(), vec![set("l".into(), appended)]] {
        let update = Update {
            set,
            ..Update::default()
        };
        assert_eq!(
            updated(&update, &stored),
            Err(Refusal::validation(TOO_LARGE))
        );
    }
}

#[test]
fn values_are_not_nested_beyond_the_limit() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let stored: Value = json!({"m": {"x": 1}, "deep": nested(31), "flat": nested(30)});
    check_refused(
        &stored,
        [
            (format!("SET m.x = `{}`", nested(31)).as_str(), TOO_DEEP),
            ("SET m.x = deep", TOO_DEEP),
            ("SET deep[0][0] = flat", TOO_DEEP),
        ],
    );
    for text in [
        format!("SET m.x = `{}`", nested(30)).as_str(),
        "SET m.x = flat",
        "SET m.x = deep[0]",
        "SET m = deep",
        "SET deep[0] = flat",
    ] {
        assert!(updated(&update(text), &item(&stored)).is_ok(), "{text}");
    }
}
