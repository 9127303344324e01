//! Requests about one item.

use serde_json::{Map, Value};

use super::body::Body;
use super::members::Members;
use super::{ReturnConsumedCapacity, ReturnValues, Returned};
use crate::expression::{Condition, Projection, Update};
use crate::legacy::{AttributeUpdate, Conditions, read_updates, write_updates};
use crate::value::check_item_size;
use crate::{Item, Refusal};

/// What must hold of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// A `ConditionExpression` or `FilterExpression`.
    Expression(Condition),
    /// `Expected`, `QueryFilter` or `ScanFilter`.
    Legacy(Conditions),
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct GetItem {
    /// The table's name.
    pub table: String,
    /// Which item.
    pub key: Item,
    /// What is asked for; everything without it. `AttributesToGet` is one, too.
    pub projection: Option<Projection>,
    /// Whether all that was acknowledged must show.
    pub consistent_read: bool,
    /// What capacity is answered.
    pub return_consumed_capacity: ReturnConsumedCapacity,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct PutItem {
    /// The table's name.
    pub table: String,
    /// The item.
    pub item: Item,
    /// What must hold of the item that is there.
    pub check: Option<Check>,
    /// What is answered.
    pub returned: Returned,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteItem {
    /// The table's name.
    pub table: String,
    /// Which item.
    pub key: Item,
    /// What must hold of it.
    pub check: Option<Check>,
    /// What is answered.
    pub returned: Returned,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateItem {
    /// The table's name.
    pub table: String,
    /// Which item.
    pub key: Item,
    /// What is to become of it; without one it is made if it is not there.
    pub update: Option<ItemUpdate>,
    /// What must hold of it.
    pub check: Option<Check>,
    /// What is answered.
    pub returned: Returned,
}

/// What is to become of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemUpdate {
    /// An `UpdateExpression`.
    Expression(Update),
    /// `AttributeUpdates`, by attribute.
    Legacy(Vec<(String, AttributeUpdate)>),
}

impl GetItem {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        members.check_kinds(&["ProjectionExpression"], &["AttributesToGet"])?;
        let key = members.item("Key")?;
        let attributes = members.attributes_to_get()?;
        let mut placeholders = members.placeholders()?;
        let projection = members.projection(&mut placeholders)?;
        placeholders.finish()?;
        Ok(Self {
            table: members.table(),
            key,
            projection: projection.or(attributes),
            consistent_read: members.flag("ConsistentRead").unwrap_or_default(),
            return_consumed_capacity: members.consumed_capacity(),
        })
    }

    /// As a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Key", &self.key);
        body.set_projection(self.projection.as_ref());
        body.set_flag("ConsistentRead", self.consistent_read);
        body.set_consumed_capacity(self.return_consumed_capacity);
        body.finish()
    }
}

impl PutItem {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        members.check_kinds(
            &["ConditionExpression"],
            &["Expected", "ConditionalOperator"],
        )?;
        let item = members.item("Item")?;
        let returned = members.returned();
        only_old_values(returned)?;
        check_item_size(&item)?;
        let check = read_check(&mut members)?;
        Ok(Self {
            table: members.table(),
            item,
            check,
            returned,
        })
    }

    /// As a client would send it; in a transaction, too.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Item", &self.item);
        body.set_check("ConditionExpression", "Expected", self.check.as_ref());
        body.set_returned(self.returned);
        body.finish()
    }
}

impl DeleteItem {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let returned = members.returned();
        only_old_values(returned)?;
        members.check_kinds(
            &["ConditionExpression"],
            &["Expected", "ConditionalOperator"],
        )?;
        let key = members.item("Key")?;
        let check = read_check(&mut members)?;
        Ok(Self {
            table: members.table(),
            key,
            check,
            returned,
        })
    }

    /// As a client would send it; in a transaction, too.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Key", &self.key);
        body.set_check("ConditionExpression", "Expected", self.check.as_ref());
        body.set_returned(self.returned);
        body.finish()
    }
}

impl UpdateItem {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        members.check_kinds(
            &["UpdateExpression", "ConditionExpression"],
            &["AttributeUpdates", "Expected", "ConditionalOperator"],
        )?;
        let key = members.item("Key")?;
        let attributes = members.object("AttributeUpdates");
        let attributes = attributes.map(read_updates).transpose()?;
        let expected = members.expected()?;
        let mut placeholders = members.placeholders()?;
        let update = members.text("UpdateExpression");
        let update = update.map(|text| placeholders.update(&text)).transpose()?;
        let condition = members.condition("ConditionExpression", &mut placeholders)?;
        placeholders.finish()?;
        Ok(Self {
            table: members.table(),
            key,
            update: update
                .map(ItemUpdate::Expression)
                .or(attributes.map(ItemUpdate::Legacy)),
            check: condition
                .map(Check::Expression)
                .or(expected.map(Check::Legacy)),
            returned: members.returned(),
        })
    }

    /// As a client would send it; in a transaction, too.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::of_table(&self.table);
        body.set_item("Key", &self.key);
        match &self.update {
            Some(ItemUpdate::Expression(update)) => body.set_update(update),
            Some(ItemUpdate::Legacy(updates)) => {
                body.set("AttributeUpdates", write_updates(updates));
            }
            None => {}
        }
        body.set_check("ConditionExpression", "Expected", self.check.as_ref());
        body.set_returned(self.returned);
        body.finish()
    }
}

/// Refuses to answer what a write has made of an item that it replaces or deletes.
fn only_old_values(returned: Returned) -> Result<(), Refusal> {
    if !matches!(returned.values, ReturnValues::None | ReturnValues::AllOld) {
        return Err(Refusal::validation(
            "ReturnValues can only be ALL_OLD or NONE",
        ));
    }
    Ok(())
}

/// Reads `Expected` or the `ConditionExpression` of a request without other expressions.
fn read_check(members: &mut Members) -> Result<Option<Check>, Refusal> {
    let expected = members.expected()?;
    let mut placeholders = members.placeholders()?;
    let condition = members.condition("ConditionExpression", &mut placeholders)?;
    placeholders.finish()?;
    Ok(condition
        .map(Check::Expression)
        .or(expected.map(Check::Legacy)))
}
