use super::{all_malformed, all_refused};

#[test]
fn statements_that_are_not_partiql() {
    all_malformed(&[
        ("", "Unexpected term"),
        (";", "Unexpected term"),
        ("SELECTT * FROMM \"t\"", "Unexpected token after expression"),
        ("SLECT * FROM t", "Expected data manipulation"),
        (
            "INSRT INTO t VALUE {'a': 1}",
            "Unexpected token after expression",
        ),
        ("DROP TABLE t", "Unexpected keyword"),
        ("SELECT", "Unexpected term"),
        ("SELECT * FROM", "Unexpected term"),
        ("SELECT * FROM ;", "Unexpected term"),
        ("SELECT * FROM WHERE", "Unexpected keyword"),
        ("SELECT 1", "Expected FROM after SELECT list"),
        (
            "SELECT FROM t",
            "Expected identifier or an expression but found unexpected keyword 'from' in a select list.",
        ),
        (
            "SELECT *, a FROM t",
            "Other expressions may not be present in the select list when '*' is used without dot notation.",
        ),
        ("SELECT a, FROM t", "Expected data manipulation"),
        ("SELECT * FROM 't", ""),
        (
            "SELECT * FROM t WHERE a = 1 b",
            "Unexpected token after expression",
        ),
        (
            "SELECT * FROM t WHERE a NOT NOT IN [1]",
            "Unexpected token after expression",
        ),
        (
            "SELECT * FROM t; SELECT * FROM u",
            "Unexpected token after semicolon. (Only one query is allowed.)",
        ),
        (
            "SELECT * FROM t;;",
            "Unexpected token after semicolon. (Only one query is allowed.)",
        ),
        (
            "SELECT * FROM t ORDER BY a WHERE b = 1",
            "Unexpected token after expression",
        ),
        ("DELETE t", "Expected FROM after DELETE"),
        ("DELETE FROM", "Expected identifier for simple path"),
        ("DELETE FROM 't'", "Expected identifier for simple path"),
        ("UPDATE", "Expected identifier for simple path"),
        ("UPDATE t", "Expected data manipulation"),
        ("UPDATE t WHERE a = 1", "Expected data manipulation"),
        (
            "UPDATE a-b SET a = 1 WHERE b = 2",
            "Expected data manipulation",
        ),
        ("UPDATE t SET", "Expected identifier for simple path"),
        (
            "UPDATE t SET value = 1 WHERE a = 1",
            "Expected identifier for simple path",
        ),
        ("UPDATE t SET a", "Expected '='"),
        (
            "UPDATE t SET a = 1, WHERE b = 1",
            "Expected identifier for simple path",
        ),
        (
            "UPDATE t REMOVE a, b WHERE c = 1",
            "Unexpected token after expression",
        ),
        ("FROM t WHERE SET a = 1", "Expected data manipulation"),
        ("FROM t WHERE a = 1", "Expected data manipulation"),
        ("INSERT", "Unexpected keyword"),
        ("INSERT t VALUE {'a': 1}", "Unexpected keyword"),
        ("INSERT INTO", "Expected identifier for simple path"),
        (
            "INSERT INTO t x VALUE {'a': 1}",
            "Unexpected token after expression",
        ),
        ("INSERT INTO t AS x VALUE {'a': 1}", "Unexpected keyword"),
        ("INSERT INTO t (key, b) VALUES (1, 2)", "Unexpected keyword"),
        (
            "INSERT INTO t VALUE {'a': 1} IF NOT EXISTS",
            "Unexpected token after expression",
        ),
        (
            "INSERT INTO t VALUE {'a': 1} ON CONFLICT DO NOTHING",
            "Unexpected token after expression",
        ),
        ("INSERT INTO t VALUE {'a': X'61'}", "Expected RIGHT_CURLY"),
        ("INSERT INTO t VALUE {'a' 1}", "Expected COLON"),
        ("INSERT INTO t VALUE {'a': 1,}", "Unexpected term"),
        ("INSERT INTO t VALUE {'a': [1 2]}", "Expected RIGHT_BRACKET"),
        (
            "INSERT INTO t VALUE {'a': <<1 2>>}",
            "Expected RIGHT_DOUBLE_ANGLE_BRACKET",
        ),
        ("INSERT INTO t VALUE {'a': `}", ""),
        ("INSERT INTO t VALUE {'a': `}`}", ""),
        (
            "DELETE FROM t WHERE a = 1 RETURNING OLD *",
            "Expected ALL or MODIFIED in a returning clause.",
        ),
        (
            "DELETE FROM t WHERE a = 1 RETURNING ALL *",
            "Expected OLD or NEW in a returning clause.",
        ),
    ]);
}

#[test]
fn conditions_that_are_not_partiql() {
    let cases = [
        ("", "Unexpected term"),
        ("NOT", "Unexpected term"),
        ("(", "Unexpected term"),
        ("()", "Expression group cannot be empty"),
        ("(a = 1", "Expected RIGHT_PAREN"),
        (
            "a = 1 AND",
            "Missing right-hand side expression of infix operator",
        ),
        (
            "a = 1 OR ;",
            "Missing right-hand side expression of infix operator",
        ),
        (
            "a =",
            "Missing right-hand side expression of infix operator",
        ),
        ("= 1", "Unexpected operator"),
        ("AND a = 1", "Unexpected operator"),
        ("a = LIKE", "Unexpected operator"),
        ("a = WHERE", "Unexpected keyword"),
        ("a == 1", "Unexpected operator"),
        ("size = 1", "Unexpected keyword"),
        ("date = 'x'", "Unexpected keyword"),
        ("m.inner = 1", "Invalid path dot component"),
        ("m. = 1", "Invalid path dot component"),
        ("l[0 = 1", "Expected RIGHT_BRACKET"),
        ("a BETWEEN 1", "Expected AND keyword"),
        ("a NOT BETWEEN 1", "Expected AND keyword"),
        ("a BETWEEN 1 AND", "Expected expression after AND"),
        (
            "a IN",
            "Missing right-hand side expression of infix operator",
        ),
        ("a IN ()", "Unexpected term"),
        ("a IS", "Expected type name"),
        ("a IS NOT", "Expected type name"),
        ("a IS 5", "Expected type name"),
        ("a = #", ""),
        ("a = 1 é", ""),
        ("a = 5e", ""),
        ("CASE a END = 1", "Expected a WHEN clause in CASE"),
    ];
    for (condition, reason) in cases {
        let statement = format!("SELECT * FROM t WHERE {condition}");
        all_malformed(&[(&statement, reason)]);
    }
}

#[test]
fn statements_that_dynamodb_does_not_have() {
    all_refused(&[
        ("FOO", "Unsupported operation: Id"),
        ("FOO.BAR", "Unsupported operation: Path"),
        ("'a'", "Unsupported operation: Lit"),
        ("- -1", "Unsupported operation: Lit"),
        ("MISSING", "Unsupported operation: Missing"),
        ("[1]", "Unsupported operation: List"),
        ("{'a': 1}", "Unsupported operation: Struct"),
        ("<<1>>", "Unsupported operation: Bag"),
        ("?", "Unsupported operation: Parameter"),
        ("a IS NULL", "Unsupported operation: IsType"),
        (
            "CASE a WHEN 1 THEN 2 END",
            "Unsupported operation: SimpleCase",
        ),
        (
            "CASE WHEN a THEN 2 ELSE 3 END",
            "Unsupported operation: SearchedCase",
        ),
        (
            "FOO AND BAR",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        (
            "1 + 1",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        (
            "FOO(1)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        (
            "SET a = 1",
            "Only select from a single table or index is supported.",
        ),
        (
            "REMOVE a",
            "Only select from a single table or index is supported.",
        ),
        (
            "SELECT * FROM t, u",
            "Only select from a single table or index is supported.",
        ),
        (
            "SELECT * FROM t INNER JOIN u ON 1 = 1",
            "Only select from a single table or index is supported.",
        ),
        ("SELECT * FROM t x", "Aliasing is not supported"),
        (
            "SELECT * FROM t AS x WHERE a = 1",
            "Aliasing is not supported",
        ),
        ("SELECT a AS b FROM t", "Aliasing is not supported"),
        (
            "UPDATE t x SET a = 1 WHERE b = 1",
            "Aliasing is not supported",
        ),
        ("DELETE FROM t x WHERE b = 1", "Aliasing is not supported"),
        ("SELECT * FROM a-b", "Unexpected from source"),
        ("SELECT * FROM 't'", "Unexpected from source"),
        ("SELECT * FROM (SELECT * FROM t)", "Unexpected from source"),
        (
            "SELECT * FROM t.i.j",
            "A path may contain at most 2 components in the FROM clause",
        ),
        (
            "SELECT * FROM \"\"",
            "Path component cannot be an empty string",
        ),
        (
            "SELECT * FROM t.\"\"",
            "Path component cannot be an empty string",
        ),
        (
            "SELECT COUNT(*) FROM t",
            "Unexpected path component at 1:8:5",
        ),
        (
            "SELECT COUNT(a) FROM t",
            "Unexpected path component at 1:8:5",
        ),
        (
            "SELECT\n  attribute_exists(a) FROM t",
            "Unexpected path component at 2:3:16",
        ),
        ("SELECT 'é', 1 FROM t", "Unexpected path component at 1:8:3"),
        ("SELECT a[-1] FROM t", "Unexpected path component at 1:8:1"),
        ("SELECT DISTINCT a FROM t", "Unsupported clause: DISTINCT"),
        ("SELECT * FROM t LIMIT 1", "Unsupported clause: LIMIT"),
        ("SELECT * FROM t GROUP BY a", "Unsupported clause: GROUP BY"),
        (
            "INSERT INTO \"t\".\"i\" VALUE {'a': 1}",
            "FROM clause may only contain a single table name in data manipulation statements at 1:13:3",
        ),
        (
            "UPDATE t.i SET a = 1 WHERE b = 1",
            "This operation is not supported on an index",
        ),
        (
            "DELETE FROM t.i WHERE b = 1",
            "This operation is not supported on an index",
        ),
        (
            "DELETE FROM t",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "UPDATE t SET a = 1",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
        (
            "SELECT * FROM t ORDER BY a",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM t WHERE a = 1 ORDER BY b.c",
            "Argument to ORDER BY must be of type VariableReference. Type: PATH at 1:38:1",
        ),
        (
            "SELECT * FROM t WHERE a = 1 ORDER BY 'sk'",
            "Argument to ORDER BY must be of type VariableReference. Type: sk at 1:38:4",
        ),
    ]);
}

#[test]
fn conditions_that_dynamodb_does_not_have() {
    let operand = "Incorrect operand type for operator or function; operator or function:";
    let number = "Incorrect number of operands for operator or function; operator or function:";
    let distinct = "The first operand must be distinct from the remaining operands for this operator or function; operator:";
    let cases = [
        (
            "'a'",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        (
            "size(a)",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        (
            "size(a) AND b = 1",
            &format!("{operand} AND, operand type: N"),
        ),
        ("b = 1 OR 'x'", &format!("{operand} OR, operand type: S")),
        ("NOT size(a)", &format!("{operand} NOT, operand type: N")),
        ("a = MISSING", "MISSING must be compared using IS operator"),
        ("MISSING = a", "MISSING must be compared using IS operator"),
        (
            "a IN [1, MISSING]",
            "MISSING must be compared using IS operator",
        ),
        ("a = a", &format!("{distinct} =, first operand: [a]")),
        (
            "m.a <> m.a",
            &format!("{distinct} <>, first operand: [m, a]"),
        ),
        (
            "l[0] IN [1, l[0]]",
            &format!("{distinct} IN, first operand: [l, [0]]"),
        ),
        (
            "x BETWEEN 1 AND x",
            &format!("{distinct} BETWEEN, first operand: [x]"),
        ),
        ("EXISTS(a)", "Unrecognized function: exists at 1:23:6"),
        ("Foo(a) = 1", "Unrecognized function: foo at 1:23:3"),
        (
            "set_add(ss, <<'x'>>) = ss",
            "Unrecognized function: set_add at 1:23:7",
        ),
        (
            "a = if_not_exists(b, 1)",
            "Unrecognized function: if_not_exists at 1:27:13",
        ),
        (
            "EXISTS(SELECT * FROM u)",
            "Unsupported token in expression: SELECT at 1:30:6",
        ),
        (
            "a = (SELECT * FROM u)",
            "Unsupported token in expression: SELECT at 1:28:6",
        ),
        (
            "attribute_exists('a')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists()",
            &format!("{number} attribute_exists, number of operands: 0"),
        ),
        (
            "attribute_not_exists(a, b)",
            &format!("{number} attribute_not_exists, number of operands: 2"),
        ),
        (
            "attribute_exists(a) < true",
            &format!("{operand} <, operand type: BOOL"),
        ),
        (
            "attribute_exists(a) BETWEEN 1 AND 2",
            &format!("{operand} BETWEEN, operand type: BOOL"),
        ),
        (
            "attribute_type(a)",
            &format!("{number} attribute_type, number of operands: 1"),
        ),
        (
            "attribute_type(a, 'X')",
            "Invalid attribute type name found; type: X, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}",
        ),
        (
            "attribute_type(a, 1)",
            &format!("{operand} attribute_type, operand type: N"),
        ),
        (
            "attribute_type(a, a)",
            &format!("{distinct} attribute_type, first operand: [a]"),
        ),
        (
            "size(a, b) = 1",
            &format!("{number} size, number of operands: 2"),
        ),
        (
            "size(a) + 1 = 2",
            "Unsupported operator in Condition Expression. Operator: +",
        ),
        (
            "a = b - 1",
            "Unsupported operator in Condition Expression. Operator: -",
        ),
        (
            "size(a) IS NULL",
            "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
        ),
        (
            "a IS INT8",
            "Unsupported data type for IS operator: Integer8Type. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at 1:23:1",
        ),
        ("a IN []", &format!("{number} IN, number of operands: 1")),
        ("a < true", &format!("{operand} <, operand type: BOOL")),
        ("NOT a >= [1]", &format!("{operand} >=, operand type: L")),
        (
            "begins_with(a, 1)",
            &format!("{operand} begins_with, operand type: N"),
        ),
        (
            "a BETWEEN <<1>> AND 2",
            &format!("{operand} BETWEEN, operand type: NS"),
        ),
        (
            "a BETWEEN 1 AND 'x'",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}",
        ),
        (
            "a NOT BETWEEN 2 AND 1",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        ("a.\"\" = 1", "Path component cannot be an empty string"),
    ];
    for (condition, message) in cases {
        let statement = format!("SELECT * FROM t WHERE {condition}");
        all_refused(&[(&statement, message)]);
    }
}
