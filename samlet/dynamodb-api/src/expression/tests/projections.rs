//! Projections.

use super::super::Projection;
use super::*;

fn read(expression: &str) -> Result<Projection, Refusal> {
    placeholders().projection(expression)
}

#[test]
fn projections_are_read() {
    let paths = |paths: &[&str]| Ok(Projection(paths.iter().map(|text| path(text)).collect()));
    assert_eq!(read(" a "), paths(&["a"]));
    assert_eq!(
        read("#a, b[0] , b [ 1 ].c,x"),
        paths(&["a", "b.0", "b.1.c", "x"])
    );
    assert_eq!(read("#dot"), Ok(Projection(vec![Path::from("x.y")])));
    assert_eq!(read(&"x".repeat(4096)), paths(&[&"x".repeat(4096)]));
}

#[test]
fn projections_are_refused() {
    let name =
        "An expression attribute name used in the document path is not defined; attribute name: ";
    let clash = "with each other; must remove or rewrite one of these paths; path one:";
    let table = [
        ("", "The expression can not be empty;".to_owned()),
        ("   ", syntax_error("<EOF>", "   ")),
        ("!!! NO", syntax_error("!", "!!")),
        ("f(x)", syntax_error("(", "f(x")),
        (":a", syntax_error(":a", ":a")),
        ("abort,", syntax_error("<EOF>", ",")),
        (",a", syntax_error(",", ",a")),
        ("a,,b", syntax_error(",", ",,b")),
        ("a[b]", syntax_error("b", "[b]")),
        ("(a)", syntax_error("(", "(a")),
        ("a-b", syntax_error("-", "a-b")),
        ("a b", syntax_error("b", "a b")),
        (
            "a.abORt",
            "Attribute name is a reserved keyword; reserved keyword: abORt".into(),
        ),
        (
            "#x,ABSoLUTE",
            "Attribute name is a reserved keyword; reserved keyword: ABSoLUTE".into(),
        ),
        (
            "a[99999999999999]",
            "List index is not within the allowable range; index: [99999999999999]".into(),
        ),
        ("a,b,a,#x", format!("{name}#x")),
        (
            &format!("a{}", ".b".repeat(32)),
            "The document path has too many nesting levels; nesting levels: 33".into(),
        ),
        (
            "b[1], b.a, #a.b, a",
            format!("Two document paths overlap {clash} [a, b], path two: [a]"),
        ),
        (
            "a, #a[1]",
            format!("Two document paths overlap {clash} [a], path two: [a, [1]]"),
        ),
        (
            "a.b, #a[1], #3",
            format!("Two document paths conflict {clash} [a, b], path two: [a, [1]]"),
        ),
        (
            "a[3].b, #a.#3.b",
            format!("Two document paths conflict {clash} [a, [3], b], path two: [a, [3], b]"),
        ),
        (
            &"x".repeat(4097),
            "Expression size has exceeded the maximum allowed size;".into(),
        ),
    ];
    for (expression, expected) in table {
        let expected = format!("Invalid ProjectionExpression: {expected}");
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}
