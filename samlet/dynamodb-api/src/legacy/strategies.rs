//! Conditions and updates that DynamoDB takes, for property tests.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{AttributeUpdate, Conditions, Operator, Test};
use crate::AttributeValue;
use crate::value::strategies::{name, number, value};

/// Values that an operator takes.
fn values(operator: Operator) -> BoxedStrategy<Vec<AttributeValue>> {
    let text = || ".{0,4}".prop_map(AttributeValue::S);
    match operator {
        Operator::Null | Operator::NotNull => Just(Vec::new()).boxed(),
        Operator::Equal | Operator::NotEqual => vec(value(), 1).boxed(),
        Operator::In => vec(number().prop_map(AttributeValue::N), 1..4).boxed(),
        Operator::Between => vec(number(), 2)
            .prop_map(|mut bounds| {
                bounds.sort();
                bounds.into_iter().map(AttributeValue::N).collect()
            })
            .boxed(),
        _ => vec(text(), 1).boxed(),
    }
}

/// Conditions on some attributes.
pub(crate) fn conditions() -> impl Strategy<Value = Conditions> {
    let test = prop::sample::select(Operator::ALL.to_vec()).prop_flat_map(|operator| {
        values(operator).prop_map(move |values| Test { operator, values })
    });
    (btree_map(name(), test, 1..4), any::<bool>()).prop_map(|(tests, is_any)| Conditions {
        is_any: is_any && tests.len() > 1,
        tests: tests.into_iter().collect(),
    })
}

/// Updates of some attributes.
pub(crate) fn updates() -> impl Strategy<Value = Vec<(String, AttributeUpdate)>> {
    let set = || vec(".{1,3}", 1).prop_map(AttributeValue::Ss);
    let update = prop_oneof![
        value().prop_map(AttributeUpdate::Put),
        number().prop_map(|number| AttributeUpdate::Add(AttributeValue::N(number))),
        set().prop_map(AttributeUpdate::Add),
        set().prop_map(AttributeUpdate::Remove),
        Just(AttributeUpdate::Delete),
    ];
    btree_map(name(), update, 0..4).prop_map(|updates| updates.into_iter().collect())
}
