//! The one way in which an item changes: its row, its places in indexes, what is counted, when it expires, and the
//! record in the table's stream, all in one transaction.

use rusqlite::params;
use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::items_equal;
use samlet_dynamodb_api::value::item_size;

use super::definition::{Index, IndexState, Key, Table};
use super::rows::damaged;
use super::{Database, items};
use crate::error::Error;
use crate::streams;

/// A change of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'i> {
    /// Its key.
    pub(crate) key: &'i Key,
    /// As it was; `None` if it was not there.
    pub(crate) old: Option<&'i Item>,
    /// As it is to be; `None` if it is to be gone.
    pub(crate) new: Option<&'i Item>,
    /// What changes it.
    pub(crate) cause: Cause,
}

/// What changes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A request.
    Request,
    /// Its time to live is over.
    Expiry,
}

impl Database {
    /// Changes an item. What changes nothing does nothing.
    pub(crate) fn change(&mut self, table: &Table, change: &Change<'_>) -> Result<(), Error> {
        match (change.old, change.new) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) if items_equal(old, new) => return Ok(()),
            _ => {}
        }
        if self.is_unsound(table) {
            return Err(damaged(table));
        }
        self.write_row(table, change)?;
        let sizes = sizes(change, item_size);
        self.count(table.number, sizes)?;
        self.change_beside(table, change)?;
        streams::record(self, table, change)
    }

    /// Changes an item's places in indexes, and when it expires.
    pub(super) fn change_beside(&self, table: &Table, change: &Change<'_>) -> Result<(), Error> {
        for index in &table.indexes {
            self.change_index(table, index, change)?;
        }
        self.change_expiry(table, change)
    }

    fn write_row(&self, table: &Table, change: &Change<'_>) -> Result<(), Error> {
        let key = &change.key.0;
        let Some(new) = change.new else {
            let delete = format!("DELETE FROM items_{} WHERE key = ?", table.number);
            self.connection.prepare_cached(&delete)?.execute([key])?;
            return Ok(());
        };
        let write = format!(
            "INSERT INTO items_{} (key, item) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET item = ?2",
            table.number
        );
        let bytes = items::encode(table.number, key, new);
        self.connection
            .prepare_cached(&write)?
            .execute(params![key, bytes])?;
        Ok(())
    }

    /// Changes an item's place in an index. What is in an index that is being made is not known: what is there is
    /// counted.
    fn change_index(&self, table: &Table, index: &Index, change: &Change<'_>) -> Result<(), Error> {
        let place = |item: Option<&Item>| {
            let item = item?;
            let bytes = index.projected_size(table, item);
            Some((
                index.key_of(item)?,
                i64::try_from(bytes).unwrap_or(i64::MAX),
            ))
        };
        let (old, new) = (place(change.old), place(change.new));
        let mut count = (0, 0);
        match (&old, &new) {
            (Some((old, old_bytes)), Some((new, bytes))) if old == new => {
                let is_new = match index.state {
                    IndexState::Active => false,
                    IndexState::Creating => self.insert_place(index, new, change.key)?,
                };
                count = if is_new {
                    (1, *bytes)
                } else {
                    (0, bytes - old_bytes)
                };
            }
            _ => {
                if let Some((old, bytes)) = &old
                    && self.delete_place(index, old, change.key)?
                {
                    count = (-1, -bytes);
                }
                if let Some((new, bytes)) = &new
                    && self.insert_place(index, new, change.key)?
                {
                    count = (count.0 + 1, count.1 + bytes);
                }
            }
        }
        self.count(index.number, count)
    }

    /// Puts an item into an index, unless it is there; whether it was not.
    pub(super) fn insert_place(&self, index: &Index, key: &Key, item: &Key) -> Result<bool, Error> {
        let insert = format!(
            "INSERT OR IGNORE INTO index_{} (key, item) VALUES (?, ?)",
            index.number
        );
        let mut insert = self.connection.prepare_cached(&insert)?;
        Ok(insert.execute([&key.0, &item.0])? > 0)
    }

    fn delete_place(&self, index: &Index, key: &Key, item: &Key) -> Result<bool, Error> {
        let delete = format!(
            "DELETE FROM index_{} WHERE key = ? AND item = ?",
            index.number
        );
        let mut delete = self.connection.prepare_cached(&delete)?;
        Ok(delete.execute([&key.0, &item.0])? > 0)
    }

    fn change_expiry(&self, table: &Table, change: &Change<'_>) -> Result<(), Error> {
        let at = |item: Option<&Item>| table.expires_at(item?);
        let (old, new) = (at(change.old), at(change.new));
        let Some(expiry) = table.expiry.filter(|_| old != new) else {
            return Ok(());
        };
        if let Some(old) = old {
            self.delete_expiry(expiry, old, change.key)?;
        }
        match new {
            Some(new) => self.insert_expiry(expiry, new, change.key),
            None => Ok(()),
        }
    }

    /// Forgets that an item expires at a time.
    pub(crate) fn delete_expiry(&self, expiry: i64, at: i64, key: &Key) -> Result<(), Error> {
        let delete = format!("DELETE FROM expiry_{expiry} WHERE at = ? AND key = ?");
        let mut delete = self.connection.prepare_cached(&delete)?;
        delete.execute(params![at, key.0])?;
        Ok(())
    }

    /// Notes that an item expires at a time.
    pub(crate) fn insert_expiry(&self, expiry: i64, at: i64, key: &Key) -> Result<(), Error> {
        let insert = format!("INSERT OR IGNORE INTO expiry_{expiry} (at, key) VALUES (?, ?)");
        let mut insert = self.connection.prepare_cached(&insert)?;
        insert.execute(params![at, key.0])?;
        Ok(())
    }

    /// Counts what has come to a table or an index, and what has gone.
    pub(super) fn count(&self, number: i64, (items, bytes): (i64, i64)) -> Result<(), Error> {
        if (items, bytes) == (0, 0) {
            return Ok(());
        }
        let update = "UPDATE counts SET items = items + ?, bytes = bytes + ? WHERE number = ?";
        let mut update = self.connection.prepare_cached(update)?;
        update.execute(params![items, bytes, number])?;
        Ok(())
    }
}

/// By how many items and bytes a change changes what is counted.
fn sizes(change: &Change<'_>, size: impl Fn(&Item) -> usize) -> (i64, i64) {
    let of = |item: Option<&Item>| {
        let bytes = item.map_or(0, &size);
        (
            i64::from(item.is_some()),
            i64::try_from(bytes).unwrap_or(i64::MAX),
        )
    };
    let (old, new) = (of(change.old), of(change.new));
    (new.0 - old.0, new.1 - old.1)
}
