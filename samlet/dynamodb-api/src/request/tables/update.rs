//! UpdateTable.

use std::collections::BTreeSet;

use samlet_aws::Place;
use serde_json::{Map, Value};

use super::form::{AttributeForm, IndexNameForm, IndexThroughputForm, IndexUpdateForm, UpdateForm};
use super::parts::{
    AttributeDefinition, BillingMode, GlobalIndex, OnDemandThroughput, StreamSpecification,
    TableClass, Throughput,
};
use super::{read_form, rules, write_form};
use crate::Refusal;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateTable {
    /// The table's name.
    pub table: String,
    /// Attributes of a new index's keys.
    pub attributes: Vec<AttributeDefinition>,
    /// How it is paid for from now on.
    pub billing_mode: Option<BillingMode>,
    /// What is provisioned for it from now on.
    pub throughput: Option<Throughput>,
    /// Its limits from now on.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What becomes of its global indexes. At most one of them is created or deleted.
    pub indexes: Vec<IndexUpdate>,
    /// What becomes of its stream.
    pub stream: Option<StreamSpecification>,
    /// Its class from now on.
    pub class: Option<TableClass>,
    /// Whether it can't be deleted from now on.
    pub deletion_protection: Option<bool>,
}

/// What becomes of a global index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexUpdate {
    /// It is made.
    Create(GlobalIndex),
    /// What is provisioned for it changes.
    Update {
        /// Its name.
        name: String,
        /// What is provisioned for it from now on.
        throughput: Throughput,
    },
    /// It is deleted: its name.
    Delete(String),
}

impl IndexUpdate {
    /// The index's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Create(index) => &index.name,
            Self::Update { name, .. } | Self::Delete(name) => name,
        }
    }
}

impl UpdateTable {
    /// Reads it from its members.
    pub(in super::super) fn read(
        members: Map<String, Value>,
        _place: &Place,
    ) -> Result<Self, Refusal> {
        let form: UpdateForm = read_form(members)?;
        let billing_mode = form
            .billing_mode
            .as_deref()
            .and_then(BillingMode::from_name);
        let throughput = form.provisioned_throughput.as_ref();
        let throughput = rules::check_throughput(billing_mode, throughput)?;
        let on_demand = form.on_demand_throughput.as_ref();
        let on_demand_throughput = on_demand.and_then(OnDemandThroughput::from_form);
        let updates = form.global_secondary_index_updates.unwrap_or_default();
        let changes_something = throughput.is_some()
            || billing_mode.is_some()
            || on_demand_throughput.is_some()
            || !updates.is_empty()
            || form.stream_specification.is_some()
            || form.table_class.is_some()
            || form.deletion_protection_enabled.is_some();
        if !changes_something {
            return Err(Refusal::validation(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                 GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
            ));
        }
        if billing_mode == Some(BillingMode::Provisioned) && throughput.is_none() {
            return Err(Refusal::invalid_values(
                "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
            ));
        }
        if form.attribute_definitions.is_none() {
            check_needs_no_definitions(&updates)?;
        }
        let definitions = form.attribute_definitions.unwrap_or_default();
        rules::check_definitions(&definitions)?;
        let indexes = index_updates(updates, billing_mode, &definitions)?;
        let disabled = "Stream is being disabled";
        let stream = rules::stream(form.stream_specification.as_ref(), disabled)?;
        let attributes = definitions.into_iter();
        Ok(Self {
            table: form.table_name,
            attributes: attributes
                .filter_map(AttributeDefinition::from_form)
                .collect(),
            billing_mode,
            throughput,
            on_demand_throughput,
            indexes,
            stream,
            class: form.table_class.as_deref().and_then(TableClass::from_name),
            deletion_protection: form.deletion_protection_enabled,
        })
    }

    /// Writes it as a client would send it.
    pub(in super::super) fn write(&self) -> Value {
        let attributes: Vec<_> = self
            .attributes
            .iter()
            .map(AttributeDefinition::form)
            .collect();
        let updates: Vec<_> = self.indexes.iter().map(IndexUpdate::form).collect();
        write_form(&UpdateForm {
            table_name: self.table.clone(),
            attribute_definitions: (!attributes.is_empty()).then_some(attributes),
            billing_mode: self.billing_mode.map(|mode| mode.name().into()),
            provisioned_throughput: self.throughput.map(Throughput::form),
            on_demand_throughput: self.on_demand_throughput.map(OnDemandThroughput::form),
            global_secondary_index_updates: (!updates.is_empty()).then_some(updates),
            stream_specification: self.stream.map(StreamSpecification::form),
            table_class: self.class.map(|class| class.name().into()),
            deletion_protection_enabled: self.deletion_protection,
        })
    }
}

/// The attributes of a new index's keys are defined with it, even if the table has them already.
fn check_needs_no_definitions(forms: &[IndexUpdateForm]) -> Result<(), Refusal> {
    match forms.iter().find_map(|form| form.create.as_ref()) {
        None => Ok(()),
        Some(index) => Err(rules::undefined(&index.key_schema, &[])),
    }
}

fn index_updates(
    forms: Vec<IndexUpdateForm>,
    mode: Option<BillingMode>,
    definitions: &[AttributeForm],
) -> Result<Vec<IndexUpdate>, Refusal> {
    check_actions(&forms)?;
    let is_online = |form: &&IndexUpdateForm| form.update.is_none();
    if forms.iter().filter(is_online).count() > 1 {
        return Err(Refusal::LimitExceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
                .into(),
        ));
    }
    let updates = forms
        .into_iter()
        .map(|form| IndexUpdate::from_form(form, definitions))
        .collect::<Result<Vec<_>, _>>()?;
    for update in &updates {
        if let IndexUpdate::Create(index) = update
            && mode == Some(BillingMode::PayPerRequest)
        {
            rules::check_no_throughput(index)?;
        }
    }
    Ok(updates)
}

/// Each has one action, on an index of its own.
fn check_actions(forms: &[IndexUpdateForm]) -> Result<(), Refusal> {
    const ACTIONS: &str = "GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
        GlobalSecondaryIndexUpdate.Delete";
    for form in forms {
        if form.names().next().is_none() {
            return Err(Refusal::invalid_values(format!(
                "One of {ACTIONS} must not be null"
            )));
        }
    }
    for form in forms {
        if form.names().count() > 1 {
            return Err(Refusal::invalid_values(format!(
                "Only one of {ACTIONS} may be specified"
            )));
        }
    }
    let mut seen = BTreeSet::new();
    for name in forms.iter().flat_map(IndexUpdateForm::names) {
        if !seen.insert(name) {
            return Err(Refusal::invalid_values(format!(
                "Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )));
        }
    }
    Ok(())
}

impl IndexUpdateForm {
    /// The names of the indexes of its actions.
    fn names(&self) -> impl Iterator<Item = &str> {
        let update = self.update.as_ref().map(|form| form.index_name.as_str());
        let create = self.create.as_ref().map(|form| form.index_name.as_str());
        let delete = self.delete.as_ref().map(|form| form.index_name.as_str());
        [update, create, delete].into_iter().flatten()
    }
}

impl IndexUpdate {
    fn from_form(form: IndexUpdateForm, definitions: &[AttributeForm]) -> Result<Self, Refusal> {
        if let Some(form) = form.create {
            return Ok(Self::Create(rules::new_global_index(form, definitions)?));
        }
        if let Some(form) = form.update {
            return Ok(Self::Update {
                throughput: Throughput::from_form(&form.provisioned_throughput),
                name: form.index_name,
            });
        }
        let name = form.delete.map(|form| form.index_name);
        Ok(Self::Delete(name.unwrap_or_default()))
    }

    fn form(&self) -> IndexUpdateForm {
        let mut form = IndexUpdateForm::default();
        match self {
            Self::Create(index) => form.create = Some(index.form()),
            Self::Update { name, throughput } => {
                form.update = Some(IndexThroughputForm {
                    index_name: name.clone(),
                    provisioned_throughput: throughput.form(),
                });
            }
            Self::Delete(name) => {
                form.delete = Some(IndexNameForm {
                    index_name: name.clone(),
                });
            }
        }
        form
    }
}
