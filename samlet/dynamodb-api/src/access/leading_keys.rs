//! `dynamodb:LeadingKeys`: the values of the partition key that a part of a request is about.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>

use super::Part;
use crate::expression::{KeyCondition, KeyTest};
use crate::legacy::{Conditions, Operator};
use crate::request::{BatchWrite, KeySearch};
use crate::{AttributeValue, Item};

/// The values of the partition key `attribute` that a part is about: `None` if it is about any, or it can't be said
/// about which.
pub(super) fn of<'r>(part: &Part<'r>, attribute: &str) -> Option<Vec<&'r AttributeValue>> {
    let of_item = |item: &'r Item| item.get(attribute).map(|value| vec![value]);
    match part {
        Part::None | Part::Tags(_) | Part::TagKeys(_) | Part::Scan(_) => None,
        Part::Get(get) => of_item(&get.key),
        Part::Put(put, _) => of_item(&put.item),
        Part::Update(update, _) => of_item(&update.key),
        Part::Delete(delete, _) => of_item(&delete.key),
        Part::TransactGet(get, _) => of_item(&get.key),
        Part::Check(check, _) => of_item(&check.key),
        Part::Query(query) => match &query.key {
            KeySearch::Expression(condition) => of_key_condition(condition, attribute),
            KeySearch::Legacy(conditions) => of_key_conditions(conditions, attribute),
        },
        Part::BatchGet(keys, _) => {
            let keys = keys.keys.iter();
            keys.map(|key| key.get(attribute)).collect()
        }
        Part::BatchWrite(writes, _) => {
            let items = writes.iter().map(|write| match write {
                BatchWrite::Put(item) | BatchWrite::Delete(item) => item,
            });
            items.map(|item| item.get(attribute)).collect()
        }
        Part::Statement { statement, .. } => statement.fixed_values(attribute),
    }
}

fn of_key_condition<'r>(
    condition: &'r KeyCondition,
    attribute: &str,
) -> Option<Vec<&'r AttributeValue>> {
    condition.0.iter().find_map(|(name, test)| match test {
        KeyTest::Equal(value) if name == attribute => Some(vec![value]),
        _ => None,
    })
}

fn of_key_conditions<'r>(
    conditions: &'r Conditions,
    attribute: &str,
) -> Option<Vec<&'r AttributeValue>> {
    conditions.tests.iter().find_map(|(name, test)| {
        let is_fixed = name == attribute && test.operator == Operator::Equal;
        is_fixed.then(|| test.values.iter().collect())
    })
}
