//! Updates that only remove attributes: DynamoDB makes no item of one that is not there, the engine would.

use dynoxide::actions::{delete_item, get_item};
use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::legacy::AttributeUpdate;
use samlet_dynamodb_api::request::{
    DeleteItem, GetItem, ItemUpdate, ReturnConsumedCapacity, ReturnValues, Returned, TransactWrite,
    TransactWriteItems, UpdateItem,
};
use serde_json::Value;

use super::engine::{answer, read};

/// Runs such an update of an item that is not there: its condition decides, and nothing is made. `None` if it is not
/// such an update, or the item is there.
pub(crate) fn run(storage: &Storage, update: &UpdateItem) -> Result<Option<String>> {
    if !only_removes(update) || is_there(storage, update)? {
        return Ok(None);
    }
    let delete = Request::DeleteItem(deletion(update)).to_json().to_string();
    answer(delete_item::execute(storage, read(delete.as_bytes())?)).map(Some)
}

/// The transaction that does the same; `None` if that is the transaction itself.
pub(crate) fn without(
    storage: &Storage,
    transaction: &TransactWriteItems,
) -> Result<Option<TransactWriteItems>> {
    let mut changed = None;
    for (index, item) in transaction.items.iter().enumerate() {
        let TransactWrite::Update(update) = item else {
            continue;
        };
        if only_removes(update) && !is_there(storage, update)? {
            let changed: &mut TransactWriteItems =
                changed.get_or_insert_with(|| transaction.clone());
            changed.items[index] = TransactWrite::Delete(deletion(update));
        }
    }
    Ok(changed)
}

fn only_removes(update: &UpdateItem) -> bool {
    // What it removes of the key is refused by the engine.
    let is_key = |attribute: &String| update.key.contains_key(attribute);
    match &update.update {
        None => false,
        Some(ItemUpdate::Expression(update)) => {
            let has_other =
                !update.set.is_empty() || !update.add.is_empty() || !update.delete.is_empty();
            !has_other && !update.remove.iter().any(|path| is_key(&path.attribute))
        }
        Some(ItemUpdate::Legacy(updates)) => {
            let removes = |update: &AttributeUpdate| {
                matches!(update, AttributeUpdate::Remove(_) | AttributeUpdate::Delete)
            };
            !updates.is_empty()
                && updates
                    .iter()
                    .all(|(name, update)| removes(update) && !is_key(name))
        }
    }
}

fn is_there(storage: &Storage, update: &UpdateItem) -> Result<bool> {
    let get = Request::GetItem(GetItem {
        table: update.table.clone(),
        key: update.key.clone(),
        projection: None,
        consistent_read: false,
        return_consumed_capacity: ReturnConsumedCapacity::None,
    });
    let get = get.to_json().to_string();
    let found = answer(get_item::execute(storage, read(get.as_bytes())?))?;
    let found: Value = serde_json::from_str(&found)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(found.get("Item").is_some())
}

/// To delete what is not there does nothing, if its condition holds.
fn deletion(update: &UpdateItem) -> DeleteItem {
    DeleteItem {
        table: update.table.clone(),
        key: update.key.clone(),
        check: update.check.clone(),
        returned: Returned {
            values: ReturnValues::None,
            ..update.returned
        },
    }
}
