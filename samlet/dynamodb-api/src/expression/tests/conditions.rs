//! Conditions and filters.

use super::super::{Comparator, Condition, Operand};
use super::*;
use crate::AttributeType;

fn read(text: &str) -> Result<Condition, Refusal> {
    placeholders().condition("FilterExpression", text)
}

fn is_equal(name: &str) -> Condition {
    let value = Operand::Value(text("s"));
    Condition::Compare(Comparator::Equal, operand(name), value)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn conditions_are_read() {
    let [a, b, c] = ["a", "b", "c"].map(is_equal);
    let value = |value: AttributeValue| Operand::Value(value);
    let table = [
        ("a=:s", a.clone()),
        (" ( #a ) = ( :s )\t", a.clone()),
        ("(a = :s)", a.clone()),
        (
            "a=:s AND b=:s aNd c=:s",
            Condition::All(vec![a.clone(), b.clone(), c.clone()]),
        ),
        (
            "a=:s AND (b=:s AND c=:s)",
            Condition::All(vec![a.clone(), Condition::All(vec![b.clone(), c.clone()])]),
        ),
        (
            "(a=:s or b=:s)and c=:s",
            Condition::All(vec![Condition::Any(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        (
            "a=:s OR NOT b=:s AND c=:s",
            Condition::Any(vec![
                a.clone(),
                Condition::All(vec![Condition::Not(Box::new(b.clone())), c]),
            ]),
        ),
        (
            "NOT NOT (a=:s)",
            Condition::Not(Box::new(Condition::Not(Box::new(a)))),
        ),
        (
            "x.y[0][12].#dot <> b [ 3 ] . c",
            Condition::Compare(
                Comparator::NotEqual,
                Operand::Path(Path {
                    attribute: "x".into(),
                    elements: vec![
                        PathElement::Member("y".into()),
                        PathElement::Index(0),
                        PathElement::Index(12),
                        PathElement::Member("x.y".into()),
                    ],
                }),
                operand("b.3.c"),
            ),
        ),
        (
            "a between :n and size(b) AND :s<c",
            Condition::All(vec![
                Condition::Between(operand("a"), value(number("1")), Operand::Size(path("b"))),
                Condition::Compare(Comparator::Less, value(text("s")), operand("c")),
            ]),
        ),
        (
            "a IN (:s, b,(c))",
            Condition::In(
                operand("a"),
                vec![value(text("s")), operand("b"), operand("c")],
            ),
        ),
        ("attribute_exists (#3)", Condition::Exists(path_of("[3]"))),
        (
            "((attribute_not_exists(a)) and b=:s)",
            Condition::All(vec![Condition::NotExists(path("a")), b]),
        ),
        (
            "attribute_type((a.b), :N)",
            Condition::IsOfType(path("a.b"), AttributeType::N),
        ),
        (
            "begins_with(a, :b)",
            Condition::BeginsWith(operand("a"), value(AttributeValue::B(vec![b'a']))),
        ),
        (
            "contains(:l, size(a))",
            Condition::Contains(value(AttributeValue::L(vec![])), Operand::Size(path("a"))),
        ),
        (
            "(size(a)) >= :n",
            Condition::Compare(
                Comparator::GreaterOrEqual,
                Operand::Size(path("a")),
                value(number("1")),
            ),
        ),
    ];
    for (expression, expected) in table {
        assert_eq!(read(expression), Ok(expected), "{expression}");
    }
}

fn path_of(attribute: &str) -> Path {
    Path::from(attribute)
}

#[test]
fn functions_of_values_become_what_they_come_to() {
    let value = |value: AttributeValue| Operand::Value(value);
    let equal = |one: &str, two: &str| {
        Condition::Compare(Comparator::Equal, value(text(one)), value(text(two)))
    };
    let table = [
        ("attribute_type(:n, :N)", equal("N", "N")),
        ("attribute_type(:s, :N)", equal("S", "N")),
        ("attribute_type(size(:s), :N)", equal("N", "N")),
        (
            "attribute_type(size(a), :N)",
            Condition::Compare(
                Comparator::GreaterOrEqual,
                Operand::Size(path("a")),
                value(number("0")),
            ),
        ),
        (
            "size(:ss) < size(a)",
            Condition::Compare(
                Comparator::Less,
                value(number("1")),
                Operand::Size(path("a")),
            ),
        ),
    ];
    for (expression, expected) in table {
        assert_eq!(read(expression), Ok(expected), "{expression}");
    }
}

fn refuse(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let expected = format!("Invalid FilterExpression: {expected}");
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}

#[test]
fn syntax_errors_name_the_token() {
    let table = [
        ("things are not", "are", "things are not"),
        ("a > 4", "4", "> 4"),
        ("a", "<EOF>", "a"),
        (":s", "<EOF>", ":s"),
        ("(a)", "<EOF>", ")"),
        ("NOT a", "<EOF>", "a"),
        ("a AND :s", "AND", "a AND :s"),
        ("a=:s OR NOT :s", "<EOF>", ":s"),
        ("a=:s AND", "<EOF>", "AND"),
        ("a=:s)", ")", ":s)"),
        ("(a=:s", "<EOF>", ":s"),
        ("(a=:s) = b", "=", ") = b"),
        ("a-b", "-", "a-b"),
        ("a = :s b", "b", ":s b"),
        ("a == :s", "=", "== :s"),
        ("a != :s", "!", "a !="),
        ("_type = :s", "_", "_type"),
        ("a=:s AND __typename = :s", "_", "AND __"),
        ("attribute_exists(", "<EOF>", "("),
        ("attribute_exists()", ")", "()"),
        ("attribute_exists(a,)", ")", ",)"),
        ("attribute_exists(a..b)", ".", "..b"),
        ("attribute_exists(\"a\")", "\"", "(\"a"),
        ("attribute_exists(a[b])", "b", "[b]"),
        ("attribute_exists(a[])", "]", "[])"),
        ("a[00] = :s", "0", "00]"),
        ("a[-1] = :s", "-", "[-1"),
        ("a in b", "b", "in b"),
        ("a in (b,)", ")", ",)"),
        ("a in ()", ")", "()"),
        ("a > between", "between", "> between"),
        ("a between b", "<EOF>", "b"),
        ("(a)between(b.(c.d))and(c)", "(", ".(c"),
        ("#$.b > a", "#", "#$"),
        ("a > :s.b", ".", ":s.b"),
        ("a.:s > b", ":s", ".:s >"),
        ("ü > a", "ü", "ü >"),
        ("size(a).b > a", ".", ").b"),
        ("(size(a))[0] > a", "[", ")[0"),
        ("(a.b).c = :s", ".", ").c"),
        ("f(x) y", "y", ") y"),
        ("((f(x))) y", "y", ") y"),
        ("((a)) y", "y", ") y"),
        ("a.set = :s", "set", ".set ="),
    ];
    for (expression, token, near) in table {
        let expected = format!("Invalid FilterExpression: {}", syntax_error(token, near));
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}

#[test]
fn parentheses_around_parentheses_are_refused() {
    let redundant = [
        "a=b and a > ((c))",
        "(a)between(((b.c)).d)and(c)",
        "a > whatever((:s), ((a)))",
        "a=b AND ((a=b AND a=b)) AND a=b",
        "a=b OR ((a=b OR (a=b OR a=b)))",
        "((attribute_exists(a)))",
        "((size(a))) > :n",
        "((f(x))) AND a=b",
        "NOT ((a=b))",
        "((a)) = b c",
        "((a=b)) c",
        "a IN (((b)))",
    ];
    for expression in redundant {
        let expected = "Invalid FilterExpression: The expression has redundant parentheses;";
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
    for fine in [
        "((a)=(:s))",
        "((a=:s) AND b=:s)",
        "(a IN (b))",
        "(NOT (a=:s))",
    ] {
        assert!(read(fine).is_ok(), "{fine}");
    }
}

#[test]
fn words_are_checked_before_what_they_stand_for() {
    refuse(&[
        (
            "a=b and whatever((:x)) > a",
            "Invalid function name; function: whatever",
        ),
        (
            "attRIbute_exIsts((views), #x)",
            "Invalid function name; function: attRIbute_exIsts",
        ),
        (
            "if_not_exists(a, b) = :x",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "attribute_exists(views, #x)",
            "Attribute name is a reserved keyword; reserved keyword: views",
        ),
        (
            ":x < abOrT",
            "Attribute name is a reserved keyword; reserved keyword: abOrT",
        ),
        (
            "#x.Comment = :x",
            "Attribute name is a reserved keyword; reserved keyword: Comment",
        ),
        (
            "a[2147483648] = :x",
            "List index is not within the allowable range; index: [2147483648]",
        ),
    ]);
    assert!(read("a[2147483647] = :s").is_ok());
    let misplaced = [
        (
            "a=b and attribute_exists((views), (#x)) > b",
            "attribute_exists",
        ),
        ("begins_with(a, b) > b", "begins_with"),
        ("size(contains(a, b)) > a", "contains"),
        ("size(a)", "size"),
        ("a=b AND NOT (size(a))", "size"),
        ("a between b and attribute_exists(c)", "attribute_exists"),
        ("a in (b, attribute_type(c, :x))", "attribute_type"),
    ];
    for (expression, function) in misplaced {
        let expected = format!(
            "The function is not allowed to be used this way in an expression; function: {function}"
        );
        refuse(&[(expression, &expected)]);
    }
}

#[test]
fn names_and_values_must_be_defined() {
    let name =
        "An expression attribute name used in the document path is not defined; attribute name: ";
    let value =
        "An expression attribute value used in expression is not defined; attribute value: ";
    for (expression, placeholder) in [
        ("attribute_exists(#x.b, :s) and a=b", "#x"),
        ("begins_with(a.#x)", "#x"),
        ("(#x between :y and :z) and (#y in (:z, :z))", "#x"),
        ("a=b AND #_ > a", "#_"),
        ("(a)between(b.c[45].#x)and(:x)", "#x"),
    ] {
        refuse(&[(expression, &format!("{name}{placeholder}"))]);
    }
    for (expression, placeholder) in [
        ("begins_with(:x, #a, #b)", ":x"),
        (":x < :y", ":x"),
        (":_ > a", ":_"),
    ] {
        refuse(&[(expression, &format!("{value}{placeholder}"))]);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn operators_and_functions_are_given_what_they_take() {
    for (expression, function, count) in [
        ("attribute_exists(a, b) and a=b", "attribute_exists", 2),
        ("attribute_type(a)", "attribute_type", 1),
        ("begins_with(a, size(b), c)", "begins_with", 3),
        ("contains(a)", "contains", 1),
        ("size(a, b) > c", "size", 2),
    ] {
        let expected = format!(
            "Incorrect number of operands for operator or function; \
             operator or function: {function}, number of operands: {count}"
        );
        refuse(&[(expression, &expected)]);
    }
    for (expression, function, kind) in [
        ("attribute_type(a, size(a)) and a=:x", "attribute_type", "N"),
        (
            "attribute_type(a, b)",
            "attribute_type",
            "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
        ),
        ("attribute_type(a, :bool)", "attribute_type", "BOOL"),
        ("begins_with(a, size(b))", "begins_with", "N"),
        ("begins_with(a, :ss)", "begins_with", "SS"),
        ("begins_with(:null, a)", "begins_with", "NULL"),
        ("size(size(a)) > :x", "size", "N"),
        ("attribute_not_exists(size(:n))", "size", "N"),
        ("size(:bool) > a", "size", "BOOL"),
        ("a < :l", "<", "L"),
        (":map >= a", ">=", "M"),
        ("a BETWEEN :l AND :l", "BETWEEN", "L"),
        (":ns BETWEEN a AND b", "BETWEEN", "NS"),
    ] {
        let expected = format!(
            "Incorrect operand type for operator or function; operator or function: {function}, operand type: {kind}"
        );
        refuse(&[(expression, &expected)]);
    }
    for fine in [
        "a = :l",
        "a <> :null",
        "a IN (:l, :n)",
        ":n > :n",
        "size(:l) > a",
    ] {
        assert!(read(fine).is_ok(), "{fine}");
    }
    let path = "Operator or function requires a document path; operator or function: ";
    refuse(&[
        (
            "attribute_exists(:s) and a=b",
            &format!("{path}attribute_exists"),
        ),
        (
            "attribute_not_exists(size(:s))",
            &format!("{path}attribute_not_exists"),
        ),
        (
            "attribute_type(a, :dog)",
            "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
    ]);
}

#[test]
fn the_first_operand_must_not_be_repeated() {
    for (expression, operator, path) in [
        ("a = a AND #a = b AND :x > a", "=", "[a]"),
        ("#a <> a", "<>", "[a]"),
        ("((a=a) OR (a=a))", "=", "[a]"),
        (
            "contains(ab.bc[1].a, ab.bc[1].#a)",
            "contains",
            "[ab, bc, [1], a]",
        ),
        ("attribute_type(a.b, a.b)", "attribute_type", "[a, b]"),
        ("begins_with(#3, #3)", "begins_with", "[[3]]"),
        ("a BETWEEN b AND a", "BETWEEN", "[a]"),
        ("a IN (b, a)", "IN", "[a]"),
    ] {
        let expected = format!(
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: {operator}, first operand: {path}"
        );
        refuse(&[(expression, &expected)]);
    }
}

#[test]
fn bounds_are_of_one_type_and_in_order() {
    let kinds = "The BETWEEN operator requires same data type for lower and upper bounds; ";
    let order =
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ";
    let bounds = |low: &str, high: &str| {
        format!(
            "lower bound operand: AttributeValue: {{{low}}}, upper bound operand: AttributeValue: {{{high}}}"
        )
    };
    refuse(&[
        (
            "a between :n and :s",
            &format!("{kinds}{}", bounds("N:1", "S:s")),
        ),
        (
            "(a between (:t) and (:s)) AND c = :x",
            &format!("{order}{}", bounds("S:t", "S:s")),
        ),
        (
            "size(a) between :m and :n",
            &format!("{order}{}", bounds("N:2", "N:1")),
        ),
        (
            "a between :s and :b",
            &format!("{kinds}{}", bounds("S:s", "B:YQ==")),
        ),
    ]);
    for fine in [
        "a between :n and :m",
        "a between :s and :s",
        "a between b and :n",
        ":m between :n and a",
    ] {
        assert!(read(fine).is_ok(), "{fine}");
    }
}

#[test]
fn conditions_are_bounded() {
    let listed = |count: usize| format!("a IN (b{})", ", c".repeat(count - 1));
    assert!(read(&listed(100)).is_ok());
    refuse(&[(
        &listed(101),
        "The IN operator is provided with too many operands; number of operands: 101",
    )]);
    let joined = |count: usize| format!("a=b{}", " OR a=b".repeat(count / 2));
    assert!(read(&joined(299)).is_ok());
    assert!(read(&format!("NOT {}", joined(299))).is_ok());
    let many = "The expression contains too many operators; operator count: 301";
    refuse(&[
        (&joined(301), many),
        (&format!("NOT NOT {}", joined(299)), many),
    ]);

    assert!(read(&format!("a{}=:s", " ".repeat(4092))).is_ok());
    refuse(&[
        (
            &format!("a{}=:s", " ".repeat(4093)),
            "Expression size has exceeded the maximum allowed size; expression size: 4097",
        ),
        (
            &"(".repeat(15_000),
            "Expression size has exceeded the maximum allowed size; expression size: 15000",
        ),
        ("", "The expression can not be empty;"),
        ("  ", &syntax_error("<EOF>", "  ")),
    ]);

    assert!(read(&format!("attribute_exists(a{})", ".b".repeat(31))).is_ok());
    refuse(&[(
        &format!("attribute_exists(a{})", "[0]".repeat(32)),
        "The document path has too many nesting levels; nesting levels: 33",
    )]);
}

#[test]
fn all_paths_are_found() {
    let text = "a.b = :s AND NOT (size(c) IN (d, :n) OR attribute_type(e, :N)) AND contains(f, g[1]) \
                AND h BETWEEN i AND size(j) AND attribute_exists(k)";
    let condition = read(text).unwrap();
    let mut found = String::new();
    condition.paths(&mut |path| found.push_str(&path.attribute));
    assert_eq!(found, "acdefghijk");
}
