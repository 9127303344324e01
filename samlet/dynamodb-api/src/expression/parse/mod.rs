//! Reads expressions, without recursion: 4,096 bytes can nest as many parentheses.
//!
//! As DynamoDB's own parser does, this takes any function with any operands; calls that make no sense are refused
//! later, with other messages. Parentheses straight around parentheses are refused as soon as they are closed and it is
//! clear what they stand around.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

mod condition;
mod update;

pub(super) use update::{Action, Section};

use super::problem::Problem;
use super::token::{Keyword, Kind, Tokens};
use super::tree::{Id, Node, Tree};

/// Reads the tokens of one expression.
pub(super) struct Parser<'t> {
    tokens: &'t Tokens<'t>,
    at: usize,
    tree: Tree,
}

/// What an operand is being read within.
enum Open {
    Parentheses,
    Call { name: usize, operands: Vec<Id> },
}

impl<'t> Parser<'t> {
    pub(super) fn new(tokens: &'t Tokens<'t>) -> Self {
        let tree = Tree::default();
        Self {
            tokens,
            at: 0,
            tree,
        }
    }

    /// Reads a projection: the tokens of each path's elements.
    pub(super) fn projection(mut self) -> Result<Vec<Vec<usize>>, Problem> {
        let mut paths = vec![self.path()?];
        while self.takes(Kind::Comma) {
            paths.push(self.path()?);
        }
        self.expect(Kind::End)?;
        Ok(paths)
    }

    fn kind(&self) -> Kind {
        self.tokens.kind(self.at)
    }

    fn syntax_error(&self) -> Problem {
        self.tokens.syntax_error(self.at)
    }

    /// Goes past a token of a kind, if that is the next.
    fn takes(&mut self, kind: Kind) -> bool {
        let is_next = self.kind() == kind;
        if is_next {
            self.at += 1;
        }
        is_next
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Problem> {
        if self.takes(kind) {
            return Ok(());
        }
        Err(self.syntax_error())
    }

    fn expect_keyword(&mut self, keyword: Keyword) -> Result<(), Problem> {
        self.expect(Kind::Keyword(keyword))
    }

    /// Reads a path: the tokens of its elements.
    fn path(&mut self) -> Result<Vec<usize>, Problem> {
        let mut elements = vec![self.name()?];
        loop {
            if self.takes(Kind::Dot) {
                elements.push(self.name()?);
            } else if self.takes(Kind::OpenBracket) {
                elements.push(self.at);
                self.expect(Kind::Index)?;
                self.expect(Kind::CloseBracket)?;
            } else {
                return Ok(elements);
            }
        }
    }

    fn name(&mut self) -> Result<usize, Problem> {
        if !matches!(self.kind(), Kind::Name | Kind::NamePlaceholder) {
            return Err(self.syntax_error());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Reads an operand: a path, a value or a call, in parentheses or not.
    fn operand(&mut self) -> Result<Id, Problem> {
        let mut open = Vec::new();
        loop {
            let operand = self.innermost(&mut open)?;
            if let Some(operand) = self.close(&mut open, operand)? {
                return Ok(operand);
            }
        }
    }

    /// Reads up to the next path or value, and what it stands within.
    fn innermost(&mut self, open: &mut Vec<Open>) -> Result<Id, Problem> {
        loop {
            match self.kind() {
                Kind::OpenParenthesis => {
                    self.at += 1;
                    open.push(Open::Parentheses);
                }
                Kind::Name if self.tokens.kind(self.at + 1) == Kind::OpenParenthesis => {
                    let (name, operands) = (self.at, Vec::new());
                    self.at += 2;
                    open.push(Open::Call { name, operands });
                }
                Kind::ValuePlaceholder => {
                    self.at += 1;
                    return Ok(self.tree.add(Node::Value(self.at - 1)));
                }
                _ => {
                    let path = self.path()?;
                    return Ok(self.tree.add(Node::Path(path)));
                }
            }
        }
    }

    /// Closes what ends after an operand. None if another operand is to follow.
    fn close(&mut self, open: &mut Vec<Open>, operand: Id) -> Result<Option<Id>, Problem> {
        let mut operand = operand;
        let mut is_grouped = false;
        loop {
            match open.pop() {
                None => return Ok(Some(operand)),
                Some(Open::Parentheses) => {
                    self.expect(Kind::CloseParenthesis)?;
                    if is_grouped {
                        return Err(Problem::RedundantParentheses);
                    }
                    is_grouped = true;
                }
                Some(Open::Call { name, mut operands }) => {
                    operands.push(operand);
                    if self.takes(Kind::Comma) {
                        open.push(Open::Call { name, operands });
                        return Ok(None);
                    }
                    self.expect(Kind::CloseParenthesis)?;
                    operand = self.tree.add(Node::Call {
                        name,
                        operands,
                        is_condition: false,
                    });
                    is_grouped = false;
                }
            }
        }
    }
}
