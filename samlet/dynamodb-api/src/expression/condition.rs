//! Conditions and filters.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use super::Path;
use crate::{AttributeType, AttributeValue};

/// What must hold of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of these, at least two.
    All(Vec<Condition>),
    /// Any of these, at least two.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// `a < b`.
    Compare(Comparator, Operand, Operand),
    /// `a BETWEEN b AND c`, both included.
    Between(Operand, Operand, Operand),
    /// `a IN (b, c)`.
    In(Operand, Vec<Operand>),
    /// `attribute_exists(a)`.
    Exists(Path),
    /// `attribute_not_exists(a)`.
    NotExists(Path),
    /// `attribute_type(a, :t)`.
    IsOfType(Path, AttributeType),
    /// `begins_with(a, b)`.
    BeginsWith(Operand, Operand),
    /// `contains(a, b)`.
    Contains(Operand, Operand),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// What says the same with the operands exchanged.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual => self,
        }
    }
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// What is in the item at a path.
    Path(Path),
    /// A value of the request's.
    Value(AttributeValue),
    /// `size(a)`: how long what is at a path is.
    Size(Path),
}

impl Condition {
    /// Calls `found` with every path that the condition names.
    pub fn paths<'a>(&'a self, found: &mut impl FnMut(&'a Path)) {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                for condition in conditions {
                    condition.paths(found);
                }
            }
            Self::Not(condition) => condition.paths(found),
            Self::Exists(path) | Self::NotExists(path) | Self::IsOfType(path, _) => found(path),
            Self::Compare(_, one, two) | Self::BeginsWith(one, two) | Self::Contains(one, two) => {
                one.path(found);
                two.path(found);
            }
            Self::Between(operand, low, high) => {
                operand.path(found);
                low.path(found);
                high.path(found);
            }
            Self::In(operand, listed) => {
                operand.path(found);
                for operand in listed {
                    operand.path(found);
                }
            }
        }
    }
}

impl Operand {
    fn path<'a>(&'a self, found: &mut impl FnMut(&'a Path)) {
        match self {
            Self::Path(path) | Self::Size(path) => found(path),
            Self::Value(_) => {}
        }
    }
}
