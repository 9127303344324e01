use serde_json::json;

use super::{OVERFLOW, WRONG_TYPE, check, check_refused, with};

#[test]
fn numbers_and_sets_are_added() {
    let stored = json!({"n": 3, "ss": {"SS": ["a", "b"]}, "m": {"n": 1}, "l": [1]});
    check(
        &stored,
        [
            ("ADD n `4`", with(&stored, "n", json!(7))),
            ("ADD n `-4`", with(&stored, "n", json!(-1))),
            ("ADD q `7`", with(&stored, "q", json!(7))),
            ("ADD m.n `1`", with(&stored, "m", json!({"n": 2}))),
            ("ADD m.q `1`", with(&stored, "m", json!({"n": 1, "q": 1}))),
            ("ADD l[0] `1`", with(&stored, "l", json!([2]))),
            ("ADD l[4] `1`", with(&stored, "l", json!([1, 1]))),
            (
                r#"ADD ss `{"SS": ["c", "b", "d"]}`"#,
                with(&stored, "ss", json!({"SS": ["a", "b", "c", "d"]})),
            ),
            (
                r#"ADD q `{"BS": ["x"]}`"#,
                with(&stored, "q", json!({"BS": ["x"]})),
            ),
        ],
    );
    check(
        &json!({"ns": {"NS": [1, 2, 3]}}),
        [
            (
                r#"ADD ns `{"NS": [1.0, 2e0]}`"#,
                json!({"ns": {"NS": [1, 2, 3]}}),
            ),
            (
                r#"ADD ns `{"NS": [0.4e1]}`"#,
                json!({"ns": {"NS": [1, 2, 3, 4]}}),
            ),
        ],
    );
    check_refused(
        &stored,
        [
            ("ADD ss `1`", WRONG_TYPE),
            (r#"ADD n `{"NS": [1]}`"#, WRONG_TYPE),
            (r#"ADD ss `{"NS": [1]}`"#, WRONG_TYPE),
            (r#"ADD l `{"NS": [1]}`"#, WRONG_TYPE),
            ("ADD m `1`", WRONG_TYPE),
            ("ADD n `1e50`", OVERFLOW),
        ],
    );
}

#[test]
fn members_of_sets_are_deleted() {
    let stored = json!({"ns": {"NS": [10, 20, 30]}, "m": {"s": {"SS": ["a"]}}, "n": 1});
    check(
        &stored,
        [
            (
                r#"DELETE ns `{"NS": [10.0, 2e1]}`"#,
                with(&stored, "ns", json!({"NS": [30]})),
            ),
            (r#"DELETE ns `{"NS": [5]}`"#, stored.clone()),
            (
                r#"DELETE m.s `{"SS": ["a", "b"]}`"#,
                with(&stored, "m", json!({})),
            ),
            (r#"DELETE q `{"SS": ["a"]}`"#, stored.clone()),
            (r#"DELETE m.q `{"SS": ["a"]}`"#, stored.clone()),
            (
                r#"DELETE ns `{"NS": [30, 20, 10, 0]}`"#,
                json!({"m": {"s": {"SS": ["a"]}}, "n": 1}),
            ),
        ],
    );
    // A set that has become empty leaves its list.
    check(
        &json!({"l": [{"SS": ["a"]}, 1, 2]}),
        [(
            r#"DELETE l[0] `{"SS": ["a"]}` SET l[2] = `3`"#,
            json!({"l": [1, 3]}),
        )],
    );
    check_refused(
        &stored,
        [
            (r#"DELETE n `{"NS": [1]}`"#, WRONG_TYPE),
            (r#"DELETE ns `{"SS": ["a"]}`"#, WRONG_TYPE),
            (r#"DELETE m `{"SS": ["a"]}`"#, WRONG_TYPE),
            (r#"DELETE m.s `{"BS": ["a"]}`"#, WRONG_TYPE),
        ],
    );
}
