//! What a request was authorised for, by what its needs and their condition keys say: which items and attributes, which
//! of SQLite's tables, which of their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::params;
use rusqlite::types::Value as Column;
use samlet_commit::Session;
use samlet_dynamodb_api::access::{Need, Resource};
use samlet_dynamodb_api::request::{IndexProjection, StreamArn};
use samlet_dynamodb_api::{AttributeValue, Item, Request};

use super::sandbox::{Rows, Touch, item, items};
use crate::database::{Cause, Change, Database, IndexKind, Table};
use crate::operations::testing::place;
use crate::streams::of_iterator;

/// The actions that change items.
const WRITES: [&str; 7] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
];

/// Attributes that can be taken from an item, unless an index is by them.
const ATTRIBUTES: [&str; 4] = ["g", "label", "salary", "tags"];

/// What a request was authorised for.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) tables: BTreeMap<String, Allowed>,
    streams: Streams,
    /// The operation and the token of a transaction.
    token: Option<(String, String)>,
    /// SQLite's tables.
    readable: BTreeSet<String>,
    writable: BTreeSet<String>,
}

/// What a request was authorised for in a table.
pub(super) struct Allowed {
    pub(super) table: Arc<Table>,
    pub(super) items: Items,
    /// Those that it may change.
    written: Items,
    /// The attributes that can be taken from the items.
    pub(super) unneeded: Vec<&'static str>,
}

/// Items.
#[derive(Clone)]
pub(super) enum Items {
    All,
    /// Those whose attribute has one of the values, for one pair of them.
    Having(Vec<(String, BTreeSet<String>)>),
}

/// Streams whose records, or whose names, were asked for.
#[derive(Default)]
enum Streams {
    #[default]
    None,
    One(StreamArn),
    /// Only their names.
    Named,
}

impl Scope {
    /// `None` for an iterator that is not one: such a request is refused before it is authorised.
    pub(super) fn of(request: &Request, database: &mut Database) -> Option<Self> {
        let mut scope = Self::default();
        let definitions = ["tables", "indexes", "streams"];
        scope.readable.extend(definitions.map(str::to_owned));
        let needs = request.needs();
        for need in &needs {
            match need.resource {
                Resource::Any => scope.streams = Streams::Named,
                Resource::Arn(arn) => scope.add_stream(StreamArn::read(arn, &place()).unwrap()),
                Resource::Iterator(text) => scope.add_stream(of_iterator(text, &place())?),
                Resource::Table(name) | Resource::Index { table: name, .. } => {
                    if let Some(table) = database.find_table(name).unwrap() {
                        let of_table = needs.iter().filter(|need| {
                            need.resource
                                .table()
                                .is_some_and(|(table, _)| table == name)
                        });
                        scope.add(need, table, of_table.count() == 1);
                    }
                }
            }
        }
        if let Some(token) = request.token() {
            scope.token = Some((request.operation().name().into(), token.into()));
            scope.add_writable(["tokens", "token_totals"].map(str::to_owned));
        }
        Some(scope)
    }

    fn add_stream(&mut self, stream: StreamArn) {
        self.streams = Streams::One(stream);
        self.readable.insert("records".into());
    }

    fn add_writable(&mut self, tables: impl IntoIterator<Item = String>) {
        for table in tables {
            self.readable.insert(table.clone());
            self.writable.insert(table);
        }
    }

    fn add(&mut self, need: &Need<'_>, table: Arc<Table>, is_only: bool) {
        let (_, index) = need.resource.table().unwrap();
        let index = index.map(|index| table.index(index));
        let partition = match &index {
            None => Some(&table.partition),
            Some(index) => index.and_then(|index| index.partition.first()),
        };
        let partition = partition.map(|attribute| attribute.name.clone());
        let conditions = need.condition_keys(partition.as_deref()).into_iter();
        let conditions = conditions
            .filter_map(|(key, values)| Some((key.into_owned(), values?.into_iter().collect())))
            .collect::<BTreeMap<String, BTreeSet<String>>>();
        let leading = conditions.get("dynamodb:LeadingKeys");
        let items = match partition.zip(leading.cloned()) {
            None => Items::All,
            Some(pair) => Items::Having(vec![pair]),
        };
        let is_write = WRITES.contains(&need.action);
        self.add_tables(need, &table, is_write);
        let name = table.name().to_owned();
        let allowed = self.tables.entry(name).or_insert_with(|| Allowed {
            table: Arc::clone(&table),
            items: Items::Having(Vec::new()),
            written: Items::Having(Vec::new()),
            unneeded: Vec::new(),
        });
        allowed.items.add(&items);
        if is_write {
            allowed.written.add(&items);
        }
        if is_only {
            allowed.unneeded = unneeded(need, &table, &conditions);
        }
    }

    /// SQLite's tables that are used for a need.
    fn add_tables(&mut self, need: &Need<'_>, table: &Table, is_write: bool) {
        let items = format!("items_{}", table.number);
        let index = |number: i64| format!("index_{number}");
        if is_write {
            let indexes = table.indexes.iter().map(|one| index(one.number));
            let expiry = table.expiry.map(|number| format!("expiry_{number}"));
            self.add_writable(indexes.chain(expiry).chain([items, "counts".into()]));
            if table.stream.is_some() {
                self.add_writable(["streams", "records"].map(str::to_owned));
            }
            return;
        }
        match need.resource.table() {
            _ if need.action.starts_with("Describe") => {
                let about = ["counts", "history"].map(str::to_owned);
                self.readable.extend(about);
            }
            Some((_, Some(name))) => {
                let found = table.index(name).map(|one| index(one.number));
                self.readable.extend(found.into_iter().chain([items]));
            }
            _ => self.readable.extend([items]),
        }
    }

    pub(super) fn may_touch(&self, touch: &Touch) -> bool {
        let tables = if touch.is_write {
            &self.writable
        } else {
            &self.readable
        };
        tables.contains(&touch.table)
    }

    /// Whether a row may come or go.
    pub(super) fn may_change(&self, table: &str, row: &[Column], rows: [&Rows; 2]) -> bool {
        if !self.writable.contains(table) {
            return false;
        }
        let number = |text: &str| text.parse::<i64>().unwrap();
        let mut written = self.tables.values();
        if let Some(of) = table.strip_prefix("items_").map(number) {
            return written.any(|one| one.table.number == of && one.written.has(&item(of, row).1));
        }
        if table.starts_with("index_") || table.starts_with("expiry_") {
            let Some(Column::Blob(key)) = row.last() else {
                return false;
            };
            return written.any(|one| {
                let is_item = |rows| {
                    let found = items(rows, one.table.number).remove(key);
                    found.is_some_and(|item| one.written.has(&item))
                };
                one.has_rows(table) && rows.into_iter().any(is_item)
            });
        }
        match (table, row) {
            ("counts", [Column::Integer(number), ..]) => written.any(|one| {
                let mut numbers = one.table.indexes.iter().map(|index| index.number);
                one.is_written() && (*number == one.table.number || numbers.any(|of| of == *number))
            }),
            ("streams" | "records", [Column::Integer(number), ..]) => written.any(|one| {
                let stream = one.table.stream.as_ref();
                one.is_written() && stream.is_some_and(|stream| stream.number == *number)
            }),
            ("tokens", [Column::Text(operation), Column::Text(token), ..]) => {
                self.token == Some((operation.clone(), token.clone()))
            }
            ("token_totals", _) => true,
            _ => false,
        }
    }

    /// Takes everything out of the store but what was authorised.
    pub(super) fn reduce(&self, database: &mut Database, rows: &Rows) {
        for name in database.table_names("", usize::MAX).unwrap() {
            match self.tables.get(&name) {
                Some(allowed) => allowed.reduce(database, rows),
                None => {
                    let table = database.table(&name).unwrap();
                    database.drop_table(&table).unwrap();
                }
            }
        }
        let of_tables = self.tables.values().map(|one| one.table.number.to_string());
        let of_tables = of_tables.collect::<Vec<_>>().join(", ");
        let connection = database.connection();
        let delete = match &self.streams {
            Streams::Named => "DELETE FROM records".to_owned(),
            Streams::None => {
                format!(
                    "DELETE FROM records; DELETE FROM streams WHERE table_number NOT IN ({of_tables})"
                )
            }
            Streams::One(stream) => {
                let others = "DELETE FROM streams WHERE (table_name, label) <> (?, ?)";
                connection
                    .execute(others, params![stream.table(), stream.label()])
                    .unwrap();
                "DELETE FROM records WHERE stream NOT IN (SELECT number FROM streams)".into()
            }
        };
        connection.execute_batch(&delete).unwrap();
        let (operation, token) = self.token.clone().unwrap_or_default();
        let others = "DELETE FROM tokens WHERE (operation, token) <> (?, ?)";
        connection.execute(others, [operation, token]).unwrap();
    }
}

impl Allowed {
    fn is_written(&self) -> bool {
        !matches!(&self.written, Items::Having(values) if values.is_empty())
    }

    /// Whether SQLite's table is one of an index, or says when items of this table expire.
    fn has_rows(&self, name: &str) -> bool {
        let mut indexes = self.table.indexes.iter();
        indexes.any(|index| name == format!("index_{}", index.number))
            || self
                .table
                .expiry
                .is_some_and(|expiry| name == format!("expiry_{expiry}"))
    }

    fn reduce(&self, database: &mut Database, rows: &Rows) {
        for (_, item) in items(rows, self.table.number) {
            let mut reduced = item.clone();
            for attribute in &self.unneeded {
                let other = AttributeValue::S("not asked for".into());
                reduced.insert((*attribute).into(), other);
            }
            let change = Change {
                key: &self.table.key_of(&item).unwrap(),
                old: Some(&item),
                new: self.items.has(&item).then_some(&reduced),
                cause: Cause::Request,
            };
            database.change(&self.table, &change).unwrap();
        }
    }
}

impl Items {
    fn add(&mut self, others: &Self) {
        match (&mut *self, others) {
            (Self::Having(values), Self::Having(more)) => values.extend_from_slice(more),
            _ => *self = Self::All,
        }
    }

    pub(super) fn has(&self, item: &Item) -> bool {
        let Self::Having(pairs) = self else {
            return true;
        };
        pairs
            .iter()
            .any(|(attribute, values)| match item.get(attribute) {
                Some(AttributeValue::S(text)) => values.contains(text),
                Some(AttributeValue::N(number)) => values.contains(&number.to_string()),
                _ => false,
            })
    }
}

/// The attributes that a need isn't about: what it doesn't name if it asks for some only, what isn't in a global index.
fn unneeded(
    need: &Need<'_>,
    table: &Table,
    conditions: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<&'static str> {
    let index = need
        .resource
        .table()
        .and_then(|(_, index)| table.index(index?));
    let is_key = |name: &str| {
        let mut keys = table
            .key_attributes()
            .chain(index.into_iter().flat_map(|index| index.key_attributes()));
        keys.any(|key| key.name == name)
    };
    let is_projected = |name: &str| match index {
        Some(index) if index.kind == IndexKind::Global => match &index.projection {
            IndexProjection::All => true,
            IndexProjection::KeysOnly => false,
            IndexProjection::Include(names) => names.iter().any(|one| one == name),
        },
        _ => true,
    };
    let select = conditions.get("dynamodb:Select");
    let is_specific = select.is_some_and(|select| select.contains("SPECIFIC_ATTRIBUTES"));
    let named = conditions
        .get("dynamodb:Attributes")
        .filter(|_| is_specific);
    let is_named = |name: &str| named.is_none_or(|named| named.contains(name));
    let mut attributes = ATTRIBUTES.to_vec();
    attributes.retain(|name| !(is_key(name) || is_projected(name) && is_named(name)));
    attributes
}
