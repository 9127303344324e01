//! The model: what each request does to plain tables, and what it is answered.

use std::collections::BTreeMap;

use crate::engine::BEGINNING;
use crate::request::{Change, Request, Returned, Search, Write};
use crate::table::{Table, View};
use crate::updates::{Action, Operand, parts, updated};
use crate::value::{Item, Value, size};

pub(crate) const VALIDATION: &str = "ValidationException";
pub(crate) const NO_TABLE: &str = "ResourceNotFoundException";
pub(crate) const IN_USE: &str = "ResourceInUseException";
pub(crate) const MISMATCH: &str = "IdempotentParameterMismatchException";
pub(crate) const DUPLICATE: &str = "DuplicateItemException";
pub(crate) const FAILED: &str = "ConditionalCheckFailedException";

/// Seconds of an hour.
pub(crate) const HOUR: u64 = 3600;

/// Hours that a history takes, at most: records are kept for a day.
pub(crate) const LONGEST_HISTORY: u64 = 20;

/// A record that a stream must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) event: &'static str,
    pub(crate) keys: Item,
    pub(crate) old: Option<Item>,
    pub(crate) new: Option<Item>,
    pub(crate) is_expiry: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// What the engine calls it, once that is known.
    pub(crate) arn: Option<String>,
    pub(crate) table: String,
    pub(crate) view: View,
    pub(crate) has_ended: bool,
    pub(crate) records: Vec<Record>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) streams: Vec<Stream>,
    /// For how many hours it has been running.
    pub(crate) hours: u64,
    /// Tokens of transactions that were done, and their requests.
    tokens: BTreeMap<String, String>,
}

/// What a request is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Anything,
    Attributes(Option<Item>),
    Item(Option<Item>),
    Items(BTreeMap<String, Vec<Item>>),
    Responses(Vec<Option<Item>>),
    /// Of a search; those that are equal in the sort key come in any order.
    Rows(Vec<Item>),
    /// An exception, and the item that goes with it.
    Refused(&'static str, Option<Item>),
    /// One of several exceptions.
    RefusedForOne(Vec<&'static str>),
    /// A transaction is cancelled for these reasons.
    Cancelled(Vec<(&'static str, Option<Item>)>),
}

impl Answer {
    /// Whether nothing is done.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(..) | Self::RefusedForOne(_) | Self::Cancelled(_)
        )
    }
}

/// Why a write doesn't fit its table, before anything is looked up.
enum Misfit {
    /// Such a transaction is refused as a whole.
    Empty,
    Other,
}

/// What becomes of an item.
struct Planned {
    old: Option<Item>,
    new: Option<Item>,
}

fn refused(name: &'static str) -> Answer {
    Answer::Refused(name, None)
}

impl Model {
    /// Does what a request asks for.
    pub(crate) fn apply(&mut self, request: &Request) -> Answer {
        match self.run(request) {
            Ok(answer) | Err(answer) => answer,
        }
    }

    fn table(&self, name: &str) -> Result<&Table, Answer> {
        self.tables.get(name).ok_or(refused(NO_TABLE))
    }

    fn table_mut(&mut self, name: &str) -> Result<&mut Table, Answer> {
        self.tables.get_mut(name).ok_or(refused(NO_TABLE))
    }

    #[expect(clippy::too_many_lines, reason = "a flat match of requests")]
    fn run(&mut self, request: &Request) -> Result<Answer, Answer> {
        match request {
            Request::Create(schema) => {
                if self.tables.contains_key(&schema.name) {
                    return Err(refused(IN_USE));
                }
                let stream = schema.view.map(|view| self.new_stream(&schema.name, view));
                let table = Table {
                    schema: schema.clone(),
                    items: Vec::new(),
                    expires: false,
                    stream,
                };
                self.tables.insert(schema.name.clone(), table);
            }
            Request::Drop(name) => {
                self.end_stream(name)?;
                self.tables.remove(name);
            }
            Request::AddIndex(name, index, _) => {
                let table = self.table_mut(name)?;
                if table.index(&index.name).is_some() {
                    return Err(refused(VALIDATION));
                }
                table.schema.indexes.push(index.clone());
            }
            Request::DropIndex(name, index) => {
                let table = self.table_mut(name)?;
                if table.index(index).is_some_and(|index| index.is_local) {
                    return Err(refused(VALIDATION));
                }
                let indexes = &mut table.schema.indexes;
                let place = indexes.iter().position(|one| one.name == *index);
                indexes.remove(place.ok_or(refused(NO_TABLE))?);
            }
            Request::Stream(name, view) => match (view, self.table(name)?.stream) {
                (Some(_), Some(_)) | (None, None) => return Err(refused(VALIDATION)),
                (None, Some(_)) => self.end_stream(name)?,
                (Some(view), None) => {
                    let stream = self.new_stream(name, *view);
                    self.table_mut(name)?.stream = Some(stream);
                }
            },
            Request::TimeToLive(name, is_enabled) => {
                let table = self.table_mut(name)?;
                if table.expires == *is_enabled {
                    return Err(refused(VALIDATION));
                }
                table.expires = *is_enabled;
            }
            Request::Write(write, returned) => return self.write(write, *returned),
            Request::Statement(write) => return self.statement(write),
            Request::Batch(writes) => return self.batch(writes),
            Request::Transact(writes, token) => {
                return self.transact(writes, token.as_deref(), request);
            }
            Request::Get(table, key) => {
                return Ok(Answer::Item(self.table(table)?.get(key).cloned()));
            }
            Request::BatchGet(keys) => {
                let mut items: BTreeMap<String, Vec<Item>> = BTreeMap::new();
                for (table, key) in keys {
                    let item = self.table(table)?.get(key);
                    items
                        .entry(table.clone())
                        .or_default()
                        .extend(item.cloned());
                }
                return Ok(Answer::Items(items));
            }
            Request::TransactGet(keys) => {
                let items = keys.iter().map(|(table, key)| {
                    let item = self.table(table)?.get(key);
                    Ok(item.cloned())
                });
                return Ok(Answer::Responses(items.collect::<Result<_, _>>()?));
            }
            Request::Search(search) => return self.search(search),
        }
        Ok(Answer::Anything)
    }

    fn new_stream(&mut self, table: &str, view: View) -> usize {
        self.streams.push(Stream {
            arn: None,
            table: table.to_owned(),
            view,
            has_ended: false,
            records: Vec::new(),
        });
        self.streams.len() - 1
    }

    fn end_stream(&mut self, table: &str) -> Result<(), Answer> {
        if let Some(stream) = self.table_mut(table)?.stream.take() {
            self.streams[stream].has_ended = true;
        }
        Ok(())
    }

    fn write(&mut self, write: &Write, returned: Returned) -> Result<Answer, Answer> {
        let table = self.table(&write.table)?;
        fits(table, write).map_err(|_| refused(VALIDATION))?;
        let planned = plan(table, write)?;
        let none = Vec::new();
        let actions = match &write.change {
            Change::Update(_, actions) => actions,
            _ => &none,
        };
        let parts = |item: &Option<Item>| item.as_ref().and_then(|item| parts(actions, item));
        let attributes = match returned {
            Returned::None => None,
            Returned::AllOld => planned.old.clone(),
            Returned::AllNew => planned.new.clone(),
            Returned::UpdatedOld => parts(&planned.old),
            Returned::UpdatedNew => parts(&planned.new),
        };
        self.change(write, planned);
        Ok(Answer::Attributes(attributes))
    }

    fn statement(&mut self, write: &Write) -> Result<Answer, Answer> {
        let table = self.table(&write.table)?;
        fits(table, write).map_err(|_| refused(VALIDATION))?;
        let old = table.get(&write.key);
        match write.change {
            Change::Put(_) if old.is_some() => return Err(refused(DUPLICATE)),
            Change::Update(..) if old.is_none() => return Err(refused(FAILED)),
            _ => {}
        }
        let planned = plan(table, write)?;
        self.change(write, planned);
        Ok(Answer::Anything)
    }

    fn batch(&mut self, writes: &[Write]) -> Result<Answer, Answer> {
        let faults = writes
            .iter()
            .filter_map(|write| match self.table(&write.table) {
                Err(_) => Some(NO_TABLE),
                Ok(table) => fits(table, write).err().map(|_| VALIDATION),
            });
        let faults: Vec<&str> = faults.collect();
        if !faults.is_empty() {
            return Err(Answer::RefusedForOne(faults));
        }
        for write in writes {
            let planned = plan(self.table(&write.table)?, write)?;
            self.change(write, planned);
        }
        Ok(Answer::Anything)
    }

    fn transact(
        &mut self,
        writes: &[Write],
        token: Option<&str>,
        request: &Request,
    ) -> Result<Answer, Answer> {
        let text = request.line();
        if let Some(done) = token.and_then(|token| self.tokens.get(token)) {
            let is_same = *done == text;
            return if is_same {
                Ok(Answer::Anything)
            } else {
                Err(refused(MISMATCH))
            };
        }
        for write in writes {
            self.table(&write.table)?;
        }
        let mut reasons = vec![("None", None); writes.len()];
        let mut first = None;
        for (position, write) in writes.iter().enumerate() {
            match fits(self.table(&write.table)?, write) {
                Ok(()) => {}
                Err(Misfit::Empty) => return Err(refused(VALIDATION)),
                Err(Misfit::Other) => first = first.or(Some(position)),
            }
        }
        if let Some(first) = first {
            reasons[first].0 = "ValidationError";
            return Err(Answer::Cancelled(reasons));
        }
        let mut all = Vec::new();
        for (write, reason) in writes.iter().zip(&mut reasons) {
            match plan(self.table(&write.table)?, write) {
                Ok(planned) => all.push(planned),
                Err(Answer::Refused(FAILED, item)) => *reason = ("ConditionalCheckFailed", item),
                Err(_) => *reason = ("ValidationError", None),
            }
        }
        if reasons.iter().any(|(code, _)| *code != "None") {
            return Err(Answer::Cancelled(reasons));
        }
        for (write, planned) in writes.iter().zip(all) {
            self.change(write, planned);
        }
        if let Some(token) = token {
            self.tokens.insert(token.to_owned(), text);
        }
        Ok(Answer::Anything)
    }

    /// Changes an item, and puts what the stream shows of that into it.
    fn change(&mut self, write: &Write, planned: Planned) {
        self.put(&write.table, &write.key, planned, false);
    }

    fn put(&mut self, table: &str, key: &Item, planned: Planned, is_expiry: bool) {
        let Planned { old, new } = planned;
        if old == new {
            return;
        }
        let table = self.tables.get_mut(table).unwrap();
        table.set(key, new.clone());
        let Some(stream) = table.stream else {
            return;
        };
        let stream = &mut self.streams[stream];
        let event = match (&old, &new) {
            (None, _) => "INSERT",
            (_, None) => "REMOVE",
            _ => "MODIFY",
        };
        let shows_old = matches!(stream.view, View::Old | View::Both);
        let shows_new = matches!(stream.view, View::New | View::Both);
        stream.records.push(Record {
            event,
            keys: key.clone(),
            old: old.filter(|_| shows_old),
            new: new.filter(|_| shows_new),
            is_expiry,
        });
    }

    /// The time, in seconds since the epoch.
    pub(crate) fn now(&self) -> u64 {
        BEGINNING + self.hours * HOUR
    }

    /// Whether a table has items that have expired and are still there.
    pub(crate) fn has_expired(&self) -> bool {
        let mut tables = self.tables.values().filter(|table| table.expires);
        tables.any(|table| !table.expired(self.now()).is_empty())
    }

    /// Lets hours pass: items expire, and tokens are forgotten. The keys of what has expired, by table.
    pub(crate) fn pass(&mut self, hours: u64) -> Vec<(String, Item)> {
        self.hours += hours;
        self.tokens.clear();
        let tables = self.tables.values().filter(|table| table.expires);
        let expired = tables.flat_map(|table| {
            let keys = table.expired(self.now()).into_iter();
            keys.map(|key| (table.schema.name.clone(), key))
        });
        let expired: Vec<(String, Item)> = expired.collect();
        for (table, key) in &expired {
            let old = self.tables[table].get(key).cloned();
            self.put(table, key, Planned { old, new: None }, true);
        }
        expired
    }

    fn search(&self, search: &Search) -> Result<Answer, Answer> {
        let table = self.table(&search.table)?;
        let index = match &search.index {
            None => None,
            Some(name) => Some(table.index(name).ok_or(refused(VALIDATION))?),
        };
        let mut rows = match &search.partition {
            None => table.rows(index),
            Some((_, partition)) => {
                let range = search.range.as_ref().map(|(_, range)| range);
                table.found(index, partition, range)
            }
        };
        if let Some(filter) = &search.filter {
            rows.retain(|row| filter.holds(Some(row)));
        }
        if !search.is_forward {
            rows.reverse();
        }
        Ok(Answer::Rows(rows))
    }
}

/// Whether a write fits the keys of its table's indexes, as far as it shows that itself.
fn fits(table: &Table, write: &Write) -> Result<(), Misfit> {
    let mut indexes: Vec<_> = table.schema.indexes.iter().collect();
    indexes.sort_by(|one, two| one.name.cmp(&two.name));
    for index in indexes {
        for key in index.own() {
            let (kind, value) = match &write.change {
                Change::Put(item) => {
                    let value = item.get(&key.name);
                    (value.map(Value::kind), value)
                }
                Change::Update(_, actions) => {
                    let mut actions = actions.iter();
                    let action = actions.find(|action| action.path().attribute == key.name);
                    (action.and_then(Action::kind), action.and_then(set_value))
                }
                Change::Delete(_) | Change::Check(_) => (None, None),
            };
            if kind.is_some_and(|kind| kind != key.kind.name()) {
                return Err(Misfit::Other);
            }
            if value.is_some_and(Value::is_empty) {
                return Err(Misfit::Empty);
            }
        }
        if let Change::Put(item) = &write.change
            && is_too_long(index, item)
        {
            return Err(Misfit::Other);
        }
    }
    Ok(())
}

fn set_value(action: &Action) -> Option<&Value> {
    match action {
        Action::Set(_, Operand::Value(value)) => Some(value),
        _ => None,
    }
}

fn is_too_long(index: &crate::table::Index, item: &Item) -> bool {
    let length = |key: &crate::table::Key| match item.get(&key.name) {
        Some(value @ (Value::S(_) | Value::B(_))) => value.size(),
        _ => 0,
    };
    length(&index.partition) > 2048 || index.sort.as_ref().map_or(0, length) > 1024
}

/// What becomes of an item, unless a condition fails or the update is refused.
fn plan(table: &Table, write: &Write) -> Result<Planned, Answer> {
    let old = table.get(&write.key).cloned();
    if let Some(condition) = &write.condition
        && !condition.holds(old.as_ref())
    {
        let item = old.filter(|_| write.shows_failed);
        return Err(Answer::Refused(FAILED, item));
    }
    let new = match &write.change {
        Change::Put(item) => Some(item.clone()),
        Change::Delete(_) => None,
        Change::Check(_) => old.clone(),
        Change::Update(key, actions) => update(table, old.as_ref(), key, actions)?,
    };
    Ok(Planned { old, new })
}

fn update(
    table: &Table,
    old: Option<&Item>,
    key: &Item,
    actions: &[Action],
) -> Result<Option<Item>, Answer> {
    let only_takes_away = !actions.is_empty() && actions.iter().all(Action::takes_away);
    if old.is_none() && only_takes_away {
        return Ok(None);
    }
    let before = old.unwrap_or(key);
    let new = updated(actions, before).map_err(|()| refused(VALIDATION))?;
    for index in &table.schema.indexes {
        let changed = index.own().filter(|key| {
            let value = new.get(&key.name);
            value.is_some() && value != before.get(&key.name)
        });
        let changed: Vec<_> = changed.collect();
        for key in &changed {
            let value = &new[&key.name];
            if value.kind() != key.kind.name() || value.is_empty() {
                return Err(refused(VALIDATION));
            }
        }
        if !changed.is_empty() && is_too_long(index, &new) {
            return Err(refused(VALIDATION));
        }
    }
    if size(&new) > 400 * 1024 {
        return Err(refused(VALIDATION));
    }
    Ok(Some(new))
}
