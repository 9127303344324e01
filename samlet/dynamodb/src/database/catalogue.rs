//! Which tables there are, and what is cached of that.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension, params};
use samlet_dynamodb_api::request::CreateTable;
use samlet_dynamodb_api::{AttributeType, Operation, Request};

use super::definition::{Index, IndexKind, IndexState, KeyAttribute, Stream, Table};
use super::{Database, Shared};
use crate::error::Error;

/// Definitions that were looked up.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// How often definitions had changed.
    definitions: i64,
    tables: HashMap<String, Arc<Table>>,
}

impl Catalogue {
    pub(super) fn clear(&mut self) {
        self.tables.clear();
    }
}

/// A table as the file has it.
struct Stored {
    number: i64,
    id: String,
    created: f64,
    definition: String,
    time_to_live: Option<String>,
    expiry: Option<i64>,
}

impl Database {
    /// The table of a name; `None` if there is none.
    pub(crate) fn find_table(&mut self, name: &str) -> Result<Option<Arc<Table>>, Error> {
        if self.has_defined {
            self.catalogue.clear();
        }
        if let Some(table) = self.catalogue.tables.get(name) {
            return Ok(Some(Arc::clone(table)));
        }
        let Some(stored) = self.stored(name)? else {
            return Ok(None);
        };
        let table = Arc::new(self.read_definition(name, stored)?);
        let tables = &mut self.catalogue.tables;
        tables.insert(name.to_owned(), Arc::clone(&table));
        Ok(Some(table))
    }

    /// The table of a name, which must be there.
    pub(crate) fn table(&mut self, name: &str) -> Result<Arc<Table>, Error> {
        self.find_table(name)?.ok_or_else(Error::no_table)
    }

    /// The name of the table of a number, or of an index's number.
    pub(super) fn name_of(&self, number: i64) -> Result<Option<String>, Error> {
        let mut select = self.connection.prepare_cached(
            "SELECT name FROM tables WHERE number IN (?1, (SELECT table_number FROM indexes WHERE number = ?1))",
        )?;
        let name = select.query_row([number], |row| row.get(0));
        Ok(name.optional()?)
    }

    /// The names of tables in their order, after one of them.
    pub(crate) fn table_names(&self, after: &str, limit: usize) -> Result<Vec<String>, Error> {
        let mut select = self
            .connection
            .prepare_cached("SELECT name FROM tables WHERE name > ? ORDER BY name LIMIT ?")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let names = select.query_map(params![after, limit], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Says that the open transaction changes definitions: what is cached of them here is looked up again, and by
    /// others once it is committed.
    pub(crate) fn set_defined(&mut self) {
        self.has_defined = true;
    }

    /// Forgets what is cached if it is not as the open transaction sees it.
    pub(super) fn follow_definitions(&mut self) -> rusqlite::Result<()> {
        let select = "SELECT definitions FROM numbers";
        let mut select = self.connection.prepare_cached(select)?;
        let definitions = select.query_row([], |row| row.get(0))?;
        if definitions != self.catalogue.definitions {
            self.catalogue.clear();
            self.catalogue.definitions = definitions;
        }
        Ok(())
    }

    /// A number that nothing in the file has or had.
    pub(crate) fn new_number(&self) -> Result<i64, Error> {
        let next = "UPDATE numbers SET last = last + 1 RETURNING last";
        let mut next = self.connection.prepare_cached(next)?;
        Ok(next.query_row([], |row| row.get(0))?)
    }

    fn stored(&self, name: &str) -> Result<Option<Stored>, Error> {
        let mut select = self.connection.prepare_cached(
            "SELECT number, id, created, definition, time_to_live, expiry FROM tables WHERE name = ?",
        )?;
        let stored = select.query_row([name], |row| {
            Ok(Stored {
                number: row.get(0)?,
                id: row.get(1)?,
                created: row.get(2)?,
                definition: row.get(3)?,
                time_to_live: row.get(4)?,
                expiry: row.get(5)?,
            })
        });
        Ok(stored.optional()?)
    }

    fn read_definition(&self, name: &str, stored: Stored) -> Result<Table, Error> {
        let damaged = || Error::Damaged { table: name.into() };
        let definition = read(&stored.definition, &self.shared);
        let definition = definition.filter(|definition| definition.table == name);
        let definition = definition.ok_or_else(damaged)?;
        let attribute = |name: &String| {
            let mut attributes = definition.attributes.iter();
            let attribute = attributes.find(|attribute| attribute.name == *name)?;
            Some(key_attribute(&attribute.name, attribute.kind))
        };
        let partition = attribute(&definition.keys.partition).ok_or_else(damaged)?;
        let sort = definition.keys.sort.as_ref().map(attribute);
        let sort = sort.map(|sort| sort.ok_or_else(damaged)).transpose()?;
        let attributes = |names: &[String]| {
            let attributes = names.iter().map(attribute);
            attributes.collect::<Option<Vec<_>>>()
        };
        let mut indexes = Vec::new();
        for local in &definition.local_indexes {
            indexes.push(Index {
                number: 0,
                name: local.name.clone(),
                kind: IndexKind::Local,
                partition: vec![partition.clone()],
                sort: attributes(std::slice::from_ref(&local.sort)).ok_or_else(damaged)?,
                projection: local.projection.clone(),
                state: IndexState::Active,
            });
        }
        for global in &definition.global_indexes {
            indexes.push(Index {
                number: 0,
                name: global.name.clone(),
                kind: IndexKind::Global,
                partition: attributes(&global.keys.partition).ok_or_else(damaged)?,
                sort: attributes(&global.keys.sort).ok_or_else(damaged)?,
                projection: global.projection.clone(),
                state: IndexState::Active,
            });
        }
        for index in &mut indexes {
            let (number, state) = self
                .stored_index(stored.number, &index.name)?
                .ok_or_else(damaged)?;
            index.number = number;
            index.state = IndexState::from_name(&state).ok_or_else(damaged)?;
        }
        Ok(Table {
            stream: self.stored_stream(stored.number, &definition)?,
            number: stored.number,
            id: stored.id,
            created: stored.created,
            time_to_live: stored.time_to_live,
            expiry: stored.expiry,
            partition,
            sort,
            indexes,
            definition,
        })
    }

    fn stored_index(&self, table: i64, name: &str) -> Result<Option<(i64, String)>, Error> {
        let mut select = self.connection.prepare_cached(
            "SELECT number, state FROM indexes WHERE table_number = ? AND name = ?",
        )?;
        let found = select.query_row(params![table, name], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The stream that a table has now.
    fn stored_stream(&self, table: i64, definition: &CreateTable) -> Result<Option<Stream>, Error> {
        use samlet_dynamodb_api::request::StreamSpecification;
        let Some(StreamSpecification::Enabled(view)) = definition.stream else {
            return Ok(None);
        };
        let mut select = self.connection.prepare_cached(
            "SELECT number, label FROM streams WHERE table_number = ? AND ended IS NULL",
        )?;
        let stream = select.query_row([table], |row| {
            Ok(Stream {
                number: row.get(0)?,
                label: row.get(1)?,
                view,
            })
        });
        Ok(stream.optional()?)
    }
}

impl IndexState {
    /// As the file has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Creating, Self::Active];
        all.into_iter().find(|state| state.name() == name)
    }
}

fn key_attribute(name: &str, kind: AttributeType) -> KeyAttribute {
    KeyAttribute {
        name: name.to_owned(),
        kind,
    }
}

/// A definition is kept as the request that would make the table. What a version of samlet refuses in new requests only
/// must not be refused here: all that was ever stored is read.
pub(super) fn read(text: &str, shared: &Shared) -> Option<CreateTable> {
    let place = &shared.place;
    match Request::read(Operation::CreateTable, text.as_bytes(), place) {
        Ok(Request::CreateTable(definition)) => Some(definition),
        _ => None,
    }
}
