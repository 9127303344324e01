//! `INSERT`, `UPDATE`, `DELETE` and `EXISTS`, each of which is about one item.

use samlet_dynamodb_api::expression::Condition;
use samlet_dynamodb_api::partiql::{Returning, Statement};
use samlet_dynamodb_api::request::{
    Check, ConditionCheck, DeleteItem, ExecuteStatement, ItemUpdate, PutItem, ReturnValues,
    Returned, TransactWrite, UpdateItem,
};
use samlet_dynamodb_api::value::{NESTING, check_item_size};
use samlet_dynamodb_api::{AttributeValue, Item};
use serde_json::{Map, Value};

use super::keys::{self, KeyFault};
use super::operands;
use crate::capacity::Consumed;
use crate::database::{Database, Key, Table};
use crate::error::{Error, Exception};
use crate::operations::items::insert;
use crate::operations::schema::Misfit;
use crate::operations::writes::{Planned, Write};

/// A change that a statement asks for.
#[derive(Debug)]
pub(super) struct Change {
    write: TransactWrite,
    returning: Option<Returning>,
    /// Whether its `WHERE` clause says more than which item it is about.
    is_conditional: bool,
}

/// Runs a statement that changes an item.
pub(super) fn execute(database: &mut Database, request: &ExecuteStatement) -> Result<Value, Error> {
    let statement = &request.statement;
    let table = database.table(statement.table())?;
    if let Statement::Insert { item, .. } = statement {
        keys::check_inserted(&table, item)?;
    }
    let mut change = Change::new(&table, statement, request.values_on_failure)?;
    let key = change.key(database, &table)??;
    let planned = change.plan(database, &table, key)?;
    planned.apply(database, &table)?;
    let mut consumed = Consumed::default();
    planned.consume(&table, &mut consumed);
    let item = change.answer(&planned);
    let mut answer = Map::new();
    answer.insert("Items".into(), item.into_iter().collect());
    let consumed = consumed.answer(table.name(), request.return_consumed_capacity);
    insert(&mut answer, "ConsumedCapacity", consumed);
    Ok(answer.into())
}

impl Change {
    /// The change that a statement asks for, which doesn't read only.
    pub(super) fn new(
        table: &Table,
        statement: &Statement,
        values_on_failure: bool,
    ) -> Result<Self, KeyFault> {
        let returned = Returned {
            values_on_failure,
            ..Returned::default()
        };
        let name = || statement.table().to_owned();
        let (write, condition, returning) = match statement {
            Statement::Insert { item, .. } => {
                let put = PutItem {
                    table: name(),
                    item: item.clone(),
                    check: None,
                    returned,
                };
                (TransactWrite::Put(put), None, None)
            }
            Statement::Update {
                update,
                condition,
                returning,
                ..
            } => {
                let update = UpdateItem {
                    table: name(),
                    key: keys::pinned(table, condition)?,
                    update: Some(ItemUpdate::Expression(update.clone())),
                    check: Some(Check::Expression(condition.clone())),
                    returned,
                };
                (TransactWrite::Update(update), Some(condition), *returning)
            }
            Statement::Delete {
                condition,
                returning,
                ..
            } => {
                let delete = DeleteItem {
                    table: name(),
                    key: keys::pinned(table, condition)?,
                    check: Some(Check::Expression(condition.clone())),
                    returned,
                };
                (TransactWrite::Delete(delete), Some(condition), *returning)
            }
            Statement::Select(select) | Statement::Exists(select) => {
                let condition = select.condition.as_ref().ok_or_else(keys::no_key)?;
                let check = condition_check(table, condition, values_on_failure)?;
                (TransactWrite::Check(check), Some(condition), None)
            }
        };
        Ok(Self {
            write,
            returning,
            is_conditional: condition.is_some_and(|condition| !keys::is_only_key(table, condition)),
        })
    }

    /// Whether it inserts an item.
    pub(super) fn is_insertion(&self) -> bool {
        matches!(self.write, TransactWrite::Put(_))
    }

    /// The key of its item, once all is checked that the table's definition says of the change. The condition of a
    /// deletion is dropped where it decides nothing: there is no item to be deleted.
    pub(super) fn key(
        &mut self,
        database: &Database,
        table: &Table,
    ) -> Result<Result<Key, Misfit>, Error> {
        let key = match Write::from(&self.write).key(table) {
            Ok(key) => key,
            Err(misfit) => return Ok(Err(misfit)),
        };
        if let TransactWrite::Delete(delete) = &mut self.write
            && (!self.is_conditional || database.get(table, &key)?.is_none())
        {
            delete.check = None;
        }
        Ok(Ok(key))
    }

    /// Says what is to become of the item of its key, or why nothing is. Writes nothing.
    pub(super) fn plan(
        &self,
        database: &Database,
        table: &Table,
        key: Key,
    ) -> Result<Planned<'_>, Error> {
        let planned = Write::from(&self.write).plan(database, table, key);
        let planned = planned.map_err(|error| self.named_operand(error))?;
        match &self.write {
            TransactWrite::Put(_) if planned.old.is_some() => Err(duplicate()),
            TransactWrite::Put(put) => {
                check_nesting(&put.item)?;
                check_item_size(&put.item)?;
                Ok(planned)
            }
            TransactWrite::Update(_) => {
                if let Some(item) = &planned.new {
                    check_nesting(item)?;
                }
                Ok(planned)
            }
            TransactWrite::Delete(_) | TransactWrite::Check(_) => Ok(planned),
        }
    }

    /// The refusal of an update that can't be made, which names an operand of the statement's if one is of a type that
    /// its operator doesn't take.
    fn named_operand(&self, error: Error) -> Error {
        match (&self.write, &error) {
            (
                TransactWrite::Update(UpdateItem {
                    update: Some(ItemUpdate::Expression(update)),
                    ..
                }),
                Error::Refused(exception),
            ) if exception.name == "ValidationException" => {
                operands::first_misfit(update).map_or(error, Error::validation)
            }
            _ => error,
        }
    }

    /// Whether it was planned to delete an item that is not there, on a condition.
    pub(super) fn has_missed(&self, planned: &Planned<'_>) -> bool {
        let is_deletion = matches!(self.write, TransactWrite::Delete(_));
        is_deletion && self.is_conditional && planned.old.is_none()
    }

    /// What is answered of the item.
    pub(super) fn answer(&self, planned: &Planned<'_>) -> Option<Value> {
        planned.returned(match self.returning? {
            Returning::AllOld => ReturnValues::AllOld,
            Returning::ModifiedOld => ReturnValues::UpdatedOld,
            Returning::AllNew => ReturnValues::AllNew,
            Returning::ModifiedNew => ReturnValues::UpdatedNew,
        })
    }
}

fn condition_check(
    table: &Table,
    condition: &Condition,
    values_on_failure: bool,
) -> Result<ConditionCheck, KeyFault> {
    Ok(ConditionCheck {
        table: table.name().to_owned(),
        key: keys::pinned(table, condition)?,
        condition: condition.clone(),
        values_on_failure,
    })
}

fn duplicate() -> Error {
    Error::Refused(Exception::new(
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    ))
}

/// Refuses an item that nests a level deeper than items can, which a parameter can. What nests deeper still was refused
/// when it was read, in other words.
fn check_nesting(item: &Item) -> Result<(), Error> {
    if item.values().any(|value| depth(value) > NESTING) {
        return Err(Error::validation(
            "Nesting Levels have exceeded supported limits",
        ));
    }
    Ok(())
}

/// The lists and maps within each other that a value consists of, but for empty ones.
fn depth(value: &AttributeValue) -> usize {
    let deepest = match value {
        AttributeValue::L(values) => values.iter().map(depth).max(),
        AttributeValue::M(members) => members.values().map(depth).max(),
        _ => None,
    };
    deepest.map_or(0, |deepest| deepest + 1)
}
