//! Checksums of the rows that say which tables, indexes and streams there are: SQLite keeps none, and with a flipped bit
//! in them a table would be another one.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::Database;
use crate::error::Error;

/// A table of SQLite's whose rows are sealed; each has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// Tables.
    Tables,
    /// Indexes.
    Indexes,
    /// Streams.
    Streams,
}

impl Sealed {
    pub(super) const ALL: [Self; 3] = [Self::Tables, Self::Indexes, Self::Streams];

    /// As the file has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Indexes => "indexes",
            Self::Streams => "streams",
        }
    }

    /// The columns that a seal is over, in its order.
    fn columns(self) -> &'static str {
        match self {
            Self::Tables => "number, name, id, created, definition, time_to_live, expiry",
            Self::Indexes => "number, table_number, name, state",
            Self::Streams => "number, table_number, table_name, label, view, keys, created, ended",
        }
    }
}

impl Database {
    /// Seals a row that has been written.
    pub(crate) fn seal(&self, sealed: Sealed, number: i64) -> Result<(), Error> {
        let (name, columns) = (sealed.name(), sealed.columns());
        let select = format!("SELECT {columns} FROM {name} WHERE number = ?");
        let mut select = self.connection.prepare_cached(&select)?;
        let seal = select.query_row([number], |row| of(row, count(columns)))?;
        let update = format!("UPDATE {name} SET seal = ? WHERE number = ?");
        let mut update = self.connection.prepare_cached(&update)?;
        update.execute([seal, number])?;
        Ok(())
    }

    /// A row that is not as it was sealed.
    pub(super) fn broken_seal(&self, sealed: Sealed) -> Result<Option<i64>, Error> {
        let (name, columns) = (sealed.name(), sealed.columns());
        let select = format!("SELECT {columns}, seal FROM {name}");
        let mut select = self.connection.prepare(&select)?;
        let count = count(columns);
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(count)? != of(row, count)? {
                return Ok(Some(row.get(0)?));
            }
        }
        Ok(None)
    }
}

fn count(columns: &str) -> usize {
    columns.split(',').count()
}

/// Over the first columns of a row: each with its type and its length, so that nothing can pass from one to the next.
fn of(row: &Row<'_>, columns: usize) -> rusqlite::Result<i64> {
    let mut hasher = crc32fast::Hasher::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    for column in 0..columns {
        match row.get_ref(column)? {
            ValueRef::Null => add(0, &[]),
            ValueRef::Integer(value) => add(1, &value.to_be_bytes()),
            ValueRef::Real(value) => add(2, &value.to_bits().to_be_bytes()),
            ValueRef::Text(value) => add(3, value),
            ValueRef::Blob(value) => add(4, value),
        }
    }
    Ok(hasher.finalize().into())
}
