//! Operations on one item.

#[cfg(test)]
mod tests;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::projected;
use samlet_dynamodb_api::expression::Projection;
use samlet_dynamodb_api::request::{
    DeleteItem, GetItem, PutItem, ReturnConsumedCapacity, Returned, UpdateItem,
};
use samlet_dynamodb_api::value::{item_size, write_item};
use serde_json::{Map, Value};

use super::writes::{self, Planned};
use super::{collections, schema};
use crate::capacity::Consumed;
use crate::database::{Database, Table};
use crate::error::Error;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
pub(super) fn get(database: &mut Database, get: &GetItem) -> Result<Value, Error> {
    let table = database.table(&get.table)?;
    let key = schema::key(&table, &get.key)?;
    schema::check_projection(&table, get.projection.as_ref())?;
    let item = database.get(&table, &key)?;
    let mut answer = Map::new();
    if get.return_consumed_capacity != ReturnConsumedCapacity::None {
        let bytes = item.as_ref().map_or(0, item_size);
        let mut consumed = Consumed::default();
        consumed.read(None, bytes, get.consistent_read);
        let consumed = consumed.answer(table.name(), get.return_consumed_capacity);
        insert(&mut answer, "ConsumedCapacity", consumed);
    }
    if let Some(item) = item {
        let item = write_projected(get.projection.as_ref(), &item);
        answer.insert("Item".into(), item);
    }
    Ok(answer.into())
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
pub(super) fn put(database: &mut Database, put: &PutItem) -> Result<Value, Error> {
    let table = database.table(&put.table)?;
    let done = writes::put(database, &table, put)?;
    Ok(answer(&table, &done, &put.item, put.returned))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
pub(super) fn update(database: &mut Database, update: &UpdateItem) -> Result<Value, Error> {
    let table = database.table(&update.table)?;
    let done = writes::update(database, &table, update)?;
    Ok(answer(&table, &done, &update.key, update.returned))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
pub(super) fn delete(database: &mut Database, delete: &DeleteItem) -> Result<Value, Error> {
    let table = database.table(&delete.table)?;
    let done = writes::delete(database, &table, delete)?;
    Ok(answer(&table, &done, &delete.key, delete.returned))
}

/// What is answered of a write; `key` is the item, or its key.
fn answer(table: &Table, done: &Planned<'_>, key: &Item, wanted: Returned) -> Value {
    let mut answer = Map::new();
    insert(&mut answer, "Attributes", done.returned(wanted.values));
    if wanted.consumed_capacity != ReturnConsumedCapacity::None {
        let mut consumed = Consumed::default();
        done.consume(table, &mut consumed);
        let consumed = consumed.answer(table.name(), wanted.consumed_capacity);
        insert(&mut answer, "ConsumedCapacity", consumed);
    }
    let metrics = collections::metrics(table, key, wanted.item_collection_metrics);
    insert(&mut answer, "ItemCollectionMetrics", metrics);
    answer.into()
}

/// An item, or the part of it that is asked for, as it is answered.
pub(super) fn write_projected(projection: Option<&Projection>, item: &Item) -> Value {
    match projection {
        Some(projection) => write_item(&projected(projection, item)),
        None => write_item(item),
    }
}

/// Inserts a member of an answer, if there is one.
pub(super) fn insert(answer: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        answer.insert(name.into(), value);
    }
}
