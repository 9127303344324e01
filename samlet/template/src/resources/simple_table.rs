//! AWS::Serverless::SimpleTable.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html>

use serde_json::json;

use super::table::{ARN, ENCRYPTION, RECOVERY, add, has_encryption, has_recovery};
use crate::reading::Reading;
use crate::types::property::{Property, Shape, has, must, unnoticed};
use crate::types::{Attributes, Globals, Handling, Naming, ResourceType};
use crate::yaml::Entry;
use crate::{KeyAttribute, KeySchema, KeyType, Table};

const PROPERTIES: &[Property] = &[
    has(
        "PrimaryKey",
        Shape::Object(&[
            has("Name", Shape::Text),
            must("Type", Shape::OneOf(&["String", "Number", "Binary"])),
        ]),
    ),
    has("TableName", Shape::Text),
    has("PointInTimeRecoverySpecification", RECOVERY),
    unnoticed("ProvisionedThroughput"),
    has("SSESpecification", ENCRYPTION),
    unnoticed("Tags"),
];

pub(super) static SIMPLE_TABLE: ResourceType = ResourceType {
    properties: PROPERTIES,
    naming: Naming::By("TableName"),
    globals: Some(Globals {
        section: "SimpleTable",
        properties: &["SSESpecification"],
    }),
    attributes: Attributes::Only(&[("Arn", ARN)]),
    handling: Handling::Read,
    ..ResourceType::new("AWS::Serverless::SimpleTable")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &SIMPLE_TABLE);
    let key = properties.get("PrimaryKey");
    let text = |name: &str| key?.get_text(name);
    let kind = match text("Type") {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    let attribute = text("Name").unwrap_or("id");
    let name = reading.scope.physical_name(&resource.key);
    let create_table = json!({
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": kind}],
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let table = Table {
        logical_id: resource.key.clone(),
        name,
        key_schema: KeySchema(vec![KeyAttribute {
            name: attribute.to_owned(),
            key_type: KeyType::Hash,
            attribute_type: kind.to_owned(),
        }]),
        indexes: Vec::new(),
        create_table,
        time_to_live: None,
        point_in_time_recovery: has_recovery(&properties),
        encrypted_by_kms: has_encryption(&properties),
        location: resource.at,
    };
    add(table, reading);
}
