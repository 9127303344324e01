//! Calls that hold or don't, compared with what is true or false: `attribute_exists(a) = b`.
//!
//! Conditions have no such comparison: it is put in terms of those that they have.

use super::conditions::not;
use super::functions::{self, Function};
use super::meaning::{Meaning, refused_condition};
use super::operand_types;
use super::syntax::{Comparison, Node, Term};
use crate::AttributeValue;
use crate::expression::{Comparator, Condition, Operand};

impl Meaning<'_> {
    /// A call that holds or doesn't, compared with another term.
    pub(super) fn compared_call(
        &mut self,
        comparison: Comparison,
        function: Function,
        arguments: &[Node<'_>],
        other: &Node<'_>,
    ) -> Condition {
        let holds = self.call(function, arguments);
        let is_equal = match comparison.comparator {
            Comparator::Equal => true,
            Comparator::NotEqual => false,
            _ => {
                let written = comparison.written;
                self.note_operand(|_| operand_types::incorrect(written, "BOOL"));
                return refused_condition();
            }
        };
        let equal = self.equal_to(holds, other);
        if is_equal { equal } else { not(equal) }
    }

    /// What holds if a condition holds just as another term is true.
    fn equal_to(&mut self, holds: Condition, other: &Node<'_>) -> Condition {
        let function = functions::of(other).filter(|function| function.is_condition());
        if let (Some(function), Term::Call(_, arguments)) = (function, &other.term) {
            let other = self.call(function, arguments);
            return both_or_none(holds, other.clone(), not(other));
        }
        match self.operand(other) {
            Some(Operand::Value(AttributeValue::Bool(true))) => holds,
            Some(Operand::Value(AttributeValue::Bool(false))) => not(holds),
            Some(Operand::Path(path)) => {
                let is = |value| {
                    let value = Operand::Value(AttributeValue::Bool(value));
                    Condition::Compare(Comparator::Equal, Operand::Path(path.clone()), value)
                };
                both_or_none(holds, is(true), is(false))
            }
            // Whether something holds is no text or number.
            Some(Operand::Value(_) | Operand::Size(_)) => {
                Condition::All(vec![holds.clone(), not(holds)])
            }
            None => refused_condition(),
        }
    }
}

/// What holds if the one does and the other is true, or neither.
fn both_or_none(holds: Condition, is_true: Condition, is_false: Condition) -> Condition {
    Condition::Any(vec![
        Condition::All(vec![holds.clone(), is_true]),
        Condition::All(vec![not(holds), is_false]),
    ])
}
