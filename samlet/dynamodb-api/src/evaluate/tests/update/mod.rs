mod limits;
mod lists;
mod naive;
mod properties;
mod set;
mod sets;

use serde_json::{Value, json};

use crate::Refusal;
use crate::evaluate::testing::{item, path, update};
use crate::evaluate::updated;
use crate::expression::{Projection, Update};

const MISSING: &str =
    "The provided expression refers to an attribute that does not exist in the item";
const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";
const INVALID_PATH: &str =
    "The document path provided in the update expression is invalid for update";
const OVERFLOW: &str =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";

/// The cases are updates, and what is to become of `old` by each.
fn check<'t>(old: &Value, cases: impl IntoIterator<Item = (&'t str, Value)>) {
    for (text, new) in cases {
        let updated = updated(&update(text), &item(old));
        let result = updated.map(|updated| updated.item);
        assert_eq!(result, Ok(item(&new)), "{text} of {old}");
    }
}

/// The cases are updates, and what is said when they are refused.
fn check_refused<'t>(old: &Value, cases: impl IntoIterator<Item = (&'t str, &'static str)>) {
    for (text, message) in cases {
        let result = updated(&update(text), &item(old));
        assert_eq!(result, Err(Refusal::validation(message)), "{text} of {old}");
    }
}

/// The object with another member, or another value of a member.
fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

#[test]
fn updates_that_only_remove_make_no_item() {
    let cases = [
        ("REMOVE x.y", true),
        (r#"DELETE x `{"SS": ["a"]}`"#, true),
        (r#"REMOVE x DELETE y `{"SS": ["a"]}`"#, true),
        ("REMOVE x SET y = `1`", false),
        ("REMOVE x ADD y `1`", false),
    ];
    for (text, only_removes) in cases {
        assert_eq!(update(text).only_removes(), only_removes, "{text}");
    }
    assert!(!Update::default().only_removes());
}

#[test]
fn the_paths_of_an_update_are_known() {
    let update = update(r#"SET a.b = x REMOVE c[1] ADD d `1` DELETE e `{"SS": ["a"]}`"#);
    let stored = item(&json!({"a": {}, "c": [], "x": 1}));
    let changed = updated(&update, &stored).expect("an update").changed;
    let paths = ["a.b", "c[1]", "d", "e"].map(path);
    assert_eq!(changed, Projection(paths.into()));
}
