//! Reads terms: conditions, values, paths, calls. What DynamoDB makes of them is said elsewhere.

use std::borrow::Cow;

use super::malformed;
use super::reader::{
    EXPECTED_DATA_MANIPULATION, EXPECTED_SIMPLE_PATH, Reader, UNEXPECTED_KEYWORD,
    UNEXPECTED_OPERATOR, UNEXPECTED_TERM,
};
use super::syntax::{Comparison, IsNot, Node, Step, Term};
use super::tokens::{Span, Token};
use super::{ion, type_names, words};
use crate::Refusal;
use crate::expression::Comparator;

impl<'t> Reader<'t> {
    /// Any term.
    pub(super) fn term(&mut self) -> Result<Node<'t>, Refusal> {
        self.nested(|reader| {
            let read = Self::conjunction;
            reader.joined("or", read, Term::Any)
        })
    }

    fn conjunction(&mut self) -> Result<Node<'t>, Refusal> {
        self.joined("and", Self::negation, Term::All)
    }

    /// Terms with a word between them.
    fn joined(
        &mut self,
        word: &str,
        read: impl Fn(&mut Self) -> Result<Node<'t>, Refusal>,
        join: impl Fn(Vec<Node<'t>>) -> Term<'t>,
    ) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let first = read(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut nodes = vec![first];
        while self.take_word(word) {
            self.expect_right_hand_side()?;
            nodes.push(read(self)?);
        }
        let term = join(nodes);
        Ok(Node { span, term })
    }

    fn expect_right_hand_side(&self) -> Result<(), Refusal> {
        if self.is_at_end() {
            return Err(malformed(
                "Missing right-hand side expression of infix operator",
            ));
        }
        Ok(())
    }

    fn negation(&mut self) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let mut count = 0;
        while self.take_word("not") {
            count += 1;
        }
        let node = self.comparison()?;
        if count == 0 {
            return Ok(node);
        }
        let term = Term::Not(Box::new(node), count);
        Ok(Node { span, term })
    }

    fn comparison(&mut self) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let left = self.sum()?;
        let is_not = self.is_word("not")
            && ["in", "like", "between"]
                .iter()
                .any(|word| self.is_word_at(1, word));
        if is_not {
            self.next();
        }
        let is_not = IsNot(is_not);
        let term = if let Some(comparison) = self.comparator() {
            self.next();
            Term::Compare(comparison, Box::new([left, self.right_hand_side()?]))
        } else if self.take_word("between") {
            self.between(is_not, left)?
        } else if self.take_word("in") {
            Term::In(is_not, Box::new([left, self.list_of_in()?]))
        } else if self.take_word("like") {
            self.right_hand_side()?;
            if self.take_word("escape") {
                self.right_hand_side()?;
            }
            Term::Like
        } else if self.take_word("is") {
            let is_not = IsNot(self.take_word("not"));
            Term::Is(is_not, Box::new(left), type_names::read(self)?)
        } else {
            return Ok(left);
        };
        Ok(Node { span, term })
    }

    fn comparator(&self) -> Option<Comparison> {
        let Some(Token::Sign(written)) = self.peek() else {
            return None;
        };
        let comparator = match *written {
            "=" => Comparator::Equal,
            "<>" | "!=" => Comparator::NotEqual,
            "<" => Comparator::Less,
            "<=" => Comparator::LessOrEqual,
            ">" => Comparator::Greater,
            ">=" => Comparator::GreaterOrEqual,
            _ => return None,
        };
        Some(Comparison {
            comparator,
            written,
        })
    }

    fn right_hand_side(&mut self) -> Result<Node<'t>, Refusal> {
        self.expect_right_hand_side()?;
        self.sum()
    }

    fn between(&mut self, is_not: IsNot, value: Node<'t>) -> Result<Term<'t>, Refusal> {
        let low = self.right_hand_side()?;
        if !self.take_word("and") {
            return Err(malformed("Expected AND keyword"));
        }
        if self.is_at_end() {
            return Err(malformed("Expected expression after AND"));
        }
        let high = self.sum()?;
        Ok(Term::Between(is_not, Box::new([value, low, high])))
    }

    /// What is after `IN`: parentheses are a list there, even around one value.
    fn list_of_in(&mut self) -> Result<Node<'t>, Refusal> {
        self.expect_right_hand_side()?;
        let span = self.span();
        if !self.is_sign("(") || self.is_word_at(1, "select") {
            return self.sum();
        }
        self.next();
        let nodes = self.elements(")", "RIGHT_PAREN")?;
        if nodes.is_empty() {
            return Err(malformed(UNEXPECTED_TERM));
        }
        let term = Term::List(nodes);
        Ok(Node { span, term })
    }

    /// Sums, products and the like. DynamoDB takes two terms at most: which operators bind more tightly is no matter.
    pub(super) fn sum(&mut self) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let first = self.signed()?;
        let mut rest = Vec::new();
        while let Some(Token::Sign(sign @ ("+" | "-" | "*" | "/" | "%" | "||"))) = self.peek() {
            let sign = *sign;
            self.next();
            self.expect_right_hand_side()?;
            rest.push((sign, self.signed()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let term = Term::Arithmetic(Box::new(first), rest);
        Ok(Node { span, term })
    }

    /// A term with signs, which are part of a number.
    fn signed(&mut self) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let mut sign = None;
        let mut is_negative = false;
        while let Some(Token::Sign(found @ ("+" | "-"))) = self.peek() {
            sign = Some(*found);
            is_negative ^= *found == "-";
            self.next();
        }
        let node = self.path()?;
        let Some(sign) = sign else {
            return Ok(node);
        };
        let span = Span {
            start: span.start,
            end: node.span.end,
        };
        let term = match node.term {
            Term::Number(digits) if is_negative => Term::Number(format!("-{digits}")),
            Term::Number(digits) => Term::Number(digits),
            _ => Term::Signed(sign),
        };
        Ok(Node { span, term })
    }

    /// A term, and a way from there.
    fn path(&mut self) -> Result<Node<'t>, Refusal> {
        let root = self.primary()?;
        let steps = self.steps()?;
        if steps.is_empty() {
            return Ok(root);
        }
        let span = root.span;
        let term = Term::Path(Box::new(root), steps);
        Ok(Node { span, term })
    }

    /// A path that begins with a name.
    pub(super) fn simple_path(&mut self) -> Result<Node<'t>, Refusal> {
        if !self.is_name() {
            return Err(malformed(EXPECTED_SIMPLE_PATH));
        }
        let span = self.span();
        let term = match self.next() {
            Some(Token::Word(name)) => Term::Name(Cow::Borrowed(name)),
            Some(Token::Name(name)) => Term::Name(name),
            _ => return Err(malformed(EXPECTED_SIMPLE_PATH)),
        };
        let root = Node { span, term };
        let steps = self.steps()?;
        if steps.is_empty() {
            return Ok(root);
        }
        let term = Term::Path(Box::new(root), steps);
        Ok(Node { span, term })
    }

    fn steps(&mut self) -> Result<Vec<Step<'t>>, Refusal> {
        let mut steps = Vec::new();
        loop {
            if self.take_sign(".") {
                steps.push(match self.next() {
                    Some(Token::Name(name)) => Step::Member(name),
                    Some(Token::Word(name)) if !words::is_keyword(name) => {
                        Step::Member(Cow::Borrowed(name))
                    }
                    Some(Token::Sign("*")) => Step::All,
                    _ => return Err(malformed("Invalid path dot component")),
                });
            } else if self.take_sign("[") {
                let step = if self.take_sign("*") {
                    Step::All
                } else {
                    Step::Index(self.term()?)
                };
                self.expect_sign("]", "RIGHT_BRACKET")?;
                steps.push(step);
            } else {
                return Ok(steps);
            }
        }
    }

    fn primary(&mut self) -> Result<Node<'t>, Refusal> {
        let span = self.span();
        let token = self.next().ok_or_else(|| malformed(UNEXPECTED_TERM))?;
        let term = match token {
            Token::Number(digits) => Term::Number(digits.to_owned()),
            Token::Text(text) => Term::Text(text),
            Token::Ion(text) => Term::Ion(ion::kind(text).ok_or_else(|| malformed(""))?),
            Token::Parameter => {
                self.parameters += 1;
                Term::Parameter(self.parameters - 1)
            }
            Token::Sign("[") => Term::List(self.elements("]", "RIGHT_BRACKET")?),
            Token::Sign("<<") => Term::Bag(self.elements(">>", "RIGHT_DOUBLE_ANGLE_BRACKET")?),
            Token::Sign("{") => self.map()?,
            Token::Sign("(") => return self.group(span),
            Token::Sign(
                "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "/" | "%" | "||" | "^" | "@",
            ) => {
                return Err(malformed(UNEXPECTED_OPERATOR));
            }
            Token::Sign(_) => return Err(malformed(UNEXPECTED_TERM)),
            Token::Name(name) => self.name_or_call(name)?,
            Token::Word(word) => self.word(word)?,
        };
        Ok(Node { span, term })
    }

    /// A term of a word.
    fn word(&mut self, word: &'t str) -> Result<Term<'t>, Refusal> {
        if words::is_operator(word) {
            return Err(malformed(UNEXPECTED_OPERATOR));
        }
        if !words::is_keyword(word) {
            return self.name_or_call(Cow::Borrowed(word));
        }
        let is_call = self.is_sign("(") && words::is_function(word);
        match word.to_ascii_lowercase().as_str() {
            "true" => Ok(Term::Bool(true)),
            "false" => Ok(Term::Bool(false)),
            "null" => Ok(Term::Null),
            "missing" => Ok(Term::Missing),
            "case" => self.case(),
            "select" => Ok(Term::Select(Box::new(self.select()?))),
            // A statement that begins with a FROM is one, too, but for what it does.
            "from" if self.is_name() => Err(malformed(EXPECTED_DATA_MANIPULATION)),
            "from" => Err(malformed(UNEXPECTED_TERM)),
            _ if is_call => self.name_or_call(Cow::Borrowed(word)),
            _ => Err(malformed(UNEXPECTED_KEYWORD)),
        }
    }

    fn name_or_call(&mut self, name: Cow<'t, str>) -> Result<Term<'t>, Refusal> {
        if !self.take_sign("(") {
            return Ok(Term::Name(name));
        }
        if self.take_sign("*") {
            if !name.eq_ignore_ascii_case("count") {
                return Err(malformed(
                    "Function call, other than COUNT, with (*) as parameter is not supported",
                ));
            }
            self.expect_sign(")", "RIGHT_PAREN")?;
            return Ok(Term::Call(name, Vec::new()));
        }
        let arguments = self.elements(")", "RIGHT_PAREN")?;
        Ok(Term::Call(name, arguments))
    }

    /// Terms with commas between them, up to what closes them.
    fn elements(&mut self, close: &str, name: &str) -> Result<Vec<Node<'t>>, Refusal> {
        let mut nodes = Vec::new();
        if self.take_sign(close) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.term()?);
            if self.take_sign(",") {
                continue;
            }
            self.expect_sign(close, name)?;
            return Ok(nodes);
        }
    }

    fn map(&mut self) -> Result<Term<'t>, Refusal> {
        let mut members = Vec::new();
        if self.take_sign("}") {
            return Ok(Term::Map(members));
        }
        loop {
            let key = self.term()?;
            self.expect_sign(":", "COLON")?;
            members.push((key, self.term()?));
            if self.take_sign(",") {
                continue;
            }
            self.expect_sign("}", "RIGHT_CURLY")?;
            return Ok(Term::Map(members));
        }
    }

    /// Terms in parentheses: several are a list.
    fn group(&mut self, span: Span) -> Result<Node<'t>, Refusal> {
        let mut nodes = self.elements(")", "RIGHT_PAREN")?;
        if nodes.len() == 1 {
            return nodes.pop().ok_or_else(|| malformed(UNEXPECTED_TERM));
        }
        if nodes.is_empty() {
            return Err(malformed("Expression group cannot be empty"));
        }
        let term = Term::List(nodes);
        Ok(Node { span, term })
    }

    fn case(&mut self) -> Result<Term<'t>, Refusal> {
        let is_searched = self.is_word("when");
        if !is_searched {
            self.term()?;
        }
        if !self.is_word("when") {
            return Err(malformed("Expected a WHEN clause in CASE"));
        }
        while self.take_word("when") {
            self.term()?;
            if !self.take_word("then") {
                return Err(malformed("Expected THEN keyword"));
            }
            self.term()?;
        }
        if self.take_word("else") {
            self.term()?;
        }
        if !self.take_word("end") {
            return Err(malformed("Expected END keyword"));
        }
        Ok(Term::Case(is_searched))
    }
}
