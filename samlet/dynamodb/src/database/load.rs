//! Many items at once, into an empty table.

use rusqlite::params;
use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::value::item_size;

use super::definition::Table;
use super::{Cause, Change, Database, items};
use crate::error::Error;

impl Database {
    /// Loads items of different keys into a table that has none. They come into the table in the order of its keys, so
    /// that each of the file's pages is written once.
    pub(crate) fn load(
        &mut self,
        table: &Table,
        items: impl Iterator<Item = Item>,
    ) -> Result<(), Error> {
        let stage = "CREATE TEMP TABLE stage (key BLOB NOT NULL, item BLOB NOT NULL)";
        self.connection.execute_batch(stage)?;
        let insert = "INSERT INTO stage (key, item) VALUES (?, ?)";
        let mut insert = self.connection.prepare(insert)?;
        let mut count = (0, 0);
        for item in items {
            let key = table.key_of(&item)?;
            insert.execute(params![key.0, items::encode(table.number, &key.0, &item)])?;
            count.0 += 1;
            count.1 += i64::try_from(item_size(&item)).unwrap_or(i64::MAX);
            let change = Change {
                key: &key,
                old: None,
                new: Some(&item),
                cause: Cause::Request,
            };
            self.change_beside(table, &change)?;
        }
        drop(insert);
        self.count(table.number, count)?;
        self.connection.execute_batch(&format!(
            "INSERT INTO items_{} (key, item) SELECT key, item FROM stage ORDER BY key; DROP TABLE stage",
            table.number
        ))?;
        Ok(())
    }
}
