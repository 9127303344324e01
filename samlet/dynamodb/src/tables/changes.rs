//! What makes a stored table the one that a template declares: requests, one after the other, as CloudFormation sends
//! them. Keys and local indexes can't be changed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>

use std::collections::BTreeMap;

use samlet_aws::Place;
use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::request::{
    AttributeDefinition, Billing, BillingMode, CreateTable, GlobalIndex, IndexProjection,
    IndexUpdate, OnDemandThroughput, StreamSpecification, TableClass, TagResource, UntagResource,
    UpdateTable, UpdateTimeToLive,
};

use super::TableError;
use crate::database::Table;

/// In an update: the limit goes.
const NO_LIMIT: i64 = -1;

type Text = fn(&CreateTable) -> String;

/// What can't be changed under stored items, as text that is the same if it is.
const FIXED: [(&str, Text); 2] = [
    ("KeySchema", keys),
    ("LocalSecondaryIndexes", local_indexes),
];

/// What is to be requested, in this order.
pub(super) fn requests(
    place: &Place,
    stored: &Table,
    declared: &CreateTable,
    time_to_live: Option<&str>,
) -> Result<Vec<Request>, TableError> {
    let current = &stored.definition;
    for (what, of) in FIXED {
        let (stored, declared_part) = (of(current), of(declared));
        if stored != declared_part {
            return Err(TableError::Differs {
                name: declared.table.clone(),
                what,
                stored,
                declared: declared_part,
            });
        }
    }
    let mut requests = Vec::new();
    remove_indexes(current, declared, &mut requests);
    settings(current, declared, &mut requests);
    add_indexes(current, declared, &mut requests);
    stream(current, declared, &mut requests);
    tags(place, current, declared, &mut requests);
    let expires_by = stored.time_to_live.as_deref();
    if expires_by == time_to_live {
        return Ok(requests);
    }
    for (attribute, is_enabled) in [(expires_by, false), (time_to_live, true)] {
        if let Some(attribute) = attribute {
            requests.push(Request::UpdateTimeToLive(UpdateTimeToLive {
                table: declared.table.clone(),
                attribute: attribute.to_owned(),
                is_enabled,
            }));
        }
    }
    Ok(requests)
}

/// Whether a request is refused as long as an index is being filled.
pub(super) fn waits_for_indexes(request: &Request) -> bool {
    matches!(request, Request::UpdateTable(update) if !update.indexes.is_empty())
}

/// The keys of a table, with their types.
fn keys(table: &CreateTable) -> String {
    let partition = key(table, &table.keys.partition, "HASH");
    match &table.keys.sort {
        None => partition,
        Some(sort) => format!("{partition}, {}", key(table, sort, "RANGE")),
    }
}

fn key(table: &CreateTable, name: &str, role: &str) -> String {
    let mut attributes = table.attributes.iter();
    let kind = attributes.find(|attribute| attribute.name == name);
    let kind = kind.map_or("", |attribute| attribute.kind.name());
    format!("{name} {kind} {role}")
}

fn local_indexes(table: &CreateTable) -> String {
    let indexes = table.local_indexes.iter().map(|index| {
        let key = key(table, &index.sort, "RANGE");
        let projection = projection(&index.projection);
        format!("{} ({key}; {projection})", index.name)
    });
    let mut indexes: Vec<String> = indexes.collect();
    indexes.sort();
    if indexes.is_empty() {
        return "none".into();
    }
    indexes.join(", ")
}

fn projection(projection: &IndexProjection) -> String {
    let IndexProjection::Include(names) = projection else {
        return projection.name().into();
    };
    let mut names = names.clone();
    names.sort();
    format!("{} {}", projection.name(), names.join(" "))
}

/// What an index is, but for what is provisioned for it.
fn identity(table: &CreateTable, index: &GlobalIndex) -> String {
    let partition = index.keys.partition.iter();
    let partition = partition.map(|name| key(table, name, "HASH"));
    let sort = index.keys.sort.iter();
    let sort = sort.map(|name| key(table, name, "RANGE"));
    let keys: Vec<String> = partition.chain(sort).collect();
    format!("{}; {}", keys.join(", "), projection(&index.projection))
}

/// The index of a table that is the same as one of another, if there is one.
fn same<'t>(
    table: &'t CreateTable,
    other: &CreateTable,
    index: &GlobalIndex,
) -> Option<&'t GlobalIndex> {
    let mut indexes = table.global_indexes.iter();
    let found = indexes.find(|own| own.name == index.name)?;
    (identity(table, found) == identity(other, index)).then_some(found)
}

fn nothing(table: &CreateTable) -> UpdateTable {
    UpdateTable {
        table: table.table.clone(),
        attributes: Vec::new(),
        billing_mode: None,
        throughput: None,
        on_demand_throughput: None,
        indexes: Vec::new(),
        stream: None,
        class: None,
        deletion_protection: None,
    }
}

/// Removes indexes that are not declared, or otherwise.
fn remove_indexes(current: &CreateTable, declared: &CreateTable, requests: &mut Vec<Request>) {
    for index in &current.global_indexes {
        if same(declared, current, index).is_none() {
            requests.push(Request::UpdateTable(UpdateTable {
                indexes: vec![IndexUpdate::Delete(index.name.clone())],
                ..nothing(declared)
            }));
        }
    }
}

/// Adds indexes that are not stored, or were otherwise.
fn add_indexes(current: &CreateTable, declared: &CreateTable, requests: &mut Vec<Request>) {
    for index in &declared.global_indexes {
        if same(current, declared, index).is_some() {
            continue;
        }
        let is_key = |attribute: &&AttributeDefinition| {
            let name = &attribute.name;
            index.keys.partition.contains(name) || index.keys.sort.contains(name)
        };
        requests.push(Request::UpdateTable(UpdateTable {
            attributes: declared.attributes.iter().filter(is_key).cloned().collect(),
            indexes: vec![IndexUpdate::Create(index.clone())],
            ..nothing(declared)
        }));
    }
}

/// What can be changed at once: how the table is paid for, its class, whether it can be deleted.
fn settings(current: &CreateTable, declared: &CreateTable, requests: &mut Vec<Request>) {
    let mut update = nothing(declared);
    match (current.billing, declared.billing) {
        (Billing::Provisioned(current), Billing::Provisioned(wanted)) => {
            update.throughput = (current != wanted).then_some(wanted);
        }
        (Billing::PayPerRequest(_), Billing::Provisioned(wanted)) => {
            update.billing_mode = Some(BillingMode::Provisioned);
            update.throughput = Some(wanted);
        }
        (Billing::Provisioned(_), Billing::PayPerRequest(wanted)) => {
            update.billing_mode = Some(BillingMode::PayPerRequest);
            update.on_demand_throughput = wanted;
        }
        (Billing::PayPerRequest(current), Billing::PayPerRequest(wanted)) => {
            if current != wanted {
                update.on_demand_throughput = Some(limits(current, wanted));
            }
        }
    }
    for index in &declared.global_indexes {
        let stored = same(current, declared, index);
        if let (Some(stored), Some(throughput)) = (stored, index.throughput)
            && stored.throughput != Some(throughput)
        {
            update.indexes.push(IndexUpdate::Update {
                name: index.name.clone(),
                throughput,
            });
        }
    }
    let class = |table: &CreateTable| table.class.unwrap_or(TableClass::Standard);
    if class(current) != class(declared) {
        update.class = Some(class(declared));
    }
    let protection = |table: &CreateTable| table.deletion_protection.unwrap_or_default();
    if protection(current) != protection(declared) {
        update.deletion_protection = Some(protection(declared));
    }
    if update != nothing(declared) {
        requests.push(Request::UpdateTable(update));
    }
}

/// An update from some limits to others.
fn limits(
    current: Option<OnDemandThroughput>,
    wanted: Option<OnDemandThroughput>,
) -> OnDemandThroughput {
    let limit = |of: fn(OnDemandThroughput) -> Option<i64>| {
        let had = current.and_then(of).map(|_| NO_LIMIT);
        wanted.and_then(of).or(had)
    };
    OnDemandThroughput {
        max_read: limit(|limits| limits.max_read),
        max_write: limit(|limits| limits.max_write),
    }
}

/// A stream with another view is another stream.
fn stream(current: &CreateTable, declared: &CreateTable, requests: &mut Vec<Request>) {
    let enabled = |table: &CreateTable| match table.stream {
        Some(StreamSpecification::Enabled(view)) => Some(view),
        Some(StreamSpecification::Disabled) | None => None,
    };
    let (current, wanted) = (enabled(current), enabled(declared));
    if current == wanted {
        return;
    }
    let disabled = current.map(|_| StreamSpecification::Disabled);
    let enabled = wanted.map(StreamSpecification::Enabled);
    for specification in [disabled, enabled].into_iter().flatten() {
        requests.push(Request::UpdateTable(UpdateTable {
            stream: Some(specification),
            ..nothing(declared)
        }));
    }
}

fn tags(place: &Place, current: &CreateTable, declared: &CreateTable, requests: &mut Vec<Request>) {
    let resource = place.arn("dynamodb", format_args!("table/{}", current.table));
    let (current, wanted) = (&current.tags, &declared.tags);
    let gone = current.keys().filter(|key| !wanted.contains_key(*key));
    let gone: Vec<String> = gone.cloned().collect();
    if !gone.is_empty() {
        requests.push(Request::UntagResource(UntagResource {
            resource: resource.as_str().to_owned(),
            keys: gone,
        }));
    }
    let new = wanted.iter();
    let new = new.filter(|(key, value)| current.get(*key) != Some(*value));
    let new: BTreeMap<String, String> = new
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !new.is_empty() {
        requests.push(Request::TagResource(TagResource {
            resource: resource.into(),
            tags: new,
        }));
    }
}
