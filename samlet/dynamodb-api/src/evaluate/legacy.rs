//! What the parameters from before expressions do with items: `Expected`, filters and `AttributeUpdates`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>

use super::compare::{compare, equal, is_between};
use super::condition::{begins_with, contains};
use super::sets::{added, remaining};
use super::update::{Updated, check_size};
use crate::expression::{Comparator, Path, Projection};
use crate::legacy::{AttributeUpdate, Conditions, Operator, Test};
use crate::{AttributeValue, Item, Refusal};

/// The message about a value that is of another type than the attribute that it is added to or removed from.
const MISMATCH: &str = "Type mismatch for attribute to update";

/// Whether all of the conditions hold, or any if that is enough. An item that is not there has no attributes.
pub fn conditions_hold(conditions: &Conditions, item: Option<&Item>) -> bool {
    let holds = |(name, test): &(String, Test)| {
        let value = item.and_then(|item| item.get(name));
        test_holds(test, value)
    };
    if conditions.is_any {
        conditions.tests.iter().any(holds)
    } else {
        conditions.tests.iter().all(holds)
    }
}

/// Whether a test holds of an attribute. One that is missing is not equal to anything, but neither contains a value nor
/// doesn't contain it.
fn test_holds(test: &Test, value: Option<&AttributeValue>) -> bool {
    let first = test.values.first();
    let compares = |comparator| compare(comparator, value, first);
    let both = |test: fn(&AttributeValue, &AttributeValue) -> bool| {
        value.is_some_and(|value| first.is_some_and(|first| test(value, first)))
    };
    match test.operator {
        Operator::Equal => compares(Comparator::Equal),
        Operator::NotEqual => compares(Comparator::NotEqual),
        Operator::LessOrEqual => compares(Comparator::LessOrEqual),
        Operator::Less => compares(Comparator::Less),
        Operator::GreaterOrEqual => compares(Comparator::GreaterOrEqual),
        Operator::Greater => compares(Comparator::Greater),
        Operator::Contains => both(contains),
        Operator::NotContains => both(|value, first| !contains(value, first)),
        Operator::BeginsWith => both(begins_with),
        Operator::In => value.is_some_and(|value| test.values.iter().any(|one| equal(value, one))),
        Operator::Between => match (value, test.values.as_slice()) {
            (Some(value), [low, high]) => is_between(value, low, high),
            _ => false,
        },
        Operator::Null => value.is_none(),
        Operator::NotNull => value.is_some(),
    }
}

/// What becomes of an item by `AttributeUpdates`; one that is not there has the attributes of its key.
pub fn legacy_updated(
    updates: &[(String, AttributeUpdate)],
    item: &Item,
) -> Result<Updated, Refusal> {
    let mut new = item.clone();
    for (name, update) in updates {
        let current = item.get(name);
        let value = match (update, current) {
            (AttributeUpdate::Put(value), _) => Some(value.clone()),
            (AttributeUpdate::Add(value), _) => Some(added(current, value, MISMATCH)?),
            (AttributeUpdate::Remove(value), Some(current)) => remaining(current, value, MISMATCH)?,
            (AttributeUpdate::Remove(_), None) | (AttributeUpdate::Delete, _) => None,
        };
        match value {
            Some(value) => new.insert(name.clone(), value),
            None => new.remove(name),
        };
    }
    check_size(&new)?;
    let names = updates.iter().map(|(name, _)| Path::from(name.as_str()));
    Ok(Updated {
        item: new,
        changed: Projection(names.collect()),
    })
}

/// Whether updates only take away; no updates do not.
pub(super) fn only_removes(updates: &[(String, AttributeUpdate)]) -> bool {
    let mut kinds = updates.iter().map(|(_, update)| update);
    !updates.is_empty()
        && kinds.all(|one| matches!(one, AttributeUpdate::Remove(_) | AttributeUpdate::Delete))
}
