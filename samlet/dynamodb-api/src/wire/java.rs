//! Values as DynamoDB's messages show them: as its Java objects print themselves.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use super::shape::{Role, Shape};

/// The longest value that a message shows; a request's body can have 16 MB.
const MAX_SHOWN: usize = 64 * 1024;

/// A value as text; a long one is cut.
pub(super) fn show(value: &Value, shape: &Shape) -> String {
    let mut text = Bounded(String::new());
    if write(&mut text, Some(value), shape).is_err() {
        text.0.push_str("...");
    }
    text.0
}

/// A text; a long one is cut.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_SHOWN {
        return text.into();
    }
    format!("{}...", &text[..text.floor_char_boundary(MAX_SHOWN)]).into()
}

/// A name with its first letter in lower case, as Java's members have it.
pub(super) fn member_name(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// Fails when it is full.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = MAX_SHOWN - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Err(std::fmt::Error)
    }
}

fn write(text: &mut Bounded, value: Option<&Value>, shape: &Shape) -> std::fmt::Result {
    match (value, shape) {
        (Some(Value::String(value)), _) => text.write_str(value),
        (Some(Value::Bool(value)), _) => write!(text, "{value}"),
        (Some(Value::Number(value)), _) => write!(text, "{value}"),
        (Some(Value::Array(values)), Shape::List { member, .. }) => {
            text.write_str("[")?;
            for (index, value) in values.iter().enumerate() {
                text.write_str(if index == 0 { "" } else { ", " })?;
                write(text, Some(value), member)?;
            }
            text.write_str("]")
        }
        (Some(Value::Object(members)), Shape::Map { value: element, .. }) => {
            text.write_str("{")?;
            for (index, (name, value)) in members.iter().enumerate() {
                write!(text, "{}{name}=", if index == 0 { "" } else { ", " })?;
                write(text, Some(value), element)?;
            }
            text.write_str("}")
        }
        (Some(Value::Object(members)), Shape::Structure(structure)) => {
            write!(text, "{}(", structure.class)?;
            for (index, member) in structure.members.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                write!(text, "{separator}{}=", member_name(member.name))?;
                match member.role {
                    Role::Served { shape, .. } => write(text, members.get(member.name), shape)?,
                    Role::PassedOver(_) | Role::Refused(_) => text.write_str("null")?,
                }
            }
            text.write_str(")")
        }
        _ => text.write_str("null"),
    }
}
