use serde_json::json;

use crate::evaluate::holds;
use crate::evaluate::testing::{condition, item, path};
use crate::expression::{Condition, Operand};
use crate::{AttributeType, AttributeValue, Item};

fn stored() -> Item {
    item(&json!({
        "s": "hello",
        "n": 5,
        "b": {"B": "hi there"},
        "t": true,
        "z": null,
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": [2, 40]},
        "bs": {"BS": ["x", "y"]},
        "l": [2, "dog", {"NS": [1, 2]}, [3, 4], {"m": [7]}],
        "m": {"x": 2, "y": {"m": 3, "n": "yo"}},
        "e": {},
        "two": 2,
        "five": 5,
    }))
}

fn check<'t>(cases: impl IntoIterator<Item = (&'t str, bool)>) {
    let stored = stored();
    for (text, is_true) in cases {
        assert_eq!(holds(&condition(text), Some(&stored)), is_true, "{text}");
        let not = condition(&format!("NOT {text}"));
        assert_eq!(holds(&not, Some(&stored)), !is_true, "NOT {text}");
    }
}

#[test]
fn operands_are_compared() {
    check([
        (r#"s = `"hello"`"#, true),
        (r#"`"hello"` = s"#, true),
        ("n = five", true),
        (r#"ss = `{"SS": ["y", "x"]}`"#, true),
        (r#"l[2] = `{"NS": [2, 1]}`"#, true),
        (r#"m.y.n = `"yo"`"#, true),
        ("l[4].m[0] = `7`", true),
        ("l[9] = `7`", false),
        ("m[0] = `2`", false),
        ("q = r", false),
        ("q <> r", true),
        ("q <> `1`", true),
        (r#"n <> `"5"`"#, true),
        ("n <> `5.0`", false),
        ("n < `10`", true),
        ("l < `10`", false),
        ("q < `10`", false),
        ("n >= five", true),
        ("n <= q", false),
        ("`10` > n", true),
    ]);
}

#[test]
fn ranges_include_their_bounds() {
    check([
        ("n BETWEEN `5` AND `5`", true),
        ("n BETWEEN `4` AND `6`", true),
        ("n BETWEEN `6` AND `7`", false),
        ("n BETWEEN `1` AND `4`", false),
        ("n BETWEEN two AND five", true),
        ("`3` BETWEEN two AND five", true),
        ("n BETWEEN five AND two", false),
        (r#"n BETWEEN two AND `"dog"`"#, false),
        (r#"s BETWEEN `"a"` AND `"i"`"#, true),
        (r#"b BETWEEN `{"B": "h"}` AND `{"B": "i"}`"#, true),
        ("l BETWEEN `1` AND `9`", false),
        ("q BETWEEN `1` AND `9`", false),
        ("n BETWEEN q AND `9`", false),
        ("size(s) BETWEEN two AND n", true),
    ]);
}

#[test]
fn lists_of_operands_may_have_any_types() {
    check([
        (r#"n IN (`"5"`, `5`)"#, true),
        ("n IN (two, five)", true),
        ("l[3] IN (`[3, 4]`)", true),
        ("n IN (`6`, q)", false),
        ("q IN (r, n)", false),
        ("size(s) IN (two, five)", true),
        // It doesn't look into sets.
        (r#"`"x"` IN (ss)"#, false),
    ]);
}

#[test]
fn attributes_are_there_or_not() {
    let there = ["z", "e", "m.y.m", "l[4].m[0]"];
    let not_there = ["q", "l[5]", "m.q", "s.q", "q.r[0]", "l.x", "m[0]"];
    let cases = there.map(|path| (path, true)).into_iter();
    for (path, is_there) in cases.chain(not_there.map(|path| (path, false))) {
        check([
            (format!("attribute_exists({path})").as_str(), is_there),
            (format!("attribute_not_exists({path})").as_str(), !is_there),
        ]);
    }
}

#[test]
fn attributes_have_types() {
    let names = ["s", "n", "b", "t", "z", "ss", "ns", "bs", "l", "m"];
    let kinds = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];
    for (name, kind) in names.into_iter().zip(kinds) {
        for other in AttributeType::ALL.map(AttributeType::name) {
            let text = |name| format!(r#"attribute_type({name}, `"{other}"`)"#);
            check([(text(name).as_str(), kind == other), (&text("q"), false)]);
        }
    }
}

#[test]
fn strings_and_bytes_begin_with_others() {
    check([
        (r#"begins_with(s, `"hel"`)"#, true),
        (r#"begins_with(s, `""`)"#, true),
        (r#"begins_with(s, `"ello"`)"#, false),
        (r#"begins_with(`"hello there"`, s)"#, true),
        (r#"begins_with(b, `{"B": "hi"}`)"#, true),
        (r#"begins_with(b, `{"B": "there"}`)"#, false),
        (r#"begins_with(b, `"hi"`)"#, false),
        (r#"begins_with(s, `{"B": "hel"}`)"#, false),
        (r#"begins_with(n, `"5"`)"#, false),
        (r#"begins_with(l, `"2"`)"#, false),
        (r#"begins_with(q, `""`)"#, false),
        ("begins_with(s, n)", false),
    ]);
}

#[test]
fn strings_bytes_sets_and_lists_contain_others() {
    check([
        (r#"contains(s, `"ell"`)"#, true),
        (r#"contains(s, `""`)"#, true),
        (r#"contains(s, `"dog"`)"#, false),
        ("contains(s, `1`)", false),
        (r#"contains(b, `{"B": "here"}`)"#, true),
        (r#"contains(b, `{"B": ""}`)"#, true),
        (r#"contains(b, `{"B": "dog"}`)"#, false),
        (r#"contains(b, `"here"`)"#, false),
        (r#"contains(ss, `"x"`)"#, true),
        (r#"contains(ss, `"xy"`)"#, false),
        (r#"contains(ss, `{"SS": ["x"]}`)"#, false),
        ("contains(ns, `4e1`)", true),
        ("contains(ns, `4`)", false),
        (r#"contains(ns, `"2"`)"#, false),
        (r#"contains(bs, `{"B": "y"}`)"#, true),
        ("contains(l, `2`)", true),
        ("contains(l, two)", true),
        (r#"contains(l, `"do"`)"#, false),
        (r#"contains(l, `{"NS": [2, 1]}`)"#, true),
        ("contains(l, `[3, 4]`)", true),
        ("contains(l, `3`)", false),
        (r#"contains(m, `"x"`)"#, false),
        ("contains(n, `5`)", false),
        ("contains(q, `5`)", false),
        (r#"contains(`"say hello"`, s)"#, true),
    ]);
}

#[test]
fn bytes_are_searched_whatever_they_are() {
    let stored = Item::from([("b".into(), AttributeValue::B((0..=255).collect()))]);
    for (bytes, is_within) in [
        (&[127, 128, 129][..], true),
        (&[255], true),
        (&[128, 127], false),
    ] {
        let part = Operand::Value(AttributeValue::B(bytes.to_vec()));
        let condition = Condition::Contains(Operand::Path(path("b")), part);
        assert_eq!(holds(&condition, Some(&stored)), is_within, "{bytes:?}");
    }
}

#[test]
fn sizes_are_counted_by_type() {
    check([
        ("size(s) = `5`", true),
        ("size(b) = `8`", true),
        ("size(ss) = `2`", true),
        ("size(ns) = `2`", true),
        ("size(bs) = `2`", true),
        ("size(l) = `5`", true),
        ("size(m) = `2`", true),
        ("size(e) = `0`", true),
        ("size(m.y.n) = `2`", true),
        ("size(s) = n", true),
        ("size(s) <> `4`", true),
        ("n > size(l)", false),
        ("size(l) <= size(s)", true),
        (r#"size(`"abc"`) >= two"#, true),
        (r#"size(s) = `"dog"`"#, false),
        // These have none.
        ("size(n) = `1`", false),
        ("size(n) <> `1`", true),
        ("size(n) < `99`", false),
        ("size(t) = `1`", false),
        ("size(z) = `1`", false),
        ("size(q) = `0`", false),
    ]);
    let long = "x".repeat(1000);
    let texts = [
        ("ab\u{ff}", 3),
        ("\u{20ac}", 1),
        ("\u{1f600}", 2),
        (&long, 1000),
    ];
    for (text, size) in texts {
        // Of an attribute and of a value of the request.
        let given = format!(r#"size(s) = `{size}` AND size(`"{text}"`) = `{size}`"#);
        let stored = item(&json!({"s": text}));
        assert!(holds(&condition(&given), Some(&stored)), "{given}");
    }
}

#[test]
fn conditions_are_joined() {
    check([
        ("(n = five AND two < n AND attribute_exists(s))", true),
        ("(n = five AND two < n AND attribute_exists(q))", false),
        ("(n = two OR two > n OR attribute_exists(s))", true),
        ("(n = two OR two > n)", false),
        ("(n = two AND n = two OR n = five)", true),
        ("(n = five OR n = two AND n = two)", true),
        ("(n = five AND (n = two OR two = n))", false),
        ("(NOT n = two AND n = five)", true),
        ("NOT (n = two OR two > n)", true),
    ]);
}

#[test]
fn an_item_that_is_not_there_has_no_attributes() {
    let cases = [
        ("attribute_not_exists(p)", true),
        ("attribute_exists(p)", false),
        (r#"p <> `"key"`"#, true),
        (r#"p = `"key"`"#, false),
        (r#"NOT p = `"key"`"#, true),
    ];
    for (text, is_true) in cases {
        assert_eq!(holds(&condition(text), None), is_true, "{text}");
    }
}

#[test]
fn negations_may_be_many() {
    let mut condition = condition("attribute_exists(s)");
    for _ in 0..2000 {
        condition = Condition::Not(Box::new(condition));
    }
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let answer = thread.spawn(move || holds(&condition, Some(&stored())));
    assert!(answer.expect("a thread").join().expect("an answer"));
}
