//! Numbers, values and items that DynamoDB takes, for property tests.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::{AttributeValue, Item, Number};

/// A number of up to 38 digits from the whole range.
pub(crate) fn number() -> impl Strategy<Value = Number> {
    let parts = (any::<bool>(), "[0-9]{1,38}", -130..=125_i64, any::<bool>());
    parts.prop_map(|(is_negative, digits, exponent, is_whole)| {
        let sign = if is_negative { "-" } else { "" };
        let exponent = if is_whole {
            0
        } else {
            exponent - (digits.trim_start_matches('0').len() as i64 - 1).max(0)
        };
        Number::parse(&format!("{sign}{digits}e{exponent}")).unwrap_or(Number::ZERO)
    })
}

/// An attribute's name.
pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,3}", 1 => ".{1,8}"]
}

/// A value.
pub(crate) fn value() -> impl Strategy<Value = AttributeValue> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            btree_map(name(), inner, 0..4).prop_map(AttributeValue::M),
        ]
    })
}

/// An item.
pub(crate) fn item() -> impl Strategy<Value = Item> {
    btree_map(name(), value(), 0..5)
}

/// A value without others in it, or a set.
fn scalar() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        4 => ".{0,8}".prop_map(AttributeValue::S),
        4 => number().prop_map(AttributeValue::N),
        2 => vec(any::<u8>(), 0..8).prop_map(AttributeValue::B),
        1 => any::<bool>().prop_map(AttributeValue::Bool),
        1 => Just(AttributeValue::Null),
        1 => set(".{0,4}").prop_map(AttributeValue::Ss),
        1 => set(number()).prop_map(AttributeValue::Ns),
        1 => set(vec(any::<u8>(), 0..4)).prop_map(AttributeValue::Bs),
    ]
}

/// A set's members, in any order.
fn set<T: Clone + Debug + Ord>(member: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    btree_set(member, 1..5)
        .prop_map(|members: BTreeSet<T>| members.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}
