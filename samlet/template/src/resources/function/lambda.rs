//! AWS::Lambda::Function.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html>

use super::{
    ARCHITECTURES, ATTRIBUTES, CONCURRENCY, ENVIRONMENT, EPHEMERAL_STORAGE, LOGGING, MEMORY, TEXT,
    TIMEOUT, function,
};
use crate::reading::Reading;
use crate::types::property::{Property, Shape, has, missing, must, refused, unnoticed};
use crate::types::{Handling, ResourceType};
use crate::yaml::Entry;

const PROPERTIES: &[Property] = &[
    has("Architectures", ARCHITECTURES),
    must("Code", Shape::Any),
    has("Environment", ENVIRONMENT),
    has("FunctionName", TEXT),
    must("Handler", TEXT),
    has("MemorySize", MEMORY),
    has("PackageType", Shape::OneOf(&["Zip"])),
    has("ReservedConcurrentExecutions", CONCURRENCY),
    must("Role", TEXT),
    must("Runtime", TEXT),
    has("Timeout", TIMEOUT),
    unnoticed("CodeSigningConfigArn"),
    unnoticed("Description"),
    unnoticed("KmsKeyArn"),
    unnoticed("RuntimeManagementConfig"),
    unnoticed("Tags"),
    missing("DeadLetterConfig"),
    has("EphemeralStorage", EPHEMERAL_STORAGE),
    missing("FileSystemConfigs"),
    has("LoggingConfig", LOGGING),
    missing("RecursiveLoop"),
    missing("SnapStart"),
    missing("TenancyConfig"),
    has("TracingConfig", Shape::Object(&[has("Mode", TEXT)])),
    missing("VpcConfig"),
    refused("ImageConfig", "package it as Zip"),
    refused(
        "Layers",
        "put what the layers hold into the function's own package",
    ),
];

pub(crate) static FUNCTION: ResourceType = ResourceType {
    properties: PROPERTIES,
    attributes: ATTRIBUTES,
    handling: Handling::Read,
    ..ResourceType::new("AWS::Lambda::Function")
};

pub(crate) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &FUNCTION);
    let Some(role) = properties.get("Role") else {
        return;
    };
    let Some(arn) = role.as_text() else { return };
    let role = reading.roles.by_arn(arn, role.at, reading.scope);
    let function = function(resource, &properties, "Code", role, reading.scope);
    reading.functions.extend(function);
}
