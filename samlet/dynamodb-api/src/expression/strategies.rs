//! Expressions that DynamoDB takes, for property tests.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::{
    Comparator, Condition, KeyCondition, KeyTest, Operand, Path, PathElement, Projection,
    SetAction, SetOperand, SetValue, Update,
};
use crate::value::strategies::{name, number, value};
use crate::{AttributeType, AttributeValue};

/// A path.
pub(crate) fn path() -> impl Strategy<Value = Path> {
    let element = prop_oneof![
        name().prop_map(PathElement::Member),
        (0..=i32::MAX as u64).prop_map(PathElement::Index),
    ];
    (name(), vec(element, 0..4)).prop_map(|(attribute, elements)| Path {
        attribute,
        elements,
    })
}

/// A condition.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::All),
            vec(inner.clone(), 2..4).prop_map(Condition::Any),
            inner.prop_map(|condition| Condition::Not(Box::new(condition))),
        ]
    })
}

/// A condition without others in it.
fn leaf() -> impl Strategy<Value = Condition> {
    let comparator = prop::sample::select(vec![
        Comparator::Less,
        Comparator::LessOrEqual,
        Comparator::Greater,
        Comparator::GreaterOrEqual,
    ]);
    let equality = prop::sample::select(vec![Comparator::Equal, Comparator::NotEqual]);
    let value = || value().prop_map(Operand::Value);
    let of_item = || {
        prop_oneof![
            path().prop_map(Operand::Path),
            path().prop_map(Operand::Size)
        ]
    };
    let ordered = || ordered().prop_map(Operand::Value);
    let kind = prop::sample::select(AttributeType::ALL.to_vec());
    prop_oneof![
        (equality, of_item(), value()).prop_map(|(sign, a, b)| Condition::Compare(sign, a, b)),
        (comparator, ordered(), of_item()).prop_map(|(sign, a, b)| Condition::Compare(sign, a, b)),
        (of_item(), bounds()).prop_map(|(operand, (low, high))| {
            Condition::Between(operand, Operand::Value(low), Operand::Value(high))
        }),
        (of_item(), vec(value(), 1..4)).prop_map(|(operand, all)| Condition::In(operand, all)),
        path().prop_map(Condition::Exists),
        path().prop_map(Condition::NotExists),
        (path(), kind).prop_map(|(path, kind)| Condition::IsOfType(path, kind)),
        (path(), text()).prop_map(|(path, text)| {
            Condition::BeginsWith(Operand::Path(path), Operand::Value(text))
        }),
        (path(), value())
            .prop_map(|(path, value)| { Condition::Contains(Operand::Path(path), value) }),
    ]
}

/// A text or bytes.
fn text() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        ".{0,4}".prop_map(AttributeValue::S),
        vec(any::<u8>(), 0..4).prop_map(AttributeValue::B),
    ]
}

/// A value that is less or greater than others.
fn ordered() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![text(), number().prop_map(AttributeValue::N)]
}

/// The bounds of a `BETWEEN`.
fn bounds() -> impl Strategy<Value = (AttributeValue, AttributeValue)> {
    prop_oneof![
        (number(), number())
            .prop_map(|(a, b)| { (AttributeValue::N(a.min(b)), AttributeValue::N(a.max(b))) }),
        (".{0,4}", ".{0,4}").prop_map(|(a, b)| {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            (AttributeValue::S(low), AttributeValue::S(high))
        }),
    ]
}

/// A key condition.
pub(crate) fn key_condition() -> impl Strategy<Value = KeyCondition> {
    let test = prop_oneof![
        ordered().prop_map(KeyTest::Equal),
        ordered().prop_map(KeyTest::Less),
        ordered().prop_map(KeyTest::LessOrEqual),
        ordered().prop_map(KeyTest::Greater),
        ordered().prop_map(KeyTest::GreaterOrEqual),
        bounds().prop_map(|(low, high)| KeyTest::Between(low, high)),
        text().prop_map(KeyTest::BeginsWith),
    ];
    btree_map(name(), test, 1..3).prop_map(|tests| KeyCondition(tests.into_iter().collect()))
}

/// A projection.
pub(crate) fn projection() -> impl Strategy<Value = Projection> {
    btree_map(name(), path(), 1..5).prop_map(|paths| Projection(apart(paths)))
}

/// Paths of different attributes.
fn apart(paths: BTreeMap<String, Path>) -> Vec<Path> {
    let paths = paths.into_iter();
    paths
        .map(|(attribute, path)| Path { attribute, ..path })
        .collect()
}

/// An action of an update, but for its path.
#[derive(Clone, Debug)]
enum Action {
    Set(SetValue),
    Remove,
    Add(AttributeValue),
    Delete(AttributeValue),
}

/// An update.
pub(crate) fn update() -> impl Strategy<Value = Update> {
    btree_map(name(), (path(), action()), 1..6).prop_map(|actions| {
        let mut update = Update::default();
        for (attribute, (path, action)) in actions {
            let path = Path { attribute, ..path };
            match action {
                Action::Set(value) => update.set.push(SetAction { path, value }),
                Action::Remove => update.remove.push(path),
                Action::Add(value) => update.add.push((path, value)),
                Action::Delete(value) => update.delete.push((path, value)),
            }
        }
        update
    })
}

fn action() -> impl Strategy<Value = Action> {
    let set = || "[a-c]{1,2}".prop_map(|member| AttributeValue::Ss(vec![member]));
    prop_oneof![
        4 => set_value().prop_map(Action::Set),
        1 => Just(Action::Remove),
        1 => number().prop_map(|number| Action::Add(AttributeValue::N(number))),
        1 => set().prop_map(Action::Add),
        1 => set().prop_map(Action::Delete),
    ]
}

fn set_value() -> impl Strategy<Value = SetValue> {
    let number = number().prop_map(|number| SetOperand::Value(AttributeValue::N(number)));
    let sum = (path().prop_map(SetOperand::Path), number, any::<bool>());
    prop_oneof![
        set_operand().prop_map(SetValue::Operand),
        (path(), option::of(path())).prop_map(|(first, second)| {
            let list = SetOperand::Value(AttributeValue::L(Vec::new()));
            let second = second.map_or(list, SetOperand::Path);
            SetValue::Operand(SetOperand::ListAppend(
                Box::new(SetOperand::Path(first)),
                Box::new(second),
            ))
        }),
        sum.prop_map(|(left, right, is_plus)| {
            if is_plus {
                return SetValue::Plus(left, right);
            }
            SetValue::Minus(right, left)
        }),
    ]
}

fn set_operand() -> impl Strategy<Value = SetOperand> {
    let leaf = prop_oneof![
        path().prop_map(SetOperand::Path),
        value().prop_map(SetOperand::Value),
    ];
    leaf.prop_recursive(3, 3, 1, |inner| {
        let call = |(path, otherwise): (Path, SetOperand)| {
            // DynamoDB refuses the same path twice.
            let otherwise = match otherwise {
                SetOperand::Path(other) if other == path => SetOperand::Value(AttributeValue::Null),
                other => other,
            };
            SetOperand::IfNotExists(path, Box::new(otherwise))
        };
        (path(), inner).prop_map(call)
    })
}
