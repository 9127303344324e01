//! Functions: what AWS::Serverless::Function and AWS::Lambda::Function have in common.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

pub(super) mod lambda;
pub(super) mod serverless;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::resolve::Scope;
use crate::resolve::names::did_you_mean;
use crate::sam::permissions;
use crate::types::property::{Shape, has, must};
use crate::types::{Attributes, Given};
use crate::yaml::{Entry, Node};
use crate::{Architecture, BuildMethod, Code, Function, Logging, Role, Runtime};

const TEXT: Shape = Shape::Text;
pub(super) const ENVIRONMENT: Shape = Shape::Object(&[has("Variables", Shape::Map(&TEXT))]);
pub(super) const ARCHITECTURES: Shape = Shape::List(&Shape::OneOf(&["x86_64", "arm64"]));
pub(super) const MEMORY: Shape = Shape::Whole(128, 10_240);
pub(super) const TIMEOUT: Shape = Shape::Whole(1, 900);
pub(super) const CONCURRENCY: Shape = Shape::Whole(0, 1000);

pub(super) const APPLICATION_LEVELS: Shape =
    Shape::OneOf(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]);
pub(super) const LOGGING: Shape = Shape::Object(&[
    has("ApplicationLogLevel", APPLICATION_LEVELS),
    has("LogFormat", Shape::OneOf(&["JSON", "Text"])),
    has("LogGroup", TEXT),
    has("SystemLogLevel", Shape::OneOf(&["DEBUG", "INFO", "WARN"])),
]);
pub(super) const EPHEMERAL_STORAGE: Shape =
    Shape::Object(&[must("Size", Shape::Whole(512, 10_240))]);

/// What a function's attributes are.
pub(super) const ATTRIBUTES: Attributes =
    Attributes::Only(&[("Arn", Given::arn("lambda", "function:{name}"))]);

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

fn function(
    resource: &Entry,
    properties: &Node,
    code_property: &str,
    role: Role,
    scope: &mut Scope<'_>,
) -> Option<Function> {
    let text = |name: &str| properties.get_text(name);
    let number = |name: &str, default: u32| {
        let value = text(name).and_then(|text| text.parse().ok());
        value.unwrap_or(default)
    };
    let code = code(resource, properties, code_property, scope);
    let runtime = runtime(properties, scope);
    let environment = environment(properties, scope);
    let logging = logging(properties, scope);
    let name = scope.physical_name(&resource.key);
    let log_group = properties
        .get("LoggingConfig")
        .and_then(|config| config.get_text("LogGroup"))
        .map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned);
    Some(Function {
        logical_id: resource.key.clone(),
        name,
        code: code?,
        handler: text("Handler")?.to_owned(),
        runtime: runtime?,
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
        logging,
        log_group,
        environment,
        role,
        policy: permissions::none(),
        location: resource.at,
    })
}

fn code(
    resource: &Entry,
    properties: &Node,
    property: &str,
    scope: &mut Scope<'_>,
) -> Option<Code> {
    let folder = folder(properties.get(property), property, resource, scope);
    let metadata = resource.value.get("Metadata");
    let method = metadata.and_then(|node| node.get_text("BuildMethod"));
    let binary = metadata
        .and_then(|node| node.get("BuildProperties"))
        .and_then(|node| node.get_text("Binary"));
    Some(Code {
        folder: folder?,
        build_method: method.map(|method| match method {
            "makefile" => BuildMethod::Makefile,
            other => BuildMethod::Other(other.to_owned()),
        }),
        binary: binary.map(str::to_owned),
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
    };
    if !logging.json && (logging.application_level.is_some() || logging.system_level.is_some()) {
        let message = "log levels go with `LogFormat: JSON` only";
        scope.findings.error(config.at, message, "");
    }
    logging
}

/// Where the code is, on this machine.
fn folder(
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

fn runtime(properties: &Node, scope: &mut Scope<'_>) -> Option<Runtime> {
    let node = properties.get("Runtime")?;
    let runtime = node.as_text()?;
    let known = Runtime::of_name(runtime);
    if known.is_none() {
        let message = format!("the runtime {runtime} is not provided");
        let hint = did_you_mean(runtime, &Runtime::EXAMPLES);
        let help = format!("provided.al2023, provided.al2 and python3.* are; {hint}");
        scope
            .findings
            .error(node.at, message, help.trim_end_matches("; "));
    }
    known
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
