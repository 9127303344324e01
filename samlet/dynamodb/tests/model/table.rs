//! Tables of the model: sorted lists of items, and what each of their indexes shows of them.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use crate::expressions::Comparator;
use crate::number::Decimal;
use crate::value::{Item, Kind, Value};

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Projection {
    All,
    Keys,
    Include(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) is_local: bool,
    pub(crate) partition: Key,
    pub(crate) sort: Option<Key>,
    pub(crate) projection: Projection,
}

/// `StreamViewType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Keys,
    New,
    Old,
    Both,
}

/// The attribute that says when items expire.
pub(crate) const EXPIRY: &str = "e";

/// What expired more seconds ago than that doesn't expire: five years.
const OLDEST: u64 = 5 * 365 * 24 * 3600;

/// A table as it is made.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) partition: Key,
    pub(crate) sort: Option<Key>,
    pub(crate) indexes: Vec<Index>,
    /// The types of the attributes that keys of indexes have.
    pub(crate) kinds: Vec<Key>,
    pub(crate) view: Option<View>,
}

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) schema: Schema,
    /// In the order of their keys.
    pub(crate) items: Vec<Item>,
    /// Whether items expire, by the attribute [`EXPIRY`].
    pub(crate) expires: bool,
    /// Which of the model's streams is its.
    pub(crate) stream: Option<usize>,
}

/// What is asked of a sort key.
#[derive(Clone, Debug)]
pub(crate) enum Range {
    Compare(Comparator, Value),
    Between(Value, Value),
    BeginsWith(Value),
}

impl View {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "KEYS_ONLY",
            Self::New => "NEW_IMAGE",
            Self::Old => "OLD_IMAGE",
            Self::Both => "NEW_AND_OLD_IMAGES",
        }
    }
}

impl Range {
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Compare(comparator, bound) => comparator.holds(Some(value), Some(bound)),
            Self::Between(low, high) => {
                Comparator::GreaterOrEqual.holds(Some(value), Some(low))
                    && Comparator::LessOrEqual.holds(Some(value), Some(high))
            }
            Self::BeginsWith(start) => match (value, start) {
                (Value::S(text), Value::S(start)) => text.starts_with(start.as_str()),
                (Value::B(bytes), Value::B(start)) => bytes.starts_with(start),
                _ => false,
            },
        }
    }
}

impl Index {
    /// The attributes of its key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// Those that items need not have.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Key> {
        let partition = (!self.is_local).then_some(&self.partition);
        partition.into_iter().chain(&self.sort)
    }

    /// Whether an item is in it.
    fn has(&self, item: &Item) -> bool {
        self.keys().all(|key| {
            let value = item.get(&key.name);
            value.is_some_and(|value| value.kind() == key.kind.name() && !value.is_empty())
        })
    }

    pub(crate) fn describe(&self) -> Json {
        let projection = match &self.projection {
            Projection::All => json!({"ProjectionType": "ALL"}),
            Projection::Keys => json!({"ProjectionType": "KEYS_ONLY"}),
            Projection::Include(names) => {
                json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names})
            }
        };
        json!({
            "IndexName": self.name,
            "KeySchema": key_schema(&self.partition, self.sort.as_ref()),
            "Projection": projection,
        })
    }
}

fn key_schema(partition: &Key, sort: Option<&Key>) -> Json {
    let mut keys = vec![json!({"AttributeName": partition.name, "KeyType": "HASH"})];
    if let Some(sort) = sort {
        keys.push(json!({"AttributeName": sort.name, "KeyType": "RANGE"}));
    }
    keys.into()
}

impl Schema {
    /// The attributes of its key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// Whether a key is one of such a table.
    pub(crate) fn has_key(&self, key: &Item) -> bool {
        let is_there = |own: &Key| key.get(&own.name).map(Value::kind) == Some(own.kind.name());
        key.len() == self.keys().count() && self.keys().all(is_there)
    }

    /// `AttributeDefinitions`: of the attributes of all keys.
    pub(crate) fn definitions(&self) -> Json {
        let of_indexes = self.indexes.iter().flat_map(Index::keys);
        let mut keys: Vec<&Key> = self.keys().chain(of_indexes).collect();
        keys.sort_by(|one, two| one.name.cmp(&two.name));
        keys.dedup();
        let keys = keys.iter();
        keys.map(|key| json!({"AttributeName": key.name, "AttributeType": key.kind.name()}))
            .collect()
    }

    pub(crate) fn create_table(&self) -> Json {
        let mut request = json!({
            "TableName": self.name,
            "AttributeDefinitions": self.definitions(),
            "KeySchema": key_schema(&self.partition, self.sort.as_ref()),
            "BillingMode": "PAY_PER_REQUEST",
        });
        for (member, is_local) in [
            ("LocalSecondaryIndexes", true),
            ("GlobalSecondaryIndexes", false),
        ] {
            let indexes = self.indexes.iter();
            let indexes = indexes.filter(|index| index.is_local == is_local);
            let indexes: Vec<Json> = indexes.map(Index::describe).collect();
            if !indexes.is_empty() {
                request[member] = indexes.into();
            }
        }
        if let Some(view) = self.view {
            request["StreamSpecification"] =
                json!({"StreamEnabled": true, "StreamViewType": view.name()});
        }
        request
    }

    /// The attributes of an item that are its key.
    pub(crate) fn key_of(&self, item: &Item) -> Item {
        let keys = self.keys();
        keys.map(|key| (key.name.clone(), item[&key.name].clone()))
            .collect()
    }

    fn order(&self, left: &Item, right: &Item) -> Ordering {
        let mut orders = self.keys().map(|key| {
            let order = left[&key.name].order(&right[&key.name]);
            order.unwrap()
        });
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Table {
    fn place(&self, key: &Item) -> Result<usize, usize> {
        self.items
            .binary_search_by(|item| self.schema.order(item, key))
    }

    /// The item of a key, or of an item that has it.
    pub(crate) fn get(&self, key: &Item) -> Option<&Item> {
        self.place(key).ok().map(|place| &self.items[place])
    }

    /// Puts, replaces or removes the item of a key.
    pub(crate) fn set(&mut self, key: &Item, item: Option<Item>) {
        match (self.place(key), item) {
            (Ok(place), Some(item)) => self.items[place] = item,
            (Err(place), Some(item)) => self.items.insert(place, item),
            (Ok(place), None) => {
                self.items.remove(place);
            }
            (Err(_), None) => {}
        }
    }

    pub(crate) fn index(&self, name: &str) -> Option<&Index> {
        let mut indexes = self.schema.indexes.iter();
        indexes.find(|index| index.name == name)
    }

    /// Keys of the items that have expired at a time.
    pub(crate) fn expired(&self, now: u64) -> Vec<Item> {
        let seconds = |seconds: u64| Decimal::new(&seconds.to_string());
        let times = seconds(now - OLDEST)..=seconds(now);
        let is_over =
            |item: &&Item| matches!(item.get(EXPIRY), Some(Value::N(at)) if times.contains(at));
        let items = self.items.iter().filter(is_over);
        items.map(|item| self.schema.key_of(item)).collect()
    }

    /// What an index shows of an item.
    fn projected(&self, index: &Index, item: &Item) -> Item {
        let is_shown = |name: &String| {
            let is_key = self
                .schema
                .keys()
                .chain(index.keys())
                .any(|key| key.name == *name);
            match &index.projection {
                Projection::All => true,
                Projection::Keys => is_key,
                Projection::Include(names) => is_key || names.contains(name),
            }
        };
        let members = item.iter().filter(|(name, _)| is_shown(name));
        members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// All that is in the table, or in an index, in no order.
    pub(crate) fn rows(&self, index: Option<&Index>) -> Vec<Item> {
        let Some(index) = index else {
            return self.items.clone();
        };
        let items = self.items.iter().filter(|item| index.has(item));
        items.map(|item| self.projected(index, item)).collect()
    }

    /// The attributes of the key of the table, or of an index.
    pub(crate) fn key_of(&self, index: Option<&Index>) -> (Key, Option<Key>) {
        match index {
            Some(index) => (index.partition.clone(), index.sort.clone()),
            None => (self.schema.partition.clone(), self.schema.sort.clone()),
        }
    }

    /// What a Query finds, in order; those that are equal in the index's sort key come in any order.
    pub(crate) fn found(
        &self,
        index: Option<&Index>,
        partition: &Value,
        range: Option<&Range>,
    ) -> Vec<Item> {
        let (hash, sort) = self.key_of(index);
        let mut found = self.rows(index);
        found.retain(|item| {
            item[&hash.name] == *partition
                && range.is_none_or(|range| {
                    let sort = sort.as_ref().unwrap();
                    range.holds(&item[&sort.name])
                })
        });
        if let Some(sort) = sort {
            found.sort_by(|one, two| one[&sort.name].order(&two[&sort.name]).unwrap());
        }
        found
    }
}
