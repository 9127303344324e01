//! What a step asks for, given the tables that there are.

use crate::expressions::{Comparator, Condition, Path};
use crate::number::Decimal;
use crate::request::{Change, Request, Returned, Search, Write};
use crate::state::{HOUR, LONGEST_HISTORY, Model};
use crate::strategy::{
    AttributeSeed, BYTES, ChangeSeed, INDEXED, IndexSeed, KeySeed, NUMBERS, SchemaSeed, SearchSeed,
    Step, TEXTS, WriteSeed,
};
use crate::table::{EXPIRY, Index, Key, Projection, Range, Schema, Table};
use crate::updates::{Action, Operand};
use crate::value::{Item, Kind, Value};

/// Names of indexes; some differ in their case only, some may mean something to SQLite.
const INDEX_NAMES: [&str; 8] = [
    "byG",
    "BYG",
    "_tables",
    "sqlite_master",
    "a.b",
    "items_1",
    "...",
    "index_1",
];

/// Bytes of the partition key and of the sort key, at most.
const LONGEST: [usize; 2] = [2048, 1024];

/// Makes requests of steps.
pub(crate) struct Resolver<'h> {
    names: &'h [String],
    /// Transactions that had a token.
    transactions: Vec<Request>,
    tokens: usize,
}

impl<'h> Resolver<'h> {
    pub(crate) fn new(names: &'h [String]) -> Self {
        Self {
            names,
            transactions: Vec::new(),
            tokens: 0,
        }
    }

    fn name(&self, table: usize) -> String {
        self.names[table % self.names.len()].clone()
    }

    /// The request of a step; `None` if it has none, or nothing to do.
    #[expect(clippy::too_many_lines, reason = "a flat match of steps")]
    pub(crate) fn request(&mut self, model: &Model, step: &Step) -> Option<Request> {
        Some(match step {
            Step::Create(table, seed) => Request::Create(schema(&self.name(*table), seed)),
            Step::Drop(table) => Request::Drop(self.name(*table)),
            Step::AddIndex(table, seed) => {
                let name = self.name(*table);
                let mut schema = match model.tables.get(&name) {
                    Some(table) => table.schema.clone(),
                    None => return Some(Request::DropIndex(name, "none".into())),
                };
                let seed = IndexSeed {
                    is_local: false,
                    ..seed.clone()
                };
                let index = index(&schema, &seed)?;
                schema.indexes.push(index.clone());
                Request::AddIndex(name, index, schema.definitions())
            }
            Step::DropIndex(table, index) => {
                let name = self.name(*table);
                let found = model.tables.get(&name);
                let found = found.and_then(|table| table.schema.indexes.get(*index));
                let index = found.map_or("none", |index| &index.name).to_owned();
                Request::DropIndex(name, index)
            }
            Step::Stream(table, view) => Request::Stream(self.name(*table), *view),
            Step::Write(seed, returned) => {
                let write = self.write(model, seed);
                let is_update = matches!(write.change, Change::Update(..));
                let returned = match returned {
                    Returned::None | Returned::AllOld => *returned,
                    _ if is_update => *returned,
                    _ => Returned::AllOld,
                };
                Request::Write(write, returned)
            }
            Step::Statement(seed) => Request::Statement(stated(self.write(model, seed))?),
            Step::Batch(seeds) => {
                let mut writes = self.writes(model, seeds);
                for write in &mut writes {
                    write.condition = None;
                }
                Request::Batch(writes)
            }
            Step::Transact(seeds, token) => {
                let mut writes = self.writes(model, seeds);
                for write in &mut writes {
                    // Without an expression an update can't be in a transaction.
                    if matches!(&write.change, Change::Update(_, actions) if actions.is_empty()) {
                        write.change = Change::Put(write.key.clone());
                    }
                    if matches!(write.change, Change::Check(_)) && write.condition.is_none() {
                        let name = write.key.keys().next().unwrap().clone();
                        let path = Path {
                            attribute: name,
                            within: None,
                        };
                        write.condition = Some(Condition::Exists(path));
                    }
                }
                let token = token.map(|token| {
                    // Mostly a new one.
                    self.tokens += 1;
                    let number = if token == 0 { 0 } else { self.tokens };
                    format!("token-{number}")
                });
                let request = Request::Transact(writes, token.clone());
                if token.is_some() {
                    self.transactions.push(request.clone());
                }
                request
            }
            Step::Again(back) => {
                let count = self.transactions.len();
                let place = count.checked_sub(back % count.max(1) + 1)?;
                let request = &self.transactions[place];
                // A table of that name may have been made with other keys since.
                let fits = |write: &Write| {
                    let table = model.tables.get(&write.table);
                    table.is_none_or(|table| table.schema.has_key(&write.key))
                };
                request.writes().iter().all(fits).then(|| request.clone())?
            }
            Step::Get(table, seed) => {
                let name = self.name(*table);
                let key = key(model.tables.get(&name), *seed);
                Request::Get(name, key)
            }
            Step::Gets(seeds, is_transaction) => {
                let mut keys: Vec<(String, Item)> = Vec::new();
                for (table, seed) in seeds {
                    let name = self.name(*table);
                    let key = key(model.tables.get(&name), *seed);
                    if !keys.contains(&(name.clone(), key.clone())) {
                        keys.push((name, key));
                    }
                }
                if *is_transaction {
                    Request::TransactGet(keys)
                } else {
                    Request::BatchGet(keys)
                }
            }
            Step::Search(seed) => Request::Search(self.search(model, seed)),
            Step::TimeToLive(table, is_enabled) => {
                let name = self.name(*table);
                let table = model.tables.get(&name);
                // What has expired already goes while the next hour passes, which must be left.
                let expired = table.is_some_and(|table| !table.expired(model.now()).is_empty());
                if *is_enabled && expired && model.hours >= LONGEST_HISTORY {
                    return None;
                }
                Request::TimeToLive(name, *is_enabled)
            }
            Step::Pass(_) | Step::Check | Step::Reopen => return None,
        })
    }

    /// Writes, each of another item.
    fn writes(&self, model: &Model, seeds: &[WriteSeed]) -> Vec<Write> {
        let mut writes: Vec<Write> = Vec::new();
        for seed in seeds {
            let write = self.write(model, seed);
            let mut others = writes.iter();
            if !others.any(|other| other.table == write.table && other.key == write.key) {
                writes.push(write);
            }
        }
        writes
    }

    fn write(&self, model: &Model, seed: &WriteSeed) -> Write {
        let name = self.name(seed.table);
        let table = model.tables.get(&name);
        let key = key(table, seed.key);
        let change = match &seed.change {
            ChangeSeed::Put(attributes) => {
                let mut item = key.clone();
                for attribute in attributes {
                    let (name, value) = resolved(model, table, attribute);
                    item.entry(name.to_owned()).or_insert(value);
                }
                Change::Put(item)
            }
            ChangeSeed::Update(actions, set, removed) => Change::Update(
                key.clone(),
                update(model, table, actions, set.as_ref(), *removed),
            ),
            ChangeSeed::Delete => Change::Delete(key.clone()),
            ChangeSeed::Check => Change::Check(key.clone()),
        };
        Write {
            table: name,
            key,
            change,
            condition: seed.condition.clone(),
            shows_failed: seed.shows_failed,
        }
    }

    fn search(&self, model: &Model, seed: &SearchSeed) -> Search {
        let name = self.name(seed.table);
        let mut search = Search {
            table: name.clone(),
            index: None,
            partition: None,
            range: None,
            is_forward: true,
            limit: seed.limit,
            segments: 1,
            filter: seed.filter.clone().filter(|_| !seed.is_statement),
            is_statement: seed.is_statement,
        };
        let Some(table) = model.tables.get(&name) else {
            return search;
        };
        let index = seed.index.and_then(|place| table.schema.indexes.get(place));
        search.index = index.map(|index| index.name.clone());
        // What an index doesn't have is not always seen by a filter.
        if index.is_some_and(|index| index.projection != Projection::All) {
            search.filter = None;
        }
        let (hash, sort) = table.key_of(index);
        let rows = table.rows(index);
        match seed.partition {
            None if !seed.is_statement => search.segments = seed.segments,
            None => {}
            Some(place) => {
                let value = match rows.get(place % (rows.len() + 1)) {
                    Some(row) => row[&hash.name].clone(),
                    None => key_value(hash.kind, place, 0),
                };
                search.partition = Some((hash.name, value));
                search.is_forward = seed.is_forward || seed.is_statement;
                let range = seed.range.zip(sort);
                search.range = range.map(|(seed, sort)| (sort.name.clone(), range_of(&sort, seed)));
            }
        }
        search
    }
}

fn range_of(sort: &Key, (operator, one, two): (usize, usize, usize)) -> Range {
    let bound = key_value(sort.kind, one, 1);
    let comparator = match operator {
        0 => Comparator::Equal,
        1 => Comparator::Less,
        2 => Comparator::LessOrEqual,
        3 => Comparator::Greater,
        4 => Comparator::GreaterOrEqual,
        5 => {
            let other = key_value(sort.kind, two, 1);
            return match bound.order(&other) {
                Some(order) if order.is_le() => Range::Between(bound, other),
                _ => Range::Between(other, bound),
            };
        }
        _ if sort.kind == Kind::N => Comparator::Equal,
        _ => return Range::BeginsWith(bound),
    };
    Range::Compare(comparator, bound)
}

/// Of what statements can say in one way only: whole attributes that are set to values or removed.
fn stated(mut write: Write) -> Option<Write> {
    write.condition = None;
    if let Change::Update(_, actions) = &mut write.change {
        actions.retain(|action| {
            let is_plain = matches!(
                action,
                Action::Set(_, Operand::Value(_)) | Action::Remove(_)
            );
            is_plain && action.path().within.is_none()
        });
        if actions.is_empty() {
            return None;
        }
    }
    // `'` would end the name of an attribute.
    Some(write)
}

/// The attributes of a key.
fn key(table: Option<&Table>, seed: KeySeed) -> Item {
    let Some(table) = table else {
        return Item::from([("pk".into(), Value::S("a".into()))]);
    };
    let places = [seed.0, seed.1];
    let keys = table.schema.keys().enumerate();
    keys.map(|(role, key)| (key.name.clone(), key_value(key.kind, places[role], role)))
        .collect()
}

/// A value for a partition key (role 0) or a sort key (role 1).
fn key_value(kind: Kind, place: usize, role: usize) -> Value {
    match kind {
        Kind::S => match TEXTS.get(place) {
            Some(text) => Value::S((*text).to_owned()),
            None => Value::S("x".repeat(LONGEST[role] - place % 3)),
        },
        Kind::N => Value::N(Decimal::new(NUMBERS[place % NUMBERS.len()])),
        Kind::B => match BYTES.get(place) {
            Some(bytes) => Value::B(bytes.to_vec()),
            None => Value::B(vec![0; LONGEST[role] - place % 3]),
        },
    }
}

fn resolved(model: &Model, table: Option<&Table>, seed: &AttributeSeed) -> (&'static str, Value) {
    let kinds = table.map_or(&[][..], |table| &table.schema.kinds);
    let kind = kinds.iter().find(|key| key.name == seed.name);
    let value = match kind {
        Some(key) if !seed.is_any => key_value(key.kind, seed.place, 1),
        None if seed.name == EXPIRY && !seed.is_any => {
            let hours = 1 + u64::try_from(seed.place % 4).unwrap();
            Value::N(Decimal::new(&(model.now() + hours * HOUR).to_string()))
        }
        _ => seed.value.clone(),
    };
    (seed.name, value)
}

/// Actions on paths that don't overlap.
fn update(
    model: &Model,
    table: Option<&Table>,
    actions: &[Action],
    set: Option<&AttributeSeed>,
    removed: Option<&str>,
) -> Vec<Action> {
    let whole = |name: &str| Path {
        attribute: name.to_owned(),
        within: None,
    };
    let set = set.map(|seed| {
        let (name, value) = resolved(model, table, seed);
        Action::Set(whole(name), Operand::Value(value))
    });
    let removed = removed.map(|name| Action::Remove(whole(name)));
    let all = set
        .into_iter()
        .chain(removed)
        .chain(actions.iter().cloned());
    let mut kept: Vec<Action> = Vec::new();
    for action in all {
        let path = action.path();
        if !kept.iter().any(|other| other.path().overlaps(path)) {
            kept.push(action);
        }
    }
    kept
}

pub(crate) fn schema(name: &str, seed: &SchemaSeed) -> Schema {
    let names = [("pk", "sk"), ("PK", "pk"), ("a.b", "#c")][seed.names];
    let key = |name: &str, kind: Kind| Key {
        name: name.to_owned(),
        kind,
    };
    let kinds = INDEXED.iter().zip(seed.kinds);
    let mut schema = Schema {
        name: name.to_owned(),
        partition: key(names.0, seed.partition),
        sort: seed.sort.map(|kind| key(names.1, kind)),
        indexes: Vec::new(),
        kinds: kinds.map(|(name, kind)| key(name, kind)).collect(),
        view: seed.view,
    };
    for seed in &seed.indexes {
        let Some(index) = index(&schema, seed) else {
            continue;
        };
        if !schema.indexes.iter().any(|other| other.name == index.name) {
            schema.indexes.push(index);
        }
    }
    schema
}

/// An index that a table of this schema can have.
fn index(schema: &Schema, seed: &IndexSeed) -> Option<Index> {
    let kind = |name: &str| {
        let mut keys = schema.kinds.iter();
        keys.find(|key| key.name == name).unwrap().clone()
    };
    let is_local = seed.is_local && schema.sort.is_some();
    let partition = match seed.partition {
        _ if is_local => schema.partition.clone(),
        0 => kind("g"),
        1 => kind("h"),
        _ => schema.partition.clone(),
    };
    let sort = match seed.sort {
        Some(0 | 1) => Some(kind("r")),
        Some(2) => Some(kind("s")),
        Some(_) if !is_local => schema.sort.clone(),
        _ if is_local => Some(kind("r")),
        _ => None,
    };
    let projection = match seed.projection {
        0 | 1 => Projection::All,
        2 => Projection::Keys,
        _ => Projection::Include(vec!["a".into(), "n".into()]),
    };
    Some(Index {
        name: INDEX_NAMES[seed.name % INDEX_NAMES.len()].into(),
        is_local,
        partition,
        sort,
        projection,
    })
}
