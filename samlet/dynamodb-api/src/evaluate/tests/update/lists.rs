use serde_json::json;

use super::{check, with};

#[test]
fn elements_beyond_the_end_are_appended_by_their_indexes() {
    let stored = json!({"l": [1, 2], "e": []});
    check(
        &stored,
        [
            (
                r#"SET l[7] = `"x"`"#,
                with(&stored, "l", json!([1, 2, "x"])),
            ),
            (r#"SET e[0] = `"x"`"#, with(&stored, "e", json!(["x"]))),
            (
                "SET l[84] = `84`, l[37] = `37`, l[17] = `17`, l[50] = `50`, l[0] = `0`",
                with(&stored, "l", json!([0, 2, 17, 37, 50, 84])),
            ),
            (
                "SET l[3] = `3`, l[2] = `2`",
                with(&stored, "l", json!([1, 2, 2, 3])),
            ),
            // An appended element is not one of those that are removed.
            (
                "SET l[9] = `9` REMOVE l[2], l[0]",
                with(&stored, "l", json!([2, 9])),
            ),
        ],
    );
    // Those of all clauses together.
    check(
        &json!({"a": "key", "b": {"a": 1, "b": 2, "c": 3}, "c": [1, 3]}),
        [(
            r#"SET b.c = ((c[1]) + (b.a)), b.a = a, c[1] = a, c[4] = b.a - b.b, c[2] = b.c
               ADD c[8] `{"SS": ["a"]}`, c[6] `2`"#,
            json!({
                "a": "key",
                "b": {"a": "key", "b": 2, "c": 4},
                "c": [1, "key", 3, -1, 2, {"SS": ["a"]}],
            }),
        )],
    );
}

#[test]
fn elements_are_removed_by_the_indexes_that_they_had() {
    let stored = json!({"l": [2, 3, 4, 5, 6, 7], "m": {"x": [1], "y": {"z": 1}}, "s": 1});
    check(
        &stored,
        [
            (
                "REMOVE l[1] SET l[3] = `17`",
                with(&stored, "l", json!([2, 4, 17, 6, 7])),
            ),
            (
                "SET l[3] = `17` REMOVE l[1]",
                with(&stored, "l", json!([2, 4, 17, 6, 7])),
            ),
            (
                "REMOVE l[0], l[5], l[2]",
                with(&stored, "l", json!([3, 5, 6])),
            ),
            (
                "REMOVE m.x[0], m.y.z",
                with(&stored, "m", json!({"x": [], "y": {}})),
            ),
            ("REMOVE m, s", json!({"l": [2, 3, 4, 5, 6, 7]})),
            ("REMOVE l[17], m.q, q, m.x[1]", stored.clone()),
        ],
    );
    check(
        &json!({"l": [{"x": 1, "y": 2}, [1, 2], 3]}),
        [(
            "REMOVE l[0].x, l[2], l[1][0]",
            json!({"l": [{"y": 2}, [2]]}),
        )],
    );
}
