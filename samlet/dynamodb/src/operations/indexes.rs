//! What UpdateTable changes of global indexes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html>

use samlet_dynamodb_api::Refusal;
use samlet_dynamodb_api::request::{
    BillingMode, CreateTable, GlobalIndex, IndexProjection, IndexUpdate, Throughput, UpdateTable,
};
use serde_json::{Map, Value};

use super::table_updates::{keep_units, note_units, prune, will_not_change};
use crate::database::{Database, Index, IndexKind, IndexState, KeyAttribute, Table};
use crate::error::Error;

/// What is provisioned for what is paid for by request.
pub(super) const NOTHING: Throughput = Throughput { read: 0, write: 0 };

const MAX_UNITS: i64 = 1_000_000_000_000;
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-secondary-indexes>
const MAX_GLOBAL_INDEXES: usize = 20;
const MAX_PROJECTED_ATTRIBUTES: usize = 100;

/// The refusal of units where requests are paid for.
pub(super) fn no_units() -> Error {
    Refusal::invalid_values(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    )
    .into()
}

/// Checks what is to be provisioned for indexes of a table that is going to be paid for in this mode.
pub(super) fn check_throughput(
    table: &Table,
    request: &UpdateTable,
    mode: BillingMode,
) -> Result<(), Error> {
    let is_switched = request.billing_mode == Some(BillingMode::Provisioned)
        && super::description::mode(&table.definition) == BillingMode::PayPerRequest;
    let mut without: Vec<&str> = Vec::new();
    for index in &table.definition.global_indexes {
        let mut updates = request.indexes.iter();
        if is_switched && !updates.any(|update| update.name() == index.name) {
            without.push(&index.name);
        }
    }
    if !without.is_empty() {
        return Err(Refusal::invalid_values(format!(
            "ProvisionedThroughput must be specified for index: {}",
            without.join(",")
        ))
        .into());
    }
    for update in &request.indexes {
        if let IndexUpdate::Update { name, throughput } = update {
            check_units(table, name, *throughput, mode)?;
        }
    }
    Ok(())
}

fn check_units(
    table: &Table,
    name: &str,
    wanted: Throughput,
    mode: BillingMode,
) -> Result<(), Error> {
    let index = global(&table.definition, name);
    let is_out_of_bounds = wanted.read > MAX_UNITS || wanted.write > MAX_UNITS;
    let Some(index) = index.filter(|_| !is_out_of_bounds) else {
        return Err(Error::validation(
            "This operation cannot be performed with given input values. Please contact DynamoDB service team for \
             more info: Action Blocked: IndexUpdate",
        ));
    };
    if mode == BillingMode::PayPerRequest {
        return Err(no_units());
    }
    if let Some(stored) = table.index(name)
        && stored.state == IndexState::Creating
    {
        return Err(Error::in_use(format!(
            "Attempt to change a resource which is still in use: Index is being created. Table: {} Index: {name}",
            table.name()
        )));
    }
    match index.throughput {
        Some(current) if current == wanted => Err(will_not_change(
            &format!("the index {name}"),
            "the index",
            current,
            wanted,
        )),
        _ => Ok(()),
    }
}

fn global<'d>(definition: &'d CreateTable, name: &str) -> Option<&'d GlobalIndex> {
    let mut indexes = definition.global_indexes.iter();
    indexes.find(|index| index.name == name)
}

/// Checks what is to be created and deleted.
pub(super) fn check(table: &Table, request: &UpdateTable, mode: BillingMode) -> Result<(), Error> {
    for update in &request.indexes {
        match update {
            IndexUpdate::Update { .. } => {}
            IndexUpdate::Create(index) => {
                check_online(table, None)?;
                check_new(table, request, index, mode)?;
            }
            IndexUpdate::Delete(name) => {
                check_deleted(table, name)?;
                check_online(table, Some(name))?;
            }
        }
    }
    Ok(())
}

/// While an index is being filled, it can be deleted, and nothing else can be done.
fn check_online(table: &Table, deleted: Option<&str>) -> Result<(), Error> {
    let mut creating = table.indexes.iter();
    let mut creating = creating
        .by_ref()
        .filter(|index| index.state == IndexState::Creating);
    if creating.any(|index| Some(index.name.as_str()) != deleted) {
        return Err(Error::limit_exceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    Ok(())
}

fn check_deleted(table: &Table, name: &str) -> Result<(), Error> {
    match table.index(name).map(|index| index.kind) {
        Some(IndexKind::Global) => Ok(()),
        Some(IndexKind::Local) => Err(Refusal::invalid_values(format!(
            "Index: {name} is not a global secondary index"
        ))
        .into()),
        // As DynamoDB says it.
        None => Err(Error::not_found(format!(
            "Requested resource not found: Table: {name} not found"
        ))),
    }
}

fn check_new(
    table: &Table,
    request: &UpdateTable,
    index: &GlobalIndex,
    mode: BillingMode,
) -> Result<(), Error> {
    let name = &index.name;
    if table.index(name).is_some() {
        return Err(Error::validation(
            "Attempting to create an index which already exists",
        ));
    }
    if mode == BillingMode::PayPerRequest && index.throughput.is_some() {
        return Err(Refusal::invalid_values(format!(
            "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        ))
        .into());
    }
    check_redefined(table, request, index)?;
    let count = table.definition.global_indexes.len();
    if count >= MAX_GLOBAL_INDEXES {
        return Err(Refusal::invalid_values(format!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL_INDEXES}"
        ))
        .into());
    }
    let stored = table.indexes.iter().map(|index| &index.projection);
    let projected = stored.chain([&index.projection]).map(|projection| {
        if let IndexProjection::Include(names) = projection {
            return names.len();
        }
        0
    });
    if projected.sum::<usize>() > MAX_PROJECTED_ATTRIBUTES {
        return Err(Refusal::invalid_values(format!(
            "The number of NonKeyAttributes of all indexes exceeds the per-table limit of {MAX_PROJECTED_ATTRIBUTES}"
        ))
        .into());
    }
    Ok(())
}

/// An attribute has one type in all keys. What is defined and is no key of the new index is passed over.
fn check_redefined(table: &Table, request: &UpdateTable, index: &GlobalIndex) -> Result<(), Error> {
    let keys = || index.keys.partition.iter().chain(&index.keys.sort);
    let new_kind = |name: &String| {
        let mut attributes = request.attributes.iter();
        attributes.find(|attribute| attribute.name == *name)
    };
    for name in keys() {
        let mut attributes = table.definition.attributes.iter();
        let existing = attributes.find(|attribute| attribute.name == *name);
        let (Some(existing), Some(new)) = (existing, new_kind(name)) else {
            continue;
        };
        if existing.kind == new.kind {
            continue;
        }
        let partition = index.keys.partition.iter().filter_map(new_kind);
        let partition = partition.map(|key| (key.name.as_str(), key.kind.name(), "HASH"));
        let sort = index.keys.sort.iter().filter_map(new_kind);
        let sort = sort.map(|key| (key.name.as_str(), key.kind.name(), "RANGE"));
        return Err(Refusal::invalid_values(format!(
            "Attributes cannot be redefined. Please check that your attribute has the same type as previously \
             defined. Existing schema: {} New schema: {}",
            schema_with(table, name),
            schema(partition.chain(sort))
        ))
        .into());
    }
    Ok(())
}

/// The keys that an attribute is part of: the table's, or those of the first such index.
fn schema_with(table: &Table, name: &str) -> String {
    let has = |keys: &[KeyAttribute]| keys.iter().any(|key| key.name == name);
    let partition = std::slice::from_ref(&table.partition);
    let sort = table.sort.as_slice();
    if has(partition) || has(sort) {
        return schema_of(partition, sort);
    }
    let mut indexes = table.indexes.iter();
    let with = indexes.find(|index| has(&index.partition) || has(&index.sort));
    with.map_or_else(
        String::new,
        |Index {
             partition, sort, ..
         }| { schema_of(partition, sort) },
    )
}

fn schema_of(partition: &[KeyAttribute], sort: &[KeyAttribute]) -> String {
    let partition = partition.iter();
    let partition = partition.map(|key| (key.name.as_str(), key.kind.name(), "HASH"));
    let sort = sort.iter();
    let sort = sort.map(|key| (key.name.as_str(), key.kind.name(), "RANGE"));
    schema(partition.chain(sort))
}

/// Keys, as DynamoDB prints them.
fn schema<'k>(keys: impl Iterator<Item = (&'k str, &'k str, &'k str)>) -> String {
    let keys = keys.map(|(name, kind, role)| format!("SchemaElement: key{{{name}:{kind}:{role}}}"));
    let keys: Vec<String> = keys.collect();
    format!("Schema:[{}]", keys.join(", "))
}

/// Changes what is provisioned for indexes.
pub(super) fn provision(
    database: &Database,
    table: &Table,
    definition: &mut CreateTable,
    request: &UpdateTable,
) -> Result<(), Error> {
    let mode = super::description::mode(definition);
    for index in &mut definition.global_indexes {
        if mode == BillingMode::PayPerRequest {
            index.throughput = None;
        }
        for update in &request.indexes {
            let IndexUpdate::Update { name, throughput } = update else {
                continue;
            };
            if *name != index.name {
                continue;
            }
            let current = index.throughput.replace(*throughput);
            if let Some(stored) = table.index(name) {
                let current = current.unwrap_or(NOTHING);
                note_units(database, stored.number, current, *throughput)?;
            }
        }
    }
    Ok(())
}

/// Saves a table's new definition, with the index that comes or goes.
pub(super) fn change(
    database: &mut Database,
    table: &Table,
    definition: &mut CreateTable,
    request: &UpdateTable,
) -> Result<(), Error> {
    for update in &request.indexes {
        match update {
            IndexUpdate::Update { .. } => {}
            IndexUpdate::Create(index) => {
                for attribute in &request.attributes {
                    let mut attributes = definition.attributes.iter();
                    if attributes.all(|known| known.name != attribute.name) {
                        definition.attributes.push(attribute.clone());
                    }
                }
                definition.global_indexes.push(index.clone());
                prune(definition);
                return database.add_index(table, definition, &index.name);
            }
            IndexUpdate::Delete(name) => {
                definition
                    .global_indexes
                    .retain(|index| index.name != *name);
                prune(definition);
                if let Some(stored) = table.index(name) {
                    database.forget(stored.number)?;
                }
                return database.remove_index(table, definition, name);
            }
        }
    }
    database.save_definition(table, definition)
}

/// Describes indexes as they are while a table is being changed.
pub(super) fn answer(
    request: &UpdateTable,
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
) {
    const INDEXES: &str = "GlobalSecondaryIndexes";
    for update in &request.indexes {
        let described = before
            .get(INDEXES)
            .and_then(|list| named(list, update.name()));
        let list = after
            .entry(INDEXES)
            .or_insert_with(|| Value::Array(Vec::new()));
        match update {
            IndexUpdate::Create(index) => {
                if let Some(index) = named_mut(list, &index.name) {
                    index["Backfilling"] = false.into();
                }
            }
            IndexUpdate::Update { name, .. } => {
                if let Some(index) = named_mut(list, name) {
                    index["IndexStatus"] = "UPDATING".into();
                    let units = described.map(|index| &index["ProvisionedThroughput"]);
                    keep_units(units, index.get_mut("ProvisionedThroughput"));
                }
            }
            IndexUpdate::Delete(_) => {
                if let (Some(index), Value::Array(list)) = (described, list) {
                    let mut index = index.clone();
                    index["IndexStatus"] = "DELETING".into();
                    list.push(index);
                }
            }
        }
    }
}

fn named<'v>(list: &'v Value, name: &str) -> Option<&'v Value> {
    let mut list = list.as_array()?.iter();
    list.find(|index| index["IndexName"] == name)
}

fn named_mut<'v>(list: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    let mut list = list.as_array_mut()?.iter_mut();
    list.find(|index| index["IndexName"] == name)
}
