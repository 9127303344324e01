//! Which types operators take, as far as values show it.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::functions::is_ordered;
use crate::AttributeValue;
use crate::expression::{Comparator, Condition, Operand};

/// The refusal of a type.
pub(super) fn incorrect(operator: &str, kind: &str) -> String {
    format!(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
    )
}

/// The first refusal in a condition, in the order in which it is written.
pub(super) fn first_refusal(condition: &Condition) -> Option<String> {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            conditions.iter().find_map(first_refusal)
        }
        Condition::Not(condition) => first_refusal(condition),
        Condition::Compare(comparator, left, right) => {
            let operator = match comparator {
                Comparator::Equal | Comparator::NotEqual => return None,
                Comparator::Less => "<",
                Comparator::LessOrEqual => "<=",
                Comparator::Greater => ">",
                Comparator::GreaterOrEqual => ">=",
            };
            unordered(operator, left).or_else(|| unordered(operator, right))
        }
        Condition::Between(_, low, high) => {
            let unordered = unordered("BETWEEN", low).or_else(|| unordered("BETWEEN", high));
            unordered.or_else(|| bounds(low, high))
        }
        Condition::BeginsWith(_, Operand::Value(value)) => match value {
            AttributeValue::S(_) | AttributeValue::B(_) => None,
            other => Some(incorrect("begins_with", other.kind().name())),
        },
        _ => None,
    }
}

fn unordered(operator: &str, operand: &Operand) -> Option<String> {
    match operand {
        Operand::Value(value) if !is_ordered(value.kind()) => {
            Some(incorrect(operator, value.kind().name()))
        }
        _ => None,
    }
}

fn bounds(low: &Operand, high: &Operand) -> Option<String> {
    let (Operand::Value(low), Operand::Value(high)) = (low, high) else {
        return None;
    };
    let rule = if low.kind() != high.kind() {
        "same data type for lower and upper bounds"
    } else if order(low, high)? == Ordering::Greater {
        "upper bound to be greater than or equal to lower bound"
    } else {
        return None;
    };
    Some(format!(
        "The BETWEEN operator requires {rule}; lower bound operand: AttributeValue: {{{}}}, upper bound operand: AttributeValue: {{{}}}",
        shown(low),
        shown(high)
    ))
}

fn order(low: &AttributeValue, high: &AttributeValue) -> Option<Ordering> {
    match (low, high) {
        (AttributeValue::S(low), AttributeValue::S(high)) => Some(low.cmp(high)),
        (AttributeValue::B(low), AttributeValue::B(high)) => Some(low.cmp(high)),
        (AttributeValue::N(low), AttributeValue::N(high)) => Some(low.cmp(high)),
        _ => None,
    }
}

fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => format!("S:{text}"),
        AttributeValue::N(number) => format!("N:{number}"),
        AttributeValue::B(bytes) => format!("B:[{}]", STANDARD.encode(bytes)),
        other => other.kind().name().to_owned(),
    }
}
