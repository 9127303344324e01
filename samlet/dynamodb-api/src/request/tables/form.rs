//! Definitions of tables as they are on the wire. Their types and constraints were checked before (`wire`); whether they
//! make sense together is checked on them, before they become the values of the requests.

use serde::{Deserialize, Serialize};

/// A member of `AttributeDefinitions`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributeForm {
    pub(super) attribute_name: String,
    pub(super) attribute_type: String,
}

/// A member of a `KeySchema`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyForm {
    pub(super) attribute_name: String,
    pub(super) key_type: KeyRole,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum KeyRole {
    Hash,
    Range,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProjectionForm {
    pub(super) projection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) non_key_attributes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ThroughputForm {
    pub(super) read_capacity_units: i64,
    pub(super) write_capacity_units: i64,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OnDemandForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_read_request_units: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_write_request_units: Option<i64>,
}

/// A local or global index; only a global one has throughput.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexForm {
    pub(super) index_name: String,
    pub(super) key_schema: Vec<KeyForm>,
    pub(super) projection: ProjectionForm,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provisioned_throughput: Option<ThroughputForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StreamForm {
    pub(super) stream_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_view_type: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EncryptionForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enabled: Option<bool>,
    #[serde(rename = "SSEType", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(rename = "KMSMasterKeyId", skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagForm {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateForm {
    pub(super) table_name: String,
    pub(super) attribute_definitions: Vec<AttributeForm>,
    pub(super) key_schema: Vec<KeyForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) local_secondary_indexes: Option<Vec<IndexForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) global_secondary_indexes: Option<Vec<IndexForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) billing_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provisioned_throughput: Option<ThroughputForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_demand_throughput: Option<OnDemandForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_specification: Option<StreamForm>,
    #[serde(rename = "SSESpecification", skip_serializing_if = "Option::is_none")]
    pub(super) encryption: Option<EncryptionForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<TagForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deletion_protection_enabled: Option<bool>,
}

/// A member of `GlobalSecondaryIndexUpdates`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct IndexUpdateForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) update: Option<IndexThroughputForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) create: Option<IndexForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delete: Option<IndexNameForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexThroughputForm {
    pub(super) index_name: String,
    pub(super) provisioned_throughput: ThroughputForm,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexNameForm {
    pub(super) index_name: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateForm {
    pub(super) table_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attribute_definitions: Option<Vec<AttributeForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) billing_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provisioned_throughput: Option<ThroughputForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_demand_throughput: Option<OnDemandForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) global_secondary_index_updates: Option<Vec<IndexUpdateForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_specification: Option<StreamForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deletion_protection_enabled: Option<bool>,
}
