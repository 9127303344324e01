//! Work that takes long, in short steps between writes: filling new indexes, dropping what is no longer needed.
//!
//! What is to be done stands in the file, with how far it is: it goes on after a kill.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rusqlite::params;

use super::definition::{IndexState, Key, Table};
use super::rows::{Position, Row, Walk};
use super::{Database, KeyRange, Part, Sealed};
use crate::error::Error;
use crate::{expiry, streams};

/// A kind of long work; its target is a number in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Deletes the rows of a table that is gone.
    DropItems,
    /// Deletes the rows of an index that is gone.
    DropIndex,
    /// Deletes rows that say when items expire.
    DropExpiry,
    /// Puts the items of a table into a new index.
    FillIndex,
    /// Notes when the items of a table expire.
    FillExpiry,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::DropItems,
        Self::DropIndex,
        Self::DropExpiry,
        Self::FillIndex,
        Self::FillExpiry,
    ];

    /// As the file has it.
    fn name(self) -> &'static str {
        match self {
            Self::DropItems => "drop items",
            Self::DropIndex => "drop index",
            Self::DropExpiry => "drop expiry",
            Self::FillIndex => "fill index",
            Self::FillExpiry => "fill expiry",
        }
    }
}

/// Work as it stands in the file.
struct Work {
    number: i64,
    kind: String,
    target: i64,
    /// The last key that is done.
    position: Option<Vec<u8>>,
}

/// Rows that are deleted at once, before the time is looked at: an item may have 400 KB.
const DELETED_AT_ONCE: usize = 8;

impl Database {
    /// Does a step of long work, in the open transaction; whether there is more.
    pub(crate) fn work(&mut self, budget: Duration) -> Result<bool, Error> {
        let end = Instant::now() + budget;
        while let Some(work) = self.next_work()? {
            let part = Part::Work(work.number);
            let is_done = self.part(part, |database| database.do_work(&work, end))?;
            if Instant::now() >= end {
                return Ok(!is_done || self.next_work()?.is_some());
            }
        }
        if self.steps.is_sweeping {
            let is_done = expiry::delete(self, end)?
                && self.part(Part::Streams, |database| streams::trim(database, end))?;
            self.steps.is_sweeping = !is_done;
        }
        Ok(self.steps.is_sweeping)
    }

    /// Does a part of a step, unless it has failed before; whether nothing is left of it.
    pub(crate) fn part(
        &mut self,
        part: Part,
        run: impl FnOnce(&mut Self) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        if !self.steps.begin(part) {
            return Ok(true);
        }
        let is_done = run(self)?;
        self.steps.end();
        Ok(is_done)
    }

    fn do_work(&mut self, work: &Work, end: Instant) -> Result<bool, Error> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == work.kind);
        let is_done = match kind {
            Some(Kind::DropItems) => self.drop_rows(&format!("items_{}", work.target), end)?,
            Some(Kind::DropIndex) => self.drop_rows(&format!("index_{}", work.target), end)?,
            Some(Kind::DropExpiry) => self.drop_rows(&format!("expiry_{}", work.target), end)?,
            Some(Kind::FillIndex) => self.fill_index(work, end)?,
            Some(Kind::FillExpiry) => self.fill_expiry(work, end)?,
            // Of an earlier version: there is nothing to do any more.
            None => true,
        };
        if is_done {
            let delete = "DELETE FROM work WHERE number = ?";
            let mut delete = self.connection.prepare_cached(delete)?;
            delete.execute([work.number])?;
        }
        Ok(is_done)
    }

    /// Has long work look for what is too old.
    pub(crate) fn sweep(&mut self) {
        self.steps.is_sweeping = true;
        self.steps.retry();
    }

    pub(super) fn add_work(&mut self, kind: Kind, target: i64) -> Result<(), Error> {
        let insert = "INSERT INTO work (kind, target) VALUES (?, ?)";
        let mut insert = self.connection.prepare_cached(insert)?;
        insert.execute(params![kind.name(), target])?;
        drop(insert);
        self.steps.has_work = true;
        self.steps.retry();
        Ok(())
    }

    pub(super) fn end_work(&self, kind: Kind, target: i64) -> Result<(), Error> {
        let delete = "DELETE FROM work WHERE kind = ? AND target = ?";
        let mut delete = self.connection.prepare_cached(delete)?;
        delete.execute(params![kind.name(), target])?;
        Ok(())
    }

    pub(super) fn has_work(&self, kind: Kind, target: i64) -> Result<bool, Error> {
        let select = "SELECT count(*) FROM work WHERE kind = ? AND target = ?";
        let mut select = self.connection.prepare_cached(select)?;
        let count: i64 = select.query_row(params![kind.name(), target], |row| row.get(0))?;
        Ok(count > 0)
    }

    /// The first work that has not failed.
    fn next_work(&self) -> Result<Option<Work>, Error> {
        let select = "SELECT number, kind, target, position FROM work ORDER BY number";
        let mut select = self.connection.prepare_cached(select)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            if self.steps.has_failed(Part::Work(number)) {
                continue;
            }
            return Ok(Some(Work {
                number,
                kind: row.get(1)?,
                target: row.get(2)?,
                position: row.get(3)?,
            }));
        }
        Ok(None)
    }

    /// Deletes rows until the time is over, and the SQLite table once it has none; whether it is gone.
    fn drop_rows(&mut self, name: &str, end: Instant) -> Result<bool, Error> {
        let columns = if name.starts_with("expiry_") {
            "at, key"
        } else if name.starts_with("index_") {
            "key, item"
        } else {
            "key"
        };
        let delete = format!(
            "DELETE FROM {name} WHERE ({columns}) IN (SELECT {columns} FROM {name} LIMIT {DELETED_AT_ONCE})"
        );
        loop {
            let deleted = self.connection.prepare_cached(&delete)?.execute([])?;
            if deleted < DELETED_AT_ONCE {
                break;
            }
            if Instant::now() >= end {
                return Ok(false);
            }
        }
        self.connection
            .execute_batch(&format!("DROP TABLE {name}"))?;
        Ok(true)
    }

    fn fill_index(&mut self, work: &Work, end: Instant) -> Result<bool, Error> {
        let Some(table) = self.name_of(work.target)? else {
            return Ok(true);
        };
        let table = self.table(&table)?;
        let index = table
            .indexes
            .iter()
            .find(|index| index.number == work.target);
        let Some(index) = index else {
            return Ok(true);
        };
        self.ensure_sound(&table, None)?;
        let is_done = self.each_item(work, &table, end, |database, row| {
            let row = row?;
            let Some(key) = index.key_of(&row.item) else {
                return Ok(());
            };
            if database.insert_place(index, &key, &row.position.key)? {
                let bytes = index.projected_size(&table, &row.item);
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                database.count(index.number, (1, bytes))?;
            }
            Ok(())
        })?;
        if is_done {
            let update = "UPDATE indexes SET state = ? WHERE number = ?";
            let mut update = self.connection.prepare_cached(update)?;
            update.execute(params![IndexState::Active.name(), index.number])?;
            drop(update);
            self.seal(Sealed::Indexes, index.number)?;
            self.set_defined();
        }
        Ok(is_done)
    }

    fn fill_expiry(&mut self, work: &Work, end: Instant) -> Result<bool, Error> {
        let Some(table) = self.name_of(work.target)? else {
            return Ok(true);
        };
        let table = self.table(&table)?;
        let Some(expiry) = table.expiry else {
            return Ok(true);
        };
        self.each_item(work, &table, end, |database, row| {
            // When an item that can't be read expires is not known.
            let Ok(row) = row else {
                return Ok(());
            };
            match table.expires_at(&row.item) {
                Some(at) => database.insert_expiry(expiry, at, &row.position.key),
                None => Ok(()),
            }
        })
    }

    /// Does something with the items of a table from where the work stands until the time is over; whether it has
    /// reached the end.
    fn each_item(
        &self,
        work: &Work,
        table: &Table,
        end: Instant,
        each: impl Fn(&Self, Result<&Row, Error>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let after = work.position.clone().map(|key| Position {
            key: Key(key),
            item: None,
        });
        let walk = Walk {
            table,
            index: None,
            range: KeyRange::default(),
            after,
            is_forward: true,
        };
        let mut position = None;
        self.walk_rows(&walk, &mut |row| {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    each(self, Err(error))?;
                    return Ok(ControlFlow::Continue(()));
                }
            };
            each(self, Ok(&row))?;
            if Instant::now() >= end {
                position = Some(row.position.key.0);
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let Some(position) = position else {
            return Ok(true);
        };
        let update = "UPDATE work SET position = ? WHERE number = ?";
        let mut update = self.connection.prepare_cached(update)?;
        update.execute(params![position, work.number])?;
        Ok(false)
    }
}
