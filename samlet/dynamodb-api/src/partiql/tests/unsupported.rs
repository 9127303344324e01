//! What the embedded engine doesn't take.

use crate::partiql::parse;

#[test]
fn forms_that_the_embedded_engine_does_not_have() {
    for (statement, what) in [
        (
            "SELECT * FROM t WHERE begins_with('ab', a)",
            "begins_with of anything but a path and a value",
        ),
        (
            "SELECT * FROM t WHERE k = 1 OR NOT contains(a, b)",
            "contains of anything but a path and a value",
        ),
        (
            "UPDATE t SET a = b WHERE k = 1",
            "SET of an attribute to another attribute",
        ),
        (
            "UPDATE t SET a = 1 + b WHERE k = 1",
            "SET of a sum or difference that doesn't begin with an attribute",
        ),
        (
            "UPDATE t SET a = l[0] + 1 WHERE k = 1",
            "SET with a list's element or an attribute whose name must be quoted on its right-hand side",
        ),
        (
            "UPDATE t SET a = \"x y\" + 1 WHERE k = 1",
            "SET with a list's element or an attribute whose name must be quoted on its right-hand side",
        ),
        (
            "UPDATE t SET a = list_append(list_append(a, b), c) WHERE k = 1",
            "list_append within another function or operator",
        ),
        ("EXISTS(SELECT * FROM t WHERE k = 1 AND a = 2)", "EXISTS"),
    ] {
        let statement = parse(statement, Vec::new()).unwrap();
        let refusal = statement.check_supported().unwrap_err();
        assert_eq!(
            refusal.to_string(),
            format!("samlet does not support {what} in PartiQL")
        );
    }
}
