//! Requests about many items, each for itself.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::body::Body;
use super::members::Members;
use super::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use crate::expression::Projection;
use crate::value::{check_item_size, item_from_json, write_item};
use crate::{Item, Refusal};

/// Items that a BatchGetItem may ask for.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const MOST_KEYS: usize = 100;

/// Items that a BatchWriteItem may put and delete.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const MOST_WRITES: usize = 25;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct BatchGetItem {
    /// By table; no table twice.
    pub tables: Vec<(String, KeysToGet)>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// Which items of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct KeysToGet {
    /// Their keys.
    pub keys: Vec<Item>,
    /// What is asked for of each.
    pub projection: Option<Projection>,
    /// Whether all that was acknowledged must show.
    pub consistent_read: bool,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct BatchWriteItem {
    /// By table; no table twice.
    pub tables: Vec<(String, Vec<BatchWrite>)>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Sizes of item collections.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
}

/// One of a batch's writes.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchWrite {
    /// `PutRequest`: the item.
    Put(Item),
    /// `DeleteRequest`: the key.
    Delete(Item),
}

impl BatchGetItem {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let tables = members.object("RequestItems").unwrap_or_default();
        refuse_both_kinds(&tables)?;
        let mut count = 0;
        let tables = tables.into_iter().map(|(table, keys)| {
            let keys = KeysToGet::read(keys, &mut count)?;
            Ok((table, keys))
        });
        Ok(Self {
            tables: tables.collect::<Result<_, Refusal>>()?,
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let tables = self
            .tables
            .iter()
            .map(|(table, keys)| (table.clone(), keys.write()));
        let mut body = Body::default();
        body.set("RequestItems", tables.collect::<Map<_, _>>());
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }
}

/// Refuses a request that asks for attributes in both ways, be it of different tables.
fn refuse_both_kinds(tables: &Map<String, Value>) -> Result<(), Refusal> {
    let has = |name: &str| tables.values().any(|keys| keys.get(name).is_some());
    if has("AttributesToGet") && has("ProjectionExpression") {
        return Err(Refusal::validation(
            "Can not use both expression and non-expression parameters in the same request: \
             Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
        ));
    }
    Ok(())
}

impl KeysToGet {
    /// Reads those of a table; `count` is of all tables' keys.
    fn read(members: Value, count: &mut usize) -> Result<Self, Refusal> {
        let mut members = Members::from(members);
        members.check_kinds(&["ProjectionExpression"], &["AttributesToGet"])?;
        let attributes = members.attributes_to_get()?;
        let mut placeholders = members.placeholders()?;
        let projection = members.projection(&mut placeholders)?;
        placeholders.finish()?;
        let values = members.list("Keys").unwrap_or_default();
        let mut seen = HashSet::with_capacity(values.len());
        let mut keys = Vec::with_capacity(values.len());
        for value in values {
            let key = item_from_json(object(value))?;
            // Written, so that numbers are equal however they were sent.
            if !seen.insert(write_item(&key).to_string()) {
                return Err(duplicates());
            }
            keys.push(key);
            *count += 1;
            if *count > MOST_KEYS {
                return Err(Refusal::validation(
                    "Too many items requested for the BatchGetItem call",
                ));
            }
        }
        Ok(Self {
            keys,
            projection: projection.or(attributes),
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
        })
    }

    fn write(&self) -> Value {
        let mut body = Body::default();
        let keys: Value = self.keys.iter().map(write_item).collect();
        body.set("Keys", keys);
        body.set_projection(self.projection.as_ref());
        body.set_flag("ConsistentRead", self.consistent_read);
        body.finish()
    }
}

fn duplicates() -> Refusal {
    Refusal::validation("Provided list of item keys contains duplicates")
}

impl BatchWriteItem {
    /// Reads it from its members. Whether two writes are of one item, only its table's definition says.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let tables = members.object("RequestItems").unwrap_or_default();
        let count: usize = tables
            .values()
            .map(|writes| writes.as_array().map_or(0, Vec::len))
            .sum();
        if count > MOST_WRITES {
            return Err(Refusal::validation(
                "Too many items requested for the BatchWriteItem call",
            ));
        }
        let tables = tables.into_iter().map(|(table, writes)| {
            let writes = match writes {
                Value::Array(writes) => writes,
                _ => Vec::new(),
            };
            if !writes.iter().all(is_one_write) {
                return Err(Refusal::validation(
                    "Supplied AttributeValue has more than one datatypes set, \
                     must contain exactly one of the supported datatypes",
                ));
            }
            let writes = writes.into_iter().map(BatchWrite::read);
            Ok((table, writes.collect::<Result<_, Refusal>>()?))
        });
        Ok(Self {
            tables: tables.collect::<Result<_, Refusal>>()?,
            return_consumed_capacity: members.consumed_capacity(),
            return_item_collection_metrics: members.item_collection_metrics(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let tables = self.tables.iter().map(|(table, writes)| {
            let writes: Value = writes.iter().map(BatchWrite::write).collect();
            (table.clone(), writes)
        });
        let mut body = Body::default();
        body.set("RequestItems", tables.collect::<Map<_, _>>());
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.set_item_collection_metrics(self.return_item_collection_metrics);
        body.finish()
    }
}

/// Whether a write is a put or a deletion, and not both. DynamoDB calls either a datatype.
fn is_one_write(write: &Value) -> bool {
    let has = |name: &str| write.get(name).is_some_and(Value::is_object);
    has("PutRequest") != has("DeleteRequest")
}

impl BatchWrite {
    fn read(members: Value) -> Result<Self, Refusal> {
        let mut members = Members::from(members);
        if let Some(mut put) = members.structure("PutRequest") {
            let item = put.item("Item")?;
            check_item_size(&item)?;
            return Ok(Self::Put(item));
        }
        let mut delete = members.structure("DeleteRequest").unwrap_or_default();
        Ok(Self::Delete(delete.item("Key")?))
    }

    fn write(&self) -> Value {
        let (name, member, item) = match self {
            Self::Put(item) => ("PutRequest", "Item", item),
            Self::Delete(key) => ("DeleteRequest", "Key", key),
        };
        let mut inner = Body::default();
        inner.set_item(member, item);
        let mut body = Body::default();
        body.set(name, inner.finish());
        body.finish()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
