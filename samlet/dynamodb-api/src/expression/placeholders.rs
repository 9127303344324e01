//! Reads a request's expressions, with the names and values that it defines for them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::problem::Problem;
use super::token::is_word;
use super::{Condition, KeyCondition, Projection, Update, read};
use crate::{AttributeValue, Refusal};

/// The longest placeholder, with its sign.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_PLACEHOLDER_BYTES: usize = 255;

/// The longest name of an attribute.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
const MAX_NAME_BYTES: usize = 65_535;

/// Bytes that the names and values in a request's expressions may add up to, counted at each use. Expressions are kept
/// with their values in place; this bound keeps a small request that uses a large value often from filling the memory.
const MAX_COPIED_BYTES: usize = 64 << 20;

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";

/// A request's `ExpressionAttributeNames` and `ExpressionAttributeValues`. All of them must be used.
#[derive(Debug, Default)]
pub struct Placeholders {
    names: BTreeMap<String, Defined<String>>,
    values: BTreeMap<String, Defined<AttributeValue>>,
    copied_bytes: usize,
    /// What breaks the rules of key conditions, which are checked last.
    key_refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Defined<T> {
    is: T,
    bytes: usize,
    is_used: bool,
}

impl Placeholders {
    /// From the members of a request; both may be left out.
    pub fn read(
        names: Option<&Map<String, Value>>,
        values: Option<&Map<String, Value>>,
    ) -> Result<Self, Refusal> {
        let mut placeholders = Self::default();
        if let Some(names) = names {
            check_keys(NAMES, '#', names)?;
            for (key, name) in names {
                placeholders.add_name(key, name.as_str().unwrap_or_default())?;
            }
        }
        if let Some(values) = values {
            check_keys(VALUES, ':', values)?;
            for (key, value) in values {
                placeholders.add_value(key, value)?;
            }
        }
        Ok(placeholders)
    }

    fn add_name(&mut self, key: &str, name: &str) -> Result<(), Refusal> {
        let reason = match name.len() {
            0 => "Empty attribute name",
            1..=MAX_NAME_BYTES => {
                let defined = Defined {
                    is: name.to_owned(),
                    bytes: name.len(),
                    is_used: false,
                };
                self.names.insert(key.to_owned(), defined);
                return Ok(());
            }
            _ => "Attribute name is too large, must be less than 65536 bytes",
        };
        Err(invalid_value(NAMES, reason, key))
    }

    fn add_value(&mut self, key: &str, value: &Value) -> Result<(), Refusal> {
        let value = AttributeValue::read(value).map_err(|refusal| match refusal {
            Refusal::Validation(reason) => invalid_value(VALUES, &reason, key),
            other => other,
        })?;
        let defined = Defined {
            bytes: value.size(),
            is: value,
            is_used: false,
        };
        self.values.insert(key.to_owned(), defined);
        Ok(())
    }

    /// Reads a condition or a filter; `member` is where it stands in the request, such as `ConditionExpression`.
    pub fn condition(&mut self, member: &str, text: &str) -> Result<Condition, Refusal> {
        read::condition(text, self).map_err(|problem| refusal(member, &problem))
    }

    /// Reads a `KeyConditionExpression`. One that is a condition, but not of keys, is refused by [`Self::finish`]:
    /// DynamoDB says so when it has nothing else to say of the request's expressions.
    pub fn key_condition(&mut self, text: &str) -> Result<KeyCondition, Refusal> {
        let member = "KeyConditionExpression";
        let condition =
            read::key_condition(text, self).map_err(|problem| refusal(member, &problem))?;
        Ok(condition.unwrap_or_else(|problem| {
            self.key_refusal = Some(refusal(member, &problem));
            KeyCondition(Vec::new())
        }))
    }

    /// Reads an `UpdateExpression`.
    pub fn update(&mut self, text: &str) -> Result<Update, Refusal> {
        read::update(text, self).map_err(|problem| refusal("UpdateExpression", &problem))
    }

    /// Reads a `ProjectionExpression`.
    pub fn projection(&mut self, text: &str) -> Result<Projection, Refusal> {
        read::projection(text, self).map_err(|problem| refusal("ProjectionExpression", &problem))
    }

    /// Refuses names and values that no expression used, then a condition that is not a key condition.
    pub fn finish(self) -> Result<(), Refusal> {
        check_used(NAMES, &self.names)?;
        check_used(VALUES, &self.values)?;
        match self.key_refusal {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// The name that a placeholder stands for, which is used by that.
    pub(super) fn use_name(&mut self, placeholder: &str) -> Result<String, Problem> {
        let Some(name) = self.names.get_mut(placeholder) else {
            return Err(Problem::UndefinedName(placeholder.into()));
        };
        name.is_used = true;
        let copy = name.is.clone();
        self.count(copy.len())?;
        Ok(copy)
    }

    /// Uses a value. Whether it is defined.
    pub(super) fn use_value(&mut self, placeholder: &str) -> bool {
        match self.values.get_mut(placeholder) {
            Some(value) => {
                value.is_used = true;
                true
            }
            None => false,
        }
    }

    /// The value that a placeholder stands for.
    pub(super) fn value(&self, placeholder: &str) -> Option<&AttributeValue> {
        self.values.get(placeholder).map(|value| &value.is)
    }

    /// A copy of the value that a placeholder stands for.
    pub(super) fn copy(&mut self, placeholder: &str) -> Result<AttributeValue, Problem> {
        let bytes = self.values.get(placeholder).map(|value| value.bytes);
        self.count(bytes.unwrap_or_default())?;
        let value = self.value(placeholder).cloned();
        value.ok_or_else(|| Problem::UndefinedValue(placeholder.into()))
    }

    fn count(&mut self, bytes: usize) -> Result<(), Problem> {
        self.copied_bytes += bytes;
        if self.copied_bytes > MAX_COPIED_BYTES {
            return Err(Problem::TooLong);
        }
        Ok(())
    }
}

fn refusal(member: &str, problem: &Problem) -> Refusal {
    Refusal::Validation(format!("Invalid {member}: {problem}"))
}

fn invalid_value(member: &str, reason: &str, key: &str) -> Refusal {
    Refusal::Validation(format!(
        "{member} contains invalid value: {reason} for key {key}"
    ))
}

/// Checks the placeholders that a member defines.
fn check_keys(member: &str, sign: char, defined: &Map<String, Value>) -> Result<(), Refusal> {
    if defined.is_empty() {
        return Err(Refusal::Validation(format!("{member} must not be empty")));
    }
    for key in defined.keys() {
        let reason = if key.len() > MAX_PLACEHOLDER_BYTES {
            // DynamoDB says how long only of names.
            let size = match sign {
                '#' => format!(" size of key: {}", key.len()),
                _ => String::new(),
            };
            format!("The expression attribute map contains a key that is too long;{size}")
        } else if !is_placeholder(key, sign) {
            format!("Syntax error; key: \"{key}\"")
        } else {
            continue;
        };
        return Err(Refusal::Validation(format!(
            "{member} contains invalid key: {reason}"
        )));
    }
    Ok(())
}

fn is_placeholder(key: &str, sign: char) -> bool {
    let word = key.strip_prefix(sign).unwrap_or_default();
    !word.is_empty() && word.bytes().all(is_word)
}

fn check_used<T>(member: &str, defined: &BTreeMap<String, Defined<T>>) -> Result<(), Refusal> {
    let unused = defined.iter().filter(|(_, defined)| !defined.is_used);
    let keys: Vec<&str> = unused.map(|(key, _)| key.as_str()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let keys = keys.join(", ");
    Err(Refusal::Validation(format!(
        "Value provided in {member} unused in expressions: keys: {{{keys}}}"
    )))
}
