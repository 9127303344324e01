//! What is stored: attribute values, numbers and items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>

mod number;
mod read;
mod size;
#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

pub use number::{Number, NumberError};
pub(crate) use read::check_name;
pub use read::{NESTING, item_from_json, read_item};
pub use size::{MAX_ITEM_SIZE, check_item_size, item_size};
pub use write::write_item;

/// An item, or a map within one: attributes by name.
pub type Item = BTreeMap<String, AttributeValue>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A string.
    S(String),
    /// A number.
    N(Number),
    /// Bytes.
    B(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// Null.
    Null,
    /// A set of strings, in the order in which they were sent.
    Ss(Vec<String>),
    /// A set of numbers.
    Ns(Vec<Number>),
    /// A set of bytes.
    Bs(Vec<Vec<u8>>),
    /// A list.
    L(Vec<AttributeValue>),
    /// A map.
    M(Item),
}

/// A type of attribute values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeType {
    /// A string.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
    /// True or false.
    Bool,
    /// Null.
    Null,
    /// A set of strings.
    Ss,
    /// A set of numbers.
    Ns,
    /// A set of bytes.
    Bs,
    /// A list.
    L,
    /// A map.
    M,
}

impl AttributeType {
    /// All of them, in the order in which DynamoDB lists them to users.
    pub const ALL: [Self; 10] = [
        Self::B,
        Self::Null,
        Self::Ss,
        Self::Bool,
        Self::L,
        Self::Bs,
        Self::N,
        Self::Ns,
        Self::S,
        Self::M,
    ];

    /// As it is on the wire: `S`, `BOOL`.
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
            Self::L => "L",
            Self::M => "M",
        }
    }

    /// The type with a name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl AttributeValue {
    /// Its type.
    pub fn kind(&self) -> AttributeType {
        match self {
            Self::S(_) => AttributeType::S,
            Self::N(_) => AttributeType::N,
            Self::B(_) => AttributeType::B,
            Self::Bool(_) => AttributeType::Bool,
            Self::Null => AttributeType::Null,
            Self::Ss(_) => AttributeType::Ss,
            Self::Ns(_) => AttributeType::Ns,
            Self::Bs(_) => AttributeType::Bs,
            Self::L(_) => AttributeType::L,
            Self::M(_) => AttributeType::M,
        }
    }
}
