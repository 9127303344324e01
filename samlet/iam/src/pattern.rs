//! Texts in policies: wildcards, and variables that stand for what is known of a request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use samlet_aws::glob::{self, Token};

use crate::context::Context;

/// A text of a policy, as it stands for one request.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Token>);

impl Pattern {
    /// A text without variables, wildcards being wildcards.
    pub(crate) fn plain(text: &str) -> Self {
        Self(glob::tokens(text).collect())
    }

    /// A text whose variables are filled in from `context`; `None` when one
    /// of them has no value: then it matches nothing.
    pub(crate) fn filled(text: &str, context: &Context) -> Option<Self> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            tokens.extend(glob::tokens(&rest[..start]));
            let value = variable(&rest[start + 2..start + length], context)?;
            // A value is taken as it is: a wildcard in it is none.
            tokens.extend(value.chars().map(Token::Char));
            rest = &rest[start + length + 1..];
        }
        tokens.extend(glob::tokens(rest));
        Some(Self(tokens))
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
        Self(tokens)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        glob::matches_tokens(&self.0, text)
    }

    pub(crate) fn matches_ignoring_case(&self, text: &str) -> bool {
        glob::matches_tokens_ignoring_case(&self.0, text)
    }

    /// Whether it is the text itself: no wildcards.
    pub(crate) fn equals(&self, text: &str, ignoring_case: bool) -> bool {
        let literal = self.0.iter().map(|token| match token {
            Token::Char(c) => *c,
            Token::Any => '*',
            Token::One => '?',
        });
        let literal: String = literal.collect();
        match ignoring_case {
            true => literal.to_lowercase() == text.to_lowercase(),
            false => literal == text,
        }
    }
}

/// `key`, `key, 'default'`, or one of the three that stand for signs.
fn variable<'a>(text: &'a str, context: &'a Context) -> Option<&'a str> {
    if matches!(text, "*" | "?" | "$") {
        return Some(text);
    }
    let (key, default) = match text.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (text.trim(), None),
    };
    context.value(key).or(default)
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
) -> bool {
    if pattern == "*" {
        return true;
    }
    let patterns = parts(pattern);
    let arns: Vec<&str> = arn.splitn(6, ':').collect();
    patterns.len() == arns.len()
        && patterns
            .iter()
            .zip(arns)
            .all(|(pattern, part)| fill(pattern).is_some_and(|pattern| pattern.matches(part)))
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
        let matches = |pattern: &str| arn_matches(pattern, arn, &|part| Some(Pattern::plain(part)));
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
            Pattern::filled(pattern, &context).map(|pattern| pattern.matches(text))
        };
        assert_eq!(matches("home/${aws:UserName}/*", "home/a*/x"), Some(true));
        assert_eq!(matches("home/${aws:username}", "home/ab"), Some(false));
        assert_eq!(matches("${aws:missing}", ""), None);
        assert_eq!(matches("${aws:missing, 'team-x'}", "team-x"), Some(true));
        assert_eq!(matches("${*}${?}${$}", "*?$"), Some(true));
        assert_eq!(matches("${dynamodb:LeadingKeys}", "a"), None);
        let table = "arn:aws:dynamodb:us-east-1:1:table/a*";
        assert!(arn_matches(
            "arn:aws:dynamodb:*:*:table/${aws:username}",
            table,
            &|part| Pattern::filled(part, &context)
        ));
    }
}
