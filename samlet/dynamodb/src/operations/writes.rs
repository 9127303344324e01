//! Writes of one item, alone or within batches, transactions and statements: first what is to become of the item is
//! planned, then that is done.

use std::borrow::Cow;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::{holds, returned};
use samlet_dynamodb_api::expression::{Condition, Projection};
use samlet_dynamodb_api::request::{
    BatchWrite, Check, ConditionCheck, DeleteItem, ItemUpdate, PutItem, ReturnValues,
    TransactWrite, UpdateItem,
};
use samlet_dynamodb_api::value::{item_size, write_item};
use serde_json::Value;

use super::schema::{self, Misfit};
use crate::capacity::Consumed;
use crate::database::{Cause, Change, Database, Key, Table};
use crate::error::{Error, Exception};

/// A write as it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write<'r> {
    action: Action<'r>,
    condition: Option<Must<'r>>,
    /// Whether the item is answered when the condition fails.
    values_on_failure: bool,
}

#[derive(Clone, Copy, Debug)]
enum Action<'r> {
    /// Puts an item.
    Put(&'r Item),
    /// Updates the item of a key.
    Update(&'r Item, Option<&'r ItemUpdate>),
    /// Deletes the item of a key.
    Delete(&'r Item),
    /// Leaves the item of a key as it is.
    Check(&'r Item),
}

/// What must hold of the item that is there.
#[derive(Clone, Copy, Debug)]
enum Must<'r> {
    Check(&'r Check),
    Condition(&'r Condition),
}

/// A write that is to be done, or was done.
#[derive(Debug)]
pub(crate) struct Planned<'r> {
    key: Key,
    /// The item as it was.
    pub(crate) old: Option<Item>,
    /// The item as it is to be. That of a check stays as it is.
    pub(crate) new: Option<Cow<'r, Item>>,
    /// The paths that an update is about.
    changed: Projection,
    is_check: bool,
}

/// Puts an item.
pub(crate) fn put<'r>(
    database: &mut Database,
    table: &Table,
    put: &'r PutItem,
) -> Result<Planned<'r>, Error> {
    Write::from(put).run(database, table)
}

/// Updates an item.
pub(crate) fn update<'r>(
    database: &mut Database,
    table: &Table,
    update: &'r UpdateItem,
) -> Result<Planned<'r>, Error> {
    Write::from(update).run(database, table)
}

/// Deletes an item.
pub(crate) fn delete<'r>(
    database: &mut Database,
    table: &Table,
    delete: &'r DeleteItem,
) -> Result<Planned<'r>, Error> {
    Write::from(delete).run(database, table)
}

impl<'r> From<&'r PutItem> for Write<'r> {
    fn from(put: &'r PutItem) -> Self {
        Self {
            action: Action::Put(&put.item),
            condition: put.check.as_ref().map(Must::Check),
            values_on_failure: put.returned.values_on_failure,
        }
    }
}

impl<'r> From<&'r UpdateItem> for Write<'r> {
    fn from(update: &'r UpdateItem) -> Self {
        Self {
            action: Action::Update(&update.key, update.update.as_ref()),
            condition: update.check.as_ref().map(Must::Check),
            values_on_failure: update.returned.values_on_failure,
        }
    }
}

impl<'r> From<&'r DeleteItem> for Write<'r> {
    fn from(delete: &'r DeleteItem) -> Self {
        Self {
            action: Action::Delete(&delete.key),
            condition: delete.check.as_ref().map(Must::Check),
            values_on_failure: delete.returned.values_on_failure,
        }
    }
}

impl<'r> From<&'r ConditionCheck> for Write<'r> {
    fn from(check: &'r ConditionCheck) -> Self {
        Self {
            action: Action::Check(&check.key),
            condition: Some(Must::Condition(&check.condition)),
            values_on_failure: check.values_on_failure,
        }
    }
}

impl<'r> From<&'r TransactWrite> for Write<'r> {
    fn from(write: &'r TransactWrite) -> Self {
        match write {
            TransactWrite::Check(check) => check.into(),
            TransactWrite::Put(put) => put.into(),
            TransactWrite::Update(update) => update.into(),
            TransactWrite::Delete(delete) => delete.into(),
        }
    }
}

impl<'r> From<&'r BatchWrite> for Write<'r> {
    fn from(write: &'r BatchWrite) -> Self {
        let action = match write {
            BatchWrite::Put(item) => Action::Put(item),
            BatchWrite::Delete(key) => Action::Delete(key),
        };
        Self {
            action,
            condition: None,
            values_on_failure: false,
        }
    }
}

impl<'r> Write<'r> {
    /// The key of its item, once all is checked that the table's definition says of the write.
    pub(crate) fn key(&self, table: &Table) -> Result<Key, Misfit> {
        match self.action {
            Action::Put(item) => schema::item_key(table, item),
            Action::Delete(key) | Action::Check(key) | Action::Update(key, None) => {
                schema::key(table, key)
            }
            Action::Update(key, Some(update)) => {
                let key = schema::key(table, key)?;
                schema::check_update(table, update)?;
                Ok(key)
            }
        }
    }

    /// Says what is to become of the item, or why nothing is.
    pub(crate) fn plan(
        &self,
        database: &Database,
        table: &Table,
        key: Key,
    ) -> Result<Planned<'r>, Error> {
        let old = database.get(table, &key)?;
        if let Some(must) = self.condition
            && !must.holds(old.as_ref())
        {
            return Err(condition_failed(self.values_on_failure, old.as_ref()));
        }
        let mut changed = Projection(Vec::new());
        let new = match self.action {
            Action::Put(item) => Some(Cow::Borrowed(item)),
            Action::Delete(_) | Action::Check(_) => None,
            Action::Update(key, update) => {
                let updated = updated(table, old.as_ref(), key, update)?;
                updated.map(|(item, paths)| {
                    changed = paths;
                    item
                })
            }
        };
        Ok(Planned {
            key,
            old,
            new,
            changed,
            is_check: matches!(self.action, Action::Check(_)),
        })
    }

    fn run(&self, database: &mut Database, table: &Table) -> Result<Planned<'r>, Error> {
        let key = self.key(table)?;
        let planned = self.plan(database, table, key)?;
        planned.apply(database, table)?;
        Ok(planned)
    }
}

impl Must<'_> {
    fn holds(self, item: Option<&Item>) -> bool {
        match self {
            Self::Check(check) => check.holds(item),
            Self::Condition(condition) => holds(condition, item),
        }
    }
}

impl Planned<'_> {
    /// Does it.
    pub(crate) fn apply(&self, database: &mut Database, table: &Table) -> Result<(), Error> {
        if self.is_check {
            return Ok(());
        }
        let change = Change {
            key: &self.key,
            old: self.old.as_ref(),
            new: self.new.as_deref(),
            cause: Cause::Request,
        };
        database.change(table, &change)
    }

    /// What is answered of the item.
    pub(crate) fn returned(&self, values: ReturnValues) -> Option<Value> {
        let (old, new) = (self.old.as_ref(), self.new.as_deref());
        returned(values, old, new, &self.changed).map(|item| write_item(&item))
    }

    /// Adds what it consumes. A check consumes what a write of the item would that changes nothing.
    pub(crate) fn consume(&self, table: &Table, consumed: &mut Consumed) {
        let old = self.old.as_ref();
        let new = if self.is_check {
            old
        } else {
            self.new.as_deref()
        };
        consumed.write(table, old, new);
    }

    /// Bytes of the item, as it was or is to be, whichever is larger.
    pub(crate) fn bytes(&self) -> usize {
        let size = |item: Option<&Item>| item.map_or(0, item_size);
        size(self.old.as_ref()).max(size(self.new.as_deref()))
    }
}

/// What an update makes of an item, and what it is about; `None` if no item is made.
fn updated<'r>(
    table: &Table,
    old: Option<&Item>,
    key: &'r Item,
    update: Option<&ItemUpdate>,
) -> Result<Option<(Cow<'r, Item>, Projection)>, Error> {
    let Some(update) = update else {
        let item = old.cloned().map_or(Cow::Borrowed(key), Cow::Owned);
        return Ok(Some((item, Projection(Vec::new()))));
    };
    if old.is_none() && update.only_removes() {
        return Ok(None);
    }
    let before = old.unwrap_or(key);
    let updated = update.updated(before)?;
    schema::check_updated(table, before, &updated.item)?;
    Ok(Some((Cow::Owned(updated.item), updated.changed)))
}

fn condition_failed(values: bool, item: Option<&Item>) -> Error {
    let mut exception = Exception::new(
        "ConditionalCheckFailedException",
        "The conditional request failed",
    );
    if let Some(item) = item
        && values
    {
        exception.members.insert("Item".into(), write_item(item));
    }
    Error::Refused(exception)
}
