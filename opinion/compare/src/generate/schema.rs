//! Tables of various keys and indexes, and items for them.

use serde_json::{Map, Value, json};

use super::source::Source;
use crate::request::Request;

/// A name and a type, `S`, `N` or `B`.
pub(super) type Key = (&'static str, char);

/// An index; it is named by its attributes, the sorting one last.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) hash: Key,
    pub(super) range: Option<Key>,
    pub(super) is_global: bool,
    projection: Value,
    /// Whether it has whole items.
    pub(super) is_whole: bool,
}

/// A table's definition.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) name: &'static str,
    pub(super) hash: Key,
    pub(super) range: Option<Key>,
    pub(super) indexes: Vec<Index>,
}

impl Schema {
    pub(super) fn new(source: &mut Source, name: &'static str) -> Self {
        let kinds = ['S', 'S', 'N', 'B'];
        let hash = ("pk", source.pick(&kinds));
        let range = source.chance(70).then(|| ("sk", source.pick(&kinds)));
        let mut indexes = Vec::new();
        if source.chance(60) {
            let g = ("g", source.pick(&kinds));
            let range = source.chance(60).then(|| ("r", source.pick(&kinds)));
            indexes.push(Index::new(source, g, range, true));
        }
        if source.chance(15) && indexes.is_empty() {
            // By the table's own keys, the other way round.
            let (g, range) = (range.unwrap_or(hash), range.map(|_| hash));
            indexes.push(Index::new(source, g, range, true));
        }
        if range.is_some() && source.chance(40) {
            let range = Some(("l", source.pick(&kinds)));
            indexes.push(Index::new(source, hash, range, false));
        }
        Self {
            name,
            hash,
            range,
            indexes,
        }
    }

    /// The CreateTable request.
    pub(super) fn definition(&self) -> Value {
        let mut attributes: Vec<Key> = self.keys();
        for index in &self.indexes {
            attributes.extend(index.keys());
        }
        attributes.sort_unstable();
        attributes.dedup();
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}))
            .collect();
        let mut request = json!({
            "TableName": self.name,
            "AttributeDefinitions": attributes,
            "KeySchema": key_schema(&self.keys()),
            "BillingMode": "PAY_PER_REQUEST",
        });
        for (member, is_global) in [
            ("GlobalSecondaryIndexes", true),
            ("LocalSecondaryIndexes", false),
        ] {
            let indexes = self.indexes.iter();
            let indexes = indexes.filter(|index| index.is_global == is_global);
            let indexes: Vec<_> = indexes.map(Index::definition).collect();
            if !indexes.is_empty() {
                request[member] = indexes.into();
            }
        }
        request
    }

    /// What is in the table and its indexes at last.
    pub(super) fn scans(&self) -> Vec<Request> {
        let table = json!({"TableName": self.name});
        let indexes = self.indexes.iter();
        let indexes = indexes.map(|index| json!({"TableName": self.name, "IndexName": index.name}));
        [table]
            .into_iter()
            .chain(indexes)
            .map(|request| Request::new("Scan", request))
            .collect()
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        [self.hash].into_iter().chain(self.range).collect()
    }

    /// The `Key` of an item, seldom a wrong one.
    pub(super) fn key(&self, source: &mut Source) -> Map<String, Value> {
        let mut key = Map::new();
        for (name, kind) in self.keys() {
            let kind = if source.below(200) == 0 { 'N' } else { kind };
            key.insert(name.into(), source.key(kind));
        }
        if source.below(300) == 0 {
            key.insert("a".into(), source.value(0));
        }
        if source.below(300) == 0 {
            key.remove(source.pick(&["pk", "sk"]));
        }
        key
    }

    /// A whole item, seldom with a wrong key.
    pub(super) fn item(&self, source: &mut Source) -> Map<String, Value> {
        let mut item = self.key(source);
        for index in &self.indexes {
            for (name, kind) in index.keys() {
                if !item.contains_key(name) && source.chance(75) {
                    let kind = if source.chance(1) { 'N' } else { kind };
                    item.insert(name.into(), source.key(kind));
                }
            }
        }
        for name in ["a", "b", "c"] {
            if source.chance(45) {
                item.insert(name.into(), source.value(2));
            }
        }
        if source.chance(4) {
            // Of more than a unit of capacity.
            let length = source.pick(&[900, 1500, 4100]);
            item.insert("big".into(), json!({"S": "x".repeat(length)}));
        }
        for (name, kind) in [("m", 0), ("t", 1), ("s", 2), ("name", 3)] {
            if source.chance(35) {
                let value = match kind {
                    0 => source.map(2),
                    1 => source.list(2),
                    2 => source.set(),
                    _ => source.string(),
                };
                item.insert(name.into(), value);
            }
        }
        item
    }
}

impl Index {
    fn new(source: &mut Source, hash: Key, range: Option<Key>, is_global: bool) -> Self {
        let projection = match source.below(4) {
            0 => json!({"ProjectionType": "KEYS_ONLY"}),
            1 => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "m"]}),
            _ => json!({"ProjectionType": "ALL"}),
        };
        let range_name = range.map_or("none", |(name, _)| name);
        Self {
            name: format!("by-{}-{range_name}", hash.0),
            hash,
            range,
            is_global,
            is_whole: projection["ProjectionType"] == "ALL",
            projection,
        }
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        [self.hash].into_iter().chain(self.range).collect()
    }

    /// Whether the second opinion knows what there is to find by other attributes: of a part of a local index, what is
    /// missing there is fetched from the table, which it does not do.
    pub(super) fn has_filters(&self) -> bool {
        self.is_global || self.is_whole
    }

    fn definition(&self) -> Value {
        json!({
            "IndexName": self.name,
            "KeySchema": key_schema(&self.keys()),
            "Projection": self.projection,
        })
    }
}

fn key_schema(keys: &[Key]) -> Value {
    let keys = keys.iter().zip(["HASH", "RANGE"]);
    keys.map(|((name, _), role)| json!({"AttributeName": name, "KeyType": role}))
        .collect()
}
