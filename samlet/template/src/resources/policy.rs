//! AWS::IAM::Policy and AWS::IAM::ManagedPolicy.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>

use crate::reading::Reading;
use crate::sam::policies::{Written, written};
use crate::types::property::{Property, Shape, has, must, unnoticed};
use crate::types::{Given, Handling, Naming, ResourceType};
use crate::yaml::{Entry, Node};

const PROPERTIES: &[Property] = &[
    must("PolicyDocument", Shape::Any),
    has("Roles", Shape::List(&Shape::Text)),
    has("ManagedPolicyName", Shape::Text),
    has("PolicyName", Shape::Text),
    unnoticed("Description"),
    unnoticed("Groups"),
    unnoticed("Path"),
    unnoticed("Users"),
];

pub(super) static POLICY: ResourceType = ResourceType {
    properties: PROPERTIES,
    naming: Naming::Generated,
    handling: Handling::Read,
    ..ResourceType::new("AWS::IAM::Policy")
};

pub(super) static MANAGED_POLICY: ResourceType = ResourceType {
    properties: PROPERTIES,
    reference: Given::global_arn("iam", "policy/{name}"),
    handling: Handling::Read,
    ..ResourceType::new("AWS::IAM::ManagedPolicy")
};

pub(super) fn read_policy(resource: &Entry, reading: &mut Reading<'_, '_>) {
    read(resource, &POLICY, reading);
}

pub(super) fn read_managed_policy(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let Some(policy) = read(resource, &MANAGED_POLICY, reading) else {
        return;
    };
    let arn = reading.scope.named(&resource.key, resource.at);
    reading.roles.add_managed(arn, policy);
}

fn read(
    resource: &Entry,
    resource_type: &ResourceType,
    reading: &mut Reading<'_, '_>,
) -> Option<Written> {
    let properties = reading.properties(resource, resource_type);
    let name = reading.scope.physical_name(&resource.key);
    let document = properties.get("PolicyDocument")?;
    let policy = written(&name, document, reading.scope);
    for role in properties.get("Roles").into_iter().flat_map(Node::texts) {
        reading.roles.attach(role, &policy);
    }
    Some(policy)
}
