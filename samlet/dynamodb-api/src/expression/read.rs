//! Reads the kinds of expressions, each as a value.
//!
//! The order of the checks is DynamoDB's: an expression's length, its syntax, its words, then its names, values and
//! operands.

use super::operands::{self, Operands};
use super::parse::{Action, Parser, Section};
use super::problem::Problem;
use super::token::Tokens;
use super::tree::{Function, Id, Node};
use super::words::{self, Language};
use super::{
    Comparator, Condition, KeyCondition, MAX_BYTES, Operand, Path, Placeholders, Projection,
    SetAction, SetOperand, SetValue, Update, keys, overlaps,
};
use crate::evaluate::size;
use crate::{AttributeType, AttributeValue, Number};

/// The sections of updates.
const SECTIONS: [Section; 4] = [Section::Set, Section::Remove, Section::Add, Section::Delete];

fn tokens(text: &str) -> Result<Tokens<'_>, Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(Problem::TooLong);
    }
    Ok(Tokens::new(text))
}

pub(super) fn condition(text: &str, placeholders: &mut Placeholders) -> Result<Condition, Problem> {
    let tokens = tokens(text).map_err(|problem| match problem {
        Problem::TooLong => Problem::ConditionTooLong(text.len()),
        other => other,
    })?;
    let (mut operands, root) = checked_condition(&tokens, placeholders)?;
    operands.condition(root)
}

/// Reads a key condition. Its own rules are the inner result: DynamoDB checks them when it has read all expressions.
pub(super) fn key_condition(
    text: &str,
    placeholders: &mut Placeholders,
) -> Result<Result<KeyCondition, Problem>, Problem> {
    let tokens = tokens(text)?;
    let (mut operands, root) = checked_condition(&tokens, placeholders)?;
    Ok(keys::key_condition(&mut operands, root))
}

fn checked_condition<'a, 't>(
    tokens: &'a Tokens<'t>,
    placeholders: &'a mut Placeholders,
) -> Result<(Operands<'a, 't>, Id), Problem> {
    let (tree, root) = Parser::new(tokens).condition()?;
    words::check(&tree, tokens, Language::Conditions)?;
    let mut operands = Operands::new(tree, tokens, placeholders);
    operands.check_condition()?;
    Ok((operands, root))
}

pub(super) fn projection(
    text: &str,
    placeholders: &mut Placeholders,
) -> Result<Projection, Problem> {
    let tokens = tokens(text)?;
    let read = Parser::new(&tokens).projection()?;
    for elements in &read {
        words::check_path(elements, &tokens)?;
    }
    let mut paths = Vec::with_capacity(read.len());
    for elements in &read {
        paths.push(operands::path(elements, &tokens, placeholders)?);
    }
    overlaps::check(&paths.iter().collect::<Vec<_>>())?;
    Ok(Projection(paths))
}

pub(super) fn update(text: &str, placeholders: &mut Placeholders) -> Result<Update, Problem> {
    let tokens = tokens(text)?;
    let read = Parser::new(&tokens).update()?;
    words::check(&read.tree, &tokens, Language::Updates)?;
    for section in SECTIONS {
        if read
            .sections
            .iter()
            .filter(|other| **other == section)
            .count()
            > 1
        {
            return Err(Problem::RepeatedSection(section.name()));
        }
    }
    let mut operands = Operands::new(read.tree, &tokens, placeholders);
    operands.check_update(&read.actions)?;
    let mut update = Update::default();
    for action in &read.actions {
        operands.add_action(&mut update, action)?;
    }
    Ok(update)
}

impl Operands<'_, '_> {
    fn check_update(&mut self, actions: &[Action]) -> Result<(), Problem> {
        let nodes = 0..self.tree.nodes.len();
        for id in nodes.clone() {
            self.resolve_path(id)?;
        }
        let targets = actions.iter().filter_map(|action| self.path(action.target));
        overlaps::check(&targets.collect::<Vec<_>>())?;
        for id in nodes.clone() {
            self.check_value(id)?;
        }
        for action in actions {
            self.check_action(action)?;
        }
        for id in nodes {
            self.check(id)?;
        }
        Ok(())
    }

    /// `ADD` takes numbers and sets, `DELETE` sets.
    fn check_action(&self, action: &Action) -> Result<(), Problem> {
        let value = action.value.and_then(|value| self.value(value));
        let Some(value) = value else {
            return Ok(());
        };
        if matches!(action.section, Section::Set | Section::Remove) {
            return Ok(());
        }
        let kind = match value.kind() {
            AttributeType::N if action.section == Section::Add => return Ok(()),
            AttributeType::Ss | AttributeType::Ns | AttributeType::Bs => return Ok(()),
            AttributeType::S => "STRING",
            AttributeType::N => "NUMBER",
            AttributeType::B => "Binary",
            AttributeType::Bool => "BOOL",
            AttributeType::Null => "NULL",
            AttributeType::L => "LIST",
            AttributeType::M => "MAP",
        };
        let operator = action.section.name();
        Err(Problem::ActionOperandType { operator, kind })
    }

    fn add_action(&mut self, update: &mut Update, action: &Action) -> Result<(), Problem> {
        let path = self.owned_path(action.target);
        match (action.section, action.value) {
            (Section::Set, Some(value)) => {
                let value = self.set_value(value)?;
                update.set.push(SetAction { path, value });
            }
            (Section::Add, Some(value)) => update.add.push((path, self.owned_value(value)?)),
            (Section::Delete, Some(value)) => update.delete.push((path, self.owned_value(value)?)),
            _ => update.remove.push(path),
        }
        Ok(())
    }

    fn set_value(&mut self, id: Id) -> Result<SetValue, Problem> {
        Ok(match self.tree.nodes[id] {
            Node::Plus(left, right) => {
                SetValue::Plus(self.set_operand(left)?, self.set_operand(right)?)
            }
            Node::Minus(left, right) => {
                SetValue::Minus(self.set_operand(left)?, self.set_operand(right)?)
            }
            _ => SetValue::Operand(self.set_operand(id)?),
        })
    }

    /// Calls nest as deep as there may be functions at most.
    fn set_operand(&mut self, id: Id) -> Result<SetOperand, Problem> {
        let function = self.tree.function(self.tokens, id);
        Ok(match (function, &self.tree.nodes[id]) {
            (Some(function), Node::Call { operands, .. }) => {
                let (first, second) = (operands[0], operands[1]);
                let other = Box::new(self.set_operand(second)?);
                if function == Function::ListAppend {
                    SetOperand::ListAppend(Box::new(self.set_operand(first)?), other)
                } else {
                    SetOperand::IfNotExists(self.owned_path(first), other)
                }
            }
            (_, Node::Path(_)) => SetOperand::Path(self.owned_path(id)),
            _ => SetOperand::Value(self.owned_value(id)?),
        })
    }

    /// The condition that a checked node is. Conditions nest as deep as there may be operators at most.
    fn condition(&mut self, id: Id) -> Result<Condition, Problem> {
        Ok(match &self.tree.nodes[id] {
            Node::Not(inner) => {
                let inner = *inner;
                Condition::Not(Box::new(self.condition(inner)?))
            }
            Node::All(conditions) => {
                let conditions = conditions.clone();
                Condition::All(self.conditions(&conditions)?)
            }
            Node::Any(conditions) => {
                let conditions = conditions.clone();
                Condition::Any(self.conditions(&conditions)?)
            }
            Node::Call { operands, .. } => {
                let operands = operands.clone();
                self.call(id, &operands)?
            }
            Node::Between(operand, low, high) => {
                let (operand, low, high) = (*operand, *low, *high);
                Condition::Between(
                    self.operand(operand)?,
                    self.operand(low)?,
                    self.operand(high)?,
                )
            }
            Node::In(operand, listed) => {
                let (operand, listed) = (*operand, listed.clone());
                let operand = self.operand(operand)?;
                let listed = listed.into_iter().map(|id| self.operand(id));
                Condition::In(operand, listed.collect::<Result<_, _>>()?)
            }
            Node::Compare(comparator, left, right) => {
                let (comparator, left, right) = (*comparator, *left, *right);
                Condition::Compare(comparator, self.operand(left)?, self.operand(right)?)
            }
            // The parser takes none of these for a condition.
            Node::Path(_) | Node::Value(_) | Node::Plus(..) | Node::Minus(..) => {
                Condition::Exists(self.owned_path(id))
            }
        })
    }

    fn conditions(&mut self, ids: &[Id]) -> Result<Vec<Condition>, Problem> {
        ids.iter().map(|id| self.condition(*id)).collect()
    }

    fn call(&mut self, id: Id, operands: &[Id]) -> Result<Condition, Problem> {
        let first = operands[0];
        Ok(match self.tree.function(self.tokens, id) {
            Some(Function::AttributeNotExists) => Condition::NotExists(self.owned_path(first)),
            Some(Function::AttributeType) => self.type_test(first, operands[1])?,
            Some(Function::BeginsWith) => {
                Condition::BeginsWith(self.operand(first)?, self.operand(operands[1])?)
            }
            Some(Function::Contains) => {
                Condition::Contains(self.operand(first)?, self.operand(operands[1])?)
            }
            _ => Condition::Exists(self.owned_path(first)),
        })
    }

    /// `attribute_type`. Of a value the answer is known: it becomes a comparison of its type's name.
    fn type_test(&mut self, operand: Id, name: Id) -> Result<Condition, Problem> {
        let kind = match self.value(name) {
            Some(AttributeValue::S(name)) => AttributeType::from_name(name),
            _ => None,
        };
        let kind = kind.unwrap_or(AttributeType::S);
        if let Some(path) = self.take_path(operand) {
            return Ok(Condition::IsOfType(path, kind));
        }
        let named = |kind: AttributeType| Operand::Value(AttributeValue::S(kind.name().into()));
        let found = match self.operand(operand)? {
            Operand::Value(value) => value.kind(),
            // There is a size, which is a number, where there is anything that has one.
            size if kind == AttributeType::N => {
                let zero = Operand::Value(AttributeValue::N(Number::ZERO));
                return Ok(Condition::Compare(Comparator::GreaterOrEqual, size, zero));
            }
            _ => AttributeType::N,
        };
        Ok(Condition::Compare(
            Comparator::Equal,
            named(found),
            named(kind),
        ))
    }

    fn operand(&mut self, id: Id) -> Result<Operand, Problem> {
        if let Some(path) = self.take_path(id) {
            return Ok(Operand::Path(path));
        }
        let Node::Call { operands, .. } = &self.tree.nodes[id] else {
            return Ok(Operand::Value(self.owned_value(id)?));
        };
        let first = operands[0];
        if let Some(path) = self.take_path(first) {
            return Ok(Operand::Size(path));
        }
        // Of a value, too, the size is known.
        let size = self.value(first).and_then(size).unwrap_or(Number::ZERO);
        Ok(Operand::Value(AttributeValue::N(size)))
    }

    /// The path that a checked node is.
    fn owned_path(&mut self, id: Id) -> Path {
        self.take_path(id).unwrap_or_else(|| Path::from(""))
    }

    /// A copy of the value that a checked node is.
    pub(super) fn owned_value(&mut self, id: Id) -> Result<AttributeValue, Problem> {
        match self.tree.nodes[id] {
            Node::Value(at) => self.placeholders.copy(self.tokens.text(at)),
            _ => Ok(AttributeValue::Null),
        }
    }
}
