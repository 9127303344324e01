use serde_json::json;

use super::{MISSING, OVERFLOW, WRONG_TYPE, check, check_refused, with};

#[test]
fn attributes_are_set() {
    check(
        &json!({"p": 1, "a": "hi"}),
        [
            ("SET b = `4`", json!({"p": 1, "a": "hi", "b": 4})),
            ("SET a = `[]`", json!({"p": 1, "a": []})),
            ("SET b = a", json!({"p": 1, "a": "hi", "b": "hi"})),
            ("SET a = a", json!({"p": 1, "a": "hi"})),
            ("SET a = p, p = a", json!({"p": "hi", "a": 1})),
            ("SET b = a REMOVE a", json!({"p": 1, "b": "hi"})),
            ("REMOVE a SET b = a", json!({"p": 1, "b": "hi"})),
        ],
    );
    check_refused(
        &json!({"p": 1, "a": {"b": [1]}}),
        [
            ("SET b = q", MISSING),
            ("SET q = q", MISSING),
            ("SET b = a.c", MISSING),
            ("SET b = a.b[1]", MISSING),
            // The right-hand sides see the item as it was.
            ("SET x = `4`, y = x", MISSING),
        ],
    );
}

#[test]
fn numbers_are_calculated() {
    let stored = json!({"a": 2, "b": 0.5, "m": {"n": 10}, "s": "x"});
    check(
        &stored,
        [
            ("SET a = a + `3`", with(&stored, "a", json!(5))),
            ("SET a = `3` + b", with(&stored, "a", json!(3.5))),
            ("SET c = b - a", with(&stored, "c", json!(-1.5))),
            ("SET c = `4` - `4`", with(&stored, "c", json!(0))),
            ("SET m.n = m.n + `5`", with(&stored, "m", json!({"n": 15}))),
            (
                "SET q = if_not_exists(q, `0`) + `7`",
                with(&stored, "q", json!(7)),
            ),
            (
                "SET a = if_not_exists(a, `0`) + `7`",
                with(&stored, "a", json!(9)),
            ),
        ],
    );
    check_refused(
        &stored,
        [
            ("SET c = s + `3`", WRONG_TYPE),
            ("SET c = `3` - m", WRONG_TYPE),
            ("SET c = q + `3`", MISSING),
            ("SET c = `3` + q", MISSING),
            ("SET c = `9e125` + `9e125`", OVERFLOW),
            ("SET c = `9e125` - `-9e125`", OVERFLOW),
            ("SET c = `1e50` + `1`", OVERFLOW),
            ("SET c = `1e50` - `1`", OVERFLOW),
        ],
    );
}

#[test]
fn lists_are_joined() {
    let stored = json!({"l": [1, 2], "n": 7, "e": []});
    check(
        &stored,
        [
            (
                "SET l = list_append(l, `[3]`)",
                with(&stored, "l", json!([1, 2, 3])),
            ),
            (
                "SET l = list_append(`[3]`, l)",
                with(&stored, "l", json!([3, 1, 2])),
            ),
            (
                "SET l = list_append(l, l)",
                with(&stored, "l", json!([1, 2, 1, 2])),
            ),
            ("SET l = list_append(e, e)", with(&stored, "l", json!([]))),
            (
                "SET l = list_append(if_not_exists(q, `[3]`), `[[4]]`)",
                with(&stored, "l", json!([3, [4]])),
            ),
        ],
    );
    check_refused(
        &stored,
        [
            ("SET l = list_append(q, `[3]`)", MISSING),
            ("SET l = list_append(`[3]`, q)", MISSING),
            ("SET l = list_append(n, `[3]`)", WRONG_TYPE),
            ("SET l = list_append(`[3]`, n)", WRONG_TYPE),
            ("SET l = list_append(n, q)", WRONG_TYPE),
        ],
    );
}

#[test]
fn what_is_there_is_not_replaced() {
    let stored = json!({"a": 2, "m": {"x": 1}});
    check(
        &stored,
        [
            ("SET a = if_not_exists(a, `3`)", stored.clone()),
            (
                "SET b = if_not_exists(a, `3`)",
                with(&stored, "b", json!(2)),
            ),
            (
                "SET b = if_not_exists(q, `3`)",
                with(&stored, "b", json!(3)),
            ),
            (
                "SET m.y = if_not_exists(m.y, a)",
                with(&stored, "m", json!({"x": 1, "y": 2})),
            ),
            (
                "SET b = if_not_exists(q, if_not_exists(r, `4`))",
                with(&stored, "b", json!(4)),
            ),
            // The second operand is looked up only where it is needed.
            ("SET b = if_not_exists(a, q)", with(&stored, "b", json!(2))),
        ],
    );
    check_refused(&stored, [("SET b = if_not_exists(q, r)", MISSING)]);
}

#[test]
fn parts_of_attributes_are_set() {
    check(
        &json!({"a": {"b": 3, "c": ["hi", {"x": {"y": [3, 5, 7]}}]}}),
        [
            (
                "SET a.c[1].x.y[1] = `9`",
                json!({"a": {"b": 3, "c": ["hi", {"x": {"y": [3, 9, 7]}}]}}),
            ),
            ("SET a.c = `7`", json!({"a": {"b": 3, "c": 7}})),
            (
                "SET a.z = a.c[1].x.y[1]",
                json!({"a": {"b": 3, "c": ["hi", {"x": {"y": [3, 5, 7]}}], "z": 5}}),
            ),
            (
                r#"SET a.b = `10`, a.c[1].d = `"dog"` REMOVE a.c[1].x.y"#,
                json!({"a": {"b": 10, "c": ["hi", {"x": {}, "d": "dog"}]}}),
            ),
        ],
    );
}
