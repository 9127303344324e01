//! Short ways to write items and expressions in tests.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::{Map, Value};

use crate::expression::{Condition, Path, PathElement, Placeholders, Projection, Update};
use crate::{AttributeValue, Item, Number};

/// A value from plain JSON. `{"SS": [...]}`, `{"NS": [...]}`, `{"BS": [...]}` and `{"B": "..."}` are sets and bytes;
/// other objects are maps.
pub(super) fn value(json: &Value) -> AttributeValue {
    match json {
        Value::Null => AttributeValue::Null,
        Value::Bool(is) => AttributeValue::Bool(*is),
        Value::Number(_) => AttributeValue::N(number(json)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(value).collect()),
        Value::Object(members) => {
            let mut members = members.iter();
            let (Some((name, member)), None) = (members.next(), members.next()) else {
                return AttributeValue::M(item(json));
            };
            match (name.as_str(), member) {
                ("SS", Value::Array(texts)) => AttributeValue::Ss(texts.iter().map(text).collect()),
                ("NS", Value::Array(numbers)) => {
                    AttributeValue::Ns(numbers.iter().map(number).collect())
                }
                ("BS", Value::Array(values)) => {
                    AttributeValue::Bs(values.iter().map(bytes).collect())
                }
                ("B", value) => AttributeValue::B(bytes(value)),
                _ => AttributeValue::M(item(json)),
            }
        }
    }
}

fn text(json: &Value) -> String {
    json.as_str().unwrap().to_owned()
}

fn bytes(json: &Value) -> Vec<u8> {
    text(json).into_bytes()
}

fn number(json: &Value) -> Number {
    Number::parse(&json.to_string()).unwrap()
}

/// An item from plain JSON, as [`value`] reads it.
pub(super) fn item(json: &Value) -> Item {
    let members = json.as_object().unwrap().iter();
    let attributes = members.map(|(name, json)| (name.clone(), value(json)));
    attributes.collect()
}

/// A path from text like `a.b[2].c`.
pub(super) fn path(text: &str) -> Path {
    let spaced = text.replace('[', ".[");
    let mut elements = spaced.split('.');
    let attribute = elements.next().unwrap().to_owned();
    let elements = elements.map(|element| match element.strip_prefix('[') {
        Some(index) => PathElement::Index(index.trim_end_matches(']').parse().unwrap()),
        None => PathElement::Member(element.to_owned()),
    });
    Path {
        attribute,
        elements: elements.collect(),
    }
}

/// Takes the values, plain JSON between backticks, out of an expression.
fn placeholders(text: &str) -> (String, Placeholders) {
    let mut values = Map::new();
    let mut expression = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 0 {
            expression.push_str(part);
            continue;
        }
        let json = serde_json::from_str(part).unwrap();
        let name = format!(":{number}");
        expression.push_str(&name);
        values.insert(name, value(&json).write());
    }
    let values = (!values.is_empty()).then_some(&values);
    (expression, Placeholders::read(None, values).unwrap())
}

/// A condition, its values plain JSON between backticks: ``a = `1` ``.
pub(super) fn condition(text: &str) -> Condition {
    let (expression, mut placeholders) = placeholders(text);
    let read = placeholders.condition("FilterExpression", &expression);
    read.unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

/// An update, its values plain JSON between backticks: ``SET a = `1` ``.
pub(super) fn update(text: &str) -> Update {
    let (expression, mut placeholders) = placeholders(text);
    let read = placeholders.update(&expression);
    read.unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

/// A projection.
pub(super) fn projection(text: &str) -> Projection {
    let read = Placeholders::default().projection(text);
    read.unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}
