//! Attribute values and items of the model, and how they are read and written as JSON.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::number::Decimal;

/// An item, or a map within one.
pub(crate) type Item = BTreeMap<String, Value>;

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    S(String),
    N(Decimal),
    B(Vec<u8>),
    Bool(bool),
    Null,
    Ss(BTreeSet<String>),
    Ns(BTreeSet<Decimal>),
    Bs(BTreeSet<Vec<u8>>),
    L(Vec<Value>),
    M(Item),
}

/// The types that keys can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    S,
    N,
    B,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

impl Value {
    /// The name of its type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
            Self::L(_) => "L",
            Self::M(_) => "M",
        }
    }

    /// Whether it is an empty string or an empty byte array.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::S(text) => text.is_empty(),
            Self::B(bytes) => bytes.is_empty(),
            _ => false,
        }
    }

    /// The order of two values of one type that keys can have.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(left), Self::S(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
            (Self::N(left), Self::N(right)) => Some(left.cmp(right)),
            (Self::B(left), Self::B(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// The bytes that DynamoDB counts.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::Ss(members) => members.iter().map(String::len).sum(),
            Self::Ns(members) => members.iter().map(Decimal::size).sum(),
            Self::Bs(members) => members.iter().map(Vec::len).sum(),
            Self::L(members) => 3 + members.iter().map(|one| 1 + one.size()).sum::<usize>(),
            Self::M(members) => 3 + members.len() + size(members),
        }
    }

    pub(crate) fn write(&self) -> Json {
        let content: Json = match self {
            Self::S(text) => text.as_str().into(),
            Self::N(number) => number.text.as_str().into(),
            Self::B(bytes) => STANDARD.encode(bytes).into(),
            Self::Bool(is_true) => (*is_true).into(),
            Self::Null => true.into(),
            Self::Ss(members) => members.iter().map(String::as_str).collect(),
            Self::Ns(members) => members.iter().map(|one| one.text.as_str()).collect(),
            Self::Bs(members) => members.iter().map(|one| STANDARD.encode(one)).collect(),
            Self::L(members) => members.iter().map(Self::write).collect(),
            Self::M(members) => write(members),
        };
        json!({self.kind(): content})
    }

    /// Reads what the engine answers.
    pub(crate) fn read(json: &Json) -> Self {
        let (kind, content) = json.as_object().unwrap().iter().next().unwrap();
        let text = |json: &Json| json.as_str().unwrap().to_owned();
        let number = |json: &Json| {
            let number = Decimal::new(json.as_str().unwrap());
            assert_eq!(number.text, number.to_string(), "how a number is written");
            number
        };
        let bytes = |json: &Json| STANDARD.decode(json.as_str().unwrap()).unwrap();
        let list = || content.as_array().unwrap().iter();
        match kind.as_str() {
            "S" => Self::S(text(content)),
            "N" => Self::N(number(content)),
            "B" => Self::B(bytes(content)),
            "BOOL" => Self::Bool(content.as_bool().unwrap()),
            "NULL" => Self::Null,
            "SS" => Self::Ss(list().map(text).collect()),
            "NS" => Self::Ns(list().map(number).collect()),
            "BS" => Self::Bs(list().map(bytes).collect()),
            "L" => Self::L(list().map(Self::read).collect()),
            "M" => Self::M(read(content)),
            kind => panic!("no such type: {kind}"),
        }
    }
}

/// The bytes of an item that DynamoDB counts.
pub(crate) fn size(item: &Item) -> usize {
    let sizes = item.iter().map(|(name, value)| name.len() + value.size());
    sizes.sum()
}

pub(crate) fn write(item: &Item) -> Json {
    let members = item.iter();
    let members = members.map(|(name, value)| (name.clone(), value.write()));
    Json::Object(members.collect::<Map<_, _>>())
}

pub(crate) fn read(json: &Json) -> Item {
    let members = json.as_object().unwrap().iter();
    let members = members.map(|(name, value)| (name.clone(), Value::read(value)));
    members.collect()
}

/// An order of all items, by which lists of them are compared whose order says nothing.
pub(crate) fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_cached_key(canonical);
    items
}

/// The same text for equal items.
pub(crate) fn canonical(item: &Item) -> String {
    fn plain(value: &Value) -> Value {
        match value {
            Value::N(number) => Value::N(Decimal::new(&number.to_string())),
            Value::Ns(members) => {
                let members = members.iter();
                Value::Ns(members.map(|one| Decimal::new(&one.to_string())).collect())
            }
            Value::L(members) => Value::L(members.iter().map(plain).collect()),
            Value::M(members) => Value::M(plain_item(members)),
            value => value.clone(),
        }
    }
    fn plain_item(item: &Item) -> Item {
        let members = item.iter();
        let members = members.map(|(name, value)| (name.clone(), plain(value)));
        members.collect()
    }
    write(&plain_item(item)).to_string()
}
