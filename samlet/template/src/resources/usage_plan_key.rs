//! AWS::ApiGateway::UsagePlanKey.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplankey.html>

use crate::reading::Reading;
use crate::types::property::{Property, Shape, must};
use crate::types::{Handling, ResourceType};
use crate::yaml::Entry;

const TEXT: Shape = Shape::Text;

const PROPERTIES: &[Property] = &[
    must("KeyId", TEXT),
    must("KeyType", Shape::OneOf(&["API_KEY"])),
    must("UsagePlanId", TEXT),
];

pub(super) static USAGE_PLAN_KEY: ResourceType = ResourceType {
    properties: PROPERTIES,
    handling: Handling::Read,
    ..ResourceType::new("AWS::ApiGateway::UsagePlanKey")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &USAGE_PLAN_KEY);
    let text = |name: &str| properties.get_text(name).map(str::to_owned);
    let pair = text("UsagePlanId").zip(text("KeyId"));
    reading.keys.pairs.extend(pair);
}
