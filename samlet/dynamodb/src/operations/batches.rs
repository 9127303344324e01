//! Operations on many items, each for itself.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use samlet_dynamodb_api::request::{
    BatchGetItem, BatchWrite, BatchWriteItem, KeysToGet, ReturnConsumedCapacity,
};
use samlet_dynamodb_api::value::item_size;
use samlet_dynamodb_api::{Item, Request};
use serde_json::{Map, Value};

use super::collections::Collections;
use super::items::{insert, write_projected};
use super::schema;
use super::writes::Write;
use crate::capacity::Consumed;
use crate::database::{Database, Key, Table};
use crate::error::Error;

/// Bytes of the items that a BatchGetItem answers, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
pub(super) fn get(database: &mut Database, batch: &BatchGetItem) -> Result<Value, Error> {
    let mut checked = Vec::with_capacity(batch.tables.len());
    for (name, asked) in &batch.tables {
        let table = database.table(name)?;
        let keys = asked.keys.iter().map(|key| schema::key(&table, key));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        schema::check_projection(&table, asked.projection.as_ref())?;
        checked.push((table, asked, keys));
    }
    let mut got = Got::default();
    let (mut responses, mut capacity) = (Map::new(), Vec::new());
    for (table, asked, keys) in &checked {
        let mut consumed = Consumed::default();
        let items = got.table(database, table, asked, keys, &mut consumed)?;
        responses.insert(table.name().into(), items.into());
        capacity.extend(consumed.answer(table.name(), batch.return_consumed_capacity));
    }
    let mut answer = Map::new();
    answer.insert("Responses".into(), responses.into());
    answer.insert("UnprocessedKeys".into(), unprocessed(got.left));
    if batch.return_consumed_capacity != ReturnConsumedCapacity::None {
        answer.insert("ConsumedCapacity".into(), capacity.into());
    }
    Ok(answer.into())
}

/// What a BatchGetItem has got so far.
#[derive(Default)]
struct Got {
    bytes: usize,
    /// Of the keys that are left, by table.
    left: Vec<(String, KeysToGet)>,
}

impl Got {
    /// Gets items of a table, until there are too many bytes.
    fn table(
        &mut self,
        database: &Database,
        table: &Table,
        asked: &KeysToGet,
        keys: &[Key],
        consumed: &mut Consumed,
    ) -> Result<Vec<Value>, Error> {
        if !self.left.is_empty() {
            self.leave(table, asked, 0);
            return Ok(Vec::new());
        }
        let mut items = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            let item = database.get(table, key)?;
            let bytes = item.as_ref().map_or(0, item_size);
            if self.bytes + bytes > MAX_BYTES {
                self.leave(table, asked, index);
                break;
            }
            self.bytes += bytes;
            consumed.read(None, bytes, asked.consistent_read);
            if let Some(item) = item {
                items.push(write_projected(asked.projection.as_ref(), &item));
            }
        }
        Ok(items)
    }

    /// Leaves keys of a table for another request, from one on.
    fn leave(&mut self, table: &Table, asked: &KeysToGet, from: usize) {
        let left = KeysToGet {
            keys: asked.keys[from..].to_vec(),
            projection: asked.projection.clone(),
            consistent_read: asked.consistent_read,
        };
        self.left.push((table.name().to_owned(), left));
    }
}

/// Keys that are left, as the `RequestItems` of the next request.
fn unprocessed(tables: Vec<(String, KeysToGet)>) -> Value {
    if tables.is_empty() {
        return Map::new().into();
    }
    let mut request = Request::BatchGetItem(BatchGetItem {
        tables,
        return_consumed_capacity: ReturnConsumedCapacity::None,
    })
    .to_json();
    request["RequestItems"].take()
}

/// What is checked of a write before any is done.
struct Checked<'r> {
    write: Write<'r>,
    key: Key,
    /// The item, or its key.
    item: &'r Item,
}

/// Does all writes or, if one of them is not valid, none.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
pub(super) fn write(database: &mut Database, batch: &BatchWriteItem) -> Result<Value, Error> {
    let mut tables = Vec::with_capacity(batch.tables.len());
    for (name, writes) in &batch.tables {
        let table = database.table(name)?;
        let writes = check(&table, writes)?;
        tables.push((table, writes));
    }
    let mut capacity = Vec::new();
    let mut collections = Collections::new(batch.return_item_collection_metrics);
    for (table, writes) in tables {
        let mut consumed = Consumed::default();
        for Checked { write, key, item } in writes {
            let planned = write.plan(database, &table, key)?;
            planned.apply(database, &table)?;
            if batch.return_consumed_capacity != ReturnConsumedCapacity::None {
                planned.consume(&table, &mut consumed);
            }
            collections.add(&table, item);
        }
        capacity.extend(consumed.answer(table.name(), batch.return_consumed_capacity));
    }
    let mut answer = Map::new();
    answer.insert("UnprocessedItems".into(), Map::new().into());
    if batch.return_consumed_capacity != ReturnConsumedCapacity::None {
        answer.insert("ConsumedCapacity".into(), capacity.into());
    }
    insert(&mut answer, "ItemCollectionMetrics", collections.answer());
    Ok(answer.into())
}

fn check<'r>(table: &Table, writes: &'r [BatchWrite]) -> Result<Vec<Checked<'r>>, Error> {
    let mut seen = HashSet::with_capacity(writes.len());
    let mut checked = Vec::with_capacity(writes.len());
    for write in writes {
        let (key, item) = match write {
            BatchWrite::Put(item) => (schema::batch_item_key(table, item)?, item),
            BatchWrite::Delete(key) => (schema::key(table, key)?, key),
        };
        if !seen.insert(key.clone()) {
            return Err(Error::validation(
                "Provided list of item keys contains duplicates",
            ));
        }
        let write = write.into();
        checked.push(Checked { write, key, item });
    }
    Ok(checked)
}
