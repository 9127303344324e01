//! AWS::DynamoDB::Table, as a CreateTable request.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>

use serde_json::{Value, json};

use crate::diagnostics::Location;
use crate::reading::Reading;
use crate::resolve::Scope;
use crate::resolve::check::to_json;
use crate::types::property::{Property, Shape, has, missing, must, unnoticed};
use crate::types::{Attributes, Given, Handling, Naming, ResourceType};
use crate::yaml::{Entry, Kind, Node};
use crate::{Declared, Index, IndexKind, KeyAttribute, KeySchema, KeyType, Table, TimeToLive};

const TEXT: Shape = Shape::Text;
const CAPACITY: Shape = Shape::Object(&[
    must("ReadCapacityUnits", Shape::Whole(1, i64::MAX)),
    must("WriteCapacityUnits", Shape::Whole(1, i64::MAX)),
]);
const KEY_SCHEMA: Shape = Shape::List(&Shape::Object(&[
    must("AttributeName", TEXT),
    must("KeyType", Shape::OneOf(&["HASH", "RANGE"])),
]));
const PROJECTION: Shape = Shape::Object(&[
    has("NonKeyAttributes", Shape::List(&TEXT)),
    has(
        "ProjectionType",
        Shape::OneOf(&["ALL", "KEYS_ONLY", "INCLUDE"]),
    ),
]);
const GLOBAL_INDEX: Shape = Shape::Object(&[
    must("IndexName", TEXT),
    must("KeySchema", KEY_SCHEMA),
    must("Projection", PROJECTION),
    has("ProvisionedThroughput", CAPACITY),
    unnoticed("ContributorInsightsSpecification"),
    unnoticed("OnDemandThroughput"),
    unnoticed("WarmThroughput"),
]);
const LOCAL_INDEX: Shape = Shape::Object(&[
    must("IndexName", TEXT),
    must("KeySchema", KEY_SCHEMA),
    must("Projection", PROJECTION),
]);
// What only costs on AWS, and does nothing here.
pub(super) const RECOVERY: Shape = Shape::Object(&[
    has("PointInTimeRecoveryEnabled", Shape::Bool),
    unnoticed("RecoveryPeriodInDays"),
]);
pub(super) const ENCRYPTION: Shape = Shape::Object(&[
    has("SSEEnabled", Shape::Bool),
    unnoticed("KMSMasterKeyId"),
    unnoticed("SSEType"),
]);

const PROPERTIES: &[Property] = &[
    has(
        "AttributeDefinitions",
        Shape::List(&Shape::Object(&[
            must("AttributeName", TEXT),
            must("AttributeType", Shape::OneOf(&["S", "N", "B"])),
        ])),
    ),
    has(
        "BillingMode",
        Shape::OneOf(&["PAY_PER_REQUEST", "PROVISIONED"]),
    ),
    has("DeletionProtectionEnabled", Shape::Bool),
    has("GlobalSecondaryIndexes", Shape::List(&GLOBAL_INDEX)),
    must("KeySchema", KEY_SCHEMA),
    has("LocalSecondaryIndexes", Shape::List(&LOCAL_INDEX)),
    has("ProvisionedThroughput", CAPACITY),
    has(
        "StreamSpecification",
        Shape::Object(&[
            must(
                "StreamViewType",
                Shape::OneOf(&["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]),
            ),
            unnoticed("ResourcePolicy"),
        ]),
    ),
    has("TableName", TEXT),
    has(
        "TimeToLiveSpecification",
        Shape::Object(&[has("AttributeName", TEXT), must("Enabled", Shape::Bool)]),
    ),
    unnoticed("ContributorInsightsSpecification"),
    unnoticed("OnDemandThroughput"),
    has("PointInTimeRecoverySpecification", RECOVERY),
    has("SSESpecification", ENCRYPTION),
    unnoticed("TableClass"),
    unnoticed("Tags"),
    unnoticed("WarmThroughput"),
    missing("ImportSourceSpecification"),
    missing("KinesisStreamSpecification"),
    // It could refuse what is allowed here.
    missing("ResourcePolicy"),
];

/// What the service is asked to have, of whichever type a table is declared.
pub(super) const DECLARED_KIND: &str = "AWS::DynamoDB::Table";

/// The ARN of a table.
pub(super) const ARN: Given = Given::arn("dynamodb", "table/{name}");

/// The ARN of a table's stream: DynamoDB makes a part of it when it makes the stream.
const STREAM_ARN: Given = Given::LateOf {
    text: "arn:{partition}:dynamodb:{region}:{account}:table/{name}/stream/${{logical_id}.StreamLabel}",
    property: "StreamSpecification",
    otherwise: "the table has no stream",
    help: "add a StreamSpecification to the table",
};

pub(super) static TABLE: ResourceType = ResourceType {
    properties: PROPERTIES,
    attributes: Attributes::Only(&[("Arn", ARN), ("StreamArn", STREAM_ARN)]),
    handling: Handling::Read,
    ..ResourceType::new(DECLARED_KIND)
};

/// A table in several regions, which is not provided here.
pub(super) static GLOBAL_TABLE: ResourceType = ResourceType {
    naming: Naming::By("TableName"),
    ..ResourceType::new("AWS::DynamoDB::GlobalTable")
};

/// Passed on to CreateTable.
const REQUEST: [&str; 8] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
];

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &TABLE);
    let name = reading.scope.physical_name(&resource.key);
    let mut create_table = to_json(&properties, PROPERTIES);
    if let Value::Object(members) = &mut create_table {
        members.retain(|name, _| REQUEST.contains(&name.as_str()));
        members.insert("TableName".into(), json!(name));
    }
    if let Some(Value::Object(stream)) = create_table.get_mut("StreamSpecification") {
        stream.insert("StreamEnabled".into(), json!(true));
    }
    let schema = key_schema(&properties, &properties, resource.at, reading.scope);
    check_key(&schema, properties.get("KeySchema"), reading.scope);
    let of_kind = |property: &str, kind: IndexKind, scope: &mut Scope<'_>| {
        let declared = properties.items_of(property).iter();
        let indexes: Vec<Index> = declared
            .map(|index| Index {
                name: index.get_text("IndexName").unwrap_or_default().to_owned(),
                kind,
                key_schema: key_schema(index, &properties, resource.at, scope),
            })
            .collect();
        indexes
    };
    let mut indexes = of_kind("GlobalSecondaryIndexes", IndexKind::Global, reading.scope);
    let local = of_kind("LocalSecondaryIndexes", IndexKind::Local, reading.scope);
    indexes.extend(local);
    let table = Table {
        logical_id: resource.key.clone(),
        name,
        key_schema: schema,
        indexes,
        create_table,
        time_to_live: time_to_live(&properties),
        point_in_time_recovery: has_recovery(&properties),
        encrypted_by_kms: has_encryption(&properties),
        location: resource.at,
    };
    add(table, reading);
}

/// Adds a table, for the application and for the service.
pub(super) fn add(table: Table, reading: &mut Reading<'_, '_>) {
    let mut properties = table.create_table.clone();
    if let (Some(expiry), Value::Object(members)) = (&table.time_to_live, &mut properties) {
        let specification = json!({"AttributeName": expiry.attribute, "Enabled": true});
        members.insert("TimeToLiveSpecification".into(), specification);
    }
    reading.declared.push(Declared {
        logical_id: table.logical_id.clone(),
        kind: DECLARED_KIND,
        name: table.name.clone(),
        properties,
        policy: None,
        location: table.location,
    });
    reading.tables.push(table);
}

/// The key of a table or of an index, whose attributes the table defines. A part that is wrong is left out and reported.
fn key_schema(owner: &Node, table: &Node, at: Location, scope: &mut Scope<'_>) -> KeySchema {
    let definitions = table.items_of("AttributeDefinitions");
    let mut attributes = Vec::new();
    for part in owner.items_of("KeySchema") {
        let (Some(name), Some(key_type)) = (part.get_text("AttributeName"), key_type(part)) else {
            continue;
        };
        let mut all = definitions.iter();
        let defined = all.find(|known| known.get_text("AttributeName") == Some(name));
        let Some(attribute_type) = defined.and_then(|known| known.get_text("AttributeType")) else {
            // A definition that lacks something was reported before, and may be the one that is meant.
            if definitions.iter().all(is_definition) {
                report_undefined(name, part, at, scope);
            }
            continue;
        };
        attributes.push(KeyAttribute {
            name: name.to_owned(),
            key_type,
            attribute_type: attribute_type.to_owned(),
        });
    }
    KeySchema(attributes)
}

fn is_definition(node: &Node) -> bool {
    let is_text = |name: &str| node.get_text(name).is_some();
    is_text("AttributeName") && is_text("AttributeType")
}

fn report_undefined(name: &str, part: &Node, at: Location, scope: &mut Scope<'_>) {
    let at = part.get("AttributeName").map_or(at, |node| node.at);
    let message = format!("the key attribute `{name}` is not defined");
    let help =
        format!("add it to AttributeDefinitions: `- {{AttributeName: {name}, AttributeType: S}}`");
    scope.findings.error(at, message, help);
}

fn key_type(part: &Node) -> Option<KeyType> {
    match part.get_text("KeyType")? {
        "HASH" => Some(KeyType::Hash),
        "RANGE" => Some(KeyType::Range),
        _ => None,
    }
}

/// A table's own key has a partition key, and may have a sort key.
fn check_key(schema: &KeySchema, node: Option<&Node>, scope: &mut Scope<'_>) {
    // Whatever isn't a list was reported before.
    let Some(node) = node.filter(|node| matches!(node.kind, Kind::List(_))) else {
        return;
    };
    let types: Vec<KeyType> = schema
        .0
        .iter()
        .map(|attribute| attribute.key_type)
        .collect();
    let is_complete = types.len() == node.items().len();
    let is_key = matches!(types[..], [KeyType::Hash] | [KeyType::Hash, KeyType::Range]);
    if is_complete && !is_key {
        let message = "KeySchema must have a HASH key first, and at most one RANGE key after it";
        scope.findings.error(node.at, message, "");
    }
}

fn time_to_live(properties: &Node) -> Option<TimeToLive> {
    let expiry = properties.get("TimeToLiveSpecification")?;
    let attribute = expiry.get_text("AttributeName")?;
    (expiry.get_text("Enabled") == Some("true")).then(|| TimeToLive {
        attribute: attribute.to_owned(),
    })
}

pub(super) fn has_recovery(properties: &Node) -> bool {
    let specification = properties.get("PointInTimeRecoverySpecification");
    is_true(specification, "PointInTimeRecoveryEnabled")
}

/// Without it, the table is encrypted by a key of DynamoDB's own.
pub(super) fn has_encryption(properties: &Node) -> bool {
    is_true(properties.get("SSESpecification"), "SSEEnabled")
}

fn is_true(specification: Option<&Node>, name: &str) -> bool {
    specification.and_then(|node| node.get_text(name)) == Some("true")
}
