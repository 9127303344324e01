//! Goes through the tokens of a statement.

use super::malformed;
use super::tokens::{Span, Token, tokens};
use super::words;
use crate::Refusal;

/// How deeply a statement may nest. DynamoDB fails on statements that nest very deeply.
const MAX_DEPTH: usize = 64;

pub(super) const UNEXPECTED_TERM: &str = "Unexpected term";
pub(super) const UNEXPECTED_KEYWORD: &str = "Unexpected keyword";
pub(super) const UNEXPECTED_OPERATOR: &str = "Unexpected operator";
pub(super) const EXPECTED_SIMPLE_PATH: &str = "Expected identifier for simple path";
pub(super) const EXPECTED_DATA_MANIPULATION: &str = "Expected data manipulation";

/// The tokens of a statement, and how far they are read.
pub(super) struct Reader<'t> {
    tokens: Vec<(Token<'t>, Span)>,
    position: usize,
    depth: usize,
    /// How many parameters there were.
    pub(super) parameters: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(statement: &'t str) -> Result<Self, Refusal> {
        Ok(Self {
            tokens: tokens(statement)?,
            position: 0,
            depth: 0,
            parameters: 0,
        })
    }

    /// The next token.
    pub(super) fn peek(&self) -> Option<&Token<'t>> {
        self.peek_at(0)
    }

    /// The token after `offset` others.
    pub(super) fn peek_at(&self, offset: usize) -> Option<&Token<'t>> {
        let position = self.position.checked_add(offset)?;
        self.tokens.get(position).map(|(token, _)| token)
    }

    /// Where the next token is.
    pub(super) fn span(&self) -> Span {
        let end = self.tokens.last().map_or(0, |(_, span)| span.end);
        let span = self.tokens.get(self.position).map(|(_, span)| *span);
        span.unwrap_or(Span { start: end, end })
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek().cloned();
        self.position = (self.position + 1).min(self.tokens.len());
        token
    }

    /// Whether the next token is a sign.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.is_sign_at(0, sign)
    }

    /// Whether the token after `offset` others is a sign.
    pub(super) fn is_sign_at(&self, offset: usize, sign: &str) -> bool {
        matches!(self.peek_at(offset), Some(Token::Sign(found)) if *found == sign)
    }

    /// Takes a sign, if it is the next token.
    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is_next = self.is_sign(sign);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Takes a sign, which must be the next token.
    pub(super) fn expect_sign(&mut self, sign: &str, name: &str) -> Result<(), Refusal> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(malformed(&format!("Expected {name}")))
    }

    /// Whether the next token is a word, in upper or lower case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    /// Whether the token after `offset` others is a word.
    pub(super) fn is_word_at(&self, offset: usize, word: &str) -> bool {
        matches!(self.peek_at(offset), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    /// Takes a word, if it is the next token.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Whether the next token is a name: one in quotes, or a word that is not a keyword.
    pub(super) fn is_name(&self) -> bool {
        self.is_name_at(0)
    }

    /// Whether the token after `offset` others is a name.
    pub(super) fn is_name_at(&self, offset: usize) -> bool {
        match self.peek_at(offset) {
            Some(Token::Name(_)) => true,
            Some(Token::Word(word)) => !words::is_keyword(word),
            _ => false,
        }
    }

    /// Whether nothing is left of the statement, but a semicolon.
    pub(super) fn is_at_end(&self) -> bool {
        self.peek().is_none() || self.is_sign(";")
    }

    /// The statement must end here: one semicolon may end it.
    pub(super) fn expect_end(&mut self) -> Result<(), Refusal> {
        if self.take_sign(";") && self.peek().is_some() {
            return Err(malformed(
                "Unexpected token after semicolon. (Only one query is allowed.)",
            ));
        }
        if self.peek().is_some() {
            return Err(malformed("Unexpected token after expression"));
        }
        Ok(())
    }

    /// Reads what is within something else.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if self.depth >= MAX_DEPTH {
            return Err(malformed("The statement is nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}
