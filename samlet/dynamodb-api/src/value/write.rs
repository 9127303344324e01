//! Attribute values to JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{AttributeValue, Item};

impl AttributeValue {
    /// As it is on the wire: `{"S": …}`.
    pub fn write(&self) -> Value {
        let value = match self {
            Self::S(text) => text.as_str().into(),
            Self::N(number) => number.to_string().into(),
            Self::B(value) => STANDARD.encode(value).into(),
            Self::Bool(value) => (*value).into(),
            Self::Null => true.into(),
            Self::Ss(texts) => texts.as_slice().into(),
            Self::Ns(numbers) => numbers.iter().map(ToString::to_string).collect(),
            Self::Bs(values) => values.iter().map(|value| STANDARD.encode(value)).collect(),
            Self::L(values) => values.iter().map(Self::write).collect(),
            Self::M(item) => write_item(item),
        };
        let mut members = Map::new();
        members.insert(self.kind().name().into(), value);
        Value::Object(members)
    }
}

/// An item as it is on the wire.
pub fn write_item(item: &Item) -> Value {
    let members = item
        .iter()
        .map(|(name, value)| (name.clone(), value.write()));
    Value::Object(members.collect::<Map<_, _>>())
}
