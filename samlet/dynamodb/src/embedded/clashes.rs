//! Names that clash: the engine's tables are SQLite's, whose names are the same in upper and lower case.

use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::request::{IndexUpdate, UpdateTable};
use serde_json::Value;

/// Refuses a new table's name that only differs in case from another's.
pub(crate) fn refuse_clash(storage: &Storage, name: &str) -> Result<()> {
    let tables = storage.list_table_names()?;
    match tables.iter().find(|other| differ_in_case(other, name)) {
        None => Ok(()),
        Some(other) => Err(DynoxideError::ValidationException(format!(
            "samlet can't have tables of the names {other} and {name} yet: they only differ in case"
        ))),
    }
}

/// Refuses a new index's name that only differs in case from that of another index of the table.
pub(crate) fn refuse_clash_of_indexes(storage: &Storage, update: &UpdateTable) -> Result<()> {
    let created = update.indexes.iter().filter_map(|update| match update {
        IndexUpdate::Create(index) => Some(&index.name),
        IndexUpdate::Update { .. } | IndexUpdate::Delete(_) => None,
    });
    let Some(metadata) = storage.get_table_metadata(&update.table)? else {
        return Ok(());
    };
    let definitions = [metadata.gsi_definitions, metadata.lsi_definitions];
    let definitions: Vec<Value> = definitions
        .iter()
        .flatten()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect();
    let indexes = || definitions.iter().filter_map(Value::as_array).flatten();
    let names = || indexes().filter_map(|index| index["IndexName"].as_str());
    for name in created {
        if let Some(other) = names().find(|other| differ_in_case(other, name)) {
            return Err(DynoxideError::ValidationException(format!(
                "samlet can't have indexes of the names {other} and {name} on one table yet: they only differ in case"
            )));
        }
    }
    Ok(())
}

fn differ_in_case(one: &str, other: &str) -> bool {
    one != other && one.eq_ignore_ascii_case(other)
}
