//! `ItemCollectionMetrics`: how large the items of one partition key are in a table with local indexes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections>

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::request::ReturnItemCollectionMetrics;
use serde_json::{Map, Value, json};

use crate::database::{IndexKind, Table};

/// The metrics of the collection that an item, or the item of a key, is in; `None` if they are not wanted or the table
/// has no collections. A collection is always said to be smaller than a gigabyte: DynamoDB's own estimates are rough.
pub(crate) fn metrics(
    table: &Table,
    item: &Item,
    wanted: ReturnItemCollectionMetrics,
) -> Option<Value> {
    let is_local = |kind| kind == IndexKind::Local;
    let has_collections = table.indexes.iter().any(|index| is_local(index.kind));
    if wanted == ReturnItemCollectionMetrics::None || !has_collections {
        return None;
    }
    let name = &table.partition.name;
    let value = item.get(name)?;
    Some(json!({
        "ItemCollectionKey": {name: value.write()},
        "SizeEstimateRangeGB": [0.0, 1.0],
    }))
}

/// The metrics of all collections that a request is about, by table.
pub(crate) struct Collections {
    wanted: ReturnItemCollectionMetrics,
    tables: Map<String, Value>,
}

impl Collections {
    /// Of no collections yet.
    pub(crate) fn new(wanted: ReturnItemCollectionMetrics) -> Self {
        Self {
            wanted,
            tables: Map::new(),
        }
    }

    /// Adds that of an item, or of the item of a key, if it is not there yet.
    pub(crate) fn add(&mut self, table: &Table, item: &Item) {
        let Some(metrics) = metrics(table, item, self.wanted) else {
            return;
        };
        let known = self.tables.entry(table.name()).or_insert_with(|| json!([]));
        if let Value::Array(known) = known
            && !known.contains(&metrics)
        {
            known.push(metrics);
        }
    }

    /// `ItemCollectionMetrics`; `None` if there are none.
    pub(crate) fn answer(self) -> Option<Value> {
        (!self.tables.is_empty()).then_some(self.tables.into())
    }
}
