//! Updates of items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>

use super::Path;
use crate::AttributeValue;

/// What is to become of an item. No two of its paths overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// `SET a = …`
    pub set: Vec<SetAction>,
    /// `REMOVE a`
    pub remove: Vec<Path>,
    /// `ADD a :number` or `ADD a :set`
    pub add: Vec<(Path, AttributeValue)>,
    /// `DELETE a :set`
    pub delete: Vec<(Path, AttributeValue)>,
}

/// An action of a `SET` clause.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAction {
    /// What is set.
    pub path: Path,
    /// To what.
    pub value: SetValue,
}

/// What an attribute is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// `a`
    Operand(SetOperand),
    /// `a + b`
    Plus(SetOperand, SetOperand),
    /// `a - b`
    Minus(SetOperand, SetOperand),
}

/// A part of what an attribute is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum SetOperand {
    /// What is in the item at a path.
    Path(Path),
    /// A value of the request's.
    Value(AttributeValue),
    /// `if_not_exists(a, b)`
    IfNotExists(Path, Box<SetOperand>),
    /// `list_append(a, b)`
    ListAppend(Box<SetOperand>, Box<SetOperand>),
}

impl Update {
    /// Calls `found` with every path that the update names, those that it only reads among them.
    pub fn paths<'a>(&'a self, found: &mut impl FnMut(&'a Path)) {
        for action in &self.set {
            found(&action.path);
            match &action.value {
                SetValue::Operand(operand) => operand.paths(found),
                SetValue::Plus(left, right) | SetValue::Minus(left, right) => {
                    left.paths(found);
                    right.paths(found);
                }
            }
        }
        for path in &self.remove {
            found(path);
        }
        for (path, _) in self.add.iter().chain(&self.delete) {
            found(path);
        }
    }
}

impl SetOperand {
    fn paths<'a>(&'a self, found: &mut impl FnMut(&'a Path)) {
        match self {
            Self::Path(path) => found(path),
            Self::Value(_) => {}
            Self::IfNotExists(path, otherwise) => {
                found(path);
                otherwise.paths(found);
            }
            Self::ListAppend(first, second) => {
                first.paths(found);
                second.paths(found);
            }
        }
    }
}
