//! AWS::DynamoDB::Table and AWS::Serverless::SimpleTable, as CreateTable requests.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>

use serde_json::{Map, Value, json};

use crate::Table;
use crate::functions::{check_names, merged};
use crate::intrinsics::Scope;
use crate::node::{Entry, Node};

/// Passed on to CreateTable.
const PROPERTIES: [&str; 9] = [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TableName",
];

/// Properties of no effect here.
const OTHER_PROPERTIES: [&str; 11] = [
    "ContributorInsightsSpecification",
    "ImportSourceSpecification",
    "KinesisStreamSpecification",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "SSESpecification",
    "TableClass",
    "Tags",
    "TimeToLiveSpecification",
    "WarmThroughput",
];

pub(crate) fn read(resource: &Entry, scope: &mut Scope<'_>) -> Table {
    let properties = merged(resource, None, scope);
    check_names(
        &properties,
        &PROPERTIES,
        &OTHER_PROPERTIES,
        "a table",
        scope,
    );
    for name in ["KeySchema", "AttributeDefinitions"] {
        if properties
            .get(name)
            .is_none_or(|node| node.items().is_empty())
        {
            let message = format!("the table {} has no {name}", resource.key);
            scope.findings.error(resource.at, message, "");
        }
    }
    let name = scope.physical_name(&resource.key);
    let mut create_table = Map::new();
    for entry in properties
        .entries()
        .iter()
        .filter(|entry| PROPERTIES.contains(&entry.key.as_str()))
    {
        create_table.insert(entry.key.clone(), typed(&entry.key, &entry.value));
    }
    create_table.insert("TableName".into(), json!(name));
    if let Some(Value::Object(stream)) = create_table.get_mut("StreamSpecification") {
        stream.insert("StreamEnabled".into(), json!(true));
    }
    Table {
        logical_id: resource.key.clone(),
        name,
        create_table: create_table.into(),
        location: resource.at,
    }
}

pub(crate) fn read_simple(resource: &Entry, scope: &mut Scope<'_>) -> Table {
    let properties = merged(resource, None, scope);
    let known = ["PrimaryKey", "TableName"];
    let other = [
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "SSESpecification",
        "Tags",
    ];
    check_names(&properties, &known, &other, "a simple table", scope);
    let key = properties.get("PrimaryKey");
    let text = |name: &str| key.and_then(|key| key.get(name)).and_then(Node::as_text);
    let kind = match text("Type").unwrap_or("String") {
        "Number" => "N",
        "Binary" => "B",
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
        location: resource.at,
    }
}

/// As JSON, with numbers and booleans where the API has them.
fn typed(name: &str, node: &Node) -> Value {
    if let Some(text) = node.as_text() {
        return match name {
            "ReadCapacityUnits" | "WriteCapacityUnits" => {
                text.parse::<i64>().map_or(json!(text), |n| json!(n))
            }
            "DeletionProtectionEnabled" => json!(text.eq_ignore_ascii_case("true")),
            _ => json!(text),
        };
    }
    if !node.entries().is_empty() {
        let members = node.entries().iter();
        return members
            .map(|entry| (entry.key.clone(), typed(&entry.key, &entry.value)))
            .collect();
    }
    node.items().iter().map(|item| typed(name, item)).collect()
}
