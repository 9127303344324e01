//! Making, changing and dropping tables and their indexes. Rows that are no longer needed are deleted gradually, as long work.

use std::sync::Arc;

use rusqlite::params;
use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::request::CreateTable;
use uuid::Uuid;

use super::catalogue::read;
use super::definition::{Index, IndexState, Table};
use super::work::Kind;
use super::{Database, Sealed, format};
use crate::error::Error;

/// How many items there are, and how many bytes they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Items.
    pub(crate) items: i64,
    /// Bytes, as DynamoDB counts the sizes of items.
    pub(crate) bytes: i64,
}

/// What a table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Itself.
    pub(crate) table: Count,
    /// Its indexes, in the order in which the table has them.
    pub(crate) indexes: Vec<Count>,
}

impl Database {
    /// Makes a table; there must be none of its name. Its stream is begun separately.
    pub(crate) fn create_table(&mut self, definition: &CreateTable) -> Result<Arc<Table>, Error> {
        self.set_defined();
        let number = self.new_number()?;
        let insert =
            "INSERT INTO tables (number, name, id, created, definition) VALUES (?, ?, ?, ?, ?)";
        self.connection.prepare_cached(insert)?.execute(params![
            number,
            definition.table,
            Uuid::new_v4().to_string(),
            self.now(),
            self.text(definition),
        ])?;
        self.seal(Sealed::Tables, number)?;
        self.begin_count(number)?;
        format::make_items(&self.connection, number)?;
        let local = definition.local_indexes.iter().map(|index| &index.name);
        let global = definition.global_indexes.iter().map(|index| &index.name);
        for name in local.chain(global) {
            self.make_index(number, name, IndexState::Active)?;
        }
        self.table(&definition.table)
    }

    /// Drops a table. Its name is free at once.
    pub(crate) fn drop_table(&mut self, table: &Table) -> Result<(), Error> {
        self.set_defined();
        for index in &table.indexes {
            self.drop_index(index)?;
        }
        if let Some(expiry) = table.expiry {
            self.add_work(Kind::DropExpiry, expiry)?;
        }
        self.end_work(Kind::FillExpiry, table.number)?;
        self.delete("tables", table.number)?;
        self.delete("counts", table.number)?;
        self.add_work(Kind::DropItems, table.number)
    }

    /// Changes what a table is defined as, but for its name, its key and its indexes.
    pub(crate) fn save_definition(
        &mut self,
        table: &Table,
        definition: &CreateTable,
    ) -> Result<(), Error> {
        self.set_defined();
        let update = "UPDATE tables SET definition = ? WHERE number = ?";
        let mut update = self.connection.prepare_cached(update)?;
        update.execute(params![self.text(definition), table.number])?;
        drop(update);
        self.seal(Sealed::Tables, table.number)
    }

    /// Begins a global index, the one of `name` in the table's new definition. It is active when all items that were
    /// there before are in it.
    pub(crate) fn add_index(
        &mut self,
        table: &Table,
        definition: &CreateTable,
        name: &str,
    ) -> Result<(), Error> {
        self.save_definition(table, definition)?;
        let number = self.make_index(table.number, name, IndexState::Creating)?;
        self.add_work(Kind::FillIndex, number)
    }

    /// Drops an index, which the table's new definition doesn't have.
    pub(crate) fn remove_index(
        &mut self,
        table: &Table,
        definition: &CreateTable,
        name: &str,
    ) -> Result<(), Error> {
        self.save_definition(table, definition)?;
        match table.index(name) {
            Some(index) => self.drop_index(index),
            None => Ok(()),
        }
    }

    /// Has a table's items expire by an attribute, or no longer.
    pub(crate) fn set_time_to_live(
        &mut self,
        table: &Table,
        attribute: Option<&str>,
    ) -> Result<(), Error> {
        self.set_defined();
        if let Some(expiry) = table.expiry {
            self.add_work(Kind::DropExpiry, expiry)?;
        }
        self.end_work(Kind::FillExpiry, table.number)?;
        let expiry = match attribute {
            None => None,
            Some(_) => {
                let expiry = self.new_number()?;
                format::make_expiry(&self.connection, expiry)?;
                self.add_work(Kind::FillExpiry, table.number)?;
                Some(expiry)
            }
        };
        let update = "UPDATE tables SET time_to_live = ?, expiry = ? WHERE number = ?";
        let mut update = self.connection.prepare_cached(update)?;
        update.execute(params![attribute, expiry, table.number])?;
        drop(update);
        self.seal(Sealed::Tables, table.number)
    }

    /// How many items a table and its indexes have.
    pub(crate) fn counts(&self, table: &Table) -> Result<Counts, Error> {
        let indexes = table.indexes.iter().map(|index| self.counted(index.number));
        Ok(Counts {
            table: self.counted(table.number)?,
            indexes: indexes.collect::<Result<_, _>>()?,
        })
    }

    fn counted(&self, number: i64) -> Result<Count, Error> {
        let select = "SELECT items, bytes FROM counts WHERE number = ?";
        let mut select = self.connection.prepare_cached(select)?;
        let count = select.query_row([number], |row| {
            Ok(Count {
                items: row.get(0)?,
                bytes: row.get(1)?,
            })
        });
        Ok(count?)
    }

    fn begin_count(&self, number: i64) -> Result<(), Error> {
        let insert = "INSERT INTO counts (number) VALUES (?)";
        self.connection.prepare_cached(insert)?.execute([number])?;
        Ok(())
    }

    fn make_index(&self, table: i64, name: &str, state: IndexState) -> Result<i64, Error> {
        let number = self.new_number()?;
        let insert = "INSERT INTO indexes (number, table_number, name, state) VALUES (?, ?, ?, ?)";
        let mut insert = self.connection.prepare_cached(insert)?;
        insert.execute(params![number, table, name, state.name()])?;
        self.seal(Sealed::Indexes, number)?;
        self.begin_count(number)?;
        format::make_index(&self.connection, number)?;
        Ok(number)
    }

    fn drop_index(&mut self, index: &Index) -> Result<(), Error> {
        self.delete("indexes", index.number)?;
        self.delete("counts", index.number)?;
        self.end_work(Kind::FillIndex, index.number)?;
        self.add_work(Kind::DropIndex, index.number)
    }

    fn delete(&self, from: &str, number: i64) -> Result<(), Error> {
        let delete = format!("DELETE FROM {from} WHERE number = ?");
        self.connection.prepare_cached(&delete)?.execute([number])?;
        Ok(())
    }

    /// A definition as the file has it: the request that would make the table.
    fn text(&self, definition: &CreateTable) -> String {
        let request = Request::CreateTable(definition.clone());
        let text = request.to_json().to_string();
        debug_assert_eq!(read(&text, &self.shared).as_ref(), Some(definition));
        text
    }
}
