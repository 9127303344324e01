//! Cuts a statement into tokens.

use std::borrow::Cow;

use super::malformed;
use crate::Refusal;

/// Where in a statement something is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// As DynamoDB says it, counted from 1 in characters: `line:column:length`.
    pub(super) fn place(self, statement: &str) -> String {
        let before = statement.get(..self.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[start_of_line..].chars().count() + 1;
        let text = statement.get(self.start..self.end).unwrap_or_default();
        format!("{line}:{column}:{}", text.chars().count())
    }
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// A name in double quotes.
    Name(Cow<'t, str>),
    /// A string.
    Text(Cow<'t, str>),
    /// A number, as written.
    Number(&'t str),
    /// What is between backticks.
    Ion(&'t str),
    /// A parameter.
    Parameter,
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Operators and brackets; longer ones before those they begin with.
const SIGNS: [&str; 27] = [
    "<<", ">>", "<>", "<=", ">=", "!=", "||", "(", ")", "[", "]", "{", "}", ":", ",", "*", ";",
    ".", "+", "-", "/", "%", "=", "<", ">", "^", "@",
];

/// The tokens of a statement. Comments are space.
pub(super) fn tokens(statement: &str) -> Result<Vec<(Token<'_>, Span)>, Refusal> {
    let mut tokens: Vec<(Token<'_>, Span)> = Vec::new();
    let mut start = 0;
    while let Some(first) = statement[start..].chars().next() {
        let rest = &statement[start..];
        if let Some(length) = space(rest)? {
            start += length;
            continue;
        }
        let follows_name = tokens.last().is_some_and(|(token, span)| {
            span.end == start
                && matches!(
                    token,
                    Token::Word(_) | Token::Name(_) | Token::Sign("]" | ")")
                )
        });
        let (token, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' | '$' => word(rest),
            '0'..='9' => number(rest)?,
            '.' if !follows_name && rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                number(rest)?
            }
            '"' => {
                let (name, length) = in_quotes(rest, '"')?;
                (Token::Name(name), length)
            }
            '\'' => {
                let (text, length) = in_quotes(rest, '\'')?;
                (Token::Text(text), length)
            }
            '`' => {
                let end = rest[1..].find('`').ok_or_else(|| malformed(""))?;
                (Token::Ion(&rest[1..=end]), end + 2)
            }
            '?' => (Token::Parameter, 1),
            _ => sign(rest)?,
        };
        let end = start + length;
        tokens.push((token, Span { start, end }));
        start = end;
    }
    Ok(tokens)
}

/// The length of a space, a line break or a comment that `rest` begins with.
fn space(rest: &str) -> Result<Option<usize>, Refusal> {
    if rest.starts_with([' ', '\t', '\r', '\n', '\u{b}', '\u{c}']) {
        return Ok(Some(1));
    }
    if rest.starts_with("--") {
        return Ok(Some(rest.find(['\r', '\n']).unwrap_or(rest.len())));
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        let end = comment.find("*/").ok_or_else(|| malformed(""))?;
        return Ok(Some(end + 4));
    }
    Ok(None)
}

fn word(rest: &str) -> (Token<'_>, usize) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    (Token::Word(&rest[..end]), end)
}

fn sign(rest: &str) -> Result<(Token<'_>, usize), Refusal> {
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
    let sign = sign.ok_or_else(|| malformed(""))?;
    Ok((Token::Sign(sign), sign.len()))
}

/// What is in quotes, of which doubled ones stand for one, and its length with them.
fn in_quotes(rest: &str, quote: char) -> Result<(Cow<'_, str>, usize), Refusal> {
    let mut text = Cow::Borrowed("");
    let mut start = 1;
    loop {
        let length = rest[start..].find(quote).ok_or_else(|| malformed(""))?;
        let end = start + length;
        if text.is_empty() {
            text = Cow::Borrowed(&rest[start..end]);
        } else {
            text.to_mut().push_str(&rest[start..end]);
        }
        if !rest[end + 1..].starts_with(quote) {
            return Ok((text, end + 1));
        }
        text.to_mut().push(quote);
        start = end + 2;
    }
}

/// A number, which must be one that Java's `BigDecimal` can hold: its exponent, and its scale, have 32 bits.
fn number(rest: &str) -> Result<(Token<'_>, usize), Refusal> {
    let digits = |from: usize| {
        let rest = &rest[from..];
        from + rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len())
    };
    let mut end = digits(0);
    let point = end;
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    let fraction = end.saturating_sub(point + 1);
    if !rest[end..].starts_with(['e', 'E']) {
        return Ok((Token::Number(&rest[..end]), end));
    }
    let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
    let first = end + 1 + sign;
    if !rest[first..].starts_with(|c: char| c.is_ascii_digit()) {
        // A name that begins with an e may follow, and is one too many.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if rest[first..].starts_with(is_name) {
            return Ok((Token::Number(&rest[..end]), end));
        }
        return Err(malformed(""));
    }
    let last = digits(first);
    let exponent: i32 = rest[end + 1..last].parse().map_err(|_| malformed(""))?;
    let scale = i64::try_from(fraction).unwrap_or(i64::MAX);
    let scale = scale.saturating_sub(exponent.into());
    if i32::try_from(scale).is_err() {
        return Err(malformed(""));
    }
    Ok((Token::Number(&rest[..last]), last))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tokens_are_cut_as_dynamodb_cuts_them() {
        use Token::{Ion, Name, Number, Parameter, Sign, Text, Word};
        for (statement, expected) in [
            ("", vec![]),
            ("a--b\nc", vec![Word("a"), Word("c")]),
            ("a-- 'b", vec![Word("a")]),
            ("a/* ' /* */b", vec![Word("a"), Word("b")]),
            ("a - -1", vec![Word("a"), Sign("-"), Sign("-"), Number("1")]),
            ("'it''s'", vec![Text("it's".into())]),
            ("''''", vec![Text("'".into())]),
            ("''''''", vec![Text("''".into())]),
            ("''", vec![Text("".into())]),
            ("'a--b' '/*'", vec![Text("a--b".into()), Text("/*".into())]),
            ("\"a\"\"b\"", vec![Name("a\"b".into())]),
            ("<<>>", vec![Sign("<<"), Sign(">>")]),
            ("a<>?", vec![Word("a"), Sign("<>"), Parameter]),
            ("`a'b`", vec![Ion("a'b")]),
            (
                "1.5E-3 .5 1.",
                vec![Number("1.5E-3"), Number(".5"), Number("1.")],
            ),
            ("1.2.3", vec![Number("1.2"), Number(".3")]),
            ("1ex", vec![Number("1"), Word("ex")]),
            (
                "a.b[0].c",
                vec![
                    Word("a"),
                    Sign("."),
                    Word("b"),
                    Sign("["),
                    Number("0"),
                    Sign("]"),
                    Sign("."),
                    Word("c"),
                ],
            ),
            ("a.5", vec![Word("a"), Sign("."), Number("5")]),
            ("\u{b}$x_1", vec![Word("$x_1")]),
        ] {
            let tokens = tokens(statement).unwrap();
            let tokens: Vec<_> = tokens.into_iter().map(|(token, _)| token).collect();
            assert_eq!(tokens, expected, "{statement}");
        }
    }

    #[test]
    fn what_never_ends_or_is_no_token_is_refused_without_more_words() {
        for statement in [
            "'a",
            "\"a",
            "`a",
            "/* a",
            "/*/",
            "#",
            "é",
            "a\u{a0}b",
            "5e",
            "1e+",
            "1e99999999999",
            "1e-2147483648",
            "1.50e-2147483646",
            "!",
            "|",
            "&",
            "\\",
        ] {
            assert_eq!(tokens(statement).unwrap_err(), malformed(""), "{statement}");
        }
    }

    #[test]
    fn places_are_counted_in_characters() {
        let statement = "é\n 'é' \"x\"";
        let tokens = super::tokens(&statement[3..]).unwrap();
        assert_eq!(tokens.len(), 2);
        let span = Span { start: 4, end: 8 };
        assert_eq!(span.place(statement), "2:2:3");
        let span = Span { start: 9, end: 12 };
        assert_eq!(span.place(statement), "2:6:3");
    }
}
