//! AWS::ApiGateway::UsagePlan.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html>

use crate::PlanStage;
use crate::reading::Reading;
use crate::resolve::Scope;
use crate::sam::keys::{QUOTA, THROTTLE, plan};
use crate::sam::throttling;
use crate::types::property::{Property, Shape, has, must, unnoticed};
use crate::types::{Given, Handling, ResourceType};
use crate::yaml::{Entry, Node};

const TEXT: Shape = Shape::Text;

const PROPERTIES: &[Property] = &[
    has(
        "ApiStages",
        Shape::List(&Shape::Object(&[
            must("ApiId", TEXT),
            must("Stage", TEXT),
            has("Throttle", Shape::Map(&THROTTLE)),
        ])),
    ),
    has("Quota", QUOTA),
    has("Throttle", THROTTLE),
    has("UsagePlanName", TEXT),
    unnoticed("Description"),
    unnoticed("Tags"),
];

pub(super) static USAGE_PLAN: ResourceType = ResourceType {
    properties: PROPERTIES,
    reference: Given::Id,
    handling: Handling::Read,
    ..ResourceType::new("AWS::ApiGateway::UsagePlan")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &USAGE_PLAN);
    let scope = &mut *reading.scope;
    let stages = properties.items_of("ApiStages").iter();
    let stages = stages.filter_map(|node| stage(node, scope)).collect();
    let id = scope.named(&resource.key, resource.at);
    reading
        .keys
        .plans
        .push(plan(id, stages, &properties, scope));
}

fn stage(node: &Node, scope: &mut Scope<'_>) -> Option<PlanStage> {
    let throttles = node.entries_of("Throttle").iter();
    Some(PlanStage {
        api: node.get_text("ApiId")?.to_owned(),
        stage: node.get_text("Stage")?.to_owned(),
        throttles: throttles
            .filter_map(|entry| {
                let throttle = throttling::limits(&entry.value, "RateLimit", "BurstLimit", scope);
                Some((entry.key.clone(), throttle?))
            })
            .collect(),
    })
}
