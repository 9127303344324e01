//! What an expression says before its names and values are put in.

use super::Comparator;
use super::token::Tokens;

/// A place among the nodes of a tree.
pub(super) type Id = usize;

/// A part of an expression. Tokens are given by their places.
#[derive(Debug)]
pub(super) enum Node {
    /// The tokens of the elements.
    Path(Vec<usize>),
    /// The token of a `:value`.
    Value(usize),
    Call {
        /// The token of its name.
        name: usize,
        operands: Vec<Id>,
        /// Whether it stands where a condition does, not an operand.
        is_condition: bool,
    },
    Compare(Comparator, Id, Id),
    Between(Id, Id, Id),
    In(Id, Vec<Id>),
    Not(Id),
    All(Vec<Id>),
    Any(Vec<Id>),
    Plus(Id, Id),
    Minus(Id, Id),
}

/// The parts of an expression, each after those that it is made of, which is the order in which they are checked.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn add(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The operators and functions.
    pub(super) fn operators(&self) -> usize {
        let counts = self.nodes.iter().map(|node| match node {
            Node::Path(_) | Node::Value(_) => 0,
            Node::All(conditions) | Node::Any(conditions) => conditions.len() - 1,
            _ => 1,
        });
        counts.sum()
    }

    /// The function that a node calls, if it calls one that there is.
    pub(super) fn function(&self, tokens: &Tokens<'_>, id: Id) -> Option<Function> {
        match self.nodes[id] {
            Node::Call { name, .. } => Function::from_name(tokens.text(name)),
            _ => None,
        }
    }
}

/// A function. Unlike keywords, their names are in lower case only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    AttributeExists,
    AttributeNotExists,
    AttributeType,
    BeginsWith,
    Contains,
    Size,
    IfNotExists,
    ListAppend,
}

impl Function {
    const ALL: [Self; 8] = [
        Self::AttributeExists,
        Self::AttributeNotExists,
        Self::AttributeType,
        Self::BeginsWith,
        Self::Contains,
        Self::Size,
        Self::IfNotExists,
        Self::ListAppend,
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|function| function.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AttributeExists => "attribute_exists",
            Self::AttributeNotExists => "attribute_not_exists",
            Self::AttributeType => "attribute_type",
            Self::BeginsWith => "begins_with",
            Self::Contains => "contains",
            Self::Size => "size",
            Self::IfNotExists => "if_not_exists",
            Self::ListAppend => "list_append",
        }
    }

    /// How many operands it takes.
    pub(super) fn operands(self) -> usize {
        match self {
            Self::AttributeExists | Self::AttributeNotExists | Self::Size => 1,
            _ => 2,
        }
    }

    /// Whether it belongs to updates, not to conditions.
    pub(super) fn is_of_updates(self) -> bool {
        matches!(self, Self::IfNotExists | Self::ListAppend)
    }
}
