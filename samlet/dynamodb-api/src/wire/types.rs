//! Whether members have the types of the model: what DynamoDB finds while it deserialises a request.
//!
//! Values are changed where they are: nulls and unknown members go, and what is convertible is converted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::shape::{Role, Shape, Structure};
use super::shapes::ATTRIBUTE_VALUE_CLASS;
use crate::Refusal;

/// DynamoDB's answer to a plain value where a list or map is within another: its own fault, which it words like this.
const CAST: &str = "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class \
    java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module \
    java.base of loader 'bootstrap')";
const PACKAGE: &str = "com.amazonaws.dynamodb.v20120810";

/// Where a value is.
#[derive(Clone, Copy)]
enum Within {
    Structure,
    Collection,
}

/// Checks a structure's members.
pub(super) fn check(
    structure: &Structure,
    members: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    let mut has_more = false;
    for (name, value) in members.iter_mut() {
        let member = structure.members.iter().find(|member| member.name == name);
        match member.map(|member| &member.role) {
            _ if value.is_null() => has_more = true,
            Some(Role::Served { shape, .. }) => {
                check_value(value, shape, Within::Structure)?;
                if structure.class == ATTRIBUTE_VALUE_CLASS {
                    check_set(name, value)?;
                }
            }
            Some(Role::Refused(_)) => {}
            Some(Role::PassedOver(_)) | None => has_more = true,
        }
    }
    if has_more {
        members.retain(|name, value| {
            let member = structure.members.iter().find(|member| member.name == name);
            let is_dropped = member.is_none_or(|member| matches!(member.role, Role::PassedOver(_)));
            !value.is_null() && !is_dropped
        });
    }
    Ok(())
}

/// Refuses nulls in sets, which aren't a question of types any more.
fn check_set(name: &str, value: &Value) -> Result<(), Refusal> {
    let set = match name {
        "SS" => "An string set ",
        "NS" => "An number set ",
        "BS" => "An binary set ",
        _ => return Ok(()),
    };
    let mut elements = value.as_array().into_iter().flatten();
    if elements.any(Value::is_null) {
        return Err(Refusal::invalid_values(format!(
            "{set} may not have a null string as a member"
        )));
    }
    Ok(())
}

fn check_value(value: &mut Value, shape: &Shape, within: Within) -> Result<(), Refusal> {
    match shape {
        Shape::Structure(structure) => match value {
            Value::Object(members) => check(structure, members),
            Value::Array(_) => refuse(format!(
                "Unrecognized collection type class {PACKAGE}.{}",
                structure.class
            )),
            _ => match within {
                Within::Structure => refuse("Unexpected field type"),
                Within::Collection => refuse("Unexpected value type in payload"),
            },
        },
        Shape::List { member, .. } => match value {
            Value::Array(elements) => check_elements(elements, member),
            Value::Object(_) => refuse("Start of structure or map found where not expected"),
            _ => refuse_plain(within),
        },
        Shape::Map { value: element, .. } => match value {
            Value::Object(members) => check_members(members, element),
            Value::Array(_) => refuse(format!(
                "Unrecognized collection type java.util.Map<java.lang.String, {}>",
                class(element)
            )),
            _ => refuse_plain(within),
        },
        Shape::String(_) => match value {
            Value::String(_) => Ok(()),
            other => refuse_type(other, "java.lang.String", "String"),
        },
        Shape::Integer(_) => check_number(value, "Integer", i32::MIN.into(), i32::MAX.into()),
        Shape::Long(_) => check_number(value, "Long", i64::MIN, i64::MAX),
        Shape::Boolean => check_boolean(value),
        Shape::Blob => check_blob(value),
    }
}

/// A null element stands for a structure without members; elsewhere it stays, for the constraints to refuse.
fn check_elements(elements: &mut [Value], shape: &Shape) -> Result<(), Refusal> {
    for element in elements {
        if !element.is_null() {
            check_value(element, shape, Within::Collection)?;
        } else if matches!(shape, Shape::Structure(_)) {
            *element = Value::Object(Map::new());
        }
    }
    Ok(())
}

fn check_members(members: &mut Map<String, Value>, shape: &Shape) -> Result<(), Refusal> {
    let mut has_nulls = false;
    for (_, member) in members.iter_mut() {
        if !member.is_null() {
            check_value(member, shape, Within::Collection)?;
        } else if matches!(shape, Shape::Structure(_)) {
            *member = Value::Object(Map::new());
        } else {
            has_nulls = true;
        }
    }
    if has_nulls {
        members.retain(|_, member| !member.is_null());
    }
    Ok(())
}

/// A float loses its fraction, and a number that is too large is the largest.
fn check_number(value: &mut Value, name: &str, min: i64, max: i64) -> Result<(), Refusal> {
    let Value::Number(number) = &*value else {
        return refuse_type(value, &format!("java.lang.{name}"), name);
    };
    let whole = match number.as_i64() {
        Some(whole) => whole,
        None if number.is_u64() => i64::MAX,
        #[expect(clippy::cast_possible_truncation, reason = "it is what is wanted")]
        None => number.as_f64().unwrap_or_default() as i64,
    };
    *value = whole.clamp(min, max).into();
    Ok(())
}

fn check_boolean(value: &mut Value) -> Result<(), Refusal> {
    let Value::String(text) = &*value else {
        return match value {
            Value::Bool(_) => Ok(()),
            _ => refuse_type(value, "java.lang.Boolean", "Boolean"),
        };
    };
    let is = |names: [&str; 3]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    *value = if is(["true", "1", "yes"]) {
        true.into()
    } else if is(["false", "0", "no"]) {
        false.into()
    } else {
        return refuse("Unexpected token received from parser");
    };
    Ok(())
}

fn check_blob(value: &Value) -> Result<(), Refusal> {
    let text = match value {
        Value::String(text) => text,
        Value::Array(_) => return refuse("Unrecognized collection type class java.nio.ByteBuffer"),
        Value::Object(_) => return refuse("Start of structure or map found where not expected"),
        _ => return refuse("only base-64-encoded strings are convertible to bytes"),
    };
    if !text.len().is_multiple_of(4) {
        let length = text.chars().count();
        return refuse(format!(
            "Base64 encoded length is expected a multiple of 4 bytes but found: {length}"
        ));
    }
    if !is_base64(text) {
        return refuse("Invalid last non-pad Base64 character dectected");
    }
    Ok(())
}

/// Decodes piece by piece, so that nothing is allocated. Only the last piece may be padded.
fn is_base64(text: &str) -> bool {
    const PIECE: usize = 4 * 256;
    let mut decoded = [0; PIECE];
    let pieces = text.len().div_ceil(PIECE);
    text.as_bytes()
        .chunks(PIECE)
        .enumerate()
        .all(|(index, piece)| {
            let is_last = index + 1 == pieces;
            (is_last || !piece.contains(&b'='))
                && STANDARD.decode_slice(piece, &mut decoded).is_ok()
        })
}

fn refuse_plain(within: Within) -> Result<(), Refusal> {
    match within {
        Within::Structure => refuse("Unexpected field type"),
        Within::Collection => refuse(CAST),
    }
}

fn refuse_type(value: &Value, class: &str, name: &str) -> Result<(), Refusal> {
    let found = match value {
        Value::Array(_) => return refuse(format!("Unrecognized collection type class {class}")),
        Value::Object(_) => return refuse("Start of structure or map found where not expected"),
        Value::String(_) => "STRING_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) | Value::Null => "NUMBER_VALUE",
    };
    refuse(format!("{found} cannot be converted to {name}"))
}

fn refuse(message: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal::Serialization(message.into()))
}

/// A type's name in Java.
fn class(shape: &Shape) -> String {
    match shape {
        Shape::Structure(structure) => format!("{PACKAGE}.{}", structure.class),
        Shape::List { member, .. } => format!("java.util.List<{}>", class(member)),
        Shape::Map { value, .. } => {
            format!("java.util.Map<java.lang.String, {}>", class(value))
        }
        Shape::String(_) => "java.lang.String".into(),
        Shape::Integer(_) => "java.lang.Integer".into(),
        Shape::Long(_) => "java.lang.Long".into(),
        Shape::Boolean => "java.lang.Boolean".into(),
        Shape::Blob => "java.nio.ByteBuffer".into(),
    }
}
