//! Looks the file over for damage: at start what it says of tables, in the background all that is in them.

use std::collections::BTreeSet;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::value::item_size;

use super::definition::{Index, IndexState, Key, Table};
use super::work::Kind;
use super::{Count, Database, Sealed, items};
use crate::error::Error;
use crate::streams;

/// Tables of SQLite's that say what there is. They are small.
const CATALOGUE: [&str; 7] = [
    "sqlite_schema",
    "numbers",
    "tables",
    "indexes",
    "counts",
    "streams",
    "work",
];

/// What is found: the first of it in words, and where rows may be missing.
#[derive(Debug, Default)]
struct Findings {
    first: Option<String>,
    unsound: BTreeSet<i64>,
}

impl Findings {
    fn add(&mut self, found: impl Into<String>) {
        if self.first.is_none() {
            self.first = Some(found.into());
        }
    }

    fn add_unsound(&mut self, number: i64, found: impl Into<String>) {
        self.add(found);
        self.unsound.insert(number);
    }
}

/// What the items of a table say is in one of its indexes, or in the table.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    count: Count,
    /// Items that can't be read.
    damaged: usize,
    /// Items that expire.
    expiring: i64,
    indexes: Vec<Count>,
}

impl Count {
    fn add(&mut self, bytes: usize) {
        self.items += 1;
        self.bytes += i64::try_from(bytes).unwrap_or(i64::MAX);
    }
}

impl Database {
    /// What is wrong with what the file says of its tables.
    pub(super) fn catalogue_damage(&mut self) -> Result<Option<String>, Error> {
        for name in CATALOGUE {
            let found = self.page_damage(Some(name))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        for sealed in Sealed::ALL {
            if let Some(number) = self.broken_seal(sealed)? {
                let name = sealed.name();
                return Ok(Some(format!(
                    "row {number} of {name} is not as it was written"
                )));
            }
        }
        for name in self.table_names("", usize::MAX)? {
            let table = self.table(&name)?;
            self.counts(&table)?;
            let items = format!("items_{}", table.number);
            let indexes = table.indexes.iter();
            let indexes = indexes.map(|index| format!("index_{}", index.number));
            let expiry = table.expiry.map(|expiry| format!("expiry_{expiry}"));
            for rows in indexes.chain(expiry).chain([items]) {
                if !self.has_rows(&rows)? {
                    return Ok(Some(format!("{rows} of the table {name} is missing")));
                }
            }
        }
        Ok(None)
    }

    fn has_rows(&self, name: &str) -> Result<bool, Error> {
        let select = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?";
        let mut select = self.connection.prepare_cached(select)?;
        Ok(select.query_row([name], |row| row.get::<_, i64>(0))? == 1)
    }

    /// What SQLite finds of damaged pages: in the whole file, or in a table and SQLite's indexes of it.
    fn page_damage(&self, name: Option<&str>) -> Result<Option<String>, Error> {
        let check = match name {
            Some(name) => format!("PRAGMA integrity_check({name})"),
            None => "PRAGMA integrity_check(1)".into(),
        };
        let found: String = self.connection.query_row(&check, [], |row| row.get(0))?;
        Ok((found != "ok").then_some(found))
    }

    /// Has readers wait until [`Self::find_damage`] has looked the file over.
    pub(crate) fn begin_check(&self) {
        self.shared.soundness.begin();
    }

    /// What is wrong with the file, as far as that can be seen: SQLite's pages, each item, each row of an index, what is
    /// missing in one, counts, and records of streams. From then on what is not found where rows may be missing is
    /// answered to be damaged.
    pub(crate) fn find_damage(&mut self) -> Option<String> {
        self.begin_check();
        let mut findings = Findings::default();
        let looked: Result<(), Error> = self.read(|database| database.look_over(&mut findings));
        if let Err(error) = looked {
            findings.add(error.to_string());
        }
        self.shared.soundness.end(findings.unsound);
        findings.first
    }

    fn look_over(&mut self, findings: &mut Findings) -> Result<(), Error> {
        let file = self
            .page_damage(None)
            .unwrap_or_else(|error| Some(error.to_string()));
        let is_whole = file.is_none();
        if let Some(file) = file {
            findings.add(file);
        }
        for name in self.table_names("", usize::MAX)? {
            let table = self.table(&name)?;
            if !is_whole {
                self.look_for_damaged_pages(&table, findings);
            }
            if findings.unsound.contains(&table.number) {
                continue;
            }
            if let Err(error) = self.look_over_table(&table, findings) {
                findings.add_unsound(table.number, error.to_string());
            }
        }
        if streams::has_damaged_record(self)? {
            findings.add("a record of a stream is not as it was written");
        }
        Ok(())
    }

    fn look_for_damaged_pages(&self, table: &Table, findings: &mut Findings) {
        let indexes = table.indexes.iter();
        let indexes = indexes.map(|index| (index.number, format!("index_{}", index.number)));
        let items = (table.number, format!("items_{}", table.number));
        for (number, rows) in indexes.chain([items]) {
            let found = self.page_damage(Some(&rows));
            let found = found.unwrap_or_else(|error| Some(error.to_string()));
            if let Some(found) = found {
                findings.add_unsound(number, found);
            }
        }
    }

    fn look_over_table(&self, table: &Table, findings: &mut Findings) -> Result<(), Error> {
        let name = table.name();
        let expected = self.expected(table)?;
        if expected.damaged > 0 {
            let damaged = match expected.damaged {
                1 => "an item".into(),
                more => format!("{more} items"),
            };
            findings.add(format!("{damaged} of {name} can't be read"));
        }
        let counts = self.counts(table)?;
        let mut are_right = counts.table == expected.count;
        for (position, index) in table.indexes.iter().enumerate() {
            if findings.unsound.contains(&index.number) {
                continue;
            }
            let found = self.places(table, index);
            let is_filled = index.state == IndexState::Active;
            let (items, counted) = (&expected.indexes[position], &counts.indexes[position]);
            are_right &= !is_filled || items == counted;
            if found
                .ok()
                .flatten()
                .is_none_or(|found| is_filled && found != items.items)
            {
                let index = index.number;
                findings.add_unsound(index, format!("an index of the table {name} is damaged"));
            }
        }
        if !are_right && expected.damaged == 0 {
            findings.add(format!("the table {name} has other items than are counted"));
        }
        if let Some(expiry) = table.expiry
            && expected.damaged == 0
            && !self.has_work(Kind::FillExpiry, table.number)?
        {
            let count = format!("SELECT count(*) FROM expiry_{expiry}");
            let found: i64 = self.connection.query_row(&count, [], |row| row.get(0))?;
            if found != expected.expiring {
                findings.add(format!(
                    "it is not known when items of the table {name} expire"
                ));
            }
        }
        Ok(())
    }

    /// What the items of a table say.
    fn expected(&self, table: &Table) -> Result<Expected, Error> {
        let mut expected = Expected {
            indexes: vec![Count::default(); table.indexes.len()],
            ..Expected::default()
        };
        let select = format!("SELECT key, item FROM items_{} NOT INDEXED", table.number);
        let mut select = self.connection.prepare(&select)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let Some(item) = readable(table, row)? else {
                expected.damaged += 1;
                continue;
            };
            expected.count.add(item_size(&item));
            expected.expiring += i64::from(table.expires_at(&item).is_some());
            for (index, count) in table.indexes.iter().zip(&mut expected.indexes) {
                if index.key_of(&item).is_some() {
                    count.add(index.projected_size(table, &item));
                }
            }
        }
        Ok(expected)
    }

    /// How many items that can be read an index has; `None` if it has a row without its item, or with another one.
    fn places(&self, table: &Table, index: &Index) -> Result<Option<i64>, Error> {
        let select = format!(
            "SELECT rows.item, items.item, rows.key FROM index_{} AS rows LEFT JOIN items_{} AS items ON items.key = rows.item",
            index.number, table.number
        );
        let mut select = self.connection.prepare(&select)?;
        let mut rows = select.query([])?;
        let mut places = 0;
        while let Some(row) = rows.next()? {
            if row.get_ref(1)?.as_blob().is_err() {
                return Ok(None);
            }
            let Some(item) = readable(table, row)? else {
                continue;
            };
            if index.key_of(&item) != Some(Key(row.get(2)?)) {
                return Ok(None);
            }
            places += 1;
        }
        Ok(Some(places))
    }
}

/// The item of a row with a key and an item; `None` of one that is damaged.
fn readable(table: &Table, row: &rusqlite::Row<'_>) -> Result<Option<Item>, Error> {
    let (Ok(key), Ok(item)) = (row.get_ref(0)?.as_blob(), row.get_ref(1)?.as_blob()) else {
        return Ok(None);
    };
    let item = items::decode(table.number, key, item);
    let is_its_key = |item: &Item| table.key_of(item).is_ok_and(|own| own.0 == key);
    Ok(item.ok().filter(is_its_key))
}
