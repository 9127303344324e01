//! Attribute values from JSON, in the order and with the words of DynamoDB's checks.

use std::collections::HashSet;
use std::hash::Hash;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{AttributeType, AttributeValue, Item, Number};
use crate::Refusal;

/// Lists and maps that may be around a value: with the attribute itself, 32 levels.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes>
pub const NESTING: usize = 31;

/// Bytes of an attribute's name, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes>
const LONGEST_NAME: usize = 65_535;

/// The order in which DynamoDB checks the members of a value that has several.
const ORDER: [AttributeType; 10] = [
    AttributeType::S,
    AttributeType::B,
    AttributeType::N,
    AttributeType::Bool,
    AttributeType::Null,
    AttributeType::Bs,
    AttributeType::Ns,
    AttributeType::Ss,
    AttributeType::L,
    AttributeType::M,
];

impl AttributeValue {
    /// Reads `{"S": …}`. The types of its members were checked before (`wire`); what is left to say is said in the
    /// words of DynamoDB's validation, without a member's name.
    pub fn from_json(value: Value) -> Result<Self, Refusal> {
        Self::from_json_within(value, NESTING)
    }

    /// Reads a value that is kept, as [`AttributeValue::from_json`] does.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        Self::from_json(value.clone())
    }

    /// Reads a value in which at most `nesting` lists and maps are within each other; [`NESTING`] holds for most.
    pub fn from_json_within(value: Value, nesting: usize) -> Result<Self, Refusal> {
        let Value::Object(members) = value else {
            return Err(wrong_type());
        };
        let mut kinds = members.into_iter().filter_map(|(name, value)| {
            let kind = AttributeType::from_name(&name)?;
            (!value.is_null()).then_some((kind, value))
        });
        let Some((kind, value)) = kinds.next() else {
            return Err(Refusal::validation(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ));
        };
        match kinds.next() {
            None => read(kind, value, nesting),
            Some(second) => Err(several(
                [(kind, value), second].into_iter().chain(kinds),
                nesting,
            )),
        }
    }
}

/// Reads an item, a key, or a map within one.
pub fn item_from_json(members: Map<String, Value>) -> Result<Item, Refusal> {
    item_within(members, NESTING)
}

/// Reads an item that is kept, as [`item_from_json`] does.
pub fn read_item(members: &Map<String, Value>) -> Result<Item, Refusal> {
    item_from_json(members.clone())
}

fn item_within(members: Map<String, Value>, nesting: usize) -> Result<Item, Refusal> {
    let attributes = members.into_iter().map(|(name, value)| {
        check_name(&name)?;
        Ok((name, AttributeValue::from_json_within(value, nesting)?))
    });
    attributes.collect()
}

/// Refuses a name that attributes can't have.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::validation("Empty attribute name"));
    }
    if name.len() > LONGEST_NAME {
        return Err(Refusal::invalid_values(
            "Attribute name is too large, must be less than 65536 bytes",
        ));
    }
    Ok(())
}

/// What is wrong with a value that has several types: what is wrong with one of them comes first.
fn several(kinds: impl Iterator<Item = (AttributeType, Value)>, nesting: usize) -> Refusal {
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_by_key(|(kind, _)| ORDER.iter().position(|one| one == kind));
    for (kind, value) in kinds {
        if let Err(refusal) = read(kind, value, nesting) {
            return refusal;
        }
    }
    Refusal::validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

fn read(kind: AttributeType, value: Value, nesting: usize) -> Result<AttributeValue, Refusal> {
    Ok(match (kind, value) {
        (AttributeType::S, Value::String(text)) => AttributeValue::S(text),
        (AttributeType::N, Value::String(text)) => AttributeValue::N(number(&text)?),
        (AttributeType::B, Value::String(text)) => AttributeValue::B(bytes(&text)?),
        (AttributeType::Bool, Value::Bool(value)) => AttributeValue::Bool(value),
        (AttributeType::Null, Value::Bool(true)) => AttributeValue::Null,
        (AttributeType::Null, Value::Bool(false)) => {
            return Err(Refusal::invalid_values(
                "Null attribute value types must have the value of true",
            ));
        }
        (AttributeType::Ss, Value::Array(members)) => AttributeValue::Ss(string_set(members)?),
        (AttributeType::Ns, Value::Array(members)) => AttributeValue::Ns(number_set(members)?),
        (AttributeType::Bs, Value::Array(members)) => AttributeValue::Bs(binary_set(members)?),
        (AttributeType::L, Value::Array(values)) => AttributeValue::L(list(values, nesting)?),
        (AttributeType::M, Value::Object(members)) if members.is_empty() => {
            AttributeValue::M(Item::new())
        }
        (AttributeType::M, Value::Object(members)) => {
            AttributeValue::M(item_within(members, inside(nesting)?)?)
        }
        _ => return Err(wrong_type()),
    })
}

fn list(values: Vec<Value>, nesting: usize) -> Result<Vec<AttributeValue>, Refusal> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let nesting = inside(nesting)?;
    values
        .into_iter()
        .map(|value| AttributeValue::from_json_within(value, nesting))
        .collect()
}

/// The lists and maps that there may be within another.
fn inside(nesting: usize) -> Result<usize, Refusal> {
    nesting.checked_sub(1).ok_or_else(|| {
        Refusal::validation(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported \
             limit",
        )
    })
}

fn string_set(members: Vec<Value>) -> Result<Vec<String>, Refusal> {
    if members.is_empty() {
        return Err(Refusal::invalid_values("An string set  may not be empty"));
    }
    let members = texts(members)?;
    if has_duplicate(&members) {
        return Err(Refusal::invalid_values(format_args!(
            "Input collection [{}] contains duplicates.",
            members.join(", ")
        )));
    }
    Ok(members)
}

fn number_set(members: Vec<Value>) -> Result<Vec<Number>, Refusal> {
    if members.is_empty() {
        return Err(Refusal::invalid_values("An number set  may not be empty"));
    }
    let members = texts(members)?;
    let numbers: Vec<_> = members
        .iter()
        .map(|text| number(text))
        .collect::<Result<_, _>>()?;
    if has_duplicate(&numbers) {
        return Err(Refusal::validation("Input collection contains duplicates"));
    }
    Ok(numbers)
}

fn binary_set(members: Vec<Value>) -> Result<Vec<Vec<u8>>, Refusal> {
    if members.is_empty() {
        return Err(Refusal::invalid_values("Binary sets should not be empty"));
    }
    let members = texts(members)?;
    let values: Vec<_> = members
        .iter()
        .map(|text| bytes(text))
        .collect::<Result<_, _>>()?;
    if has_duplicate(&values) {
        return Err(Refusal::invalid_values(format_args!(
            "Input collection [{}]of type BS contains duplicates.",
            members.join(", ")
        )));
    }
    Ok(values)
}

fn texts(members: Vec<Value>) -> Result<Vec<String>, Refusal> {
    let texts = members.into_iter().map(|member| match member {
        Value::String(text) => Ok(text),
        _ => Err(wrong_type()),
    });
    texts.collect()
}

fn has_duplicate<T: Eq + Hash>(members: &[T]) -> bool {
    let mut seen = HashSet::with_capacity(members.len());
    !members.iter().all(|member| seen.insert(member))
}

fn number(text: &str) -> Result<Number, Refusal> {
    Number::parse(text).map_err(|error| Refusal::validation(error.to_string()))
}

/// The bytes of a base64 text, which was found to be one before (`wire`).
fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|_| {
        Refusal::Serialization("only base-64-encoded strings are convertible to bytes".into())
    })
}

/// For a member of another type than `wire` lets pass.
fn wrong_type() -> Refusal {
    Refusal::Serialization("Unexpected value type in payload".into())
}
