use super::{all_refused, n, refusal, s};
use crate::partiql::parse;

#[test]
fn values_that_can_not_be_stored() {
    let bag =
        "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags";
    let overflow =
        "Number overflow. Attempting to store a number with magnitude larger than supported range";
    let underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    let invalid = "One or more parameter values were invalid:";
    let cases = [
        ("1e126", &format!("{overflow} under root")),
        ("[1, 1e126]", &format!("{overflow} under root[1]")),
        ("{'x': 1e126}", &format!("{overflow} under root.x")),
        ("1e2147483645", &format!("{overflow} under root")),
        ("1e2147483646", &format!("{underflow} under root")),
        ("[-1.5e2147483647]", &format!("{underflow} under root[0]")),
        (
            "{'': 1}",
            &"Path component cannot be an empty string".to_owned(),
        ),
        ("<<>>", &"Empty bags are not supported".to_owned()),
        ("<<'a', 1>>", &format!("{bag} at 1:32:1")),
        ("<<1, 'a'>>", &bag.to_owned()),
        ("<<true>>", &format!("{bag} at 1:27:4")),
        ("<<<<1>>>>", &format!("{bag} at 1:27:2")),
        (
            "<<'a', ?>>",
            &"Unsupported data type: Parameter under key root at 1:32:1".to_owned(),
        ),
        (
            "<<1, null>>",
            &format!("{invalid} Numeric sets may not contain null under root"),
        ),
        (
            "<<1, 1.0>>",
            &format!("{invalid} Input collection [1, 1.0] contains duplicates! under root"),
        ),
        (
            "<<'x', 'x'>>",
            &format!("{invalid} Input collection [x, x] contains duplicates."),
        ),
        (
            "`1`",
            &"Ion Literals are not supported: INT under key root at 1:25:3".to_owned(),
        ),
        (
            "[`2020T`]",
            &"Ion Literals are not supported: TIMESTAMP under key root[0] at 1:26:7".to_owned(),
        ),
        (
            "[b]",
            &"Unsupported data type: Id under key root[0] at 1:26:1".to_owned(),
        ),
    ];
    for (value, message) in &cases {
        let statement = format!("SELECT * FROM t WHERE a={value}");
        assert_eq!(refusal(&statement, &[n("1")]), **message, "{statement}");
    }
    let nested = format!("{}1{}", "[".repeat(32), "]".repeat(32));
    let path = "[0]".repeat(32);
    let message = format!("Nesting Levels have exceeded supported limits under root{path}");
    all_refused(&[(
        &format!("SELECT * FROM t WHERE a = {nested}"),
        message.as_str(),
    )]);
    all_refused(&[
        (
            "INSERT INTO t VALUE {'a': set_add(<<'a'>>, <<'b'>>)}",
            "Unsupported data type: set_add under key root at 1:27:7",
        ),
        (
            "INSERT INTO t VALUE {'a': {'b': set_add(1)}}",
            "Unsupported data type: Call under key root.b at 1:33:7",
        ),
        (
            "INSERT INTO t VALUE {'': 1}",
            "Path component cannot be an empty string",
        ),
        (
            "INSERT INTO t VALUE {'a': {'b': 1e126}}",
            &format!("{overflow} under root.b"),
        ),
    ]);
}

#[test]
fn updates_that_dynamodb_does_not_have() {
    let cases = [
        (
            "t = set_add(ss, <<'x'>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:20:7",
        ),
        (
            "ss = set_add(<<'a'>>, <<'b'>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:21:7",
        ),
        (
            "ss = set_add(ss, 'x')",
            "The second argument to SET_ADD must be a value with type SET at 1:29:2",
        ),
        (
            "ss = set_add(ss, ['x'])",
            "The second argument to SET_ADD must be a value with type SET at 1:29:2",
        ),
        (
            "ss = set_add(ss, ?)",
            "The second argument to SET_ADD must be a value with type SET at 1:29:2",
        ),
        (
            "ss = set_add(ss)",
            "SET_ADD must have exactly two arguments at 1:21:7",
        ),
        (
            "ss = set_delete(ss, 'a')",
            "The second argument to SET_DELETE must be a value with type SET at 1:32:2",
        ),
        ("ss = set_add(ss, <<>>)", "Empty bags are not supported"),
        (
            "a = if_not_exists(a, 1)",
            "Unrecognized function: if_not_exists at 1:20:13",
        ),
        (
            "a = list_append(a)",
            "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1",
        ),
        (
            "a = a * 2",
            "Unsupported operator in Update Expression. Operator: *",
        ),
        ("a = MISSING", "MISSING must be compared using IS operator"),
        (
            "a.b = 1, a = 2",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
        ),
        (
            "a[1] = 1 REMOVE a[1].b",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, [1], b], path two: [a, [1]]",
        ),
    ];
    for (set, message) in cases {
        let statement = format!("UPDATE \"t\" SET {set} WHERE pk = 'x'");
        assert_eq!(refusal(&statement, &[s("x")]), message, "{statement}");
    }
}

#[test]
fn the_first_refusal_is_dynamodbs() {
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range under root";
    all_refused(&[
        // The condition comes before what is set, and terms before operands.
        ("UPDATE t SET a = foo(1) WHERE b = 1e126", overflow),
        ("UPDATE t SET a = set_add(a) WHERE b = 1e126", overflow),
        ("SELECT * FROM t WHERE a = a AND b = 1e126", overflow),
        (
            "SELECT * FROM t WHERE a = a AND foo(b)",
            "Unrecognized function: foo at 1:33:3",
        ),
        (
            "SELECT * FROM t WHERE a < true AND b = ?",
            "Number of parameters in request and statement don't match.",
        ),
        (
            "UPDATE t.i SET a = 1 WHERE b < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "SELECT * FROM t x WHERE",
            "Statement wasn't well formed, can't be processed: Unexpected term",
        ),
    ]);
}

#[test]
fn there_must_be_a_parameter_for_each_mark() {
    let message = "Number of parameters in request and statement don't match.";
    for statement in [
        "SELECT * FROM t WHERE a = ?",
        "SELECT * FROM t WHERE size(a) BETWEEN ? AND 2",
        "INSERT INTO t VALUE {'a': [?]}",
        "UPDATE t SET a = set_add(a, <<'x'>>), b = ? WHERE c = 1",
    ] {
        assert_eq!(refusal(statement, &[]), message, "{statement}");
        assert!(
            parse(statement, vec![n("1"), n("2")]).is_ok(),
            "{statement}"
        );
    }
}

#[test]
fn bounds_hold() {
    let conditions = |count: usize| vec!["a = 1"; count].join(" AND ");
    let statement = |condition: &str| format!("SELECT * FROM t WHERE {condition}");
    // An operator each, and one between two.
    assert!(parse(&statement(&conditions(150)), Vec::new()).is_ok());
    let many = "The expression contains too many operators; operator count: 301";
    all_refused(&[(&statement(&conditions(151)), many)]);
    all_refused(&[(&statement(&format!("{}a = 1", "NOT ".repeat(300))), many)]);
    let members = |count: usize| statement(&format!("a IN [{}]", vec!["1"; count].join(",")));
    assert!(parse(&members(100), Vec::new()).is_ok());
    all_refused(&[(
        &members(101),
        "The IN operator is provided with too many operands; number of operands: 101",
    )]);
    // Whatever is nested, it ends.
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{'a':", "}"),
        ("<<", ">>"),
        ("f(", ")"),
        ("size(", ")"),
        ("a[", "]"),
        ("NOT (", ")"),
        ("CASE WHEN ", " THEN 1 END"),
        ("EXISTS(SELECT ", " FROM t)"),
        ("(SELECT * FROM t WHERE ", ")"),
        ("- ", ""),
        ("NOT ", ""),
        ("a IN (", ")"),
    ] {
        for count in [10, 60, 63, 64, 65, 4000] {
            let nested = format!("{}1{}", open.repeat(count), close.repeat(count));
            for statement in [
                statement(&nested),
                nested.clone(),
                format!("INSERT INTO t VALUE {nested}"),
            ] {
                let _ = parse(&statement, Vec::new());
            }
        }
    }
}
