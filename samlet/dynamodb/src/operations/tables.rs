//! Making, deleting, describing and listing tables.

use std::sync::Arc;

use samlet_dynamodb_api::request::{CreateTable, ListTables, StreamSpecification};
use serde_json::{Value, json};

use super::description::{self, Status};
use crate::database::{Database, IndexState, Table};
use crate::error::Error;
use crate::streams;

/// Names in an answer, unless the request wants fewer.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html>
const MAX_LISTED: u32 = 100;

/// The table of a name, in an operation on tables themselves.
pub(super) fn named(database: &mut Database, name: &str) -> Result<Arc<Table>, Error> {
    let found = database.find_table(name)?;
    found.ok_or_else(|| {
        Error::not_found(format!(
            "Requested resource not found: Table: {name} not found"
        ))
    })
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
pub(super) fn create(database: &mut Database, request: &CreateTable) -> Result<Value, Error> {
    let name = &request.table;
    if database.find_table(name)?.is_some() {
        return Err(Error::in_use(format!("Table already exists: {name}")));
    }
    let mut table = database.create_table(request)?;
    if let Some(StreamSpecification::Enabled(view)) = request.stream {
        streams::begin(database, &table, view)?;
        table = database.table(name)?;
    }
    let described = description::of(database, &table, Status::Creating)?;
    Ok(json!({"TableDescription": described}))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html>
pub(super) fn delete(database: &mut Database, name: &str) -> Result<Value, Error> {
    let table = named(database, name)?;
    if table.definition.deletion_protection == Some(true) {
        return Err(Error::validation(
            "Resource cannot be deleted as it is currently protected against deletion. \
             Disable deletion protection first.",
        ));
    }
    let mut indexes = table.indexes.iter();
    if indexes.any(|index| index.state != IndexState::Active) {
        return Err(Error::in_use(
            "Attempt to change a resource which is still in use: Cannot delete table while indexes are being \
             created, updated, or deleted.",
        ));
    }
    let described = description::of(database, &table, Status::Deleting)?;
    database.forget(table.number)?;
    for index in &table.indexes {
        database.forget(index.number)?;
    }
    streams::end(database, &table)?;
    database.drop_table(&table)?;
    Ok(json!({"TableDescription": described}))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html>
pub(super) fn describe(database: &mut Database, name: &str) -> Result<Value, Error> {
    let table = named(database, name)?;
    let described = description::of(database, &table, Status::Active)?;
    Ok(json!({"Table": described}))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html>
pub(super) fn list(database: &Database, request: &ListTables) -> Result<Value, Error> {
    let limit = request.limit.unwrap_or(MAX_LISTED) as usize;
    let after = request.start.as_deref().unwrap_or_default();
    let mut names = database.table_names(after, limit + 1)?;
    let has_more = names.len() > limit;
    names.truncate(limit);
    let mut answer = json!({"TableNames": names});
    if let Some(last) = names.last().filter(|_| has_more) {
        answer["LastEvaluatedTableName"] = last.as_str().into();
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
