//! Random conditions and updates.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::PLAIN;
use super::values::{bytes, leaf, number, scalar, set, text, value};
use crate::expressions::{Comparator, Condition, Path, Within};
use crate::updates::{Action, Operand};
use crate::value::Value;

fn plain() -> BoxedStrategy<Path> {
    prop_oneof![
        6 => select(&PLAIN[..]).prop_map(|name| (name, None)),
        2 => select(&["x", "y", "X"][..]).prop_map(|name| ("m", Some(Within::Member(name.into())))),
        2 => (0..4_usize).prop_map(|index| ("l", Some(Within::Index(index)))),
        1 => select(&["a", "l"][..]).prop_map(|name| (name, Some(Within::Member("x".into())))),
    ]
    .prop_map(|(attribute, within)| Path {
        attribute: attribute.to_owned(),
        within,
    })
    .boxed()
}

fn comparator() -> BoxedStrategy<Comparator> {
    use Comparator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    select(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][..]).boxed()
}

pub(crate) fn condition() -> BoxedStrategy<Condition> {
    let is_ordered =
        |comparator: &Comparator| !matches!(comparator, Comparator::Equal | Comparator::NotEqual);
    let compare = (plain(), comparator(), scalar(), value());
    let compare = compare.prop_map(move |(path, comparator, scalar, value)| {
        let value = if is_ordered(&comparator) {
            scalar
        } else {
            value
        };
        Condition::Compare(path, comparator, value)
    });
    let between =
        (plain(), scalar(), scalar()).prop_map(|(path, one, two)| match one.order(&two) {
            Some(order) if order.is_le() => Condition::Between(path, one, two),
            Some(_) => Condition::Between(path, two, one),
            None => Condition::Between(path, one.clone(), one),
        });
    let start = prop_oneof![text().prop_map(Value::S), bytes().prop_map(Value::B)];
    let kinds = select(&["S", "N", "B", "L", "M", "SS", "NS", "NULL", "BOOL"][..]);
    let two_paths = (plain(), comparator(), plain());
    let two_paths = two_paths.prop_filter_map("of one path", |(one, comparator, two)| {
        (one != two).then_some(Condition::ComparePaths(one, comparator, two))
    });
    let simple = prop_oneof![
        3 => plain().prop_map(Condition::Exists),
        3 => plain().prop_map(Condition::Missing),
        4 => compare,
        1 => two_paths,
        2 => between,
        1 => (plain(), vec(leaf(), 1..4)).prop_map(|(path, values)| Condition::In(path, values)),
        1 => (plain(), start).prop_map(|(path, start)| Condition::BeginsWith(path, start)),
        1 => (plain(), scalar()).prop_map(|(path, part)| Condition::Contains(path, part)),
        1 => (plain(), comparator(), 0..4_usize).prop_map(|(path, comparator, size)| Condition::Size(path, comparator, size)),
        1 => (plain(), kinds).prop_map(|(path, kind)| Condition::Type(path, kind)),
    ];
    simple
        .prop_recursive(2, 4, 2, |inner| {
            let two = || (inner.clone(), inner.clone());
            prop_oneof![
                two().prop_map(|(left, right)| Condition::And(Box::new(left), Box::new(right))),
                two().prop_map(|(left, right)| Condition::Or(Box::new(left), Box::new(right))),
                inner.clone().prop_map(|one| Condition::Not(Box::new(one))),
            ]
        })
        .boxed()
}

fn operand() -> BoxedStrategy<Operand> {
    prop_oneof![
        4 => value().prop_map(Operand::Value),
        1 => plain().prop_map(Operand::Path),
        2 => (plain(), value()).prop_map(|(path, value)| Operand::IfNotExists(path, value)),
        1 => (plain(), vec(leaf(), 0..3)).prop_map(|(path, values)| Operand::Append(path, values)),
        1 => vec(leaf(), 0..3).prop_map(|values| Operand::Append(named("l"), values)),
        1 => vec(leaf(), 0..3).prop_map(|values| Operand::Prepend(named("l"), values)),
        2 => number().prop_map(|number| Operand::Plus(named("n"), number)),
        1 => (plain(), number()).prop_map(|(path, number)| Operand::Minus(path, number)),
    ]
    .boxed()
}

pub(crate) fn named(name: &str) -> Path {
    Path {
        attribute: name.to_owned(),
        within: None,
    }
}

pub(crate) fn action() -> BoxedStrategy<Action> {
    let added = || prop_oneof![number().prop_map(Value::N), set()];
    prop_oneof![
        6 => (plain(), operand()).prop_map(|(path, operand)| Action::Set(path, operand)),
        3 => plain().prop_map(Action::Remove),
        1 => (plain(), added()).prop_map(|(path, value)| Action::Add(path, value)),
        2 => number().prop_map(|number| Action::Add(named("n"), Value::N(number))),
        1 => set().prop_map(|set| Action::Add(named("t"), set)),
        1 => set().prop_map(|set| Action::Delete(named("t"), set)),
        1 => (plain(), set()).prop_map(|(path, set)| Action::Delete(path, set)),
    ]
    .boxed()
}
