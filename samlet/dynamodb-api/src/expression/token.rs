//! The tokens of expressions, and how DynamoDB reports the one that it can't read.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html>

use super::Comparator;
use super::problem::Problem;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name: a letter, then letters, digits and underscores.
    Name,
    /// `#name`
    NamePlaceholder,
    /// `:value`
    ValuePlaceholder,
    /// A place in a list: digits without a leading zero.
    Index,
    Comparator(Comparator),
    Keyword(Keyword),
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    Dot,
    Comma,
    Plus,
    Minus,
    /// A character that can't stand in an expression.
    Unknown,
    /// The end of the text.
    End,
}

/// Words that are never names, in whatever case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    In,
    Between,
    Not,
    And,
    Or,
    Set,
    Add,
    Delete,
    Remove,
}

const KEYWORDS: [(&str, Keyword); 9] = [
    ("IN", Keyword::In),
    ("BETWEEN", Keyword::Between),
    ("NOT", Keyword::Not),
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("SET", Keyword::Set),
    ("ADD", Keyword::Add),
    ("DELETE", Keyword::Delete),
    ("REMOVE", Keyword::Remove),
];

/// The keyword that a word is, if it is one.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    let mut all = KEYWORDS.into_iter();
    all.find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, keyword)| keyword)
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// An expression's text and its tokens, the last of which is its end.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut tokens = Vec::new();
        let mut start = 0;
        while let Some(first) = text[start..].chars().next() {
            if matches!(first, ' ' | '\t' | '\n' | '\r') {
                start += 1;
                continue;
            }
            let (kind, length) = token(&text[start..], first);
            let end = start + length;
            tokens.push(Token { kind, start, end });
            start = end;
        }
        let (kind, end) = (Kind::End, text.len());
        tokens.push(Token {
            kind,
            start: end,
            end,
        });
        Self { text, tokens }
    }

    /// What the token at a place is; past the end it is the end.
    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |token| token.kind)
    }

    /// The text of the token at a place.
    pub(super) fn text(&self, at: usize) -> &'t str {
        match self.tokens.get(at) {
            Some(token) if token.kind != Kind::End => &self.text[token.start..token.end],
            _ => "<EOF>",
        }
    }

    /// Why the token at a place can't stand there: it, and the text from the token before it to the one after.
    pub(super) fn syntax_error(&self, at: usize) -> Problem {
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let start = before.map_or(0, |token| token.start);
        let after = self.tokens.get(at + 1);
        let end = after.map_or(self.text.len(), |token| token.end);
        Problem::Syntax {
            token: self.text(at).into(),
            near: self.text[start..end].into(),
        }
    }
}

/// The kind and the length of the token that a text begins with.
fn token(text: &str, first: char) -> (Kind, usize) {
    let word = |from: usize| {
        let bytes = text.as_bytes().iter().skip(from);
        from + bytes.take_while(|byte| is_word(**byte)).count()
    };
    let second = text.as_bytes().get(1);
    match first {
        'a'..='z' | 'A'..='Z' => {
            let length = word(1);
            let kind = keyword(&text[..length]).map_or(Kind::Name, Kind::Keyword);
            (kind, length)
        }
        '#' if word(1) > 1 => (Kind::NamePlaceholder, word(1)),
        ':' if word(1) > 1 => (Kind::ValuePlaceholder, word(1)),
        '0' => (Kind::Index, 1),
        '1'..='9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit);
            (Kind::Index, digits.count())
        }
        '<' if second == Some(&b'>') => (Kind::Comparator(Comparator::NotEqual), 2),
        '<' if second == Some(&b'=') => (Kind::Comparator(Comparator::LessOrEqual), 2),
        '>' if second == Some(&b'=') => (Kind::Comparator(Comparator::GreaterOrEqual), 2),
        '<' => (Kind::Comparator(Comparator::Less), 1),
        '>' => (Kind::Comparator(Comparator::Greater), 1),
        '=' => (Kind::Comparator(Comparator::Equal), 1),
        '(' => (Kind::OpenParenthesis, 1),
        ')' => (Kind::CloseParenthesis, 1),
        '[' => (Kind::OpenBracket, 1),
        ']' => (Kind::CloseBracket, 1),
        '.' => (Kind::Dot, 1),
        ',' => (Kind::Comma, 1),
        '+' => (Kind::Plus, 1),
        '-' => (Kind::Minus, 1),
        _ => (Kind::Unknown, first.len_utf8()),
    }
}

/// Whether a byte may be part of a name or placeholder.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_tokens() {
        let tokens = Tokens::new("aNd a_1<>:_v[01] #0-é:");
        let kinds: Vec<Kind> = tokens.tokens.iter().map(|token| token.kind).collect();
        let expected = [
            Kind::Keyword(Keyword::And),
            Kind::Name,
            Kind::Comparator(Comparator::NotEqual),
            Kind::ValuePlaceholder,
            Kind::OpenBracket,
            Kind::Index,
            Kind::Index,
            Kind::CloseBracket,
            Kind::NamePlaceholder,
            Kind::Minus,
            Kind::Unknown,
            Kind::Unknown,
            Kind::End,
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_syntax_error_names_the_token_and_its_neighbours() {
        let error = |text: &str, at: usize| Tokens::new(text).syntax_error(at).to_string();
        let expected =
            |token: &str, near: &str| format!("Syntax error; token: \"{token}\", near: \"{near}\"");
        assert_eq!(error("ADD hits : incr", 2), expected(":", "hits : incr"));
        assert_eq!(error("!!! no", 0), expected("!", "!!"));
        assert_eq!(error("  RESET a b", 0), expected("RESET", "  RESET a"));
        assert_eq!(error("SET a[ 3 ", 4), expected("<EOF>", "3 "));
        assert_eq!(error("REMOVE a + ", 2), expected("+", "a + "));
        assert_eq!(error("", 0), expected("<EOF>", ""));
        assert_eq!(error(" \t ", 0), expected("<EOF>", " \t "));
    }
}
