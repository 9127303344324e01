//! Updates of a key's attributes in transactions: DynamoDB refuses them, the engine would store an item under one key that
//! says it has another.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use dynoxide::errors::CancellationReason;
use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::request::{ItemUpdate, TransactWrite, TransactWriteItems, UpdateItem};

/// Refuses a transaction that changes an attribute of an item's key.
pub(crate) fn refuse(transaction: &TransactWriteItems) -> Result<()> {
    let changed: Vec<Option<&str>> = transaction.items.iter().map(changed_key).collect();
    if changed.iter().all(Option::is_none) {
        return Ok(());
    }
    let codes = changed.iter().map(|changed| match changed {
        Some(_) => "ValidationError",
        None => "None",
    });
    let codes: Vec<&str> = codes.collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let reasons = changed.iter().map(|changed| match changed {
        Some(attribute) => CancellationReason {
            code: "ValidationError".into(),
            message: Some(format!(
                "One or more parameter values were invalid: Cannot update attribute {attribute}. This attribute is part of the key"
            )),
            item: None,
        },
        None => CancellationReason {
            code: "None".into(),
            message: None,
            item: None,
        },
    });
    let reasons = reasons.collect();
    Err(DynoxideError::TransactionCanceledException(
        message, reasons,
    ))
}

/// The attribute of its own key that an action changes.
fn changed_key(action: &TransactWrite) -> Option<&str> {
    let TransactWrite::Update(UpdateItem {
        key,
        update: Some(ItemUpdate::Expression(update)),
        ..
    }) = action
    else {
        return None;
    };
    let set = update.set.iter().map(|action| &action.path);
    let others = update.add.iter().chain(&update.delete);
    let changed = set
        .chain(&update.remove)
        .chain(others.map(|(path, _)| path));
    let mut names = changed.map(|path| path.attribute.as_str());
    names.find(|name| key.contains_key(*name))
}
