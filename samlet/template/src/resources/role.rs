//! AWS::IAM::Role.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>

use crate::reading::Reading;
use crate::sam::policies::{Written, written};
use crate::sam::roles::WrittenRole;
use crate::types::property::{Property, Shape, has, must, unnoticed};
use crate::types::{Attributes, Given, Handling, ResourceType};
use crate::yaml::Entry;

const TAGS: Shape = Shape::List(&Shape::Object(&[
    must("Key", Shape::Text),
    must("Value", Shape::Text),
]));

const PROPERTIES: &[Property] = &[
    must("AssumeRolePolicyDocument", Shape::Any),
    has("ManagedPolicyArns", Shape::List(&Shape::Text)),
    has(
        "Policies",
        Shape::List(&Shape::Object(&[
            must("PolicyName", Shape::Text),
            must("PolicyDocument", Shape::Any),
        ])),
    ),
    has("RoleName", Shape::Text),
    unnoticed("Description"),
    unnoticed("MaxSessionDuration"),
    unnoticed("Path"),
    has("Tags", TAGS),
    has("PermissionsBoundary", Shape::Text),
];

pub(super) static ROLE: ResourceType = ResourceType {
    properties: PROPERTIES,
    attributes: Attributes::Only(&[
        ("Arn", Given::global_arn("iam", "role/{name}")),
        ("RoleId", Given::AttributeId),
    ]),
    handling: Handling::Read,
    ..ResourceType::new("AWS::IAM::Role")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &ROLE);
    let inline = properties.items_of("Policies").iter();
    let mut policies: Vec<Written> = inline
        .filter_map(|policy| {
            let name = policy.get_text("PolicyName").unwrap_or_default();
            Some(written(name, policy.get("PolicyDocument")?, reading.scope))
        })
        .collect();
    for arn in properties.items_of("ManagedPolicyArns") {
        let name = arn.as_text().unwrap_or_default();
        let managed = reading
            .roles
            .managed(name, &resource.key, arn.at, reading.scope);
        policies.extend(managed);
    }
    let tags = properties.items_of("Tags").iter().filter_map(|tag| {
        let text = |name: &str| tag.get_text(name).map(str::to_owned);
        Some((text("Key")?, text("Value")?))
    });
    let role = WrittenRole {
        name: reading.scope.physical_name(&resource.key),
        policies,
        boundary: reading.roles.boundary(&properties, reading.scope),
        tags: tags.collect(),
        location: properties
            .get("Policies")
            .map_or(resource.at, |node| node.at),
    };
    reading.roles.add(role);
}
