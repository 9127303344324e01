//! Rows of tables and indexes: found by their keys, walked in their order.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, params_from_iter};
use samlet_dynamodb_api::Item;

use super::definition::{Index, Key, Table};
use super::{Database, items};
use crate::error::Error;

/// Keys from one on and up to another: bytes, in the order of rows. Both may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyRange {
    /// The first key.
    pub(crate) from: Option<Vec<u8>>,
    /// After the last key.
    pub(crate) before: Option<Vec<u8>>,
}

/// How rows are walked.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'t> {
    /// The table.
    pub(crate) table: &'t Table,
    /// In the order of this index, and only its rows.
    pub(crate) index: Option<&'t Index>,
    /// Which rows.
    pub(crate) range: KeyRange,
    /// Only what comes after this row, in the walk's direction.
    pub(crate) after: Option<Position>,
    /// Whether keys rise.
    pub(crate) is_forward: bool,
}

/// Where a row is, in its table or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Its key there.
    pub(crate) key: Key,
    /// In an index: the key of its item in the table.
    pub(crate) item: Option<Key>,
}

/// A row that was met.
#[derive(Debug)]
pub(crate) struct Row {
    /// Where.
    pub(crate) position: Position,
    /// The whole item.
    pub(crate) item: Item,
}

impl Database {
    /// The item of a key.
    pub(crate) fn get(&self, table: &Table, key: &Key) -> Result<Option<Item>, Error> {
        let select = format!("SELECT item FROM items_{} WHERE key = ?", table.number);
        let mut select = self.connection.prepare_cached(&select)?;
        let found = select.query_row([&key.0], |row| {
            let bytes = row.get_ref(0)?.as_blob()?;
            Ok(items::decode(table.number, &key.0, bytes))
        });
        match found.optional()? {
            None => {
                self.ensure_sound(table, None)?;
                Ok(None)
            }
            Some(Ok(item)) => Ok(Some(item)),
            Some(Err(_)) => Err(damaged(table)),
        }
    }

    /// Walks rows until `each` breaks.
    pub(crate) fn walk(
        &self,
        walk: &Walk<'_>,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        self.ensure_sound(walk.table, walk.index)?;
        self.walk_rows(walk, &mut |row| each(row?))
    }

    /// Walks rows, those that can't be read as well, until `each` breaks.
    pub(super) fn walk_rows(
        &self,
        walk: &Walk<'_>,
        each: &mut dyn FnMut(Result<Row, Error>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let (select, bounds) = statement(walk);
        let mut select = self.connection.prepare_cached(&select)?;
        let mut rows = select.query(params_from_iter(bounds))?;
        while let Some(row) = rows.next()? {
            if each(read(walk, row))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The rows of a walk in their order: key, item and, of an index, the key of the item.
pub(super) fn statement<'w>(walk: &'w Walk<'_>) -> (String, Vec<&'w [u8]>) {
    let items = walk.table.number;
    let mut select = match walk.index {
        None => format!("SELECT key, item FROM items_{items} AS rows"),
        // SQLite keeps to this order of the tables, as it is an outer join.
        Some(index) => format!(
            "SELECT rows.key, items.item, rows.item FROM index_{} AS rows LEFT JOIN items_{items} AS items ON items.key = rows.item",
            index.number
        ),
    };
    let (mut from, mut before) = (walk.range.from.as_deref(), walk.range.before.as_deref());
    let (mut terms, mut bounds) = (Vec::new(), Vec::new());
    if let Some(after) = &walk.after {
        let key = after.key.0.as_slice();
        // Of two bounds at one end, the narrower one is used: SQLite searches by one of them only.
        let end = if walk.is_forward {
            &mut from
        } else {
            &mut before
        };
        let is_within = end.is_none_or(|end| {
            if walk.is_forward {
                key >= end
            } else {
                key < end
            }
        });
        if is_within {
            *end = None;
            let comparison = if walk.is_forward { '>' } else { '<' };
            match &after.item {
                Some(item) => {
                    terms.push(format!("(rows.key, rows.item) {comparison} (?, ?)"));
                    bounds.extend([key, item.0.as_slice()]);
                }
                None => {
                    terms.push(format!("rows.key {comparison} ?"));
                    bounds.push(key);
                }
            }
        }
    }
    if let Some(from) = from {
        terms.push("rows.key >= ?".into());
        bounds.push(from);
    }
    if let Some(before) = before {
        terms.push("rows.key < ?".into());
        bounds.push(before);
    }
    if !terms.is_empty() {
        select += " WHERE ";
        select += &terms.join(" AND ");
    }
    let direction = if walk.is_forward { "ASC" } else { "DESC" };
    select += &format!(" ORDER BY rows.key {direction}");
    if walk.index.is_some() {
        select += &format!(", rows.item {direction}");
    }
    (select, bounds)
}

/// A row of [`statement`]'s. An index whose row has no item, or one with another key, is damaged.
fn read(walk: &Walk<'_>, row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    let damaged = || damaged(walk.table);
    let blob = |column| -> Result<Option<&[u8]>, Error> {
        let value = row.get_ref(column)?;
        value.as_blob_or_null().map_err(|_| damaged())
    };
    let key = Key(blob(0)?.ok_or_else(damaged)?.to_vec());
    let bytes = blob(1)?.ok_or_else(damaged)?;
    let Some(index) = walk.index else {
        let item = items::decode(walk.table.number, &key.0, bytes).map_err(|_| damaged())?;
        let position = Position { key, item: None };
        return Ok(Row { position, item });
    };
    let item_key = Key(blob(2)?.ok_or_else(damaged)?.to_vec());
    let item = items::decode(walk.table.number, &item_key.0, bytes).map_err(|_| damaged())?;
    if index.key_of(&item).as_ref() != Some(&key) {
        return Err(damaged());
    }
    let position = Position {
        key,
        item: Some(item_key),
    };
    Ok(Row { position, item })
}

pub(super) fn damaged(table: &Table) -> Error {
    Error::Damaged {
        table: table.name().to_owned(),
    }
}
