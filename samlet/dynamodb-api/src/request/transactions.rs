//! Requests about many items, all or none.

use serde_json::{Map, Value};

use super::body::Body;
use super::members::Members;
use super::{
    Check, DeleteItem, ItemUpdate, PutItem, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
    Returned, UpdateItem,
};
use crate::expression::{Condition, Placeholders, Projection};
use crate::value::{check_item_size, item_size};
use crate::{Item, Refusal};

/// The actions of a transaction, as they are on the wire.
const ACTIONS: [&str; 4] = ["ConditionCheck", "Put", "Update", "Delete"];

/// Bytes of what a transaction writes, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
#[derive(Clone, Debug, PartialEq)]
pub struct TransactGetItems {
    /// What is read.
    pub items: Vec<TransactGet>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// A `Get`.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactGet {
    /// The table's name.
    pub table: String,
    /// Which item.
    pub key: Item,
    /// What is asked for.
    pub projection: Option<Projection>,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[derive(Clone, Debug, PartialEq)]
pub struct TransactWriteItems {
    /// What is done.
    pub items: Vec<TransactWrite>,
    /// Makes a request that is sent twice run once.
    pub token: Option<String>,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Sizes of item collections.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
}

/// A part of a transaction. Of what is answered, only `values_on_failure` is theirs.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactWrite {
    /// `ConditionCheck`
    Check(ConditionCheck),
    /// `Put`
    Put(PutItem),
    /// `Update`
    Update(UpdateItem),
    /// `Delete`
    Delete(DeleteItem),
}

/// A `ConditionCheck`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionCheck {
    /// The table's name.
    pub table: String,
    /// Which item.
    pub key: Item,
    /// What must hold of it.
    pub condition: Condition,
    /// Whether the item is answered when the condition fails.
    pub values_on_failure: bool,
}

impl TransactGetItems {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let items = members.list("TransactItems").unwrap_or_default();
        let items = items.into_iter().map(TransactGet::read);
        Ok(Self {
            items: items.collect::<Result<_, _>>()?,
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        let items: Value = self.items.iter().map(TransactGet::write).collect();
        body.set("TransactItems", items);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }
}

impl TransactGet {
    fn read(item: Value) -> Result<Self, Refusal> {
        let mut members = Members::from(item).structure("Get").unwrap_or_default();
        let key = members.item("Key")?;
        let mut placeholders = members.placeholders()?;
        let projection = members.projection(&mut placeholders)?;
        placeholders.finish()?;
        Ok(Self {
            table: members.table(),
            key,
            projection,
        })
    }

    fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Key", &self.key);
        body.set_projection(self.projection.as_ref());
        wrapped("Get", body.finish())
    }
}

impl TransactWriteItems {
    /// Reads it from its members. What is wrong with any action is wrong with the request as a whole, but for what only
    /// tables and their items show. Whether two actions are about one item, only its table's definition says.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let items = members.list("TransactItems").unwrap_or_default();
        for item in &items {
            check_actions(item)?;
        }
        let items = items.into_iter().map(TransactWrite::read);
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        if items.iter().map(TransactWrite::size).sum::<usize>() > MOST_BYTES {
            return Err(Refusal::validation(
                "Transaction payload size cannot exceed 4 MB",
            ));
        }
        Ok(Self {
            items,
            token: members.text("ClientRequestToken"),
            return_consumed_capacity: members.consumed_capacity(),
            return_item_collection_metrics: members.item_collection_metrics(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        body.set("TransactItems", self.write_items());
        if let Some(token) = &self.token {
            body.set("ClientRequestToken", token.as_str());
        }
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.set_item_collection_metrics(self.return_item_collection_metrics);
        body.finish()
    }

    /// Its actions, which its token stands for.
    pub(super) fn write_items(&self) -> Value {
        self.items.iter().map(TransactWrite::write).collect()
    }
}

/// Refuses an item of a transaction without an action, or with several.
fn check_actions(item: &Value) -> Result<(), Refusal> {
    let has = |name: &&str| item.get(name).is_some_and(Value::is_object);
    match ACTIONS.iter().filter(|name| has(name)).count() {
        0 => Err(Refusal::validation(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        )),
        1 => Ok(()),
        _ => Err(Refusal::validation(
            "TransactItems can only contain one of Check, Put, Update or Delete",
        )),
    }
}

impl TransactWrite {
    fn read(item: Value) -> Result<Self, Refusal> {
        let mut item = Members::from(item);
        if let Some(members) = item.structure("Put") {
            return read_put(members).map(Self::Put);
        }
        if let Some(members) = item.structure("Update") {
            return read_update(members).map(Self::Update);
        }
        if let Some(members) = item.structure("Delete") {
            return read_delete(members).map(Self::Delete);
        }
        let members = item.structure("ConditionCheck").unwrap_or_default();
        ConditionCheck::read(members).map(Self::Check)
    }

    fn write(&self) -> Value {
        match self {
            Self::Check(check) => wrapped("ConditionCheck", check.write()),
            Self::Put(put) => wrapped("Put", put.write()),
            Self::Update(update) => wrapped("Update", update.write()),
            Self::Delete(delete) => wrapped("Delete", delete.write()),
        }
    }

    /// Its table's name.
    pub fn table(&self) -> &str {
        match self {
            Self::Check(check) => &check.table,
            Self::Put(put) => &put.table,
            Self::Update(update) => &update.table,
            Self::Delete(delete) => &delete.table,
        }
    }

    /// The bytes of its item or key.
    fn size(&self) -> usize {
        match self {
            Self::Check(check) => item_size(&check.key),
            Self::Put(put) => item_size(&put.item),
            Self::Update(update) => item_size(&update.key),
            Self::Delete(delete) => item_size(&delete.key),
        }
    }
}

fn read_put(mut members: Members) -> Result<PutItem, Refusal> {
    let item = members.item("Item")?;
    let placeholders = action_placeholders(&mut members)?;
    check_item_size(&item)?;
    let check = read_condition(&mut members, placeholders)?;
    Ok(PutItem {
        table: members.table(),
        item,
        check,
        returned: returned(&members),
    })
}

fn read_update(mut members: Members) -> Result<UpdateItem, Refusal> {
    let key = members.item("Key")?;
    let mut placeholders = members.placeholders()?;
    let update = members.text("UpdateExpression").unwrap_or_default();
    let update = placeholders.update(&update)?;
    let check = read_condition(&mut members, Some(placeholders))?;
    Ok(UpdateItem {
        table: members.table(),
        key,
        update: Some(ItemUpdate::Expression(update)),
        check,
        returned: returned(&members),
    })
}

fn read_delete(mut members: Members) -> Result<DeleteItem, Refusal> {
    let key = members.item("Key")?;
    let placeholders = action_placeholders(&mut members)?;
    let check = read_condition(&mut members, placeholders)?;
    Ok(DeleteItem {
        table: members.table(),
        key,
        check,
        returned: returned(&members),
    })
}

/// The placeholders of a Put or a Delete. Without a condition they decide nothing in a transaction.
fn action_placeholders(members: &mut Members) -> Result<Option<Placeholders>, Refusal> {
    if !members.has("ConditionExpression") {
        return Ok(None);
    }
    members.placeholders().map(Some)
}

/// Reads the last expression of an action, after which no placeholder may be left over.
fn read_condition(
    members: &mut Members,
    placeholders: Option<Placeholders>,
) -> Result<Option<Check>, Refusal> {
    let Some(mut placeholders) = placeholders else {
        return Ok(None);
    };
    let condition = members.condition("ConditionExpression", &mut placeholders)?;
    placeholders.finish()?;
    Ok(condition.map(Check::Expression))
}

fn returned(members: &Members) -> Returned {
    Returned {
        values_on_failure: members.values_on_failure(),
        ..Returned::default()
    }
}

impl ConditionCheck {
    fn read(mut members: Members) -> Result<Self, Refusal> {
        let key = members.item("Key")?;
        let mut placeholders = members.placeholders()?;
        let condition = members.text("ConditionExpression").unwrap_or_default();
        let condition = placeholders.condition("ConditionExpression", &condition)?;
        placeholders.finish()?;
        Ok(Self {
            table: members.table(),
            key,
            condition,
            values_on_failure: members.values_on_failure(),
        })
    }

    fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Key", &self.key);
        body.set_condition("ConditionExpression", &self.condition);
        body.set_values_on_failure(self.values_on_failure);
        body.finish()
    }
}

/// A structure with one member.
fn wrapped(name: &str, value: Value) -> Value {
    let mut members = Map::new();
    members.insert(name.into(), value);
    Value::Object(members)
}
