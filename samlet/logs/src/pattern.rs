//! Filter patterns of CloudWatch Logs.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use samlet_aws::glob::{self, Token};
use serde_json::Value;

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It begins with `{` and doesn't end with `}`.
    #[error("a JSON pattern ends with `}}`")]
    JsonWithoutEnd,
    /// Something follows a whole condition.
    #[error("`{0}` is not expected")]
    Unexpected(String),
    /// It begins with `[`.
    #[error("patterns of space-delimited fields are not provided")]
    SpaceDelimited,
    /// A phrase lacks its second quote.
    #[error("a quoted phrase has no end")]
    PhraseWithoutEnd,
    /// There are too many parentheses within each other.
    #[error("the pattern nests too deep")]
    TooDeep,
    /// A `(` lacks its `)`.
    #[error("a parenthesis has no end")]
    ParenthesisWithoutEnd,
    /// A condition doesn't begin with a field.
    #[error("`{0}` does not begin with $.")]
    NotAField(String),
    /// A `[` lacks its `]`.
    #[error("a bracket has no end")]
    BracketWithoutEnd,
    /// Brackets contain neither a number nor a quoted name.
    #[error("`{0}` is no index")]
    NotAnIndex(String),
    /// A `$` stands alone.
    #[error("`$` is followed by the name of a field")]
    FieldWithoutName,
    /// A field isn't followed by an operator.
    #[error("`{0}` is no comparison")]
    NotAComparison(String),
    /// `<`, `<=`, `>` or `>=` isn't followed by a number.
    #[error("`{0}` is no number")]
    NotANumber(String),
    /// A quoted value lacks its second quote.
    #[error("a quoted value has no end")]
    ValueWithoutEnd,
    /// An operator is followed by nothing.
    #[error("a comparison has no value")]
    ComparisonWithoutValue,
}

/// What an event must match.
#[derive(Debug, PartialEq)]
pub(crate) enum Pattern {
    /// Words and phrases of a text.
    Terms {
        all: Vec<String>,
        any: Vec<String>,
        none: Vec<String>,
    },
    /// A condition on an event that is a JSON object.
    Json(Condition),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare {
        path: Vec<Step>,
        comparison: Comparison,
    },
}

#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Member(String),
    Index(usize),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Comparison {
    /// With `*` for any text.
    Equals(String),
    Differs(String),
    Less(f64),
    AtMost(f64),
    More(f64),
    AtLeast(f64),
    IsTrue,
    IsFalse,
    IsNull,
    NotExists,
}

impl Pattern {
    /// Reads a pattern; an empty one matches everything.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner
                .strip_suffix('}')
                .ok_or(PatternError::JsonWithoutEnd)?;
            let mut parser = Parser {
                rest: inner.trim(),
                depth: 0,
            };
            let condition = parser.any()?;
            return match parser.rest.trim() {
                "" => Ok(Self::Json(condition)),
                rest => Err(PatternError::Unexpected(rest.into())),
            };
        }
        if text.starts_with('[') {
            return Err(PatternError::SpaceDelimited);
        }
        let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (list, term) = match first {
                '?' => (&mut any, &rest[1..]),
                '-' => (&mut none, &rest[1..]),
                _ => (&mut all, rest),
            };
            let (term, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted
                    .split_once('"')
                    .ok_or(PatternError::PhraseWithoutEnd)?,
                None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
            };
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        Ok(Self::Terms { all, any, none })
    }

    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Terms { all, any, none } => {
                let has = |term: &String| message.contains(term.as_str());
                all.iter().all(has)
                    && (any.is_empty() || any.iter().any(has))
                    && !none.iter().any(has)
            }
            Self::Json(condition) => {
                let event = serde_json::from_str::<Value>(message).ok();
                event.is_some_and(|event| event.is_object() && condition.holds(&event))
            }
        }
    }
}

impl Condition {
    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(event)),
            Self::Any(any) => any.iter().any(|one| one.holds(event)),
            Self::Compare { path, comparison } => {
                let value = path.iter().try_fold(event, |value, step| match step {
                    Step::Member(name) => value.get(name),
                    Step::Index(index) => value.get(index),
                });
                comparison.holds(value)
            }
        }
    }
}

impl Comparison {
    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return *self == Self::NotExists;
        };
        let number = |holds: fn(f64, f64) -> bool, limit: f64| {
            value.as_f64().is_some_and(|number| holds(number, limit))
        };
        match self {
            Self::Equals(text) => equals(value, text),
            Self::Differs(text) => !equals(value, text),
            Self::Less(limit) => number(|a, b| a < b, *limit),
            Self::AtMost(limit) => number(|a, b| a <= b, *limit),
            Self::More(limit) => number(|a, b| a > b, *limit),
            Self::AtLeast(limit) => number(|a, b| a >= b, *limit),
            Self::IsTrue => *value == Value::Bool(true),
            Self::IsFalse => *value == Value::Bool(false),
            Self::IsNull => value.is_null(),
            Self::NotExists => false,
        }
    }
}

fn equals(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => like(value, text),
        Value::Number(number) => text
            .parse::<f64>()
            .is_ok_and(|wanted| number.as_f64() == Some(wanted)),
        Value::Bool(value) => value.to_string() == text,
        _ => false,
    }
}

/// `*` is any text, at either end or within; `?` is itself.
fn like(value: &str, pattern: &str) -> bool {
    let tokens = pattern.chars().map(|c| match c {
        '*' => Token::Any,
        c => Token::Char(c),
    });
    glob::matches_tokens(&tokens.collect::<Vec<_>>(), value)
}

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 20;

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, PatternError> {
        let mut any = vec![self.all()?];
        while self.take("||") {
            any.push(self.all()?);
        }
        Ok(one_or(any, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, PatternError> {
        let mut all = vec![self.one()?];
        while self.take("&&") {
            all.push(self.one()?);
        }
        Ok(one_or(all, Condition::All))
    }

    fn one(&mut self) -> Result<Condition, PatternError> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(PatternError::TooDeep);
            }
            let inner = self.any()?;
            self.depth -= 1;
            return match self.take(")") {
                true => Ok(inner),
                false => Err(PatternError::ParenthesisWithoutEnd),
            };
        }
        let path = self.path()?;
        let comparison = self.comparison()?;
        Ok(Condition::Compare { path, comparison })
    }

    fn path(&mut self) -> Result<Vec<Step>, PatternError> {
        if !self.take("$") {
            return Err(PatternError::NotAField(self.rest.into()));
        }
        let mut path = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| c.is_whitespace() || ".[=!<>)&|".contains(c));
                let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
                path.push(Step::Member(name.to_owned()));
                self.rest = after;
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (inside, after) = rest
                    .split_once(']')
                    .ok_or(PatternError::BracketWithoutEnd)?;
                let quoted = inside.trim_matches(['"', '\'']);
                path.push(match inside.parse() {
                    Ok(index) => Step::Index(index),
                    Err(_) if quoted.len() < inside.len() => Step::Member(quoted.to_owned()),
                    Err(_) => return Err(PatternError::NotAnIndex(inside.into())),
                });
                self.rest = after;
            } else {
                return match path.is_empty() {
                    true => Err(PatternError::FieldWithoutName),
                    false => Ok(path),
                };
            }
        }
    }

    fn comparison(&mut self) -> Result<Comparison, PatternError> {
        for (words, comparison) in [
            ("IS TRUE", Comparison::IsTrue),
            ("IS FALSE", Comparison::IsFalse),
            ("IS NULL", Comparison::IsNull),
            ("NOT EXISTS", Comparison::NotExists),
        ] {
            if self.take(words) {
                return Ok(comparison);
            }
        }
        let operators = ["!=", "<=", ">=", "=", "<", ">"];
        let operator = operators.into_iter().find(|operator| self.take(operator));
        let operator = operator.ok_or_else(|| PatternError::NotAComparison(self.rest.into()))?;
        let text = self.value()?;
        let number = || {
            let number = text.parse::<f64>();
            number.map_err(|_| PatternError::NotANumber(text.clone()))
        };
        Ok(match operator {
            "=" => Comparison::Equals(text),
            "!=" => Comparison::Differs(text),
            "<" => Comparison::Less(number()?),
            "<=" => Comparison::AtMost(number()?),
            ">" => Comparison::More(number()?),
            _ => Comparison::AtLeast(number()?),
        })
    }

    fn value(&mut self) -> Result<String, PatternError> {
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (text, after) = rest.split_once('"').ok_or(PatternError::ValueWithoutEnd)?;
            self.rest = after;
            return Ok(text.to_owned());
        }
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || ")&|".contains(c));
        let (text, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = after;
        match text {
            "" => Err(PatternError::ComparisonWithoutValue),
            text => Ok(text.to_owned()),
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(token);
        if let Some(after) = taken {
            self.rest = after;
        }
        taken.is_some()
    }
}

fn one_or(mut conditions: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        last => {
            conditions.extend(last);
            many(conditions)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn terms_phrases_alternatives_and_exclusions() {
        for (pattern, message, expected) in [
            ("", "anything", true),
            ("ERROR", "an ERROR here", true),
            ("error", "an ERROR here", false),
            ("ERROR disk", "disk: ERROR", true),
            ("\"disk full\"", "the disk full", true),
            ("\"disk full\"", "full disk", false),
            ("?ERROR ?WARN", "WARN x", true),
            ("?ERROR ?WARN", "INFO x", false),
            ("ERROR -expected", "ERROR expected", false),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(message),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn conditions_on_json() {
        let message = r#"{"level":"ERROR","n":5,"list":[{"a b":true}],"nothing":null}"#;
        for (pattern, expected) in [
            (r#"{ $.level = "ERROR" }"#, true),
            (r#"{ $.level = ERR* }"#, true),
            (r#"{ $.level = *R*R }"#, true),
            (r#"{ $.level != "ERROR" }"#, false),
            ("{ $.n > 4 && $.n <= 5 }", true),
            ("{ ($.n = 4 || $.n = 5) && $.level = WARN }", false),
            (r#"{ $.list[0]["a b"] IS TRUE }"#, true),
            ("{ $.nothing IS NULL }", true),
            ("{ $.missing NOT EXISTS }", true),
            ("{ $.n NOT EXISTS }", false),
            ("{ $.missing = 1 }", false),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(message),
                expected,
                "{pattern}"
            );
        }
        assert!(!Pattern::parse("{ $.a = 1 }").unwrap().matches("no JSON"));
    }

    #[test]
    fn numbers_are_compared_to_the_last_digit() {
        let message = r#"{"a":123456789.12345679}"#;
        for (pattern, expected) in [
            ("{ $.a = 123456789.123456789 }", true),
            ("{ $.a >= 123456789.123456789 }", true),
            ("{ $.a > 123456789.123456789 }", false),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(message),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_malformed_pattern_is_refused() {
        let deep = format!("{{ {} }}", "(".repeat(1000));
        for pattern in [
            "{ $.a = 1",
            "{ a = 1 }",
            "{ $.a }",
            "\"open",
            "[a, b]",
            "{ $.a < x }",
            &deep,
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern:.20}");
        }
    }
}
