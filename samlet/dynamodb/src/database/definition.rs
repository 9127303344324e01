//! What a table is, as the catalogue keeps it.

use samlet_dynamodb_api::request::{CreateTable, IndexProjection, StreamViewType};
use samlet_dynamodb_api::value::item_size;
use samlet_dynamodb_api::{AttributeType, AttributeValue, Item, Number};

use super::keys;
use crate::error::Error;

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Of its rows, and of no other table ever.
    pub(crate) number: i64,
    /// `TableId`: for its life.
    pub(crate) id: String,
    /// When it was made: seconds since the epoch.
    pub(crate) created: f64,
    /// What it would be made with, as it is now.
    pub(crate) definition: CreateTable,
    /// Its partition key.
    pub(crate) partition: KeyAttribute,
    /// Its sort key.
    pub(crate) sort: Option<KeyAttribute>,
    /// Its indexes, local ones first.
    pub(crate) indexes: Vec<Index>,
    /// The attribute by which its items expire.
    pub(crate) time_to_live: Option<String>,
    /// Of the rows that say when its items expire, if they do.
    pub(crate) expiry: Option<i64>,
    /// Its stream, if it has one now.
    pub(crate) stream: Option<Stream>,
}

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyAttribute {
    /// Its name.
    pub(crate) name: String,
    /// `S`, `N` or `B`.
    pub(crate) kind: AttributeType,
}

/// An index of a table.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// Of its rows, and of no other index or table ever.
    pub(crate) number: i64,
    /// Its name.
    pub(crate) name: String,
    /// Local or global.
    pub(crate) kind: IndexKind,
    /// The attributes of its partition key: the table's if it is local.
    pub(crate) partition: Vec<KeyAttribute>,
    /// The attributes of its sort key.
    pub(crate) sort: Vec<KeyAttribute>,
    /// Which attributes are in it.
    pub(crate) projection: IndexProjection,
    /// Whether it can be read.
    pub(crate) state: IndexState,
}

/// A kind of index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexKind {
    /// Shares the table's partition key.
    Local,
    /// Has keys of its own.
    Global,
}

/// What state an index is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexState {
    /// The table's items are being put into it.
    Creating,
    /// It has all items that it should have.
    Active,
}

/// A table's stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stream {
    /// Of its records.
    pub(crate) number: i64,
    /// `LatestStreamLabel`.
    pub(crate) label: String,
    /// What records have of items.
    pub(crate) view: StreamViewType,
}

/// Where a row of a table is: its key, encoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) Vec<u8>);

/// Bytes of a hash of the partition key, which every key begins with: rows are in an order that says nothing, as in
/// DynamoDB, and parts of a table can be scanned by themselves.
pub(crate) const HASH_BYTES: usize = 4;

/// Bytes of a partition key, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
pub(crate) const MAX_PARTITION_KEY: usize = 2048;

/// Bytes of a sort key, at most.
pub(crate) const MAX_SORT_KEY: usize = 1024;

impl Table {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.definition.table
    }

    /// The attributes of its key.
    pub(crate) fn key_attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// The index of a name.
    pub(crate) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The encoded key of an item or a key that has been checked to have one.
    pub(crate) fn key_of(&self, item: &Item) -> Result<Key, Error> {
        let value = |attribute: &KeyAttribute| item.get(&attribute.name);
        let partition = value(&self.partition);
        let sort = self.sort.as_ref().map(|sort| value(sort).ok_or(()));
        let (Some(partition), Ok(sort)) = (partition, sort.transpose()) else {
            return Err(does_not_match());
        };
        encode([partition], sort).ok_or_else(does_not_match)
    }

    /// When an item expires: the whole second since the epoch from which on it has.
    pub(crate) fn expires_at(&self, item: &Item) -> Option<i64> {
        match item.get(self.time_to_live.as_ref()?)? {
            AttributeValue::N(number) => whole(*number),
            _ => None,
        }
    }

    /// The part of an item that is its key.
    pub(crate) fn key_item(&self, item: &Item) -> Item {
        let attributes = self.key_attributes().filter_map(|attribute| {
            let value = item.get(&attribute.name)?;
            Some((attribute.name.clone(), value.clone()))
        });
        attributes.collect()
    }
}

impl Index {
    /// The attributes of its key.
    pub(crate) fn key_attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        self.partition.iter().chain(&self.sort)
    }

    /// The encoded key under which an item stands in it; `None` of an item that isn't in it: it lacks a part of the key,
    /// or has what can't be one, which was stored before there was the index.
    pub(crate) fn key_of(&self, item: &Item) -> Option<Key> {
        let values = |attributes: &[KeyAttribute], most: usize| {
            let values = attributes.iter().map(|attribute| {
                let value = item.get(&attribute.name)?;
                let is_key = value.kind() == attribute.kind && (1..=most).contains(&value.size());
                is_key.then_some(value)
            });
            values.collect::<Option<Vec<&AttributeValue>>>()
        };
        encode(
            values(&self.partition, MAX_PARTITION_KEY)?,
            values(&self.sort, MAX_SORT_KEY)?,
        )
    }

    /// What of an item is in it.
    pub(crate) fn projected(&self, table: &Table, item: &Item) -> Item {
        let IndexProjection::All = self.projection else {
            let is_in = |name: &String| self.has_attribute(table, name);
            let attributes = item.iter().filter(|(name, _)| is_in(name));
            return attributes
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
        };
        item.clone()
    }

    /// Bytes of what of an item is in it.
    pub(crate) fn projected_size(&self, table: &Table, item: &Item) -> usize {
        let IndexProjection::All = self.projection else {
            let is_in = |name: &String| self.has_attribute(table, name);
            let attributes = item.iter().filter(|(name, _)| is_in(name));
            return attributes
                .map(|(name, value)| name.len() + value.size())
                .sum();
        };
        item_size(item)
    }

    /// Whether it has an attribute of the items that are in it.
    pub(crate) fn has_attribute(&self, table: &Table, name: &str) -> bool {
        let is_key = || {
            let mut keys = table.key_attributes().chain(self.key_attributes());
            keys.any(|key| key.name == name)
        };
        match &self.projection {
            IndexProjection::All => true,
            IndexProjection::KeysOnly => is_key(),
            IndexProjection::Include(names) => names.iter().any(|own| own == name) || is_key(),
        }
    }
}

/// The first whole number that is not less than a number; `None` of one that no time has.
fn whole(number: Number) -> Option<i64> {
    let (is_negative, digits, exponent) = number.parts();
    let power = 10_u128.checked_pow(exponent.unsigned_abs().into());
    let digits = match power {
        Some(power) if exponent < 0 && is_negative => digits / power,
        Some(power) if exponent < 0 => digits.div_ceil(power),
        None if exponent < 0 => u128::from(!is_negative),
        power => digits.checked_mul(power?)?,
    };
    let digits = i64::try_from(digits).ok()?;
    Some(if is_negative { -digits } else { digits })
}

fn does_not_match() -> Error {
    Error::validation("The provided key element does not match the schema")
}

/// A key: a hash of its partition key, that, and the sort key.
pub(crate) fn encode<'v>(
    partition: impl IntoIterator<Item = &'v AttributeValue>,
    sort: impl IntoIterator<Item = &'v AttributeValue>,
) -> Option<Key> {
    let mut key = vec![0; HASH_BYTES];
    for value in partition {
        keys::append(&mut key, value).ok()?;
    }
    let hash = crc32fast::hash(&key[HASH_BYTES..]);
    key[..HASH_BYTES].copy_from_slice(&hash.to_be_bytes());
    for value in sort {
        keys::append(&mut key, value).ok()?;
    }
    Some(Key(key))
}
