//! Puts the names and values of a request into an expression, and checks what each operator and function is given.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::problem::{Listed, Problem};
use super::token::{Kind, Tokens};
use super::tree::{Function, Id, Node, Tree};
use super::words::index;
use super::{Comparator, Path, PathElement, Placeholders};
use crate::{AttributeType, AttributeValue};

/// The most levels of a path.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_LEVELS: usize = 32;

/// The most operands in the list of an `IN`.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>
const MAX_LISTED: usize = 100;

/// What messages say for the type of a path, which only an item has.
const ANY_TYPE: &str = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

/// The tree of an expression, with the names of its paths put in.
pub(super) struct Operands<'a, 't> {
    pub(super) tree: Tree,
    pub(super) tokens: &'a Tokens<'t>,
    pub(super) placeholders: &'a mut Placeholders,
    /// By node, for those that are paths.
    paths: Vec<Option<Path>>,
}

impl<'a, 't> Operands<'a, 't> {
    pub(super) fn new(
        tree: Tree,
        tokens: &'a Tokens<'t>,
        placeholders: &'a mut Placeholders,
    ) -> Self {
        let mut paths = Vec::new();
        paths.resize_with(tree.nodes.len(), || None);
        Self {
            tree,
            tokens,
            placeholders,
            paths,
        }
    }

    /// Checks a condition, part by part as they are written.
    pub(super) fn check_condition(&mut self) -> Result<(), Problem> {
        for id in 0..self.tree.nodes.len() {
            self.resolve(id)?;
            self.check(id)?;
        }
        Ok(())
    }

    /// Puts in the names of a node, if it is a path.
    pub(super) fn resolve_path(&mut self, id: Id) -> Result<(), Problem> {
        if let Node::Path(elements) = &self.tree.nodes[id] {
            let path = path(elements, self.tokens, self.placeholders)?;
            self.paths[id] = Some(path);
        }
        Ok(())
    }

    /// Looks up a node, if it is a path or a value.
    fn resolve(&mut self, id: Id) -> Result<(), Problem> {
        self.check_value(id)?;
        self.resolve_path(id)
    }

    /// Refuses a value that is not defined.
    pub(super) fn check_value(&mut self, id: Id) -> Result<(), Problem> {
        let Node::Value(at) = self.tree.nodes[id] else {
            return Ok(());
        };
        let name = self.tokens.text(at);
        if !self.placeholders.use_value(name) {
            return Err(Problem::UndefinedValue(name.into()));
        }
        Ok(())
    }

    /// Checks what an operator or function is given.
    pub(super) fn check(&self, id: Id) -> Result<(), Problem> {
        match &self.tree.nodes[id] {
            Node::Call { operands, .. } => match self.tree.function(self.tokens, id) {
                Some(function) => self.check_call(function, operands),
                None => Ok(()),
            },
            Node::Compare(comparator, left, right) => {
                let name = comparator.sign();
                self.check_distinct(name, *left, &[*right])?;
                if matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
                    return Ok(());
                }
                self.check_types(name, &[*left, *right], is_ordered)
            }
            Node::Between(operand, low, high) => {
                self.check_distinct("BETWEEN", *operand, &[*low, *high])?;
                self.check_types("BETWEEN", &[*operand, *low, *high], is_ordered)?;
                self.check_bounds(*low, *high)
            }
            Node::In(operand, listed) => {
                if listed.len() > MAX_LISTED {
                    return Err(Problem::TooManyOperands(listed.len()));
                }
                self.check_distinct("IN", *operand, listed)
            }
            Node::Plus(left, right) => self.check_types("+", &[*left, *right], is_number),
            Node::Minus(left, right) => self.check_types("-", &[*left, *right], is_number),
            _ => Ok(()),
        }
    }

    fn check_call(&self, function: Function, operands: &[Id]) -> Result<(), Problem> {
        let name = function.name();
        if operands.len() != function.operands() {
            return Err(Problem::OperandCount(name, operands.len()));
        }
        let first = operands[0];
        match function {
            Function::AttributeExists | Function::AttributeNotExists | Function::IfNotExists => {
                if self.path(first).is_none() {
                    return Err(Problem::NotAPath(name));
                }
                self.check_distinct(name, first, &operands[1..])
            }
            Function::AttributeType => {
                self.check_distinct(name, first, &operands[1..])?;
                self.check_type_name(name, operands[1])
            }
            Function::BeginsWith => {
                self.check_distinct(name, first, &operands[1..])?;
                let begins = |kind| matches!(kind, AttributeType::S | AttributeType::B);
                self.check_types(name, operands, begins)
            }
            Function::Contains => self.check_distinct(name, first, &operands[1..]),
            Function::Size => self.check_types(name, operands, |kind| {
                !matches!(
                    kind,
                    AttributeType::N | AttributeType::Bool | AttributeType::Null
                )
            }),
            Function::ListAppend => {
                self.check_types(name, operands, |kind| kind == AttributeType::L)
            }
        }
    }

    fn check_distinct(&self, name: &'static str, first: Id, rest: &[Id]) -> Result<(), Problem> {
        let Some(path) = self.path(first) else {
            return Ok(());
        };
        if rest.iter().any(|other| self.path(*other) == Some(path)) {
            return Err(Problem::SameOperand(name, Listed(path.clone())));
        }
        Ok(())
    }

    /// Refuses operands whose type is known from the request alone, and wrong.
    fn check_types(
        &self,
        name: &'static str,
        operands: &[Id],
        is_right: fn(AttributeType) -> bool,
    ) -> Result<(), Problem> {
        let mut kinds = operands
            .iter()
            .filter_map(|operand| self.known_type(*operand));
        match kinds.find(|kind| !is_right(*kind)) {
            Some(kind) => Err(Problem::OperandType(name, kind.name())),
            None => Ok(()),
        }
    }

    fn check_type_name(&self, function: &'static str, operand: Id) -> Result<(), Problem> {
        let Some(value) = self.value(operand) else {
            let kind = self
                .known_type(operand)
                .map_or(ANY_TYPE, AttributeType::name);
            return Err(Problem::OperandType(function, kind));
        };
        let AttributeValue::S(name) = value else {
            return Err(Problem::OperandType(function, value.kind().name()));
        };
        if AttributeType::from_name(name).is_none() {
            return Err(Problem::TypeName { name: name.clone() });
        }
        Ok(())
    }

    fn check_bounds(&self, low: Id, high: Id) -> Result<(), Problem> {
        let (Some(low), Some(high)) = (self.value(low), self.value(high)) else {
            return Ok(());
        };
        if low.kind() != high.kind() {
            return Err(Problem::DifferentBounds(listed(low), listed(high)));
        }
        if order(low, high) == Ordering::Greater {
            return Err(Problem::ReversedBounds(listed(low), listed(high)));
        }
        Ok(())
    }

    /// The path that a node is.
    pub(super) fn path(&self, id: Id) -> Option<&Path> {
        self.paths[id].as_ref()
    }

    /// Takes the path that a node is.
    pub(super) fn take_path(&mut self, id: Id) -> Option<Path> {
        self.paths[id].take()
    }

    /// The value that a node is.
    pub(super) fn value(&self, id: Id) -> Option<&AttributeValue> {
        match self.tree.nodes[id] {
            Node::Value(at) => self.placeholders.value(self.tokens.text(at)),
            _ => None,
        }
    }

    /// The type of an operand, if it doesn't depend on an item.
    fn known_type(&self, id: Id) -> Option<AttributeType> {
        let is_size = || self.tree.function(self.tokens, id) == Some(Function::Size);
        match self.value(id) {
            Some(value) => Some(value.kind()),
            None => is_size().then_some(AttributeType::N),
        }
    }
}

/// The path of these tokens, names put in.
pub(super) fn path(
    elements: &[usize],
    tokens: &Tokens<'_>,
    placeholders: &mut Placeholders,
) -> Result<Path, Problem> {
    let mut path = Path {
        attribute: String::new(),
        elements: Vec::with_capacity(elements.len().saturating_sub(1)),
    };
    for (level, at) in elements.iter().enumerate() {
        let text = tokens.text(*at);
        let name = match tokens.kind(*at) {
            Kind::Index => {
                let index = index(text).unwrap_or_default();
                path.elements.push(PathElement::Index(index));
                continue;
            }
            Kind::NamePlaceholder => placeholders.use_name(text)?,
            _ => text.to_owned(),
        };
        if level == 0 {
            path.attribute = name;
        } else {
            path.elements.push(PathElement::Member(name));
        }
    }
    if elements.len() > MAX_LEVELS {
        return Err(Problem::TooDeep(elements.len()));
    }
    Ok(path)
}

fn is_ordered(kind: AttributeType) -> bool {
    matches!(kind, AttributeType::S | AttributeType::N | AttributeType::B)
}

fn is_number(kind: AttributeType) -> bool {
    kind == AttributeType::N
}

/// Which of two values of one type comes first. Strings are ordered by their UTF-8.
fn order(one: &AttributeValue, two: &AttributeValue) -> Ordering {
    match (one, two) {
        (AttributeValue::S(one), AttributeValue::S(two)) => one.cmp(two),
        (AttributeValue::B(one), AttributeValue::B(two)) => one.cmp(two),
        (AttributeValue::N(one), AttributeValue::N(two)) => one.cmp(two),
        _ => Ordering::Equal,
    }
}

/// A bound as messages write it.
fn listed(value: &AttributeValue) -> String {
    let text = match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        AttributeValue::B(bytes) => STANDARD.encode(bytes),
        _ => String::new(),
    };
    format!("AttributeValue: {{{}:{text}}}", value.kind().name())
}
