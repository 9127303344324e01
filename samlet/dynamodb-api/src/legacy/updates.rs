//! What is to become of an item's attributes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html>

use serde_json::{Map, Value};

use crate::value::check_name;
use crate::{AttributeType, AttributeValue, Refusal};

/// What is to become of an attribute: a member of `AttributeUpdates`.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeUpdate {
    /// `PUT`.
    Put(AttributeValue),
    /// `ADD` to a number, a set or a list.
    Add(AttributeValue),
    /// `DELETE` of a set's members.
    Remove(AttributeValue),
    /// `DELETE` of the attribute.
    Delete,
}

#[derive(Clone, Copy)]
enum Action {
    Put,
    Add,
    Delete,
}

/// Reads `AttributeUpdates`.
pub fn read_updates(
    updates: Map<String, Value>,
) -> Result<Vec<(String, AttributeUpdate)>, Refusal> {
    let mut read = Vec::with_capacity(updates.len());
    for (name, mut update) in updates {
        check_name(&name)?;
        let value = update.get_mut("Value").map(Value::take);
        let value = value.map(AttributeValue::from_json).transpose()?;
        let action = action(update.get("Action"))?;
        read.push((name, AttributeUpdate::new(action, value)?));
    }
    Ok(read)
}

/// `AttributeUpdates` as they are on the wire.
pub fn write_updates(updates: &[(String, AttributeUpdate)]) -> Value {
    let members = updates
        .iter()
        .map(|(name, update)| (name.clone(), update.write()));
    Value::Object(members.collect())
}

fn action(name: Option<&Value>) -> Result<Action, Refusal> {
    match name.and_then(Value::as_str) {
        None | Some("PUT") => Ok(Action::Put),
        Some("ADD") => Ok(Action::Add),
        Some("DELETE") => Ok(Action::Delete),
        // The quote that nothing opens is DynamoDB's.
        Some(_) => Err(Refusal::validation(
            "1 validation error detected: Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action",
        )),
    }
}

impl AttributeUpdate {
    fn new(action: Action, value: Option<AttributeValue>) -> Result<Self, Refusal> {
        use AttributeType::{Bs, L, N, Ns, Ss};
        match (action, value) {
            (Action::Delete, None) => Ok(Self::Delete),
            (_, None) => Err(Refusal::invalid_values(
                "Only DELETE action is allowed when no attribute value is specified",
            )),
            (Action::Put, Some(value)) => Ok(Self::Put(value)),
            (Action::Add, Some(value)) => match value.kind() {
                N | Ss | Ns | Bs | L => Ok(Self::Add(value)),
                kind => Err(Refusal::invalid_values(format_args!(
                    "ADD action is not supported for the type {}",
                    kind.name()
                ))),
            },
            (Action::Delete, Some(value)) => match value.kind() {
                Ss | Ns | Bs => Ok(Self::Remove(value)),
                kind => Err(Refusal::invalid_values(format_args!(
                    "DELETE action with value is not supported for the type {}",
                    kind.name()
                ))),
            },
        }
    }

    fn write(&self) -> Value {
        let (action, value) = match self {
            Self::Put(value) => ("PUT", Some(value)),
            Self::Add(value) => ("ADD", Some(value)),
            Self::Remove(value) => ("DELETE", Some(value)),
            Self::Delete => ("DELETE", None),
        };
        let mut members = Map::new();
        members.insert("Action".into(), action.into());
        if let Some(value) = value {
            members.insert("Value".into(), value.write());
        }
        Value::Object(members)
    }
}
