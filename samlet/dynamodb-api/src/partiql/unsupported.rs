//! What DynamoDB's PartiQL takes and the embedded engine doesn't: it is refused by name, not run in another sense.

use super::{Statement, words};
use crate::Refusal;
use crate::expression::{Condition, Operand, Path, PathElement, SetOperand, SetValue, Update};

impl Statement {
    /// Refuses what the embedded engine can't run.
    pub fn check_supported(&self) -> Result<(), Refusal> {
        let what = match self {
            Self::Exists(_) => Some("EXISTS"),
            Self::Select(select) => select.condition.as_ref().and_then(of_condition),
            Self::Insert { .. } => None,
            Self::Update {
                update, condition, ..
            } => of_condition(condition).or_else(|| of_update(update)),
            Self::Delete { condition, .. } => of_condition(condition),
        };
        match what {
            Some(what) => Err(Refusal::Validation(format!(
                "samlet does not support {what} in PartiQL"
            ))),
            None => Ok(()),
        }
    }
}

fn of_condition(condition: &Condition) -> Option<&'static str> {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            conditions.iter().find_map(of_condition)
        }
        Condition::Not(condition) => of_condition(condition),
        Condition::BeginsWith(value, part) if !is_simple_search(value, part) => {
            Some("begins_with of anything but a path and a value")
        }
        Condition::Contains(value, part) if !is_simple_search(value, part) => {
            Some("contains of anything but a path and a value")
        }
        _ => None,
    }
}

fn is_simple_search(value: &Operand, part: &Operand) -> bool {
    matches!((value, part), (Operand::Path(_), Operand::Value(_)))
}

fn of_update(update: &Update) -> Option<&'static str> {
    update.set.iter().find_map(|action| match &action.value {
        SetValue::Operand(SetOperand::Value(_)) => None,
        SetValue::Operand(SetOperand::ListAppend(first, second)) => {
            of_operand(first).or_else(|| of_operand(second))
        }
        SetValue::Operand(SetOperand::Path(_)) => Some("SET of an attribute to another attribute"),
        SetValue::Operand(operand @ SetOperand::IfNotExists(..)) => of_operand(operand),
        SetValue::Plus(left, right) | SetValue::Minus(left, right) => {
            if !matches!(left, SetOperand::Path(_)) {
                return Some("SET of a sum or difference that doesn't begin with an attribute");
            }
            of_operand(left).or_else(|| of_operand(right))
        }
    })
}

fn of_operand(operand: &SetOperand) -> Option<&'static str> {
    match operand {
        SetOperand::Value(_) => None,
        SetOperand::Path(path) if is_simple_operand(path) => None,
        SetOperand::Path(_) => Some(
            "SET with a list's element or an attribute whose name must be quoted on its right-hand side",
        ),
        SetOperand::IfNotExists(..) => Some("if_not_exists"),
        SetOperand::ListAppend(..) => Some("list_append within another function or operator"),
    }
}

/// Whether the store reads a path on the right-hand side of a `SET`.
fn is_simple_operand(path: &Path) -> bool {
    let is_member = |element: &PathElement| matches!(element, PathElement::Member(_));
    words::is_simple(&path.attribute)
        && !words::is_keyword_of_store(&path.attribute)
        && path.elements.iter().all(is_member)
}
