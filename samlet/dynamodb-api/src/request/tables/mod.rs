//! Requests about tables themselves.

mod create;
mod form;
mod java_order;
mod parts;
mod rules;
mod tags;
#[cfg(test)]
mod tests;
mod update;

use samlet_aws::Place;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

pub use create::{Billing, CreateTable};
pub use parts::{
    AttributeDefinition, BillingMode, Encryption, GlobalIndex, IndexKeys, IndexProjection,
    LocalIndex, OnDemandThroughput, StreamSpecification, StreamViewType, TableClass, TableKeys,
    Throughput,
};
pub(super) use tags::read_list_tags;
pub use tags::{TagResource, UntagResource};
pub use update::{IndexUpdate, UpdateTable};

use super::body::Body;
use super::members::Members;
use crate::Refusal;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListTables {
    /// Tables that are answered, at most.
    pub limit: Option<u32>,
    /// After which table to go on.
    pub start: Option<String>,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateTimeToLive {
    /// The table's name.
    pub table: String,
    /// The attribute by which items expire.
    pub attribute: String,
    /// Whether they do.
    pub is_enabled: bool,
}

impl ListTables {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, _place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        Ok(Self {
            limit: members.number("Limit"),
            start: members.text("ExclusiveStartTableName"),
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        if let Some(limit) = self.limit {
            body.set("Limit", limit);
        }
        if let Some(start) = &self.start {
            body.set("ExclusiveStartTableName", start.as_str());
        }
        body.finish()
    }
}

impl UpdateTimeToLive {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, _place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let specification = members.structure("TimeToLiveSpecification");
        let mut specification = specification.unwrap_or_default();
        Ok(Self {
            table: members.table(),
            attribute: specification.text("AttributeName").unwrap_or_default(),
            is_enabled: specification.flag("Enabled").unwrap_or_default(),
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        json!({
            "TableName": self.table,
            "TimeToLiveSpecification": {"AttributeName": self.attribute, "Enabled": self.is_enabled},
        })
    }
}

/// Whether a text can be a table's name.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.NamingRules>
pub(super) fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (3..=255).contains(&name.len()) && name.bytes().all(is_allowed)
}

fn read_form<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Refusal> {
    read_value(Value::Object(members))
}

/// Never fails on what was checked (`wire`).
fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::Serialization(error.to_string()))
}

/// Never fails: forms have neither maps with other keys than texts nor what writes itself.
fn write_form(form: &impl Serialize) -> Value {
    serde_json::to_value(form).unwrap_or_default()
}
