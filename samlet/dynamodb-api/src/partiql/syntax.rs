//! Statements as they are written, before what DynamoDB makes of them.

use std::borrow::Cow;

use super::Returning;
use super::tokens::Span;
use crate::AttributeType;
use crate::expression::Comparator;

/// A term, and where its first token is.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) span: Span,
    pub(super) term: Term<'t>,
}

/// A term.
#[derive(Debug)]
pub(super) enum Term<'t> {
    /// With its sign.
    Number(String),
    Text(Cow<'t, str>),
    Bool(bool),
    Null,
    Missing,
    /// Which, from 0.
    Parameter(usize),
    /// Its type.
    Ion(&'static str),
    List(Vec<Node<'t>>),
    Bag(Vec<Node<'t>>),
    Map(Vec<(Node<'t>, Node<'t>)>),
    Name(Cow<'t, str>),
    Path(Box<Node<'t>>, Vec<Step<'t>>),
    Call(Cow<'t, str>, Vec<Node<'t>>),
    /// At least two.
    All(Vec<Node<'t>>),
    /// At least two.
    Any(Vec<Node<'t>>),
    /// How often.
    Not(Box<Node<'t>>, usize),
    Compare(Comparison, Box<[Node<'t>; 2]>),
    Between(IsNot, Box<[Node<'t>; 3]>),
    In(IsNot, Box<[Node<'t>; 2]>),
    Like,
    Is(IsNot, Box<Node<'t>>, TypeName),
    /// Terms with operators between them, all of which are `+`, `-` and the like.
    Arithmetic(Box<Node<'t>>, Vec<(&'static str, Node<'t>)>),
    /// A sign before what is not a number.
    Signed(&'static str),
    /// `CASE`, and whether it is a searched one.
    Case(bool),
    Select(Box<SelectSyntax<'t>>),
}

/// A comparison's operator, and how it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) comparator: Comparator,
    pub(super) written: &'static str,
}

/// Whether there is a `NOT` in an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IsNot(pub(super) bool);

/// A step of a path.
#[derive(Debug)]
pub(super) enum Step<'t> {
    Member(Cow<'t, str>),
    Index(Node<'t>),
    /// `.*` or `[*]`
    All,
}

/// The type after `IS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeName {
    Missing,
    Known(AttributeType),
    /// A type that PartiQL has and DynamoDB doesn't, as its refusal names it.
    Unknown(&'static str),
}

/// A statement.
#[derive(Debug)]
pub(super) enum StatementSyntax<'t> {
    Select(SelectSyntax<'t>),
    Insert {
        table: Node<'t>,
        /// What is after the table.
        value: Node<'t>,
        /// Whether it has `VALUE` before it.
        has_value: bool,
    },
    Update {
        table: TableSyntax<'t>,
        actions: Vec<ActionSyntax<'t>>,
        condition: Option<Node<'t>>,
        returning: Option<Returning>,
    },
    Delete {
        table: TableSyntax<'t>,
        condition: Option<Node<'t>>,
        returning: Option<Returning>,
    },
    /// A `SET` or `REMOVE` without a table.
    Tableless,
    /// Anything else.
    Term(Node<'t>),
}

/// A table, and whether it is given another name.
#[derive(Debug)]
pub(super) struct TableSyntax<'t> {
    pub(super) name: Node<'t>,
    pub(super) has_alias: bool,
}

/// A `SELECT`.
#[derive(Debug)]
pub(super) struct SelectSyntax<'t> {
    /// What is asked for; all of it without any.
    pub(super) items: Vec<Node<'t>>,
    pub(super) table: TableSyntax<'t>,
    /// What DynamoDB's PartiQL doesn't have.
    pub(super) unsupported: Option<Unsupported>,
    pub(super) condition: Option<Node<'t>>,
    /// Each with whether it falls.
    pub(super) order: Vec<(Node<'t>, bool)>,
}

/// What a `SELECT` has that DynamoDB's doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsupported {
    /// Another name for what is asked for.
    Alias,
    /// A clause.
    Clause(&'static str),
}

/// What an `UPDATE` does.
#[derive(Debug)]
pub(super) enum ActionSyntax<'t> {
    Set(Node<'t>, Node<'t>),
    Remove(Node<'t>),
}

impl Node<'_> {
    /// What DynamoDB calls its kind where it can't be.
    pub(super) fn kind(&self) -> &'static str {
        match &self.term {
            Term::Number(_) | Term::Text(_) | Term::Bool(_) | Term::Null | Term::Ion(_) => "Lit",
            Term::Missing => "Missing",
            Term::Parameter(_) => "Parameter",
            Term::List(_) => "List",
            Term::Bag(_) => "Bag",
            Term::Map(_) => "Struct",
            Term::Name(_) => "Id",
            Term::Path(..) => "Path",
            Term::Call(..) => "Call",
            Term::Is(IsNot(false), ..) => "IsType",
            Term::Case(false) => "SimpleCase",
            Term::Case(true) => "SearchedCase",
            Term::Select(_) => "Select",
            _ => "NAry",
        }
    }

    /// A call's name, in lower case.
    pub(super) fn called(&self) -> Option<String> {
        match &self.term {
            Term::Call(name, _) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }
}
