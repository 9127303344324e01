//! Several statements, each for itself.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html>

use std::collections::{BTreeMap, HashSet};

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::partiql::{Select, Statement};
use samlet_dynamodb_api::request::{BatchExecuteStatement, ReturnConsumedCapacity, StatementEntry};
use samlet_dynamodb_api::value::{item_size, write_item};
use serde_json::{Map, Value, json};

use super::branches::branches;
use super::changes::Change;
use super::keys::{self, Singleton, check_inserted};
use super::{parts, ranges, select};
use crate::capacity::{Consumed, write_units};
use crate::database::{Database, Key, Table};
use crate::error::{Error, Exception};
use crate::operations::items::insert;
use crate::operations::schema;
use crate::operations::source::Source;

/// What the statements of a batch consume, by table.
struct Capacity {
    tables: BTreeMap<String, Consumed>,
    /// Without one that succeeds, none is answered.
    has_success: bool,
}

/// Why a statement failed, and whether its answer names the table: it does once it is known which item it is about.
struct Failed {
    error: Error,
    names_table: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let names_table = !matches!(
            &error,
            Error::Refused(Exception {
                name: "ValidationException",
                ..
            })
        );
        Self { error, names_table }
    }
}

/// Runs the statements of a batch. One that fails has written nothing: all is checked before anything is written, and
/// what fails then is the store, with which the whole batch fails.
pub(in crate::operations) fn batch(
    database: &mut Database,
    request: &BatchExecuteStatement,
) -> Result<Value, Error> {
    check_duplicates(database, request)?;
    let mut capacity = Capacity {
        tables: BTreeMap::new(),
        has_success: false,
    };
    let mut answers = Vec::new();
    for entry in request.statements.iter().flatten() {
        let name = entry.statement.table();
        match run(database, entry, &mut capacity) {
            Ok(item) => {
                capacity.has_success = true;
                let mut answer = Map::new();
                answer.insert("TableName".into(), name.into());
                insert(&mut answer, "Item", item);
                answers.push(answer.into());
            }
            Err(failed) => {
                let mut answer = Map::new();
                answer.insert("Error".into(), error(failed.error)?);
                if failed.names_table {
                    answer.insert("TableName".into(), name.into());
                }
                answers.push(answer.into());
            }
        }
    }
    let mut answer = Map::new();
    let responses = request.answers(answers);
    answer.insert("Responses".into(), responses.into());
    let wanted = request.return_consumed_capacity;
    insert(&mut answer, "ConsumedCapacity", capacity.answer(wanted));
    Ok(answer.into())
}

/// Refuses a batch of which two statements are about one item.
fn check_duplicates(database: &mut Database, request: &BatchExecuteStatement) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for entry in request.statements.iter().flatten() {
        let Some(table) = database.find_table(entry.statement.table())? else {
            continue;
        };
        if let Some(key) = target(&table, &entry.statement)
            && !seen.insert((table.number, key))
        {
            return Err(Error::validation(
                "Provided list of item keys contains duplicates",
            ));
        }
    }
    Ok(())
}

/// The key of the one item that a statement is about.
pub(super) fn target(table: &Table, statement: &Statement) -> Option<Key> {
    match statement {
        Statement::Insert { item, .. } => table.key_of(item).ok(),
        Statement::Update { condition, .. } | Statement::Delete { condition, .. } => {
            let key = keys::pinned(table, condition).ok()?;
            table.key_of(&key).ok()
        }
        Statement::Exists(select) => {
            let key = keys::pinned(table, select.condition.as_ref()?).ok()?;
            table.key_of(&key).ok()
        }
        Statement::Select(select) if select.index.is_some() => None,
        Statement::Select(select) => match keys::singleton(table, select.condition.as_ref()) {
            Singleton::Key(key) => table.key_of(&key).ok(),
            Singleton::NotByKey | Singleton::WrongType(_) => None,
        },
    }
}

/// Runs a statement; gives the item that it answers.
fn run(
    database: &mut Database,
    entry: &StatementEntry,
    capacity: &mut Capacity,
) -> Result<Option<Value>, Failed> {
    let table = database.table(entry.statement.table())?;
    let consumed = capacity.of(&table);
    match &entry.statement {
        Statement::Select(select) => {
            let key = read_key(&table, select)?;
            let key = schema::key(&table, &key).map_err(Error::from)?;
            let item = database.get(&table, &key)?;
            let bytes = item.as_ref().map_or(0, item_size);
            consumed.read(None, bytes, entry.consistent_read);
            let projection = select.projection.as_ref();
            Ok(item.map(|item| write_item(&parts(projection, item))))
        }
        statement => change(database, &table, statement, entry, consumed),
    }
}

/// The key of the item that a `SELECT` reads, which must name it.
fn read_key(table: &Table, select: &Select) -> Result<Item, Error> {
    let not_by_key = || {
        Error::validation(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
        )
    };
    if select.index.is_some() {
        select::find(table, select.index.as_deref())?;
        return Err(not_by_key());
    }
    check_overlaps(table, select)?;
    match keys::singleton(table, select.condition.as_ref()) {
        Singleton::Key(key) => Ok(key),
        Singleton::NotByKey => Err(not_by_key()),
        Singleton::WrongType(fault) => Err(fault.into()),
    }
}

/// Refuses a `SELECT` that is about the same keys twice.
pub(super) fn check_overlaps(table: &Table, select: &Select) -> Result<(), Error> {
    let source = Source { table, index: None };
    let branches = branches(&source, select.condition.as_ref());
    ranges::check_overlaps(&source, &branches)
}

/// Runs a statement that changes an item.
fn change(
    database: &mut Database,
    table: &Table,
    statement: &Statement,
    entry: &StatementEntry,
    consumed: &mut Consumed,
) -> Result<Option<Value>, Failed> {
    let mut attempted = 0;
    if let Statement::Insert { item, .. } = statement {
        check_inserted(table, item)?;
        attempted = item_size(item);
    }
    let mut change = Change::new(table, statement, entry.values_on_failure).map_err(Error::from)?;
    let key = change.key(database, table)?.map_err(|misfit| Failed {
        error: misfit.into(),
        names_table: !change.is_insertion(),
    })?;
    let planned = match change.plan(database, table, key.clone()) {
        Ok(planned) => planned,
        Err(error) => {
            // What it would have taken is counted, though only in all.
            let stored = database.get(table, &key)?;
            let stored = stored.as_ref().map_or(0, item_size);
            consumed.fail(write_units(stored.max(attempted)));
            return Err(error.into());
        }
    };
    planned.apply(database, table)?;
    planned.consume(table, consumed);
    Ok(change.answer(&planned))
}

/// The `Error` of a statement; an error that is not the statement's stays one.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html>
fn error(error: Error) -> Result<Value, Error> {
    let Error::Refused(exception) = error else {
        return Err(error);
    };
    let code = code(exception.name);
    let mut members = exception.members;
    members.insert("Code".into(), code.into());
    members.insert("Message".into(), exception.message.into());
    Ok(members.into())
}

/// What an exception of a statement is called among others'.
pub(super) fn code(exception: &str) -> &str {
    match exception {
        "ValidationException" => "ValidationError",
        name => name.strip_suffix("Exception").unwrap_or(name),
    }
}

impl Capacity {
    fn of(&mut self, table: &Table) -> &mut Consumed {
        let tables = &mut self.tables;
        tables.entry(table.name().to_owned()).or_default()
    }

    fn answer(&self, wanted: ReturnConsumedCapacity) -> Option<Value> {
        if wanted == ReturnConsumedCapacity::None || !self.has_success {
            return None;
        }
        let tables = self.tables.iter();
        let answers = tables.filter_map(|(table, consumed)| consumed.answer(table, wanted));
        Some(json!(answers.collect::<Vec<_>>()))
    }
}
