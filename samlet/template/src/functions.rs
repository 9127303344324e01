//! AWS::Serverless::Function and AWS::Lambda::Function.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::apis::Apis;
use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Entry, Node};
use crate::roles::Roles;
use crate::schema::{Property, Shape, check, has, missing, must, refused, unnoticed};
use crate::{Architecture, Function, Logging, events, globals, permissions};

const TEXT: Shape = Shape::Text;
const ENVIRONMENT: Shape = Shape::Object(&[has("Variables", Shape::Map(&TEXT))]);
const ARCHITECTURES: Shape = Shape::List(&Shape::OneOf(&["x86_64", "arm64"]));
const MEMORY: Shape = Shape::Whole(128, 10_240);
const TIMEOUT: Shape = Shape::Whole(1, 900);
const CONCURRENCY: Shape = Shape::Whole(0, 1000);

const APPLICATION_LEVELS: Shape =
    Shape::OneOf(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]);
const LOGGING: Shape = Shape::Object(&[
    has("ApplicationLogLevel", APPLICATION_LEVELS),
    has("LogFormat", Shape::OneOf(&["JSON", "Text"])),
    has("LogGroup", TEXT),
    has("SystemLogLevel", Shape::OneOf(&["DEBUG", "INFO", "WARN"])),
]);

const SERVERLESS: &[Property] = &[
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

const EPHEMERAL_STORAGE: Shape = Shape::Object(&[must("Size", Shape::Whole(512, 10_240))]);

const LAMBDA: &[Property] = &[
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

/// Lambda's own variables, which a template may not set.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const RESERVED_VARIABLES: [&str; 20] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Reads an AWS::Serverless::Function, and adds its routes to their APIs.
pub(crate) fn read(
    resource: &Entry,
    roles: &Roles,
    apis: &mut Apis,
    scope: &mut Scope<'_>,
) -> Option<Function> {
    let id = resource.key.as_str();
    let properties = globals::merged(resource, "Function", scope);
    check(
        &properties,
        SERVERLESS,
        "AWS::Serverless::Function",
        resource.at,
        scope,
    );
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
        events::read(event, function, apis, scope);
    }
    function
}

/// Reads an AWS::Lambda::Function.
pub(crate) fn read_plain(
    resource: &Entry,
    roles: &Roles,
    scope: &mut Scope<'_>,
) -> Option<Function> {
    let properties = globals::resolved(resource, scope);
    check(
        &properties,
        LAMBDA,
        "AWS::Lambda::Function",
        resource.at,
        scope,
    );
    let role = properties.get("Role")?;
    let role = roles.by_arn(role.as_text()?, role.at, scope);
    function(resource, &properties, "Code", role, scope)
}

fn function(
    resource: &Entry,
    properties: &Node,
    code_property: &str,
    role: crate::Role,
    scope: &mut Scope<'_>,
) -> Option<Function> {
    let id = resource.key.as_str();
    let text = |name: &str| properties.get_text(name);
    let number = |name: &str, default: u32| {
        let value = text(name).and_then(|text| text.parse().ok());
        value.unwrap_or(default)
    };
    let code = code(
        properties.get(code_property),
        code_property,
        resource,
        scope,
    );
    let runtime = runtime(properties, scope);
    let environment = environment(properties, scope);
    let metadata = resource.value.get("Metadata");
    let binary = metadata
        .and_then(|node| node.get("BuildProperties"))
        .and_then(|node| node.get("Binary"));
    let own = |node: Option<&Node>| node.and_then(Node::as_text).map(str::to_owned);
    Some(Function {
        logical_id: id.into(),
        name: scope.physical_name(id),
        code_uri: code?,
        handler: text("Handler")?.to_owned(),
        runtime: runtime?,
        build_method: own(metadata.and_then(|node| node.get("BuildMethod"))),
        binary: own(binary),
        architecture: architecture(properties),
        memory_mb: number("MemorySize", 128),
        ephemeral_storage_mb: properties
            .get("EphemeralStorage")
            .and_then(|node| node.get_text("Size")?.parse().ok())
            .unwrap_or(512),
        timeout: Duration::from_secs(number("Timeout", 3).into()),
        reserved_concurrency: text("ReservedConcurrentExecutions")
            .and_then(|text| text.parse().ok()),
        traced: is_traced(properties),
        logging: logging(properties, scope),
        environment,
        role,
        policy: permissions::none(),
        location: resource.at,
    })
}

fn architecture(properties: &Node) -> Architecture {
    let first = properties.items_of("Architectures").first();
    match first.and_then(Node::as_text) {
        Some("arm64") => Architecture::Arm64,
        _ => Architecture::X86_64,
    }
}

/// As SAM spells it, or as Lambda does.
fn is_traced(properties: &Node) -> bool {
    let config = properties.get("TracingConfig");
    let mode = config.and_then(|config| config.get_text("Mode"));
    properties.get_text("Tracing").or(mode) == Some("Active")
}

fn logging(properties: &Node, scope: &mut Scope<'_>) -> Logging {
    let Some(config) = properties.get("LoggingConfig") else {
        return Logging::default();
    };
    let text = |name: &str| config.get_text(name).map(str::to_owned);
    let logging = Logging {
        json: text("LogFormat").as_deref() == Some("JSON"),
        application_level: text("ApplicationLogLevel"),
        system_level: text("SystemLogLevel"),
        log_group: text("LogGroup"),
    };
    if !logging.json && (logging.application_level.is_some() || logging.system_level.is_some()) {
        let message = "log levels go with `LogFormat: JSON` only";
        scope.findings.error(config.at, message, "");
    }
    logging
}

/// Where the code is, on this machine.
fn code(
    code: Option<&Node>,
    property: &str,
    resource: &Entry,
    scope: &mut Scope<'_>,
) -> Option<PathBuf> {
    let help = format!("name its folder: `{property}: path/to/function`");
    let Some(code) = code else {
        // SAM's own default is the folder of the template.
        return Some(PathBuf::from("."));
    };
    match code.as_text() {
        Some(uri) if uri.starts_with("s3://") => {
            let message = format!("the code of {} is in S3, out of reach here", resource.key);
            scope.findings.error(code.at, message, help);
            None
        }
        Some(path) => Some(path.into()),
        None => {
            let message = format!("the code of {} is no folder on this machine", resource.key);
            scope.findings.error(code.at, message, help);
            None
        }
    }
}

fn runtime(properties: &Node, scope: &mut Scope<'_>) -> Option<String> {
    let node = properties.get("Runtime")?;
    let runtime = node.as_text()?;
    let known = [
        "provided.al2023",
        "provided.al2",
        "python3.12",
        "python3.13",
    ];
    if !matches!(runtime, "provided.al2023" | "provided.al2") && !is_python(runtime) {
        let message = format!("the runtime {runtime} is not provided");
        let hint = did_you_mean(runtime, &known);
        let help = format!("provided.al2023, provided.al2 and python3.* are; {hint}");
        scope
            .findings
            .error(node.at, message, help.trim_end_matches("; "));
    }
    Some(runtime.to_owned())
}

fn is_python(runtime: &str) -> bool {
    let minor = runtime.strip_prefix("python3.");
    minor.is_some_and(|minor| minor.parse::<u8>().is_ok())
}

fn environment(properties: &Node, scope: &mut Scope<'_>) -> BTreeMap<String, String> {
    let declared = properties.get("Environment");
    let variables = declared.map_or(&[][..], |node| node.entries_of("Variables"));
    let mut environment = BTreeMap::new();
    for entry in variables {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let sound = entry
            .key
            .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && entry.key.chars().all(plain);
        if RESERVED_VARIABLES.contains(&entry.key.as_str()) {
            let message = format!("{} is one of Lambda's own variables", entry.key);
            scope
                .findings
                .error(entry.at, message, "choose another name");
        } else if !sound {
            let message = format!("`{}` is no name of an environment variable", entry.key);
            scope
                .findings
                .error(entry.at, message, "use letters, digits and underscores");
        }
        if let Some(text) = entry.value.as_text() {
            if text.contains('\0') {
                let message = format!("the variable {} holds a NUL character", entry.key);
                scope.findings.error(entry.value.at, message, "");
            }
            environment.insert(entry.key.clone(), text.to_owned());
        }
    }
    environment
}
