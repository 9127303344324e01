//! What UpdateTable changes of a table, in DynamoDB's order of checks.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>

use samlet_dynamodb_api::Refusal;
use samlet_dynamodb_api::request::{
    Billing, BillingMode, CreateTable, OnDemandThroughput, StreamSpecification, Throughput,
    UpdateTable,
};
use serde_json::{Map, Value, json};

use super::description::{self, Status};
use super::{indexes, tables};
use crate::database::{Database, Event, Table};
use crate::error::Error;
use crate::streams;

/// In an update: the limit goes.
const NO_LIMIT: i64 = -1;

/// Changes a table. What is refused changes nothing.
pub(super) fn update(database: &mut Database, request: &UpdateTable) -> Result<Value, Error> {
    let table = tables::named(database, &request.table)?;
    let mut definition = table.definition.clone();
    definition.billing = billing(&table, request)?;
    indexes::check_throughput(&table, request, description::mode(&definition))?;
    check_stream(&table, request)?;
    indexes::check(&table, request, description::mode(&definition))?;

    let before = description::of(database, &table, Status::Active)?;
    note_throughput(database, &table, definition.billing)?;
    if let Some(class) = request.class {
        definition.class = Some(class);
        database.note(table.number, Event::Class)?;
    }
    if request.deletion_protection.is_some() {
        definition.deletion_protection = request.deletion_protection;
    }
    match request.stream {
        None => {}
        Some(StreamSpecification::Enabled(_)) => definition.stream = request.stream,
        Some(StreamSpecification::Disabled) => definition.stream = None,
    }
    indexes::provision(database, &table, &mut definition, request)?;
    indexes::change(database, &table, &mut definition, request)?;
    change_stream(database, request)?;

    let table = tables::named(database, &request.table)?;
    let is_pending = request.deletion_protection.is_none() || changes_more(request);
    let status = if is_pending {
        Status::Updating
    } else {
        Status::Active
    };
    let after = description::of(database, &table, status)?;
    let answer = answer(request, &before, after);
    Ok(json!({"TableDescription": answer}))
}

/// Whether something changes beside whether the table can be deleted, which changes at once.
fn changes_more(request: &UpdateTable) -> bool {
    request.billing_mode.is_some()
        || request.throughput.is_some()
        || request.on_demand_throughput.is_some()
        || request.stream.is_some()
        || request.class.is_some()
        || !request.indexes.is_empty()
}

/// How the table is to be paid for.
fn billing(table: &Table, request: &UpdateTable) -> Result<Billing, Error> {
    let current = table.definition.billing;
    let mode = request
        .billing_mode
        .unwrap_or_else(|| description::mode(&table.definition));
    if mode == BillingMode::PayPerRequest {
        if request.throughput.is_some() {
            return Err(indexes::no_units());
        }
        let limits = match current {
            Billing::PayPerRequest(limits) => limits,
            Billing::Provisioned(_) => None,
        };
        let Some(change) = request.on_demand_throughput else {
            return Ok(Billing::PayPerRequest(limits));
        };
        return Ok(Billing::PayPerRequest(limited(limits, change)?));
    }
    if let Some(limits) = request.on_demand_throughput {
        let name = if limits.max_read.is_some() {
            "MaxReadRequestUnits"
        } else {
            "MaxWriteRequestUnits"
        };
        return Err(Refusal::invalid_values(format!(
            "{name} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
        ))
        .into());
    }
    match (current, request.throughput) {
        (Billing::Provisioned(current), Some(wanted)) if current == wanted => {
            Err(will_not_change("the table", "the table", current, wanted))
        }
        (_, Some(wanted)) => Ok(Billing::Provisioned(wanted)),
        (current, None) => Ok(current),
    }
}

/// The refusal of throughput that is provisioned already; `whose` as the first sentence has it, then as the others do.
pub(super) fn will_not_change(
    first: &str,
    whose: &str,
    current: Throughput,
    wanted: Throughput,
) -> Error {
    Error::validation(format!(
        "The provisioned throughput for {first} will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for {whose}: {}. Requested ReadCapacityUnits: {}. \
         Current WriteCapacityUnits provisioned for {whose}: {}. Requested WriteCapacityUnits: {}. \
         Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        current.read, wanted.read, current.write, wanted.write
    ))
}

/// Limits as an update leaves them.
fn limited(
    limits: Option<OnDemandThroughput>,
    change: OnDemandThroughput,
) -> Result<Option<OnDemandThroughput>, Error> {
    for (name, limit) in [
        ("MaxReadRequestUnits", change.max_read),
        ("MaxWriteRequestUnits", change.max_write),
    ] {
        if limit.is_some_and(|limit| limit < 1 && limit != NO_LIMIT) {
            return Err(Refusal::invalid_values(format!(
                "Requested {name} for OnDemandThroughput for table is outside of valid range"
            ))
            .into());
        }
    }
    let kept = |limit: Option<i64>| limit.filter(|limit| *limit != NO_LIMIT);
    let merged = merged(limits, change);
    let (max_read, max_write) = (kept(merged.max_read), kept(merged.max_write));
    let is_limited = max_read.is_some() || max_write.is_some();
    Ok(is_limited.then_some(OnDemandThroughput {
        max_read,
        max_write,
    }))
}

fn merged(limits: Option<OnDemandThroughput>, change: OnDemandThroughput) -> OnDemandThroughput {
    OnDemandThroughput {
        max_read: change
            .max_read
            .or(limits.and_then(|limits| limits.max_read)),
        max_write: change
            .max_write
            .or(limits.and_then(|limits| limits.max_write)),
    }
}

fn check_stream(table: &Table, request: &UpdateTable) -> Result<(), Error> {
    let name = table.name();
    match (request.stream, &table.stream) {
        (Some(StreamSpecification::Enabled(_)), Some(_)) => Err(Error::validation(format!(
            "Table already has an enabled stream: TableName: {name}"
        ))),
        (Some(StreamSpecification::Disabled), None) => Err(Error::validation(format!(
            "Table has no stream to disable: TableName: {name}"
        ))),
        _ => Ok(()),
    }
}

/// Begins or ends the stream of a table whose definition is saved.
fn change_stream(database: &mut Database, request: &UpdateTable) -> Result<(), Error> {
    let table = database.table(&request.table)?;
    match request.stream {
        None => Ok(()),
        Some(StreamSpecification::Enabled(view)) => {
            streams::begin(database, &table, view).map(drop)
        }
        Some(StreamSpecification::Disabled) => streams::end(database, &table),
    }
}

/// Notes how a table's throughput changes.
fn note_throughput(database: &Database, table: &Table, billing: Billing) -> Result<(), Error> {
    match (table.definition.billing, billing) {
        (Billing::Provisioned(_), Billing::PayPerRequest(_)) => {
            database.note(table.number, Event::OnDemand)
        }
        (Billing::Provisioned(current), Billing::Provisioned(wanted)) => {
            note_units(database, table.number, current, wanted)
        }
        (Billing::PayPerRequest(_), Billing::Provisioned(wanted)) => {
            if database.history(table.number)?.on_demand.is_none() {
                database.note_at(table.number, Event::OnDemand, table.created)?;
            }
            note_units(database, table.number, indexes::NOTHING, wanted)
        }
        (Billing::PayPerRequest(_), Billing::PayPerRequest(_)) => Ok(()),
    }
}

/// Notes whether units rise and fall.
pub(super) fn note_units(
    database: &Database,
    owner: i64,
    current: Throughput,
    wanted: Throughput,
) -> Result<(), Error> {
    if wanted.read > current.read || wanted.write > current.write {
        database.note(owner, Event::Increase)?;
    }
    if wanted.read < current.read || wanted.write < current.write {
        database.note(owner, Event::Decrease)?;
    }
    Ok(())
}

/// A description of what is only about to change, as DynamoDB answers: it shows the present throughput, and indexes
/// that come and go.
fn answer(
    request: &UpdateTable,
    before: &Map<String, Value>,
    mut after: Map<String, Value>,
) -> Map<String, Value> {
    let units = "ProvisionedThroughput";
    keep_units(before.get(units), after.get_mut(units));
    let summary = "BillingModeSummary";
    if before.get(summary).is_none()
        && let Some(summary) = after.get_mut(summary).and_then(Value::as_object_mut)
    {
        summary.remove("LastUpdateToPayPerRequestDateTime");
    }
    if let Some(change) = request.on_demand_throughput {
        let of = |name: &str| before.get("OnDemandThroughput")?.get(name)?.as_i64();
        let limits = merged(
            Some(OnDemandThroughput {
                max_read: of("MaxReadRequestUnits"),
                max_write: of("MaxWriteRequestUnits"),
            }),
            change,
        );
        let limits = description::on_demand(limits.max_read, limits.max_write);
        after.insert("OnDemandThroughput".into(), limits);
    }
    indexes::answer(request, before, &mut after);
    after
}

/// Puts the units from before into a description, unless there were none or are none now.
pub(super) fn keep_units(before: Option<&Value>, after: Option<&mut Value>) {
    let (Some(before), Some(after)) = (before, after) else {
        return;
    };
    if before["ReadCapacityUnits"] == 0 || after["ReadCapacityUnits"] == 0 {
        return;
    }
    for name in [
        "NumberOfDecreasesToday",
        "ReadCapacityUnits",
        "WriteCapacityUnits",
    ] {
        after[name] = before[name].clone();
    }
}

/// A table's definition without attributes that are part of no key any more.
pub(super) fn prune(definition: &mut CreateTable) {
    let mut attributes = std::mem::take(&mut definition.attributes);
    attributes.retain(|attribute| {
        let name = &attribute.name;
        let mut local = definition.local_indexes.iter();
        let mut global = definition.global_indexes.iter();
        definition.keys.partition == *name
            || definition.keys.sort.as_ref() == Some(name)
            || local.any(|index| index.sort == *name)
            || global
                .any(|index| index.keys.partition.contains(name) || index.keys.sort.contains(name))
    });
    definition.attributes = attributes;
}

#[cfg(test)]
mod tests;
