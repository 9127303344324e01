//! AWS::DynamoDB::Table and AWS::Serverless::SimpleTable, as CreateTable requests.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::diagnostics::Location;
use crate::globals;
use crate::intrinsics::Scope;
use crate::node::{Entry, Kind, Node};
use crate::schema::{Property, Shape, check, has, missing, must, unnoticed};

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
const RECOVERY: Shape = Shape::Object(&[
    has("PointInTimeRecoveryEnabled", Shape::Bool),
    unnoticed("RecoveryPeriodInDays"),
]);
const ENCRYPTION: Shape = Shape::Object(&[
    has("SSEEnabled", Shape::Bool),
    unnoticed("KMSMasterKeyId"),
    unnoticed("SSEType"),
]);

const TABLE: &[Property] = &[
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

const SIMPLE_TABLE: &[Property] = &[
    has(
        "PrimaryKey",
        Shape::Object(&[
            has("Name", TEXT),
            must("Type", Shape::OneOf(&["String", "Number", "Binary"])),
        ]),
    ),
    has("TableName", TEXT),
    has("PointInTimeRecoverySpecification", RECOVERY),
    unnoticed("ProvisionedThroughput"),
    has("SSESpecification", ENCRYPTION),
    unnoticed("Tags"),
];

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

/// A DynamoDB table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `TableName`, or `STACK-LOGICALID`.
    pub name: String,
    /// A DynamoDB CreateTable request (JSON), complete with TableName.
    pub create_table: Value,
    /// `TimeToLiveSpecification`, when enabled.
    pub time_to_live: Option<TimeToLive>,
    /// `PointInTimeRecoveryEnabled`, on AWS.
    pub point_in_time_recovery: bool,
    /// `SSEEnabled`: its key is the account's, in KMS, on AWS.
    pub encrypted_by_kms: bool,
    /// Where it is declared.
    pub location: Location,
}

/// When a table's items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeToLive {
    /// The attribute that says so, in seconds since the epoch.
    pub attribute: String,
}

pub(crate) fn read(resource: &Entry, scope: &mut Scope<'_>) -> Table {
    let properties = globals::resolved(resource, scope);
    check(
        &properties,
        TABLE,
        "AWS::DynamoDB::Table",
        resource.at,
        scope,
    );
    let name = scope.physical_name(&resource.key);
    let mut create_table: Map<String, Value> = properties
        .entries()
        .iter()
        .filter(|entry| REQUEST.contains(&entry.key.as_str()))
        .map(|entry| (entry.key.clone(), typed(&entry.key, &entry.value)))
        .collect();
    create_table.insert("TableName".into(), json!(name));
    if let Some(Value::Object(stream)) = create_table.get_mut("StreamSpecification") {
        stream.remove("ResourcePolicy");
        stream.insert("StreamEnabled".into(), json!(true));
    }
    let expiry = properties.get("TimeToLiveSpecification");
    let text = |name: &str| {
        expiry
            .and_then(|node| node.get(name))
            .and_then(Node::as_text)
    };
    Table {
        logical_id: resource.key.clone(),
        name,
        create_table: create_table.into(),
        time_to_live: text("AttributeName")
            .filter(|_| text("Enabled") == Some("true"))
            .map(|attribute| TimeToLive {
                attribute: attribute.into(),
            }),
        point_in_time_recovery: has_recovery(&properties),
        encrypted_by_kms: has_encryption(&properties),
        location: resource.at,
    }
}

pub(crate) fn read_simple(resource: &Entry, scope: &mut Scope<'_>) -> Table {
    let properties = globals::merged(resource, "SimpleTable", scope);
    let what = "AWS::Serverless::SimpleTable";
    check(&properties, SIMPLE_TABLE, what, resource.at, scope);
    let key = properties.get("PrimaryKey");
    let text = |name: &str| key?.get_text(name);
    let kind = match text("Type") {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    let attribute = text("Name").unwrap_or("id");
    let name = scope.physical_name(&resource.key);
    let create_table = json!({
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": kind}],
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    Table {
        logical_id: resource.key.clone(),
        name,
        create_table,
        time_to_live: None,
        point_in_time_recovery: has_recovery(&properties),
        encrypted_by_kms: has_encryption(&properties),
        location: resource.at,
    }
}

fn has_recovery(properties: &Node) -> bool {
    let specification = properties.get("PointInTimeRecoverySpecification");
    is_true(specification, "PointInTimeRecoveryEnabled")
}

/// Without it, the table is encrypted by a key of DynamoDB's own.
fn has_encryption(properties: &Node) -> bool {
    is_true(properties.get("SSESpecification"), "SSEEnabled")
}

fn is_true(specification: Option<&Node>, name: &str) -> bool {
    specification.and_then(|node| node.get_text(name)) == Some("true")
}

/// As JSON, with numbers and booleans where the API has them.
fn typed(name: &str, node: &Node) -> Value {
    match &node.kind {
        Kind::Text(text) | Kind::Literal(text) => match name {
            "ReadCapacityUnits" | "WriteCapacityUnits" => text
                .parse::<i64>()
                .map_or(json!(text), |number| json!(number)),
            "DeletionProtectionEnabled" => json!(text == "true"),
            _ => json!(text),
        },
        Kind::List(items) => items.iter().map(|item| typed(name, item)).collect(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), typed(&entry.key, &entry.value)))
            .collect(),
        Kind::Null | Kind::Call(..) => Value::Null,
    }
}
