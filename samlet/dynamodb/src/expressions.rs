//! The words of DynamoDB's expressions, for those who needn't understand their sentences.

use serde_json::Value;

/// Words that are no attributes: operators, clauses and functions.
const NO_ATTRIBUTES: [&str; 18] = [
    "ADD",
    "AND",
    "BETWEEN",
    "DELETE",
    "IN",
    "NOT",
    "OR",
    "REMOVE",
    "SET",
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "if_not_exists",
    "list_append",
    "size",
    "-",
];

/// The longest expression that DynamoDB takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_BYTES: usize = 4096;

/// The words of an expression: names, placeholders, and signs one by one. None
/// of one that is too long: the engine refuses it, and looking for something in
/// megabytes of them would hold up others.
pub(crate) fn words(expression: &str) -> Vec<&str> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "_#:.-".contains(c);
    let mut words = Vec::new();
    if expression.len() > MAX_BYTES {
        return words;
    }
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match part_of_name(first) {
            true => rest.find(|c| !part_of_name(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// Whether a word names an attribute, by itself or through a placeholder.
pub(crate) fn is_attribute(word: &str) -> bool {
    let named = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '#';
    word.starts_with(named)
        && !NO_ATTRIBUTES
            .iter()
            .any(|other| other.eq_ignore_ascii_case(word))
}

/// The type and the text of `{"S": …}`, `{"N": …}` or `{"B": …}`.
pub(crate) fn scalar(value: &Value) -> Option<(&str, &str)> {
    let (name, value) = value.as_object()?.iter().next()?;
    Some((name.as_str(), value.as_str()?))
}
