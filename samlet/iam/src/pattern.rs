//! Texts in policies: wildcards, and variables that stand for what is known of a request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use samlet_aws::glob::{self, Token};

use crate::context::{Context, Key};
use crate::truth::Truth;

/// A text of a policy, as it stands for one request.
#[derive(Debug)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    /// Whether a variable stands for what is not known, which may be anything.
    has_unknown: bool,
}

impl Pattern {
    /// A text without variables, wildcards being wildcards.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            tokens: glob::tokens(text).collect(),
            has_unknown: false,
        }
    }

    /// A text whose variables are filled in from `context`; `None` when one
    /// of them has no value: then it matches nothing.
    pub(crate) fn filled(text: &str, context: &Context) -> Option<Self> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut has_unknown = false;
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            tokens.extend(glob::tokens(&rest[..start]));
            match variable(&rest[start + 2..start + length], context)? {
                // A value is taken as it is: a wildcard in it is none.
                Variable::Value(value) => tokens.extend(value.chars().map(Token::Char)),
                Variable::Unknown => {
                    tokens.push(Token::Any);
                    has_unknown = true;
                }
            }
            rest = &rest[start + length + 1..];
        }
        tokens.extend(glob::tokens(rest));
        Some(Self {
            tokens,
            has_unknown,
        })
    }

    /// A text whose variables may stand for anything.
    pub(crate) fn with_any_variables(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            tokens.extend(glob::tokens(before));
            tokens.push(Token::Any);
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        tokens.extend(glob::tokens(rest));
        Self {
            tokens,
            has_unknown: false,
        }
    }

    pub(crate) fn matches(&self, text: &str) -> Truth {
        self.certain(glob::matches_tokens(&self.tokens, text))
    }

    pub(crate) fn matches_ignoring_case(&self, text: &str) -> bool {
        glob::matches_tokens_ignoring_case(&self.tokens, text)
    }

    /// Whether it is the text itself: no wildcards.
    pub(crate) fn equals(&self, text: &str, ignoring_case: bool) -> Truth {
        if self.has_unknown {
            return Truth::Unknown;
        }
        let literal = self.tokens.iter().map(|token| match token {
            Token::Char(c) => *c,
            Token::Any => '*',
            Token::One => '?',
        });
        let literal: String = literal.collect();
        let is_same = match ignoring_case {
            true => literal.to_lowercase() == text.to_lowercase(),
            false => literal == text,
        };
        is_same.into()
    }

    /// A text that it matches whatever is not known may still not be meant.
    fn certain(&self, matches: bool) -> Truth {
        if matches && self.has_unknown {
            return Truth::Unknown;
        }
        matches.into()
    }
}

/// What a variable stands for.
enum Variable<'a> {
    Value(&'a str),
    Unknown,
}

/// `key`, `key, 'default'`, or one of the three that stand for signs.
fn variable<'a>(text: &'a str, context: &'a Context) -> Option<Variable<'a>> {
    if matches!(text, "*" | "?" | "$") {
        return Some(Variable::Value(text));
    }
    let (key, default) = match text.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (text.trim(), None),
    };
    match context.get(key) {
        Key::Values([value]) => Some(Variable::Value(value)),
        Key::Unknown => Some(Variable::Unknown),
        Key::Values(_) | Key::Absent => default.map(Variable::Value),
    }
}

/// Whether a text has a variable whose key begins with `prefix`, which is in lower case.
pub(crate) fn has_variable(text: &str, prefix: &str) -> bool {
    let mut variables = text.split("${").skip(1);
    variables.any(|variable| variable.trim_start().to_lowercase().starts_with(prefix))
}

/// Whether an ARN's pattern matches an ARN. They are compared part by part: a
/// `*` doesn't reach past the five colons before the resource's own part.
pub(crate) fn arn_matches(
    pattern: &str,
    arn: &str,
    fill: &dyn Fn(&str) -> Option<Pattern>,
) -> Truth {
    if pattern == "*" {
        return Truth::True;
    }
    let patterns = parts(pattern);
    let arns: Vec<&str> = arn.splitn(6, ':').collect();
    if patterns.len() != arns.len() {
        return Truth::False;
    }
    let pairs = patterns.iter().zip(arns);
    Truth::all(
        pairs.map(|(pattern, part)| {
            fill(pattern).map_or(Truth::False, |pattern| pattern.matches(part))
        }),
    )
}

/// The parts of an ARN's pattern: at most six, cut at colons outside of variables.
fn parts(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (at, c) in pattern.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && parts.len() < 5 => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[start..]);
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_arns_wildcard_stays_in_its_part() {
        let arn = "arn:aws:dynamodb:us-east-1:1:table/a";
        let matches = |pattern: &str| {
            arn_matches(pattern, arn, &|part| Some(Pattern::plain(part))) == Truth::True
        };
        assert!(matches("arn:aws:dynamodb:*:1:table/*"));
        assert!(matches("arn:aws:dynamodb:us-east-1:1:table/?"));
        assert!(matches("*"));
        assert!(!matches("arn:aws:*:table/a"));
        assert!(!matches("arn:aws:dynamodb:us-east-1:1:table/A"));
    }

    #[test]
    fn a_variable_is_found_by_the_beginning_of_its_key() {
        for (text, prefix, expected) in [
            ("a/${AWS:username}", "aws:", true),
            ("a/${ aws:username }", "aws:", true),
            ("${dynamodb:LeadingKeys}${aws:userid}", "aws:", true),
            ("${dynamodb:LeadingKeys}", "aws:", false),
            ("${dynamodb:LeadingKeys}", "", true),
            ("aws:username", "aws:", false),
            ("aws:username", "", false),
        ] {
            assert_eq!(has_variable(text, prefix), expected, "{text} {prefix}");
        }
    }

    #[test]
    fn variables_stand_for_what_is_known_and_never_for_wildcards() {
        let mut context = Context::default();
        context.set("aws:username", "a*");
        context.set_all("dynamodb:LeadingKeys", vec!["a".into(), "b".into()]);
        let matches = |pattern: &str, text: &str| {
            let filled = Pattern::filled(pattern, &context);
            filled.map(|pattern| pattern.matches(text) == Truth::True)
        };
        assert_eq!(matches("home/${aws:UserName}/*", "home/a*/x"), Some(true));
        assert_eq!(matches("home/${aws:username}", "home/ab"), Some(false));
        assert_eq!(matches("${aws:SourceVpc}", ""), None);
        assert_eq!(matches("${aws:SourceVpc, 'team-x'}", "team-x"), Some(true));
        assert_eq!(matches("${*}${?}${$}", "*?$"), Some(true));
        assert_eq!(matches("${dynamodb:LeadingKeys}", "a"), None);
        let table = "arn:aws:dynamodb:us-east-1:1:table/a*";
        let of_table =
            |pattern: &str| arn_matches(pattern, table, &|part| Pattern::filled(part, &context));
        let own = "arn:aws:dynamodb:*:*:table/${aws:username}";
        assert_eq!(of_table(own), Truth::True);
        // What isn't known may be this or something else; what is around it must be the same all the same.
        for (pattern, expected) in [
            ("arn:aws:dynamodb:*:*:table/${s3:prefix}", Truth::Unknown),
            (
                "arn:aws:dynamodb:*:*:table/a${s3:prefix, 'b'}",
                Truth::Unknown,
            ),
            ("arn:aws:dynamodb:*:*:table/b${s3:prefix}", Truth::False),
            ("arn:aws:sqs:*:*:${s3:prefix}", Truth::False),
            (
                "arn:aws:dynamodb:*:*:${aws:SourceVpc}${s3:prefix}",
                Truth::False,
            ),
        ] {
            assert_eq!(of_table(pattern), expected, "{pattern}");
        }
        let equals = |pattern: &str, text: &str| {
            Pattern::filled(pattern, &context)
                .unwrap()
                .equals(text, false)
        };
        assert_eq!(equals("${aws:username}", "a*"), Truth::True);
        assert_eq!(equals("${aws:username}", "ab"), Truth::False);
        assert_eq!(equals("${s3:prefix}", "ab"), Truth::Unknown);
    }
}
