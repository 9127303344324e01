//! Looks the whole file over for damage.

use std::ops::ControlFlow;

use super::rows::{Row, Walk};
use super::{Database, KeyRange};
use crate::error::Error;

impl Database {
    /// What is wrong with the file, as far as that can be seen: SQLite's pages, each item, and each row of an index.
    pub(crate) fn find_damage(&mut self) -> Option<String> {
        let found = self.read(Self::damage);
        found.unwrap_or_else(|error| Some(error.to_string()))
    }

    fn damage(&mut self) -> Result<Option<String>, Error> {
        let check = "PRAGMA integrity_check(1)";
        let found: String = self.connection.query_row(check, [], |row| row.get(0))?;
        if found != "ok" {
            return Ok(Some(found));
        }
        for name in self.table_names("", usize::MAX)? {
            let table = self.table(&name)?;
            let indexes = table.indexes.iter().map(Some);
            for index in std::iter::once(None).chain(indexes) {
                let walk = Walk {
                    table: &table,
                    index,
                    range: KeyRange::default(),
                    after: None,
                    is_forward: true,
                };
                let mut each = |_: Row| Ok(ControlFlow::Continue(()));
                self.walk(&walk, &mut each)?;
            }
        }
        Ok(None)
    }
}
