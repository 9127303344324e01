use proptest::prelude::*;

use crate::expression::{
    Comparator, Condition, Operand, Path, PathElement, Projection, SetAction, SetOperand, SetValue,
    Update,
};
use crate::partiql::{Returning, Select, Statement, parse};
use crate::value::Number;
use crate::{AttributeType, AttributeValue};

#[test]
fn statements_are_written_with_a_mark_for_each_value() {
    for (statement, printed) in [
        ("select * from t", "SELECT * FROM \"t\""),
        (
            "SELECT a, \"b c\".\"d\", l[0], \"inner\" FROM \"t\".i WHERE \"a\"='x' AND (b<>2 OR NOT(c=3 AND d=4)) ORDER BY a DESC",
            "SELECT a,\"b c\".d,l[0],\"inner\" FROM \"t\".\"i\" WHERE a=? AND (b<>? OR NOT (c=? AND d=?)) ORDER BY a DESC",
        ),
        (
            "SELECT * FROM t WHERE size(a) BETWEEN 1 AND 2 OR a IN (1, b) OR a IS NOT NULL OR a IS NOT MISSING OR a IS MISSING OR attribute_type(a, 'NS') OR contains(a, 1)",
            "SELECT * FROM \"t\" WHERE size(a) BETWEEN ? AND ? OR a IN [?,b] OR NOT a IS NULL OR attribute_exists(a) OR a IS MISSING OR attribute_type(a,'NS') OR contains(a,?)",
        ),
        (
            "INSERT INTO t VALUE {'b': [1, {'c': 2}], 'a''b': ''}",
            "INSERT INTO \"t\" VALUE {'a''b':?,'b':?}",
        ),
        (
            "UPDATE t SET a = 1 SET b = set_add(b, <<'x'>>), c = c - 1, d = list_append(d, [1]) REMOVE e REMOVE f[0] WHERE k = 1 RETURNING ALL NEW *",
            "UPDATE \"t\" SET a=?,c=c-?,d=list_append(d,?),b=set_add(b,?) REMOVE e REMOVE f[0] WHERE k=? RETURNING ALL NEW *",
        ),
        (
            "UPDATE t SET \"count\" = \"count\" + 1 WHERE k = 1",
            "UPDATE \"t\" SET \"count\"=\"count\"+? WHERE k=?",
        ),
        ("DELETE FROM t WHERE k = 1", "DELETE FROM \"t\" WHERE k=?"),
        (
            "EXISTS(SELECT * FROM t WHERE k = 1)",
            "EXISTS(SELECT * FROM \"t\" WHERE k=?)",
        ),
    ] {
        assert_eq!(parse(statement, Vec::new()).unwrap().print().0, printed);
    }
}

proptest! {
    #[test]
    fn statements_that_are_written_and_read_again_are_the_same(statement in statement()) {
        let (text, parameters) = statement.print();
        prop_assert_eq!(parse(&text, owned(&parameters)), Ok(statement), "{}", text);
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in any::<String>(), words in prop::collection::vec(word(), 0..40)) {
        for text in [text, words.join(" "), words.concat()] {
            let parameters = vec![AttributeValue::Null; 3];
            if let Ok(statement) = parse(&text, parameters) {
                let (printed, parameters) = statement.print();
                prop_assert_eq!(parse(&printed, owned(&parameters)), Ok(statement), "{}", printed);
            }
        }
    }
}

fn owned(parameters: &[&AttributeValue]) -> Vec<AttributeValue> {
    parameters.iter().map(|value| (*value).clone()).collect()
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT",
        "*",
        "FROM",
        "t",
        "\"t\"",
        "WHERE",
        "a",
        "b",
        "=",
        "<",
        "1",
        "-",
        "'x'",
        "?",
        "AND",
        "OR",
        "NOT",
        "IN",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ":",
        "<<",
        ">>",
        "IS",
        "NULL",
        "MISSING",
        "BETWEEN",
        "UPDATE",
        "SET",
        "REMOVE",
        "DELETE",
        "INSERT",
        "INTO",
        "VALUE",
        "RETURNING",
        "ALL",
        "OLD",
        "size",
        "contains",
        "begins_with",
        "attribute_type",
        "set_add",
        "list_append",
        "EXISTS",
        "ORDER",
        "BY",
        "--",
        "\n",
        "/*",
        "*/",
        "`",
        "'",
        "\"",
        ";",
        "+",
        "é",
    ])
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        "[a-zA-Z\"'.\\[\\] é-]{1,4}",
        Just("inner".to_owned())
    ]
}

fn path() -> impl Strategy<Value = Path> {
    let element = prop_oneof![
        name().prop_map(PathElement::Member),
        (0..9_u64).prop_map(PathElement::Index)
    ];
    (name(), prop::collection::vec(element, 0..3)).prop_map(|(attribute, elements)| Path {
        attribute,
        elements,
    })
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        any::<i64>()
            .prop_map(|number| AttributeValue::N(Number::parse(&number.to_string()).unwrap())),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::L(vec![AttributeValue::Null])),
        Just(AttributeValue::Ss(vec!["a".into()])),
        Just(AttributeValue::B(vec![0, 255])),
    ]
}

fn kind() -> impl Strategy<Value = AttributeType> {
    prop::sample::select(AttributeType::ALL.to_vec())
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        value().prop_map(Operand::Value),
        path().prop_map(Operand::Path),
        path().prop_map(Operand::Size),
    ]
}

/// Conditions that pass DynamoDB's checks.
fn condition() -> impl Strategy<Value = Condition> {
    let text = || any::<String>().prop_map(|text| Operand::Value(AttributeValue::S(text)));
    let comparator = prop::sample::select(vec![
        Comparator::Less,
        Comparator::LessOrEqual,
        Comparator::Greater,
        Comparator::GreaterOrEqual,
    ]);
    let is_distinct =
        |(one, other): &(Operand, Operand)| one != other || !matches!(one, Operand::Path(_));
    let leaf = prop_oneof![
        (
            (operand(), operand()).prop_filter("distinct", is_distinct),
            any::<bool>()
        )
            .prop_map(|((left, right), is_equal)| {
                let comparator = if is_equal {
                    Comparator::Equal
                } else {
                    Comparator::NotEqual
                };
                Condition::Compare(comparator, left, right)
            }),
        (comparator, path(), text()).prop_map(|(comparator, path, value)| Condition::Compare(
            comparator,
            Operand::Path(path),
            value
        )),
        (path(), path())
            .prop_filter("distinct", |(one, other)| one != other)
            .prop_map(|(one, other)| {
                Condition::Between(
                    Operand::Size(one.clone()),
                    Operand::Size(other.clone()),
                    Operand::Path(other),
                )
            }),
        (
            path(),
            prop::collection::vec(value().prop_map(Operand::Value), 1..4)
        )
            .prop_map(|(path, members)| Condition::In(Operand::Path(path), members)),
        path().prop_map(Condition::Exists),
        path().prop_map(Condition::NotExists),
        (path(), kind()).prop_map(|(path, kind)| Condition::IsOfType(path, kind)),
        (path(), text()).prop_map(|(path, text)| Condition::BeginsWith(Operand::Path(path), text)),
        (path(), value()).prop_map(|(path, value)| Condition::Contains(
            Operand::Path(path),
            Operand::Value(value)
        )),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Any),
            // More than two are as one or two of them.
            inner
                .prop_filter("twice at most", |inner| match inner {
                    Condition::Not(inner) => !matches!(**inner, Condition::Not(_)),
                    _ => true,
                })
                .prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

/// Updates whose paths don't overlap.
fn update() -> impl Strategy<Value = Update> {
    let simple =
        || "[a-z]{1,3}[0-9]".prop_map(|name: String| SetOperand::Path(name.as_str().into()));
    let term = move || prop_oneof![simple(), value().prop_map(SetOperand::Value)];
    let set_value = prop_oneof![
        term().prop_map(SetValue::Operand),
        (term(), term()).prop_map(|(left, right)| SetValue::Plus(left, right)),
        (term(), term()).prop_map(|(left, right)| SetValue::Minus(left, right)),
        (term(), term()).prop_map(|(first, second)| {
            SetValue::Operand(SetOperand::ListAppend(Box::new(first), Box::new(second)))
        }),
    ];
    let set = Just(AttributeValue::Ss(vec!["a".into(), "b".into()]));
    let apart = |prefix: &'static str, paths: Vec<Path>| -> Vec<Path> {
        let apart = |(index, path): (usize, Path)| Path {
            attribute: format!("{prefix}{index}{}", path.attribute),
            ..path
        };
        paths.into_iter().enumerate().map(apart).collect()
    };
    (
        prop::collection::vec(set_value, 0..4),
        prop::collection::vec(path(), 4),
        prop::collection::vec(path(), 0..3),
        prop::collection::vec(path(), 1..3),
        set,
    )
        .prop_map(move |(values, paths, sets, removed, set)| Update {
            set: apart("s", paths)
                .into_iter()
                .zip(values)
                .map(|(path, value)| SetAction { path, value })
                .collect(),
            add: apart("a", sets.clone())
                .into_iter()
                .map(|path| (path, set.clone()))
                .collect(),
            delete: apart("d", sets)
                .into_iter()
                .map(|path| (path, set.clone()))
                .collect(),
            remove: apart("r", removed),
        })
}

fn statement() -> impl Strategy<Value = Statement> {
    let returning = prop::sample::select(vec![
        Returning::AllOld,
        Returning::ModifiedOld,
        Returning::AllNew,
        Returning::ModifiedNew,
    ]);
    let table = || "[a-zA-Z0-9_.-]{3,9}";
    let order = prop::collection::vec(
        (
            name().prop_map(|name| Path::from(name.as_str())),
            any::<bool>(),
        ),
        0..3,
    );
    let select = (
        table(),
        prop::option::of(table()),
        prop::option::of(prop::collection::vec(path(), 1..4)),
        prop::option::of(condition()),
        order,
    )
        .prop_map(|(table, index, paths, condition, order)| Select {
            table,
            index,
            projection: paths.map(Projection),
            order: if condition.is_some() {
                order
            } else {
                Vec::new()
            },
            condition,
        })
        .boxed();
    prop_oneof![
        select.clone().prop_map(Statement::Select),
        select.prop_map(Statement::Exists),
        (table(), prop::collection::btree_map(name(), value(), 0..4))
            .prop_map(|(table, item)| Statement::Insert { table, item }),
        (table(), update(), condition(), prop::option::of(returning)).prop_map(
            |(table, update, condition, returning)| Statement::Update {
                table,
                update,
                condition,
                returning
            }
        ),
        (table(), condition(), any::<bool>()).prop_map(|(table, condition, returning)| {
            Statement::Delete {
                table,
                condition,
                returning: returning.then_some(Returning::AllOld),
            }
        }),
    ]
}
