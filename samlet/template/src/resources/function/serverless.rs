//! AWS::Serverless::Function.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use super::{
    ARCHITECTURES, ATTRIBUTES, CONCURRENCY, ENVIRONMENT, EPHEMERAL_STORAGE, LOGGING, MEMORY, TEXT,
    TIMEOUT, function,
};
use crate::reading::Reading;
use crate::sam::events;
use crate::types::property::{Property, Shape, has, missing, must, refused, unnoticed};
use crate::types::{Attributes, Companion, Dependencies, Given, Globals, Handling, ResourceType};
use crate::yaml::Entry;

const PROPERTIES: &[Property] = &[
    has("Architectures", ARCHITECTURES),
    has("CodeUri", Shape::Any),
    has("Environment", ENVIRONMENT),
    has("Events", Shape::Map(&Shape::Any)),
    has("FunctionName", TEXT),
    must("Handler", TEXT),
    has("MemorySize", MEMORY),
    has("PackageType", Shape::OneOf(&["Zip"])),
    has("Policies", Shape::Any),
    has("ReservedConcurrentExecutions", CONCURRENCY),
    has("Role", TEXT),
    must("Runtime", TEXT),
    has("Timeout", TIMEOUT),
    unnoticed("AssumeRolePolicyDocument"),
    unnoticed("CodeSigningConfigArn"),
    unnoticed("Description"),
    unnoticed("KmsKeyArn"),
    unnoticed("PropagateTags"),
    unnoticed("RolePath"),
    unnoticed("RuntimeManagementConfig"),
    unnoticed("SourceKMSKeyArn"),
    has("Tags", Shape::Map(&TEXT)),
    unnoticed("VersionDeletionPolicy"),
    unnoticed("VersionDescription"),
    // What serves here is always the newest.
    unnoticed("AutoPublishAlias"),
    unnoticed("AutoPublishAliasAllProperties"),
    unnoticed("AutoPublishCodeSha256"),
    missing("DeadLetterQueue"),
    unnoticed("DeploymentPreference"),
    missing("DurableConfig"),
    has("EphemeralStorage", EPHEMERAL_STORAGE),
    missing("EventInvokeConfig"),
    missing("FileSystemConfigs"),
    missing("FunctionUrlConfig"),
    has("LoggingConfig", LOGGING),
    missing("ProvisionedConcurrencyConfig"),
    missing("PublishToLatestPublished"),
    missing("RecursiveLoop"),
    missing("SnapStart"),
    missing("TenancyConfig"),
    // Every request's spans are kept here, whatever it says.
    has("Tracing", TEXT),
    missing("VpcConfig"),
    refused("ImageUri", "package it as Zip, with a CodeUri"),
    refused(
        "InlineCode",
        "put the code into a folder, and name it in CodeUri",
    ),
    refused(
        "Layers",
        "put what the layers hold into the function's own package",
    ),
    has("PermissionsBoundary", TEXT),
];

/// The properties that `Globals: Function` may set.
const GLOBALS: &[&str] = &[
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "CodeSigningConfigArn",
    "CodeUri",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "EventInvokeConfig",
    "FileSystemConfigs",
    "FunctionUrlConfig",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PermissionsBoundary",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "RolePath",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "SourceKMSKeyArn",
    "Tags",
    "TenancyConfig",
    "Timeout",
    "Tracing",
    "VersionDeletionPolicy",
    "VpcConfig",
];

/// What SAM makes beside a function. The URL is not provided here.
const COMPANIONS: &[Companion] = &[
    Companion {
        suffix: "Role",
        reference: Some(Given::Name),
        attributes: Some(Attributes::Only(&[
            ("Arn", Given::global_arn("iam", "role/{name}")),
            ("RoleId", Given::PrincipalId),
        ])),
    },
    Companion {
        suffix: "Url",
        reference: None,
        attributes: Some(Attributes::ANY),
    },
];

pub(crate) static FUNCTION: ResourceType = ResourceType {
    properties: PROPERTIES,
    globals: Some(Globals {
        section: "Function",
        properties: GLOBALS,
    }),
    attributes: ATTRIBUTES,
    companions: COMPANIONS,
    dependencies: Dependencies::Function,
    handling: Handling::Read,
    ..ResourceType::new("AWS::Serverless::Function")
};

/// Reads a function, and adds its routes to their APIs.
pub(crate) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let id = resource.key.as_str();
    let properties = reading.properties(resource, &FUNCTION);
    let Reading {
        roles,
        apis,
        keys,
        scope,
        ..
    } = reading;
    let role = match properties.get_text("Role") {
        Some(arn) => {
            if let Some(policies) = properties.get("Policies") {
                let message = "Policies has no effect beside a Role: put them into the role";
                scope.findings.warn(policies.at, message);
            }
            let at = properties.get("Role").map_or(resource.at, |node| node.at);
            roles.by_arn(arn, at, scope)
        }
        None => roles.made_for(resource, &properties, scope),
    };
    let function = function(resource, &properties, "CodeUri", role, scope);
    let name = scope.physical_name(id);
    for event in properties.entries_of("Events") {
        let function = events::Declaring {
            logical_id: id,
            name: &name,
        };
        events::read(event, function, apis, keys, scope);
    }
    reading.functions.extend(function);
}
