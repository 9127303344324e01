use std::collections::BTreeSet;

use super::{n, s};
use crate::partiql::parse;

#[test]
fn the_attributes_that_a_statement_names() {
    for (statement, names) in [
        ("SELECT * FROM t", ""),
        (
            "SELECT a, m.x FROM t WHERE b = 1 AND NOT size(c) > d ORDER BY e",
            "a b c d e m",
        ),
        (
            "SELECT * FROM t WHERE a IN [b, 1] OR c BETWEEN 1 AND d OR e IS MISSING OR begins_with(f, 'x')",
            "a b c d e f",
        ),
        (
            "UPDATE t SET a = 1, b = c + 1, d = list_append(e, []) REMOVE f.g WHERE h = 1",
            "a b c d e f h",
        ),
        (
            "UPDATE t SET a = set_add(a, <<1>>), b = set_delete(b, <<1>>) WHERE h = 1",
            "a b h",
        ),
        ("DELETE FROM t WHERE h = 1", "h"),
    ] {
        let statement = parse(statement, Vec::new()).unwrap();
        let mut named = BTreeSet::new();
        statement.paths(&mut |path| {
            named.insert(path.attribute.as_str());
        });
        let named: Vec<_> = named.into_iter().collect();
        assert_eq!(named.join(" "), names, "{statement:?}");
    }
}

#[test]
fn the_values_that_a_statement_binds_a_key_to() {
    let (a, b) = (&s("a"), &s("b"));
    for (condition, values) in [
        ("k = 'a'", Some(vec![a])),
        ("'a' = k", Some(vec![a])),
        ("k IN ['a', 'b']", Some(vec![a, b])),
        ("k = 'a' AND x = 1", Some(vec![a])),
        ("x = 1 AND (k = 'a' AND y = 2)", Some(vec![a])),
        ("k = 'a' OR k = 'b'", Some(vec![a, b])),
        ("(k = 'a' OR k = 'b') AND x = 1", Some(vec![a, b])),
        ("k = 'a' OR x = 1", None),
        ("k = 'a' AND x = 1 OR x = 2", None),
        ("NOT k = 'a'", None),
        ("NOT NOT k = 'a'", None),
        ("k <> 'a'", None),
        ("k > 'a'", None),
        ("k NOT IN ['a']", None),
        ("begins_with(k, 'a')", None),
        ("k.x = 'a'", None),
        ("\"k.x\" = 'a'", None),
        ("k = x", None),
        ("k IN ['a', x]", None),
        ("size(k) = 'a'", None),
        ("x = 'k'", None),
    ] {
        let statement = parse(&format!("SELECT * FROM t WHERE {condition}"), Vec::new()).unwrap();
        assert_eq!(statement.fixed_values("k"), values, "{condition}");
        assert_eq!(statement.action(), "PartiQLSelect");
        let statement = parse(&format!("DELETE FROM t WHERE {condition}"), Vec::new()).unwrap();
        assert_eq!(statement.fixed_values("k"), values, "{condition}");
        assert_eq!(statement.action(), "PartiQLDelete");
    }
    let statement = parse("SELECT * FROM t", Vec::new()).unwrap();
    assert_eq!(statement.fixed_values("k"), None);
    let statement = parse("INSERT INTO t VALUE {'k': ?}", vec![n("1")]).unwrap();
    assert_eq!(statement.fixed_values("k"), Some(vec![&n("1")]));
    assert_eq!(statement.fixed_values("x"), None);
}
