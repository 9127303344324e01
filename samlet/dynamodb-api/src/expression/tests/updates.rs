//! Updates.

use super::super::{SetAction, SetOperand, SetValue, Update};
use super::*;

fn read(expression: &str) -> Result<Update, Refusal> {
    placeholders().update(expression)
}

fn set(name: &str, value: SetValue) -> Update {
    let path = path(name);
    Update {
        set: vec![SetAction { path, value }],
        ..Update::default()
    }
}

#[test]
fn updates_are_read() {
    let item = |name: &str| SetOperand::Path(path(name));
    let one = || SetOperand::Value(number("1"));
    let if_not_exists = |name: &str, other| SetOperand::IfNotExists(path(name), Box::new(other));
    let append = |one, two| SetOperand::ListAppend(Box::new(one), Box::new(two));
    let list = || SetOperand::Value(AttributeValue::L(vec![]));
    let table = [
        ("set a=b", set("a", SetValue::Operand(item("b")))),
        (
            "SET #a.b[1] = ( :n )",
            set("a.b.1", SetValue::Operand(one())),
        ),
        (
            "SET a = ((b.c.d)+(:n))",
            set("a", SetValue::Plus(item("b.c.d"), one())),
        ),
        (
            "SET a = a - b",
            set("a", SetValue::Minus(item("a"), item("b"))),
        ),
        (
            "SET a = if_not_exists(a, :n)+:n",
            set("a", SetValue::Plus(if_not_exists("a", one()), one())),
        ),
        (
            "SET a = if_not_exists(b, if_not_exists(c, :n))",
            set(
                "a",
                SetValue::Operand(if_not_exists("b", if_not_exists("c", one()))),
            ),
        ),
        (
            "SET a = list_append(if_not_exists(a, :l), :l)",
            set(
                "a",
                SetValue::Operand(append(if_not_exists("a", list()), list())),
            ),
        ),
        (
            "REMOVE a[1], b ADD c :n, d :ss dElEtE e :bs",
            Update {
                set: vec![],
                remove: vec![path("a.1"), path("b")],
                add: vec![
                    (path("c"), number("1")),
                    (path("d"), AttributeValue::Ss(vec!["a".into()])),
                ],
                delete: vec![(path("e"), AttributeValue::Bs(vec![b"a".to_vec()]))],
            },
        ),
    ];
    for (expression, expected) in table {
        assert_eq!(read(expression), Ok(expected), "{expression}");
    }
}

fn refuse(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let expected = format!("Invalid UpdateExpression: {expected}");
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}

#[test]
fn syntax_errors_name_the_token() {
    let table = [
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("  RESET a b", "RESET", "  RESET a"),
        ("2", "2", "2"),
        ("|", "|", "|"),
        ("SET", "<EOF>", "SET"),
        ("set a", "<EOF>", "a"),
        ("SET 2", "2", "SET 2"),
        ("SET )", ")", "SET )"),
        ("SET a|", "|", "a|"),
        ("SET a = :s,", "<EOF>", ","),
        ("SET a = 34", "34", "= 34"),
        ("SET a = VALUE 1", "1", "VALUE 1"),
        ("SET a [  2 ]. b = 5", "5", "= 5"),
        ("SET a [  [2] ]. b = 5", "[", "[  [2"),
        ("SET a [2 1]. b = 5", "1", "2 1]"),
        ("SET a[ 3 ", "<EOF>", "3 "),
        ("SET a[3 )", ")", "3 )"),
        ("SET #a a = 5", "a", "#a a ="),
        ("SET a = (:s ", "<EOF>", ":s "),
        ("SET a = [:s  ", "[", "= [:s"),
        ("SET a = (:s + (:n", "<EOF>", ":n"),
        ("SET a = ):s + :n", ")", "= ):s"),
        ("SET a = b + - :n ", "-", "+ - :n"),
        ("set a = b + c + d", "+", "c + d"),
        ("set (a = (b + c))", "(", "set (a"),
        ("set a = (b.c).d + e", ".", ").d"),
        ("set a = b / c", "/", "b / c"),
        ("set a[1] = \"eight\"", "\"", "= \"eight"),
        ("set :s = b", ":s", "set :s ="),
        ("SET a = if_not_exists(c, :n+:n)", "+", ":n+:n"),
        ("SET if_not_exists(a, b) = a", "(", "if_not_exists(a"),
        ("SET a = _f(b)", "_", "= _f"),
        ("SET _123 = :s", "_", "SET _123"),
        ("REMOVE a + ", "+", "a + "),
        ("remove a b", "b", "a b"),
        ("REMOVE if_not_exists(a,b)", "(", "if_not_exists(a"),
        ("ADD hits : incr", ":", "hits : incr"),
        ("ADD a val b", "val", "a val b"),
        ("ADD a :n b", "b", ":n b"),
        ("delete a = b", "=", "a = b"),
        ("set a=set", "set", "=set"),
    ];
    for (expression, token, near) in table {
        refuse(&[(expression, &syntax_error(token, near))]);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn words_are_checked_before_what_they_stand_for() {
    let used_this_way =
        "The function is not allowed to be used this way in an expression; function: list_append";
    refuse(&[
        ("", "The expression can not be empty;"),
        (
            " set #x = :x set abOrt = true ",
            "Attribute name is a reserved keyword; reserved keyword: abOrt",
        ),
        (
            " remove Absolute ",
            "Attribute name is a reserved keyword; reserved keyword: Absolute",
        ),
        (
            "set #x = if_not_exist(:x) set c = d",
            "Invalid function name; function: if_not_exist",
        ),
        (
            "SET a = LIST_APPEND(:x, :y)",
            "Invalid function name; function: LIST_APPEND",
        ),
        (
            "SET a = size(b)",
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "SET a = list_append(list_append(:l, :l), :l)",
            used_this_way,
        ),
        (
            "SET a = if_not_exists(a, list_append(:l, :l))",
            used_this_way,
        ),
        ("SET a = list_append(:l, :l) + :n", used_this_way),
        ("SET a = ((b))", "The expression has redundant parentheses;"),
        (
            "SET a = ((b)) + :n",
            "The expression has redundant parentheses;",
        ),
        (
            "SET a = ((b + :n)), c = d",
            "The expression has redundant parentheses;",
        ),
        (
            "set a = #x set c = :x",
            "The \"SET\" section can only be used once in an update expression;",
        ),
        (
            "remove #x set a = b remove e",
            "The \"REMOVE\" section can only be used once in an update expression;",
        ),
        (
            "add #x :x set a = b add e :y",
            "The \"ADD\" section can only be used once in an update expression;",
        ),
        (
            "delete #x :x delete #y :y",
            "The \"DELETE\" section can only be used once in an update expression;",
        ),
        (
            "SET #x = if_not_exists(:x)",
            "An expression attribute name used in the document path is not defined; attribute name: #x",
        ),
        (
            "SET #a = if_not_exists(:x)",
            "An expression attribute value used in expression is not defined; attribute value: :x",
        ),
    ]);
}

#[test]
fn paths_must_not_clash() {
    let overlap =
        "Two document paths overlap with each other; must remove or rewrite one of these paths; ";
    let conflict =
        "Two document paths conflict with each other; must remove or rewrite one of these paths; ";
    for (expression, start, one, two) in [
        ("set a = :x remove a", overlap, "[a]", "[a]"),
        ("SET a.b = :x, #a = :x", overlap, "[a, b]", "[a]"),
        (
            "set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)",
            overlap,
            "[c, [1], a]",
            "[c]",
        ),
        (
            "set #c[3].#3 = a, #c[3] = a",
            overlap,
            "[c, [3], [3]]",
            "[c, [3]]",
        ),
        (
            "set #c[3].#3 = a, #c.#3[3] = if_not_exists(a)",
            conflict,
            "[c, [3], [3]]",
            "[c, [3], [3]]",
        ),
        ("remove a.#c set a[1] = #3", conflict, "[a, c]", "[a, [1]]"),
    ] {
        refuse(&[(
            expression,
            &format!("{start}path one: {one}, path two: {two}"),
        )]);
    }
    assert!(read("SET a.b = :n, a.c.d = :n REMOVE a.x, b[1] ADD b[2] :n").is_ok());
}

#[test]
fn operators_and_functions_are_given_what_they_take() {
    for (expression, operator, kind) in [
        (
            "set b = list_append(:s, a), c = if_not_exists(a) add a.b :s",
            "ADD",
            "STRING",
        ),
        ("add a :null", "ADD", "NULL"),
        ("add a :bool", "ADD", "BOOL"),
        ("add a :b", "ADD", "Binary"),
        ("add a :map", "ADD", "MAP"),
        ("delete a :l", "DELETE", "LIST"),
        ("delete a :n", "DELETE", "NUMBER"),
    ] {
        let expected = format!(
            "Incorrect operand type for operator or function; operator: {operator}, operand type: {kind}, \
             typeSet: ALLOWED_FOR_ADD_OPERAND"
        );
        refuse(&[(expression, &expected)]);
    }
    for (expression, function, kind) in [
        ("set a = list_append(:s, a)", "list_append", "S"),
        ("set a = list_append(a, :map)", "list_append", "M"),
        ("set a = a + :s", "+", "S"),
        ("set a = :s + :b", "+", "S"),
        ("set a = :l - a", "-", "L"),
        ("set a = b - :bs", "-", "BS"),
    ] {
        let expected = format!(
            "Incorrect operand type for operator or function; operator or function: {function}, operand type: {kind}"
        );
        refuse(&[(expression, &expected)]);
    }
    let count = "Incorrect number of operands for operator or function; operator or function: ";
    let path = "Operator or function requires a document path; operator or function: if_not_exists";
    refuse(&[
        (
            "set a = if_not_exists(c)",
            &format!("{count}if_not_exists, number of operands: 1"),
        ),
        (
            "set a = list_append(:l, :l, :l)",
            &format!("{count}list_append, number of operands: 3"),
        ),
        (
            "set a = if_not_exists(b.c, b.c)",
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: if_not_exists, first operand: [b, c]",
        ),
        ("set a = if_not_exists(:s, c)", path),
        ("set a = if_not_exists(if_not_exists(a, b), c)", path),
    ]);
}

#[test]
fn updates_are_bounded() {
    let sums = |count: usize| {
        let actions: Vec<String> = (0..count).map(|at| format!("a{at}=b+:n")).collect();
        format!("SET {}", actions.join(","))
    };
    assert!(read(&sums(300)).is_ok());
    refuse(&[
        (
            &sums(301),
            "The expression contains too many operators; operator count: 301",
        ),
        (
            &format!("SET {}a = :s", " ".repeat(4087)),
            "Expression size has exceeded the maximum allowed size;",
        ),
        (
            &format!("REMOVE a{}", ".b".repeat(32)),
            "The document path has too many nesting levels; nesting levels: 33",
        ),
    ]);
}

#[test]
fn all_paths_are_found() {
    let text = "SET a = b, c = if_not_exists(d, e) + f, g = list_append(h, :l) REMOVE i ADD j :n DELETE k :ss";
    let update = read(text).unwrap();
    let mut found = String::new();
    update.paths(&mut |path| found.push_str(&path.attribute));
    assert_eq!(found, "abcdefghijk");
}
