//! AWS::ApiGateway::ApiKey.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-apikey.html>

use crate::ApiKey;
use crate::reading::Reading;
use crate::resolve::Scope;
use crate::sam::keys::generated;
use crate::types::property::{Property, Shape, has, unnoticed};
use crate::types::{Given, Handling, ResourceType};
use crate::yaml::{Entry, Node};

const TEXT: Shape = Shape::Text;

const PROPERTIES: &[Property] = &[
    has("Enabled", Shape::Bool),
    has("Name", TEXT),
    has("Value", TEXT),
    unnoticed("CustomerId"),
    unnoticed("Description"),
    unnoticed("GenerateDistinctId"),
    unnoticed("StageKeys"),
    unnoticed("Tags"),
];

/// The shortest and the longest value of a key.
const VALUE_LENGTH: std::ops::RangeInclusive<usize> = 20..=128;

pub(super) static API_KEY: ResourceType = ResourceType {
    properties: PROPERTIES,
    reference: Given::Id,
    handling: Handling::Read,
    ..ResourceType::new("AWS::ApiGateway::ApiKey")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &API_KEY);
    if let Some(value) = properties.get("Value") {
        check_value(value, reading.scope);
    }
    let id = reading.scope.named(&resource.key, resource.at);
    let value = properties.get_text("Value");
    reading.keys.keys.push(ApiKey {
        logical_id: resource.key.clone(),
        value: value.map_or_else(|| generated(&id), str::to_owned),
        id,
        // As CloudFormation's own default.
        enabled: properties.get_text("Enabled") == Some("true"),
    });
}

fn check_value(value: &Node, scope: &mut Scope<'_>) {
    let length = value.as_text().map_or(0, str::len);
    if !VALUE_LENGTH.contains(&length) {
        let message = "an API key's Value has 20 to 128 characters";
        scope.findings.error(value.at, message, "");
    }
}
