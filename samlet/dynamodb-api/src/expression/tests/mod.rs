//! What expressions are read as, and how they are refused.

#![allow(clippy::unwrap_used, reason = "tests")]

mod conditions;
mod keys;
mod placeholders;
mod projections;
mod round_trips;
mod updates;

use serde_json::{Map, Value, json};

use super::{Operand, Path, PathElement, Placeholders};
use crate::{AttributeValue, Refusal};

/// Placeholders for names that are named, such as `#a`, and values of each type, such as `:s`.
fn placeholders() -> Placeholders {
    let names = json!({"#a": "a", "#b": "b", "#c": "c", "#3": "[3]", "#dot": "x.y"});
    let values = json!({
        ":s": {"S": "s"}, ":t": {"S": "t"}, ":n": {"N": "1"}, ":m": {"N": "2"}, ":b": {"B": "YQ=="},
        ":bool": {"BOOL": true}, ":null": {"NULL": true}, ":ss": {"SS": ["a"]}, ":ns": {"NS": ["1"]},
        ":bs": {"BS": ["YQ=="]}, ":l": {"L": []}, ":map": {"M": {}}, ":N": {"S": "N"}, ":dog": {"S": "DOG"},
    });
    Placeholders::read(names.as_object(), values.as_object()).unwrap()
}

fn path(text: &str) -> Path {
    let mut elements = text.split('.');
    let attribute = elements.next().unwrap().into();
    let elements = elements.map(|element| match element.parse() {
        Ok(index) => PathElement::Index(index),
        Err(_) => PathElement::Member(element.into()),
    });
    Path {
        attribute,
        elements: elements.collect(),
    }
}

fn operand(text: &str) -> Operand {
    Operand::Path(path(text))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(text: &str) -> AttributeValue {
    AttributeValue::N(text.parse_number())
}

trait ParseNumber {
    fn parse_number(&self) -> crate::Number;
}

impl ParseNumber for str {
    fn parse_number(&self) -> crate::Number {
        crate::Number::parse(self).unwrap()
    }
}

/// The message of a refusal, which is a `ValidationException`.
fn message<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    match result.unwrap_err() {
        Refusal::Validation(message) => message,
        other => panic!("{other:?}"),
    }
}

fn syntax_error(token: &str, near: &str) -> String {
    format!("Syntax error; token: \"{token}\", near: \"{near}\"")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}
