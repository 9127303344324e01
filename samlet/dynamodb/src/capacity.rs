//! What a request consumes of a table's and its indexes' capacity.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use std::collections::BTreeMap;
use std::ops::AddAssign;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::equal;
use samlet_dynamodb_api::request::ReturnConsumedCapacity;
use samlet_dynamodb_api::value::item_size;
use serde_json::{Map, Value};

use crate::database::{Index, IndexKind, Table};

/// Bytes that a unit reads.
const READ_UNIT: usize = 4096;

/// Bytes that a unit writes.
const WRITE_UNIT: usize = 1024;

/// How many units a transaction takes for each: it prepares, then commits.
const TRANSACTION: f64 = 2.0;

/// What is consumed of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Consumed {
    /// Transactions take more, and answer what is read and written each by itself.
    is_transaction: bool,
    /// Of what failed: it is counted in all, not of the table.
    failed: Units,
    table: Units,
    local: BTreeMap<String, Units>,
    global: BTreeMap<String, Units>,
}

/// Capacity units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Units {
    read: f64,
    write: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

/// Units that a strongly consistent read of some bytes takes; an eventually consistent one takes half. To find nothing
/// takes one.
pub(crate) fn read_units(bytes: usize) -> f64 {
    units(bytes, READ_UNIT)
}

/// Units that a write of some bytes takes.
pub(crate) fn write_units(bytes: usize) -> f64 {
    units(bytes, WRITE_UNIT)
}

fn units(bytes: usize, unit: usize) -> f64 {
    let units = bytes.div_ceil(unit).max(1);
    u32::try_from(units).map_or(f64::MAX, f64::from)
}

impl Consumed {
    /// Of a transaction.
    pub(crate) fn of_transaction() -> Self {
        Self {
            is_transaction: true,
            ..Self::default()
        }
    }

    /// Adds a read from the table, or from an index.
    pub(crate) fn read(&mut self, index: Option<&Index>, bytes: usize, is_consistent: bool) {
        self.read_units(index, read_units(bytes), is_consistent);
    }

    /// Adds what was fetched from the table for a local index: units of each item.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ThroughputConsiderations>
    pub(crate) fn fetch(&mut self, units: f64, is_consistent: bool) {
        self.read_units(None, units, is_consistent);
    }

    fn read_units(&mut self, index: Option<&Index>, units: f64, is_consistent: bool) {
        let factor = if self.is_transaction {
            TRANSACTION
        } else if is_consistent {
            1.0
        } else {
            0.5
        };
        let read = factor * units;
        self.add(index, Units { read, write: 0.0 });
    }

    /// Adds a change of an item, which is as large as the larger of what it was and what it is. A change that changes
    /// nothing, or that finds nothing to delete, takes a unit of the table, too.
    pub(crate) fn write(&mut self, table: &Table, old: Option<&Item>, new: Option<&Item>) {
        let size = |item: Option<&Item>| item.map_or(0, item_size);
        let factor = if self.is_transaction {
            TRANSACTION
        } else {
            1.0
        };
        let write = factor * write_units(size(old).max(size(new)));
        self.add(None, Units { read: 0.0, write });
        for index in &table.indexes {
            // Transactions write indexes as other writes do: after they were committed.
            let write = index_units(table, index, old, new);
            if write > 0.0 {
                self.add(Some(index), Units { read: 0.0, write });
            }
        }
    }

    /// Adds the units of a write that failed.
    pub(crate) fn fail(&mut self, write: f64) {
        self.failed += Units { read: 0.0, write };
    }

    fn add(&mut self, index: Option<&Index>, units: Units) {
        let Some(index) = index else {
            self.table += units;
            return;
        };
        let indexes = match index.kind {
            IndexKind::Local => &mut self.local,
            IndexKind::Global => &mut self.global,
        };
        *indexes.entry(index.name.clone()).or_default() += units;
    }

    /// `ConsumedCapacity`, as the request wants it; `None` if it wants none.
    pub(crate) fn answer(&self, table: &str, wanted: ReturnConsumedCapacity) -> Option<Value> {
        if wanted == ReturnConsumedCapacity::None {
            return None;
        }
        let mut total = self.table;
        total += self.failed;
        for units in self.local.values().chain(self.global.values()) {
            total += *units;
        }
        let mut answer = self.members(total);
        answer.insert("TableName".into(), table.into());
        if wanted == ReturnConsumedCapacity::Indexes {
            answer.insert("Table".into(), self.members(self.table).into());
            for (name, indexes) in [
                ("LocalSecondaryIndexes", &self.local),
                ("GlobalSecondaryIndexes", &self.global),
            ] {
                if indexes.is_empty() {
                    continue;
                }
                let members = |(name, units): (&String, &Units)| {
                    (name.clone(), Value::from(self.members(*units)))
                };
                let indexes: Map<_, _> = indexes.iter().map(members).collect();
                answer.insert(name.into(), indexes.into());
            }
        }
        Some(answer.into())
    }

    fn members(&self, units: Units) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("CapacityUnits".into(), (units.read + units.write).into());
        if self.is_transaction && units.read > 0.0 {
            members.insert("ReadCapacityUnits".into(), units.read.into());
        }
        if self.is_transaction && units.write > 0.0 {
            members.insert("WriteCapacityUnits".into(), units.write.into());
        }
        members
    }
}

/// Units that a change takes of an index: none if what is in it stays the same, and those of a deletion and of an
/// insertion if the index's key changes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes>
fn index_units(table: &Table, index: &Index, old: Option<&Item>, new: Option<&Item>) -> f64 {
    let entry = |item: Option<&Item>| {
        let item = item?;
        let units = write_units(index.projected_size(table, item));
        Some((index.key_of(item)?, units))
    };
    match (entry(old), entry(new)) {
        (None, None) => 0.0,
        (Some((_, units)), None) | (None, Some((_, units))) => units,
        (Some((from, old)), Some((to, new))) if from != to => old + new,
        (Some((_, old_units)), Some((_, new_units))) => {
            let is_same = old
                .zip(new)
                .is_some_and(|(old, new)| is_same(table, index, old, new));
            if is_same {
                0.0
            } else {
                old_units.max(new_units)
            }
        }
    }
}

/// Whether an index has the same of both items.
fn is_same(table: &Table, index: &Index, old: &Item, new: &Item) -> bool {
    let is_in = |(name, _): &(&String, _)| index.has_attribute(table, name);
    let (mut old, mut new) = (old.iter().filter(is_in), new.iter().filter(is_in));
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some((name, old)), Some((other, new))) if name == other && equal(old, new) => {}
            _ => return false,
        }
    }
}
