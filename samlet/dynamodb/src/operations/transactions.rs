//! Operations on many items, all or none.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use samlet_dynamodb_api::evaluate::projected;
use samlet_dynamodb_api::request::{
    ReturnConsumedCapacity, TransactGetItems, TransactWrite, TransactWriteItems,
};
use samlet_dynamodb_api::value::{item_size, write_item};
use samlet_dynamodb_api::{Item, Request};
use serde_json::{Map, Value, json};

use super::collections::Collections;
use super::items::insert;
use super::schema::{self, Misfit};
use super::tokens::Token;
use super::writes::{Planned, Write};
use crate::capacity::Consumed;
use crate::database::{Database, Key, Table};
use crate::error::{Error, Exception};

/// Bytes of the items that a transaction reads, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
pub(super) fn get(database: &mut Database, transaction: &TransactGetItems) -> Result<Value, Error> {
    let gets = transaction.items.as_slice();
    let tables = tables(database, gets.iter().map(|get| get.table.as_str()))?;
    let keys = tables.iter().zip(gets).map(|(table, get)| {
        let key = schema::key(table, &get.key)?;
        schema::check_projection(table, get.projection.as_ref())?;
        Ok(key)
    });
    let keys = checked_keys(&tables, keys.collect())?;
    let keys = keys.map_err(|position| position.cancelled(gets.len()))?;
    let mut capacity = Capacity::new(transaction.return_consumed_capacity);
    let mut responses = Vec::with_capacity(gets.len());
    let mut reads = Reads::new(&mut capacity);
    for ((table, get), key) in tables.iter().zip(gets).zip(&keys) {
        let item = reads.get(database, table, key)?;
        let item = item.map(|item| match &get.projection {
            Some(projection) => projected(projection, &item),
            None => item,
        });
        let mut response = Map::new();
        // Unlike GetItem, which answers an item without attributes.
        if let Some(item) = item.filter(|item| !item.is_empty()) {
            response.insert("Item".into(), write_item(&item));
        }
        responses.push(Value::Object(response));
    }
    let mut answer = Map::new();
    answer.insert("Responses".into(), responses.into());
    insert(&mut answer, "ConsumedCapacity", capacity.answer());
    Ok(answer.into())
}

/// Runs a transaction, unless its token says that it was run before.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(super) fn write(
    database: &mut Database,
    transaction: &TransactWriteItems,
    request: &Request,
) -> Result<Value, Error> {
    let token = Token::of(request);
    if let Some(token) = &token
        && let Some(kept) = token.kept(database)?
    {
        return Ok(answer_again(&kept, transaction.return_consumed_capacity));
    }
    let names = transaction.items.iter().map(TransactWrite::table);
    let tables = tables(database, names)?;
    let writes: Vec<Write<'_>> = transaction.items.iter().map(Write::from).collect();
    let planned = plan(database, &tables, &writes)?;
    for (table, planned) in tables.iter().zip(&planned) {
        planned.apply(database, table)?;
    }
    if let Some(token) = &token {
        token.keep(database, &kept(&tables, &planned))?;
    }
    let mut collections = Collections::new(transaction.return_item_collection_metrics);
    let mut capacity = Capacity::new(transaction.return_consumed_capacity);
    for ((table, planned), item) in tables.iter().zip(&planned).zip(&transaction.items) {
        if capacity.wanted != ReturnConsumedCapacity::None {
            planned.consume(table, capacity.of(table.name()));
        }
        if let Some(item) = written(item) {
            collections.add(table, item);
        }
    }
    let mut answer = Map::new();
    insert(&mut answer, "ConsumedCapacity", capacity.answer());
    insert(&mut answer, "ItemCollectionMetrics", collections.answer());
    Ok(answer.into())
}

/// The item that is written, or its key.
fn written(write: &TransactWrite) -> Option<&Item> {
    match write {
        TransactWrite::Check(_) => None,
        TransactWrite::Put(put) => Some(&put.item),
        TransactWrite::Update(update) => Some(&update.key),
        TransactWrite::Delete(delete) => Some(&delete.key),
    }
}

/// The tables of a transaction's actions, which must all be there.
fn tables<'n>(
    database: &mut Database,
    names: impl Iterator<Item = &'n str>,
) -> Result<Vec<Arc<Table>>, Error> {
    names.map(|name| database.table(name)).collect()
}

/// Plans all writes. None may be invalid, and no two may be of one item; only then are their conditions looked at, all
/// of them.
pub(crate) fn plan<'r>(
    database: &Database,
    tables: &[Arc<Table>],
    writes: &[Write<'r>],
) -> Result<Vec<Planned<'r>>, Error> {
    let keys = tables
        .iter()
        .zip(writes)
        .map(|(table, write)| write.key(table));
    let keys: Vec<_> = keys.collect();
    let is_empty = |key: &&Result<Key, Misfit>| matches!(key, Err(Misfit::Empty(_)));
    if let Some(Err(misfit)) = keys.iter().find(is_empty) {
        return Err(misfit.clone().into());
    }
    let keys = checked_keys(tables, keys)?.map_err(|position| position.cancelled(writes.len()))?;
    let (mut planned, mut reasons) = (Vec::with_capacity(writes.len()), Vec::new());
    for (position, ((table, write), key)) in tables.iter().zip(writes).zip(keys).enumerate() {
        match write.plan(database, table, key) {
            Ok(write) => planned.push(write),
            Err(error) => {
                reasons.resize_with(position, no_reason);
                reasons.push(reason(error)?);
            }
        }
    }
    if reasons.is_empty() {
        return Ok(planned);
    }
    reasons.resize_with(writes.len(), no_reason);
    Err(cancelled(reasons))
}

/// The first of a transaction's actions that doesn't fit its table. Those after it are not looked at.
#[derive(Debug)]
struct Unfit {
    position: usize,
    misfit: Misfit,
}

impl Unfit {
    /// The transaction of a number of actions is cancelled.
    fn cancelled(self, actions: usize) -> Error {
        let (Misfit::Empty(message) | Misfit::Other(message)) = self.misfit;
        let mut reasons = vec![no_reason(); actions];
        if let Some(reason) = reasons.get_mut(self.position) {
            *reason = json!({"Code": "ValidationError", "Message": message});
        }
        cancelled(reasons)
    }
}

/// The keys of all actions, if they fit. That two are the same is an error of the whole request.
fn checked_keys(
    tables: &[Arc<Table>],
    keys: Vec<Result<Key, Misfit>>,
) -> Result<Result<Vec<Key>, Unfit>, Error> {
    let mut seen = HashSet::with_capacity(keys.len());
    for (table, key) in tables.iter().zip(&keys) {
        if let Ok(key) = key
            && !seen.insert((table.number, key))
        {
            return Err(Error::validation(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
    }
    let fit = keys
        .into_iter()
        .enumerate()
        .map(|(position, key)| key.map_err(|misfit| Unfit { position, misfit }));
    Ok(fit.collect())
}

/// Why an action was not the one for which a transaction is cancelled.
pub(crate) fn no_reason() -> Value {
    json!({"Code": "None"})
}

/// Why an action makes a transaction be cancelled; an error that is not the action's stays one.
fn reason(error: Error) -> Result<Value, Error> {
    let Error::Refused(exception) = error else {
        return Err(error);
    };
    let code = match exception.name {
        "ConditionalCheckFailedException" => "ConditionalCheckFailed",
        "ValidationException" => "ValidationError",
        _ => return Err(Error::Refused(exception)),
    };
    let mut reason = exception.members;
    reason.insert("Code".into(), code.into());
    reason.insert("Message".into(), exception.message.into());
    Ok(reason.into())
}

/// A transaction is cancelled, for reasons of which there is one for each action.
pub(crate) fn cancelled(reasons: Vec<Value>) -> Error {
    let codes = reasons.iter().map(|reason| reason["Code"].as_str());
    let codes: Vec<_> = codes.map(Option::unwrap_or_default).collect();
    let mut exception = Exception::new(
        "TransactionCanceledException",
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
    );
    let members = &mut exception.members;
    members.insert("CancellationReasons".into(), reasons.into());
    Error::Refused(exception)
}

/// What is kept of a transaction with a token: how large its items are, by table.
pub(crate) fn kept(tables: &[Arc<Table>], planned: &[Planned<'_>]) -> String {
    let mut sizes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (table, planned) in tables.iter().zip(planned) {
        sizes.entry(table.name()).or_default().push(planned.bytes());
    }
    json!(sizes).to_string()
}

/// A transaction that was run before is answered as one that reads its items.
pub(crate) fn answer_again(kept: &str, wanted: ReturnConsumedCapacity) -> Value {
    let sizes: BTreeMap<String, Vec<usize>> = serde_json::from_str(kept).unwrap_or_default();
    let mut capacity = Capacity::new(wanted);
    for (table, sizes) in &sizes {
        for bytes in sizes {
            capacity.of(table).read(None, *bytes, true);
        }
    }
    let mut answer = Map::new();
    insert(&mut answer, "ConsumedCapacity", capacity.answer());
    answer.into()
}

/// The items that a transaction reads.
pub(crate) struct Reads<'c> {
    capacity: &'c mut Capacity,
    bytes: usize,
}

impl<'c> Reads<'c> {
    /// None yet.
    pub(crate) fn new(capacity: &'c mut Capacity) -> Self {
        Self { capacity, bytes: 0 }
    }

    /// Reads an item, unless all of them come to too much.
    pub(crate) fn get(
        &mut self,
        database: &Database,
        table: &Table,
        key: &Key,
    ) -> Result<Option<Item>, Error> {
        let item = database.get(table, key)?;
        let bytes = item.as_ref().map_or(0, item_size);
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(Error::validation(
                "Transaction payload size cannot exceed 4 MB",
            ));
        }
        self.capacity.of(table.name()).read(None, bytes, true);
        Ok(item)
    }
}

/// What a transaction consumes, by table.
pub(crate) struct Capacity {
    wanted: ReturnConsumedCapacity,
    tables: BTreeMap<String, Consumed>,
}

impl Capacity {
    /// Nothing yet.
    pub(crate) fn new(wanted: ReturnConsumedCapacity) -> Self {
        Self {
            wanted,
            tables: BTreeMap::new(),
        }
    }

    /// What is consumed of a table.
    pub(crate) fn of(&mut self, table: &str) -> &mut Consumed {
        let tables = &mut self.tables;
        tables
            .entry(table.to_owned())
            .or_insert_with(Consumed::of_transaction)
    }

    /// `ConsumedCapacity`; `None` if it is not wanted.
    pub(crate) fn answer(&self) -> Option<Value> {
        if self.wanted == ReturnConsumedCapacity::None {
            return None;
        }
        let tables = self.tables.iter();
        let answers = tables.filter_map(|(table, consumed)| consumed.answer(table, self.wanted));
        Some(answers.collect())
    }
}
