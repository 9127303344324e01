//! Additions to numbers, sets and lists, and removals from sets: `ADD` and `DELETE` of both kinds of updates.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html#Expressions.UpdateExpressions.ADD>

use std::collections::HashSet;
use std::hash::Hash;

use crate::{AttributeValue, Number, NumberError, Refusal};

/// What a value becomes by an `ADD`: if there is none yet, what is added. `mismatch` is the message if the types differ.
///
/// Only `AttributeUpdates` can add lists: expressions that do so are refused when they are read.
pub(super) fn added(
    current: Option<&AttributeValue>,
    value: &AttributeValue,
    mismatch: &str,
) -> Result<AttributeValue, Refusal> {
    use AttributeValue::{Bs, L, N, Ns, Ss};
    let Some(current) = current else {
        return Ok(value.clone());
    };
    match (current, value) {
        (N(current), N(value)) => arithmetic(current.plus(*value)),
        (Ss(current), Ss(value)) => Ok(Ss(union(current, value))),
        (Ns(current), Ns(value)) => Ok(Ns(union(current, value))),
        (Bs(current), Bs(value)) => Ok(Bs(union(current, value))),
        (L(current), L(value)) => Ok(L([current.as_slice(), value].concat())),
        _ => Err(Refusal::validation(mismatch)),
    }
}

/// What a `DELETE` of members leaves of a set: nothing if all of them go, because sets are never empty.
pub(super) fn remaining(
    current: &AttributeValue,
    value: &AttributeValue,
    mismatch: &str,
) -> Result<Option<AttributeValue>, Refusal> {
    use AttributeValue::{Bs, Ns, Ss};
    let rest = match (current, value) {
        (Ss(current), Ss(value)) => difference(current, value).map(Ss),
        (Ns(current), Ns(value)) => difference(current, value).map(Ns),
        (Bs(current), Bs(value)) => difference(current, value).map(Bs),
        _ => return Err(Refusal::validation(mismatch)),
    };
    Ok(rest)
}

/// The result of an addition or a subtraction.
pub(super) fn arithmetic(result: Result<Number, NumberError>) -> Result<AttributeValue, Refusal> {
    match result {
        Ok(number) => Ok(AttributeValue::N(number)),
        Err(error) => Err(Refusal::validation(error.to_string())),
    }
}

fn union<T: Clone + Eq + Hash>(current: &[T], more: &[T]) -> Vec<T> {
    let known: HashSet<&T> = current.iter().collect();
    let more = more.iter().filter(|member| !known.contains(member));
    current.iter().chain(more).cloned().collect()
}

fn difference<T: Clone + Eq + Hash>(current: &[T], fewer: &[T]) -> Option<Vec<T>> {
    let fewer: HashSet<&T> = fewer.iter().collect();
    let rest = current.iter().filter(|member| !fewer.contains(member));
    let rest: Vec<T> = rest.cloned().collect();
    (!rest.is_empty()).then_some(rest)
}
