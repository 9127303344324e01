//! What is said of a table: `TableDescription`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html>

use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::request::{
    Billing, BillingMode, CreateTable, Encryption, StreamSpecification, Throughput,
};
use serde_json::{Map, Value, json};

use crate::database::{Count, Counts, Database, History, IndexState, Table};
use crate::error::Error;
use crate::streams;

/// What a new table that is paid for by request can take at once.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html>
const WARM_ON_DEMAND: Throughput = Throughput {
    read: 12_000,
    write: 4_000,
};

/// The key that tables are encrypted by if the request names none.
const DEFAULT_KEY: &str = "alias/aws/dynamodb";

/// What only DescribeTable, CreateTable and UpdateTable say.
const NOT_WHEN_DELETED: [&str; 6] = [
    "CreationDateTime",
    "KeySchema",
    "AttributeDefinitions",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "WarmThroughput",
];

/// `TableStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Of the answer to CreateTable.
    Creating,
    /// Of a table that is there.
    Active,
    /// Of the answer to UpdateTable.
    Updating,
    /// Of the answer to DeleteTable.
    Deleting,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
        }
    }
}

/// How a table is paid for.
pub(crate) fn mode(definition: &CreateTable) -> BillingMode {
    match definition.billing {
        Billing::Provisioned(_) => BillingMode::Provisioned,
        Billing::PayPerRequest(_) => BillingMode::PayPerRequest,
    }
}

/// What is provisioned for a table: nothing if it is paid for by request.
pub(crate) fn provisioned(definition: &CreateTable) -> Option<Throughput> {
    match definition.billing {
        Billing::Provisioned(throughput) => Some(throughput),
        Billing::PayPerRequest(_) => None,
    }
}

/// Describes a table.
pub(crate) fn of(
    database: &Database,
    table: &Table,
    status: Status,
) -> Result<Map<String, Value>, Error> {
    let counts = database.counts(table)?;
    let history = database.history(table.number)?;
    let definition = &table.definition;
    let mut written = Request::CreateTable(definition.clone()).to_json();
    let mut description = Map::new();
    let mut set = |name: &str, value: Value| description.insert(name.to_owned(), value);
    for name in ["AttributeDefinitions", "KeySchema"] {
        set(name, written[name].take());
    }
    set("TableName", table.name().into());
    set("TableStatus", status.name().into());
    set("CreationDateTime", time(table.created));
    let throughput = provisioned(definition);
    set("ProvisionedThroughput", units(throughput, &history));
    set("TableSizeBytes", counts.table.bytes.into());
    set("ItemCount", counts.table.items.into());
    set("TableArn", arn(database, table, "").into());
    set("TableId", table.id.as_str().into());
    if let Some(summary) = billing_summary(table, status, &history) {
        set("BillingModeSummary", summary);
    }
    let warm = throughput.unwrap_or(WARM_ON_DEMAND);
    set("WarmThroughput", warm_throughput(warm, status.name()));
    let protection = definition.deletion_protection.unwrap_or_default();
    set("DeletionProtectionEnabled", protection.into());
    for (name, value) in optional(database, table, &history)? {
        set(name, value);
    }
    let local = written["LocalSecondaryIndexes"].take();
    if let Value::Array(indexes) = local {
        let described = indexes.into_iter();
        let described = described.map(|index| local_index(database, table, &counts, index));
        set("LocalSecondaryIndexes", described.collect());
    }
    let global = written["GlobalSecondaryIndexes"].take();
    if let Value::Array(indexes) = global {
        let described = indexes.into_iter();
        let described =
            described.map(|index| global_index(database, table, &counts, index, status));
        set(
            "GlobalSecondaryIndexes",
            described.collect::<Result<_, _>>()?,
        );
    }
    if status == Status::Deleting {
        for name in NOT_WHEN_DELETED {
            description.remove(name);
        }
    }
    Ok(description)
}

/// A time as it is in answers: to the millisecond.
pub(super) fn time(seconds: f64) -> Value {
    ((seconds * 1000.0).round() / 1000.0).into()
}

/// The ARN of what belongs to a table.
pub(super) fn arn(database: &Database, table: &Table, path: &str) -> String {
    let name = table.name();
    let place = &database.shared().place;
    place
        .arn("dynamodb", format_args!("table/{name}{path}"))
        .into()
}

/// `ProvisionedThroughput`.
fn units(throughput: Option<Throughput>, history: &History) -> Value {
    let mut units = json!({
        "NumberOfDecreasesToday": history.decreases_today,
        "ReadCapacityUnits": throughput.map_or(0, |units| units.read),
        "WriteCapacityUnits": throughput.map_or(0, |units| units.write),
    });
    if throughput.is_some() {
        for (name, at) in [
            ("LastIncreaseDateTime", history.increased),
            ("LastDecreaseDateTime", history.decreased),
        ] {
            if let Some(at) = at {
                units[name] = time(at);
            }
        }
    }
    units
}

/// `BillingModeSummary`, of tables that are or were paid for by request.
fn billing_summary(table: &Table, status: Status, history: &History) -> Option<Value> {
    let mode = mode(&table.definition);
    let is_on_demand = mode == BillingMode::PayPerRequest;
    // One that was made so has been so since then.
    let since = history
        .on_demand
        .or_else(|| is_on_demand.then_some(table.created));
    let mut summary = json!({"BillingMode": mode.name()});
    if status != Status::Creating {
        summary["LastUpdateToPayPerRequestDateTime"] = time(since?);
    }
    since.map(|_| summary)
}

fn warm_throughput(units: Throughput, status: &str) -> Value {
    json!({
        "ReadUnitsPerSecond": units.read,
        "WriteUnitsPerSecond": units.write,
        "Status": status,
    })
}

/// What is only said of some tables.
fn optional(
    database: &Database,
    table: &Table,
    history: &History,
) -> Result<Vec<(&'static str, Value)>, Error> {
    let definition = &table.definition;
    let mut members = Vec::new();
    if let Some(StreamSpecification::Enabled(view)) = definition.stream {
        let specification = json!({"StreamEnabled": true, "StreamViewType": view.name()});
        members.push(("StreamSpecification", specification));
    }
    if let Some(label) = streams::latest_label(database, table)? {
        let arn = streams::arn(&database.shared().place, table.name(), &label);
        members.push(("LatestStreamArn", arn.as_str().into()));
        members.push(("LatestStreamLabel", label.into()));
    }
    if let Some(encryption) = &definition.encryption
        && encryption.is_enabled == Some(true)
    {
        members.push(("SSEDescription", encrypted(database, encryption)));
    }
    if let Some(class) = definition.class {
        let mut summary = json!({"TableClass": class.name()});
        if let Some(at) = history.class {
            summary["LastUpdateDateTime"] = time(at);
        }
        members.push(("TableClassSummary", summary));
    }
    if let Billing::PayPerRequest(Some(limits)) = definition.billing {
        members.push((
            "OnDemandThroughput",
            on_demand(limits.max_read, limits.max_write),
        ));
    }
    Ok(members)
}

/// `OnDemandThroughput`.
pub(super) fn on_demand(max_read: Option<i64>, max_write: Option<i64>) -> Value {
    let mut limits = Map::new();
    if let Some(max_read) = max_read {
        limits.insert("MaxReadRequestUnits".into(), max_read.into());
    }
    if let Some(max_write) = max_write {
        limits.insert("MaxWriteRequestUnits".into(), max_write.into());
    }
    limits.into()
}

/// `SSEDescription`.
fn encrypted(database: &Database, encryption: &Encryption) -> Value {
    let place = &database.shared().place;
    let key = encryption.key.as_deref().unwrap_or(DEFAULT_KEY);
    let key = if key.starts_with("arn:") {
        key.to_owned()
    } else if key.starts_with("alias/") {
        place.arn("kms", key).into()
    } else {
        place.arn("kms", format_args!("key/{key}")).into()
    };
    json!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key})
}

fn local_index(database: &Database, table: &Table, counts: &Counts, mut index: Value) -> Value {
    describe_index(database, table, counts, &mut index);
    index
}

fn global_index(
    database: &Database,
    table: &Table,
    counts: &Counts,
    mut index: Value,
    status: Status,
) -> Result<Value, Error> {
    describe_index(database, table, counts, &mut index);
    let name = index["IndexName"].as_str().unwrap_or_default();
    let Some(stored) = table.index(name) else {
        return Ok(index);
    };
    let definitions = &table.definition.global_indexes;
    let definition = definitions.iter().find(|global| global.name == name);
    let throughput = definition.and_then(|global| global.throughput);
    let state = match (status, stored.state) {
        (Status::Creating, IndexState::Active) => IndexState::Creating,
        (_, state) => state,
    };
    index["IndexStatus"] = state.name().into();
    if stored.state == IndexState::Creating {
        index["Backfilling"] = true.into();
    }
    let history = database.history(stored.number)?;
    index["ProvisionedThroughput"] = units(throughput, &history);
    let warm = match provisioned(&table.definition) {
        Some(_) => throughput.unwrap_or(Throughput { read: 0, write: 0 }),
        None => WARM_ON_DEMAND,
    };
    let state = match state {
        IndexState::Creating => "CREATING",
        IndexState::Active => "ACTIVE",
    };
    index["WarmThroughput"] = warm_throughput(warm, state);
    Ok(index)
}

/// What is said of local and global indexes.
fn describe_index(database: &Database, table: &Table, counts: &Counts, index: &mut Value) {
    let name = index["IndexName"].as_str().unwrap_or_default();
    let position = table.indexes.iter().position(|index| index.name == name);
    let stored = position.and_then(|position| counts.indexes.get(position));
    let Count { items, bytes } = stored.copied().unwrap_or_default();
    let arn = arn(database, table, &format!("/index/{name}"));
    index["IndexSizeBytes"] = bytes.into();
    index["ItemCount"] = items.into();
    index["IndexArn"] = arn.into();
}
