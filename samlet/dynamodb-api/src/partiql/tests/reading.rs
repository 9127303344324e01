use super::{n, s};
use crate::expression::{
    Comparator, Condition, Operand, Path, PathElement, Projection, SetAction, SetOperand, SetValue,
    Update,
};
use crate::partiql::{Returning, Select, Statement, parse};
use crate::{AttributeType, AttributeValue, Item};

#[track_caller]
fn read(statement: &str, parameters: &[AttributeValue]) -> Statement {
    parse(statement, parameters.to_vec()).unwrap_or_else(|why| panic!("{statement}: {why}"))
}

fn path(attribute: &str, members: &[&str]) -> Path {
    let member = |name: &&str| PathElement::Member((*name).to_owned());
    Path {
        attribute: attribute.into(),
        elements: members.iter().map(member).collect(),
    }
}

fn select(table: &str) -> Select {
    Select {
        table: table.into(),
        index: None,
        projection: None,
        condition: None,
        order: Vec::new(),
    }
}

#[track_caller]
fn condition(text: &str, parameters: &[AttributeValue]) -> Condition {
    match read(&format!("SELECT * FROM t WHERE {text}"), parameters) {
        Statement::Select(select) => select.condition.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn update(text: &str, parameters: &[AttributeValue]) -> Update {
    match read(&format!("UPDATE t {text} WHERE k = 1"), parameters) {
        Statement::Update { update, .. } => update,
        other => panic!("{other:?}"),
    }
}

fn is(name: &str, comparator: Comparator, value: AttributeValue) -> Condition {
    Condition::Compare(
        comparator,
        Operand::Path(name.into()),
        Operand::Value(value),
    )
}

fn equal(name: &str, value: AttributeValue) -> Condition {
    is(name, Comparator::Equal, value)
}

#[test]
fn tables_and_indexes() {
    for (statement, table, index) in [
        ("SELECT * FROM t", "t", None),
        ("select * from T;", "T", None),
        ("SELECT ALL * FROM \"a-b.c\"", "a-b.c", None),
        ("SELECT * FROM \"t\".\"i\"", "t", Some("i")),
        ("SELECT * FROM t.i", "t", Some("i")),
        ("SELECT * FROM \"t\" -- u\n.\"i\"", "t", Some("i")),
        ("SELECT * FROM \"from\"", "from", None),
        ("SELECT * FROM \"a\"\"b\"", "a\"b", None),
        // What is in a comment or a string names no table.
        ("SELECT /* from own */ * FROM secret", "secret", None),
        ("SELECT * -- from own\nFROM secret", "secret", None),
        ("SELECT \"from own\" FROM secret", "secret", None),
        ("SELECT * FROM secret WHERE a = ' from own'", "secret", None),
        (
            "SELECT * FROM secret WHERE a = ''' from own'",
            "secret",
            None,
        ),
        ("SELECT*FROM\"secret\"", "secret", None),
    ] {
        let statement = read(statement, &[]);
        assert_eq!((statement.table(), statement.index()), (table, index));
    }
}

#[test]
fn selections() {
    let projected = |paths: Vec<Path>| {
        Statement::Select(Select {
            projection: Some(Projection(paths)),
            ..select("t")
        })
    };
    let element = Path {
        attribute: "l".into(),
        elements: vec![PathElement::Index(0), PathElement::Member("x y".into())],
    };
    for (list, paths) in [
        ("a", vec!["a".into()]),
        (
            "a, \"b\" , m.n",
            vec!["a".into(), "b".into(), path("m", &["n"])],
        ),
        ("\"a.b\"", vec!["a.b".into()]),
        ("\"a\".\"b\"", vec![path("a", &["b"])]),
        ("a['b']", vec![path("a", &["b"])]),
        ("l[0].\"x y\"", vec![element]),
        (
            "year, name, data",
            vec!["year".into(), "name".into(), "data".into()],
        ),
    ] {
        let statement = format!("SELECT {list} FROM t");
        assert_eq!(read(&statement, &[]), projected(paths), "{list}");
    }
    let ordered = |order: Vec<(Path, bool)>| {
        Statement::Select(Select {
            condition: Some(equal("a", s("x"))),
            order,
            ..select("t")
        })
    };
    for (clause, order) in [
        ("b", vec![("b".into(), false)]),
        ("b ASC", vec![("b".into(), false)]),
        (
            "a DESC, \"b\" NULLS LAST;",
            vec![("a".into(), true), ("b".into(), false)],
        ),
    ] {
        let statement = format!("SELECT * FROM t WHERE a = 'x' ORDER BY {clause}");
        assert_eq!(read(&statement, &[]), ordered(order), "{clause}");
    }
}

#[test]
fn values() {
    let item = |members: &[(&str, AttributeValue)]| -> Item {
        let members = members.iter().cloned();
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    for (text, value) in [
        ("'x'", s("x")),
        ("'it''s'", s("it's")),
        ("''", s("")),
        ("'é\n'", s("é\n")),
        ("1", n("1")),
        ("-1.50", n("-1.5")),
        ("+1", n("1")),
        ("- -1", n("1")),
        (".5", n("0.5")),
        ("1.", n("1")),
        ("1e2", n("100")),
        ("TRUE", AttributeValue::Bool(true)),
        ("false", AttributeValue::Bool(false)),
        ("Null", AttributeValue::Null),
        ("[]", AttributeValue::L(vec![])),
        (
            "[1, ['a']]",
            AttributeValue::L(vec![n("1"), AttributeValue::L(vec![s("a")])]),
        ),
        ("{}", AttributeValue::M(item(&[]))),
        (
            "{'a': 1, 'b': {'c': null}}",
            AttributeValue::M(item(&[
                ("a", n("1")),
                ("b", AttributeValue::M(item(&[("c", AttributeValue::Null)]))),
            ])),
        ),
        (
            "<<'a', 'b'>>",
            AttributeValue::Ss(vec!["a".into(), "b".into()]),
        ),
        (
            "<<1,-2>>",
            AttributeValue::Ns(vec![
                crate::Number::parse("1").unwrap(),
                crate::Number::parse("-2").unwrap(),
            ]),
        ),
        ("(1, 2)", AttributeValue::L(vec![n("1"), n("2")])),
    ] {
        assert_eq!(
            condition(&format!("a = {text}"), &[]),
            equal("a", value.clone()),
            "{text}"
        );
        let statement = format!("INSERT INTO \"t\" VALUE {{'a': {text}}}");
        let inserted = Statement::Insert {
            table: "t".into(),
            item: item(&[("a", value)]),
        };
        assert_eq!(read(&statement, &[]), inserted, "{text}");
    }
    let statement = "insert into t value {'a': ?, 'b': [?, {'c': ?}], \"d\": ?}";
    let parameters = [n("1"), n("2"), n("3"), AttributeValue::B(vec![1])];
    let map = AttributeValue::M(item(&[("c", n("3"))]));
    let expected = item(&[
        ("a", n("1")),
        ("b", AttributeValue::L(vec![n("2"), map])),
        ("d", AttributeValue::B(vec![1])),
    ]);
    let Statement::Insert { item, .. } = read(statement, &parameters) else {
        panic!("{statement}");
    };
    assert_eq!(item, expected);
}

#[test]
fn conditions() {
    use Comparator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let a = || Operand::Path("a".into());
    let value = |number: &str| Operand::Value(n(number));
    let not = |condition| Condition::Not(Box::new(condition));
    let one = || equal("a", n("1"));
    let type_of = |kind| Condition::IsOfType("a".into(), kind);
    for (text, expected) in [
        ("a = 1", one()),
        ("a <> 1", is("a", NotEqual, n("1"))),
        ("a != 1", is("a", NotEqual, n("1"))),
        ("a < 1", is("a", Less, n("1"))),
        ("a<=1", is("a", LessOrEqual, n("1"))),
        ("a > 1", is("a", Greater, n("1"))),
        ("a >= 1", is("a", GreaterOrEqual, n("1"))),
        ("1 < a", Condition::Compare(Less, value("1"), a())),
        (
            "'x' = 'y'",
            Condition::Compare(Equal, Operand::Value(s("x")), Operand::Value(s("y"))),
        ),
        (
            "a = \"b\"",
            Condition::Compare(Equal, a(), Operand::Path("b".into())),
        ),
        (
            "size(a) > 1",
            Condition::Compare(Greater, Operand::Size("a".into()), value("1")),
        ),
        (
            "SIZE('héllo') = a",
            Condition::Compare(Equal, value("5"), a()),
        ),
        (
            "a BETWEEN 1 AND 2",
            Condition::Between(a(), value("1"), value("2")),
        ),
        (
            "a NOT BETWEEN 1 AND 2",
            not(Condition::Between(a(), value("1"), value("2"))),
        ),
        (
            "a IN [1, 2]",
            Condition::In(a(), vec![value("1"), value("2")]),
        ),
        ("a in (1)", Condition::In(a(), vec![value("1")])),
        ("a NOT IN (1)", not(Condition::In(a(), vec![value("1")]))),
        ("a IS MISSING", Condition::NotExists("a".into())),
        ("a IS NOT MISSING", Condition::Exists("a".into())),
        ("a IS NULL", type_of(AttributeType::Null)),
        ("a IS NOT NULL", not(type_of(AttributeType::Null))),
        ("a IS BOOLEAN", type_of(AttributeType::Bool)),
        ("a IS TUPLE", type_of(AttributeType::M)),
        ("a IS NUMERIC(5, 2)", type_of(AttributeType::N)),
        ("attribute_exists(a)", Condition::Exists("a".into())),
        ("attribute_not_exists(a)", Condition::NotExists("a".into())),
        ("Attribute_Exists(a) = true", Condition::Exists("a".into())),
        (
            "false = attribute_exists(a)",
            not(Condition::Exists("a".into())),
        ),
        (
            "attribute_exists(a) <> FALSE",
            not(not(Condition::Exists("a".into()))),
        ),
        ("attribute_type(a, 'SS')", type_of(AttributeType::Ss)),
        (
            "begins_with(a, 'x')",
            Condition::BeginsWith(a(), Operand::Value(s("x"))),
        ),
        ("contains(\"a\", 1)", Condition::Contains(a(), value("1"))),
        ("(a = 1)", one()),
        ("NOT a = 1", not(one())),
        ("NOT NOT a = 1", not(not(one()))),
        ("NOT NOT NOT a = 1", not(one())),
        (
            "a = 1 AND b = 2 OR c = 3",
            Condition::Any(vec![
                Condition::All(vec![one(), equal("b", n("2"))]),
                equal("c", n("3")),
            ]),
        ),
        (
            "a = 1 AND (b = 2 OR c = 3)",
            Condition::All(vec![
                one(),
                Condition::Any(vec![equal("b", n("2")), equal("c", n("3"))]),
            ]),
        ),
        (
            "NOT a = 1 AND b = 2",
            Condition::All(vec![not(one()), equal("b", n("2"))]),
        ),
        (
            "a BETWEEN 1 AND 2 AND b = 2",
            Condition::All(vec![
                Condition::Between(a(), value("1"), value("2")),
                equal("b", n("2")),
            ]),
        ),
    ] {
        assert_eq!(condition(text, &[]), expected, "{text}");
    }
    for text in ["attribute_exists(a) = b", "b = attribute_exists(a)"] {
        let exists = || Condition::Exists("a".into());
        let is = |value| equal("b", AttributeValue::Bool(value));
        let expected = Condition::Any(vec![
            Condition::All(vec![exists(), is(true)]),
            Condition::All(vec![not(exists()), is(false)]),
        ]);
        assert_eq!(condition(text, &[]), expected, "{text}");
        assert_eq!(
            condition(&text.replace('=', "<>"), &[]),
            not(expected),
            "{text}"
        );
    }
    let parameters = [n("1"), n("2"), s("x")];
    assert_eq!(
        condition("a BETWEEN ? AND ? AND begins_with(b, ?)", &parameters),
        Condition::All(vec![
            Condition::Between(a(), value("1"), value("2")),
            Condition::BeginsWith(Operand::Path("b".into()), Operand::Value(s("x"))),
        ])
    );
    // A mark in a string is none.
    assert_eq!(condition("a = '?'", &[]), equal("a", s("?")));
}

#[test]
fn updates() {
    let a = || SetOperand::Path("a".into());
    let value = |number: &str| SetOperand::Value(n(number));
    let set = |path: Path, value| SetAction { path, value };
    let one = |name: &str| set(name.into(), SetValue::Operand(value("1")));
    let just = |set| Update {
        set,
        ..Update::default()
    };
    let texts = || AttributeValue::Ss(vec!["x".into()]);
    for (text, expected) in [
        ("SET a = 1", just(vec![one("a")])),
        ("SET a=1, b=1", just(vec![one("a"), one("b")])),
        ("SET a = 1 SET b = 1", just(vec![one("a"), one("b")])),
        (
            "SET m.n = 1",
            just(vec![set(path("m", &["n"]), SetValue::Operand(value("1")))]),
        ),
        (
            "SET a = a + 1",
            just(vec![set("a".into(), SetValue::Plus(a(), value("1")))]),
        ),
        (
            "SET a = a-1",
            just(vec![set("a".into(), SetValue::Minus(a(), value("1")))]),
        ),
        (
            "SET a = a - -1",
            just(vec![set("a".into(), SetValue::Minus(a(), value("-1")))]),
        ),
        (
            "SET b = a",
            just(vec![set("b".into(), SetValue::Operand(a()))]),
        ),
        (
            "SET a = list_append(a, [1])",
            just(vec![set(
                "a".into(),
                SetValue::Operand(SetOperand::ListAppend(
                    Box::new(a()),
                    Box::new(SetOperand::Value(AttributeValue::L(vec![n("1")]))),
                )),
            )]),
        ),
        (
            "SET a = set_add(a, <<'x'>>)",
            Update {
                add: vec![("a".into(), texts())],
                ..Update::default()
            },
        ),
        (
            "SET a = set_delete(a, <<'x'>>) REMOVE b REMOVE m.c",
            Update {
                delete: vec![("a".into(), texts())],
                remove: vec!["b".into(), path("m", &["c"])],
                ..Update::default()
            },
        ),
    ] {
        assert_eq!(update(text, &[]), expected, "{text}");
    }
    let expected = Statement::Update {
        table: "t".into(),
        update: just(vec![one("a")]),
        condition: equal("k", n("2")),
        returning: Some(Returning::ModifiedNew),
    };
    let parameters = [n("1"), n("2")];
    let statement = "UPDATE t SET a = ? WHERE k = ? RETURNING MODIFIED NEW *";
    assert_eq!(read(statement, &parameters), expected);
    let parameters = [n("2"), n("1")];
    let statement = "FROM t WHERE k = ? SET a = ? returning modified new *;";
    assert_eq!(read(statement, &parameters), expected);
}

#[test]
fn deletions_and_checks() {
    assert_eq!(
        read("DELETE FROM \"t\" WHERE k = 'x' RETURNING ALL OLD *", &[]),
        Statement::Delete {
            table: "t".into(),
            condition: equal("k", s("x")),
            returning: Some(Returning::AllOld),
        }
    );
    assert_eq!(
        read("EXISTS(SELECT * FROM t WHERE k = 'x')", &[]),
        Statement::Exists(Select {
            condition: Some(equal("k", s("x"))),
            ..select("t")
        })
    );
}
