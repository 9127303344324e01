//! The rules of key conditions beyond those of conditions: tests of attributes, all of which must hold.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use super::operands::Operands;
use super::problem::Problem;
use super::tree::{Function, Id, Node};
use super::{Comparator, KeyCondition, KeyTest};

/// The key condition that a checked condition is.
pub(super) fn key_condition(
    operands: &mut Operands<'_, '_>,
    root: Id,
) -> Result<KeyCondition, Problem> {
    let mut condition = KeyCondition(Vec::new());
    operands.add_tests(&mut condition, root)?;
    Ok(condition)
}

impl Operands<'_, '_> {
    /// Conditions nest as deep as there may be operators at most.
    fn add_tests(&mut self, condition: &mut KeyCondition, id: Id) -> Result<(), Problem> {
        if let Node::All(conditions) = &self.tree.nodes[id] {
            for id in conditions.clone() {
                self.add_tests(condition, id)?;
            }
            return Ok(());
        }
        let (operator, operands) = self.key_operator(id)?;
        let at = self.key_operand(operator, &operands)?;
        let name = match self.path(operands[at]) {
            Some(path) => path.attribute.clone(),
            None => return Err(Problem::NoKey),
        };
        if condition.0.iter().any(|(other, _)| *other == name) {
            return Err(Problem::RepeatedKey);
        }
        let test = self.key_test(operator, &operands, at)?;
        condition.0.push((name, test));
        Ok(())
    }

    /// The operator of a test and its operands.
    fn key_operator(&self, id: Id) -> Result<(Operator, Vec<Id>), Problem> {
        Ok(match &self.tree.nodes[id] {
            Node::Compare(Comparator::NotEqual, ..) => return Err(Problem::KeyOperator("<>")),
            Node::Compare(comparator, left, right) => {
                (Operator::Compare(*comparator), vec![*left, *right])
            }
            Node::Between(operand, low, high) => (Operator::Between, vec![*operand, *low, *high]),
            Node::Call { operands, .. } => match self.tree.function(self.tokens, id) {
                Some(Function::BeginsWith) => (Operator::BeginsWith, operands.clone()),
                Some(other) => return Err(Problem::KeyOperator(other.name())),
                None => return Err(Problem::NoKey),
            },
            Node::Any(_) => return Err(Problem::KeyOperator("OR")),
            Node::Not(_) => return Err(Problem::KeyOperator("NOT")),
            Node::In(..) => return Err(Problem::KeyOperator("IN")),
            _ => return Err(Problem::NoKey),
        })
    }

    /// Which operand is the key's attribute.
    fn key_operand(&self, operator: Operator, operands: &[Id]) -> Result<usize, Problem> {
        let first = match operator {
            Operator::Compare(_) => None,
            Operator::Between => Some("BETWEEN"),
            Operator::BeginsWith => Some(Function::BeginsWith.name()),
        };
        if let Some(name) = first
            && self.path(operands[0]).is_none()
        {
            return Err(Problem::KeyNotFirst(name));
        }
        let mut found = None;
        for (at, operand) in operands.iter().enumerate() {
            if matches!(self.tree.nodes[*operand], Node::Call { .. }) {
                return Err(Problem::NestedOperation);
            }
            let Some(path) = self.path(*operand) else {
                continue;
            };
            if found.is_some() {
                return Err(Problem::SeveralKeys);
            }
            if !path.elements.is_empty() {
                return Err(Problem::NestedKey);
            }
            found = Some(at);
        }
        found.ok_or(Problem::NoKey)
    }

    fn key_test(
        &mut self,
        operator: Operator,
        operands: &[Id],
        at: usize,
    ) -> Result<KeyTest, Problem> {
        let value = self.owned_value(operands[usize::from(at == 0)])?;
        Ok(match operator {
            Operator::Compare(comparator) => {
                // `:v < a` is `a > :v`.
                let comparator = if at == 0 {
                    comparator
                } else {
                    comparator.flipped()
                };
                match comparator {
                    Comparator::Less => KeyTest::Less(value),
                    Comparator::LessOrEqual => KeyTest::LessOrEqual(value),
                    Comparator::Greater => KeyTest::Greater(value),
                    Comparator::GreaterOrEqual => KeyTest::GreaterOrEqual(value),
                    Comparator::Equal | Comparator::NotEqual => KeyTest::Equal(value),
                }
            }
            Operator::Between => KeyTest::Between(value, self.owned_value(operands[2])?),
            Operator::BeginsWith => KeyTest::BeginsWith(value),
        })
    }
}

#[derive(Clone, Copy)]
enum Operator {
    Compare(Comparator),
    Between,
    BeginsWith,
}
