//! Whether conditions and filters hold of an item.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::borrow::Cow;

use super::compare::{compare, equal, is_between};
use super::paths::at;
use crate::expression::{Condition, Operand};
use crate::{AttributeValue, Item, Number};

/// Whether a condition holds. An item that is not there has no attributes.
///
/// Nothing is refused here: values of a request that an operator doesn't take were refused when it was read, and those
/// of an item make the comparison false.
pub fn holds(condition: &Condition, item: Option<&Item>) -> bool {
    match item {
        Some(item) => holds_of(condition, item),
        None => holds_of(condition, &Item::new()),
    }
}

fn holds_of(condition: &Condition, item: &Item) -> bool {
    match condition {
        Condition::All(conditions) => conditions.iter().all(|one| holds_of(one, item)),
        Condition::Any(conditions) => conditions.iter().any(|one| holds_of(one, item)),
        Condition::Not(condition) => !holds_of(condition, item),
        Condition::Compare(comparator, left, right) => {
            let (left, right) = (operand(left, item), operand(right, item));
            compare(*comparator, left.as_deref(), right.as_deref())
        }
        Condition::Between(value, low, high) => {
            let operands = (
                operand(value, item),
                operand(low, item),
                operand(high, item),
            );
            matches!(operands, (Some(value), Some(low), Some(high)) if is_between(&value, &low, &high))
        }
        Condition::In(value, listed) => {
            let mut listed = listed.iter().filter_map(|one| operand(one, item));
            operand(value, item).is_some_and(|value| listed.any(|one| equal(&value, &one)))
        }
        Condition::Exists(path) => at(path, item).is_some(),
        Condition::NotExists(path) => at(path, item).is_none(),
        Condition::IsOfType(path, kind) => {
            at(path, item).is_some_and(|value| value.kind() == *kind)
        }
        Condition::BeginsWith(whole, start) => both(whole, start, item, begins_with),
        Condition::Contains(whole, part) => both(whole, part, item, contains),
    }
}

/// Whether both operands are there and `test` holds of them.
fn both(
    left: &Operand,
    right: &Operand,
    item: &Item,
    test: fn(&AttributeValue, &AttributeValue) -> bool,
) -> bool {
    match (operand(left, item), operand(right, item)) {
        (Some(left), Some(right)) => test(&left, &right),
        _ => false,
    }
}

fn operand<'a>(operand: &'a Operand, item: &'a Item) -> Option<Cow<'a, AttributeValue>> {
    match operand {
        Operand::Path(path) => at(path, item).map(Cow::Borrowed),
        Operand::Value(value) => Some(Cow::Borrowed(value)),
        Operand::Size(path) => {
            let size = size(at(path, item)?)?;
            Some(Cow::Owned(AttributeValue::N(size)))
        }
    }
}

/// `size(a)`: the length of a string in UTF-16, the bytes of a byte array or the members of a set, list or map. Other
/// values have none, and are compared like an attribute that is missing.
pub(crate) fn size(value: &AttributeValue) -> Option<Number> {
    let size = match value {
        AttributeValue::S(text) => text.encode_utf16().count(),
        AttributeValue::B(bytes) => bytes.len(),
        AttributeValue::Ss(texts) => texts.len(),
        AttributeValue::Ns(numbers) => numbers.len(),
        AttributeValue::Bs(values) => values.len(),
        AttributeValue::L(values) => values.len(),
        AttributeValue::M(members) => members.len(),
        AttributeValue::N(_) | AttributeValue::Bool(_) | AttributeValue::Null => return None,
    };
    Some(Number::from(size as u64))
}

/// Whether a string or a byte array begins with another.
pub(super) fn begins_with(whole: &AttributeValue, start: &AttributeValue) -> bool {
    match (whole, start) {
        (AttributeValue::S(whole), AttributeValue::S(start)) => whole.starts_with(start.as_str()),
        (AttributeValue::B(whole), AttributeValue::B(start)) => whole.starts_with(start),
        _ => false,
    }
}

/// Whether a string or a byte array has another within it, or a set or list has a value as member.
pub(super) fn contains(whole: &AttributeValue, part: &AttributeValue) -> bool {
    use AttributeValue::{B, Bs, L, N, Ns, S, Ss};
    match (whole, part) {
        (S(whole), S(part)) => whole.contains(part.as_str()),
        (B(whole), B(part)) => has_bytes(whole, part),
        (Ss(members), S(part)) => members.contains(part),
        (Ns(members), N(part)) => members.contains(part),
        (Bs(members), B(part)) => members.contains(part),
        (L(members), part) => members.iter().any(|member| equal(member, part)),
        _ => false,
    }
}

/// Searches as texts, each byte a character: the standard library's search in texts takes linear time, and it has none
/// in bytes.
fn has_bytes(whole: &[u8], part: &[u8]) -> bool {
    let text = |bytes: &[u8]| -> String { bytes.iter().copied().map(char::from).collect() };
    text(whole).contains(&text(part))
}
