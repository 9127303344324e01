//! CreateTable.

use std::collections::BTreeMap;

use samlet_aws::Place;
use serde_json::{Map, Value};

use super::form::{CreateForm, OnDemandForm};
use super::parts::{
    AttributeDefinition, BillingMode, Encryption, GlobalIndex, LocalIndex, OnDemandThroughput,
    StreamSpecification, TableClass, TableKeys, Throughput,
};
use super::{read_form, rules, tags, write_form};
use crate::Refusal;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub table: String,
    /// The attributes of its and its indexes' keys; each is part of one.
    pub attributes: Vec<AttributeDefinition>,
    /// Its keys.
    pub keys: TableKeys,
    /// Its local indexes.
    pub local_indexes: Vec<LocalIndex>,
    /// Its global indexes.
    pub global_indexes: Vec<GlobalIndex>,
    /// How it is paid for.
    pub billing: Billing,
    /// Its stream.
    pub stream: Option<StreamSpecification>,
    /// How it is encrypted.
    pub encryption: Option<Encryption>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its class.
    pub class: Option<TableClass>,
    /// Whether it can't be deleted.
    pub deletion_protection: Option<bool>,
}

/// How a new table is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// By what is provisioned.
    Provisioned(Throughput),
    /// By request, within limits.
    PayPerRequest(Option<OnDemandThroughput>),
}

impl CreateTable {
    /// Reads it from its members.
    pub(in super::super) fn read(
        members: Map<String, Value>,
        _place: &Place,
    ) -> Result<Self, Refusal> {
        let form: CreateForm = read_form(members)?;
        let billing = billing(&form)?;
        let mode = match billing {
            Billing::Provisioned(_) => BillingMode::Provisioned,
            Billing::PayPerRequest(_) => BillingMode::PayPerRequest,
        };
        let definitions = form.attribute_definitions;
        let (local, global) = (form.local_secondary_indexes, form.global_secondary_indexes);
        rules::check_key_counts(local.as_ref(), global.as_ref())?;
        rules::check_definitions(&definitions)?;
        let keys = rules::table_keys(form.key_schema, &definitions)?;
        for (forms, name) in [
            (&local, "LocalSecondaryIndexes"),
            (&global, "GlobalSecondaryIndexes"),
        ] {
            if forms.as_ref().is_some_and(Vec::is_empty) {
                return Err(Refusal::invalid_values(format!("List of {name} is empty")));
            }
        }
        let local_indexes = rules::local_indexes(local, &keys, &definitions)?;
        let global_indexes = rules::global_indexes(global, mode, &definitions)?;
        check_indexes(&local_indexes, &global_indexes)?;
        rules::check_all_used(&definitions, &keys, &local_indexes, &global_indexes)?;
        let disabled = "Table is being created with a stream disabled";
        let stream = rules::stream(form.stream_specification.as_ref(), disabled)?;
        let tags = tags::read(form.tags.unwrap_or_default())?;
        let attributes = definitions.into_iter();
        Ok(Self {
            table: form.table_name,
            attributes: attributes
                .filter_map(AttributeDefinition::from_form)
                .collect(),
            keys,
            local_indexes,
            global_indexes,
            billing,
            stream,
            encryption: form.encryption.map(Encryption::from_form),
            tags,
            class: form.table_class.as_deref().and_then(TableClass::from_name),
            deletion_protection: form.deletion_protection_enabled,
        })
    }

    /// Writes it as a client would send it.
    pub(in super::super) fn write(&self) -> Value {
        let (mode, throughput, on_demand) = match self.billing {
            Billing::Provisioned(throughput) => (BillingMode::Provisioned, Some(throughput), None),
            Billing::PayPerRequest(limits) => (BillingMode::PayPerRequest, None, limits),
        };
        let partition = &self.keys.partition;
        let local = self.local_indexes.iter().map(|index| index.form(partition));
        let global = self.global_indexes.iter().map(GlobalIndex::form);
        let attributes = self.attributes.iter().map(AttributeDefinition::form);
        write_form(&CreateForm {
            table_name: self.table.clone(),
            attribute_definitions: attributes.collect(),
            key_schema: self.keys.form(),
            local_secondary_indexes: non_empty(local.collect()),
            global_secondary_indexes: non_empty(global.collect()),
            billing_mode: Some(mode.name().into()),
            provisioned_throughput: throughput.map(Throughput::form),
            on_demand_throughput: on_demand.map(OnDemandThroughput::form),
            stream_specification: self.stream.map(StreamSpecification::form),
            encryption: self.encryption.as_ref().map(Encryption::form),
            tags: non_empty(tags::form(&self.tags)),
            table_class: self.class.map(|class| class.name().into()),
            deletion_protection_enabled: self.deletion_protection,
        })
    }
}

fn non_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn billing(form: &CreateForm) -> Result<Billing, Refusal> {
    let mode = form
        .billing_mode
        .as_deref()
        .and_then(BillingMode::from_name);
    let throughput = rules::check_throughput(mode, form.provisioned_throughput.as_ref())?;
    let on_demand = form.on_demand_throughput.as_ref();
    if mode == Some(BillingMode::PayPerRequest) {
        let limits = on_demand.and_then(OnDemandThroughput::from_form);
        check_limits(on_demand)?;
        return Ok(Billing::PayPerRequest(limits));
    }
    let throughput = throughput.ok_or_else(|| {
        Refusal::invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )
    })?;
    if let Some((name, _)) = on_demand.and_then(|form| limits(form).next()) {
        return Err(Refusal::invalid_values(format!(
            "{name} for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."
        )));
    }
    Ok(Billing::Provisioned(throughput))
}

fn check_limits(form: Option<&OnDemandForm>) -> Result<(), Refusal> {
    for (name, limit) in form.into_iter().flat_map(limits) {
        if limit < 1 {
            return Err(Refusal::invalid_values(format!(
                "Requested {name} for OnDemandThroughput for table is outside of valid range"
            )));
        }
    }
    Ok(())
}

/// The limits that are there.
fn limits(form: &OnDemandForm) -> impl Iterator<Item = (&'static str, i64)> {
    let limits = [
        ("MaxReadRequestUnits", form.max_read_request_units),
        ("MaxWriteRequestUnits", form.max_write_request_units),
    ];
    let limits = limits.into_iter();
    limits.filter_map(|(name, limit)| Some((name, limit?)))
}

fn check_indexes(local: &[LocalIndex], global: &[GlobalIndex]) -> Result<(), Refusal> {
    rules::check_duplicates(index_names(local, global))?;
    let local = local.iter().map(|index| &index.projection);
    rules::check_projected(local.chain(global.iter().map(|index| &index.projection)))
}

fn index_names<'i>(
    local: &'i [LocalIndex],
    global: &'i [GlobalIndex],
) -> impl Iterator<Item = &'i str> {
    let local = local.iter().map(|index| index.name.as_str());
    local.chain(global.iter().map(|index| index.name.as_str()))
}
