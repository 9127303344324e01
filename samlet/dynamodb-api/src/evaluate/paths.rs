//! Follows document paths into items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>

use crate::expression::{Path, PathElement};
use crate::{AttributeValue, Item};

/// What is at a path; nothing if a step doesn't fit what is there, such as an index into a map.
pub fn at<'i>(path: &Path, item: &'i Item) -> Option<&'i AttributeValue> {
    let attribute = item.get(&path.attribute)?;
    path.elements.iter().try_fold(attribute, step)
}

/// A step on the way.
pub(super) fn step<'i>(
    value: &'i AttributeValue,
    element: &PathElement,
) -> Option<&'i AttributeValue> {
    match (value, element) {
        (AttributeValue::M(members), PathElement::Member(name)) => members.get(name),
        (AttributeValue::L(values), PathElement::Index(index)) => values.get(as_usize(*index)),
        _ => None,
    }
}

/// A step on the way to what is to be changed.
pub(super) fn step_mut<'i>(
    value: &'i mut AttributeValue,
    element: &PathElement,
) -> Option<&'i mut AttributeValue> {
    match (value, element) {
        (AttributeValue::M(members), PathElement::Member(name)) => members.get_mut(name),
        (AttributeValue::L(values), PathElement::Index(index)) => values.get_mut(as_usize(*index)),
        _ => None,
    }
}

/// An index of a list; one that is too large for this machine is beyond the end of any list.
pub(super) fn as_usize(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
