//! Whether values are equal, and which of them is less.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html#Expressions.OperatorsAndFunctions.Comparators>

use std::cmp::Ordering;

use crate::expression::Comparator;
use crate::{AttributeValue, Item};

/// Whether a comparison holds. A value that is missing is not equal to anything, not even to another one, and has no
/// order; neither have values of other types than strings, numbers and bytes, nor those of different types.
pub fn compare(
    comparator: Comparator,
    left: Option<&AttributeValue>,
    right: Option<&AttributeValue>,
) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return comparator == Comparator::NotEqual;
    };
    let order_is = |fits: fn(Ordering) -> bool| order(left, right).is_some_and(fits);
    match comparator {
        Comparator::Equal => equal(left, right),
        Comparator::NotEqual => !equal(left, right),
        Comparator::Less => order_is(Ordering::is_lt),
        Comparator::LessOrEqual => order_is(Ordering::is_le),
        Comparator::Greater => order_is(Ordering::is_gt),
        Comparator::GreaterOrEqual => order_is(Ordering::is_ge),
    }
}

/// Whether a value lies within bounds that belong to the range.
pub(super) fn is_between(
    value: &AttributeValue,
    low: &AttributeValue,
    high: &AttributeValue,
) -> bool {
    order(low, value).is_some_and(Ordering::is_le)
        && order(value, high).is_some_and(Ordering::is_le)
}

/// Whether two values are equal: sets in any order, at any depth.
pub fn equal(left: &AttributeValue, right: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, Ns, Ss};
    match (left, right) {
        (Ss(left), Ss(right)) => same_members(left, right),
        (Ns(left), Ns(right)) => same_members(left, right),
        (Bs(left), Bs(right)) => same_members(left, right),
        (L(left), L(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| equal(left, right))
        }
        (M(left), M(right)) => items_equal(left, right),
        _ => left == right,
    }
}

/// Whether two items, or maps within items, are equal.
pub fn items_equal(left: &Item, right: &Item) -> bool {
    let mut pairs = left.iter().zip(right);
    left.len() == right.len()
        && pairs.all(|((name, left), (other, right))| name == other && equal(left, right))
}

/// The order of two strings (by their bytes in UTF-8), two numbers or two byte arrays.
pub fn order(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    use AttributeValue::{B, N, S};
    match (left, right) {
        (S(left), S(right)) => Some(left.cmp(right)),
        (N(left), N(right)) => Some(left.cmp(right)),
        (B(left), B(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn same_members<T: Ord>(left: &[T], right: &[T]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    sorted(left) == sorted(right)
}

fn sorted<T: Ord>(members: &[T]) -> Vec<&T> {
    let mut members: Vec<&T> = members.iter().collect();
    members.sort_unstable();
    members
}
