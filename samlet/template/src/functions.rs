//! AWS::Serverless::Function, with what Globals adds to it.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Entry, Kind, Node};
use crate::reader::implicit_api;
use crate::{Function, RestApi, Role, Route};

const PROPERTIES: [&str; 11] = [
    "Architectures",
    "CodeUri",
    "Description",
    "Environment",
    "Events",
    "FunctionName",
    "Handler",
    "MemorySize",
    "Policies",
    "Runtime",
    "Timeout",
];

/// Properties of no effect here.
const OTHER_PROPERTIES: [&str; 34] = [
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
    "DeadLetterQueue",
    "DeploymentPreference",
    "EphemeralStorage",
    "EventInvokeConfig",
    "FileSystemConfigs",
    "FunctionUrlConfig",
    "ImageConfig",
    "ImageUri",
    "InlineCode",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "PackageType",
    "PermissionsBoundary",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "RolePath",
    "RuntimeManagementConfig",
    "SnapStart",
    "SourceKMSKeyArn",
    "Tags",
    "TenancyConfig",
    "Tracing",
    "VersionDescription",
    "VpcConfig",
];

/// Without these a function would not be the one declared.
const REFUSED_PROPERTIES: [&str; 5] = ["ImageUri", "InlineCode", "Layers", "PackageType", "Role"];

const RUNTIMES: [&str; 2] = ["provided.al2023", "provided.al2"];

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

const METHODS: [&str; 9] = [
    "ANY",
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "X-AMAZON-APIGATEWAY-ANY-METHOD",
];

/// A REST API that is still being given its routes.
pub(crate) struct Api {
    pub(crate) api: RestApi,
}

/// A resource's properties over those of Globals, all resolved: scalars are
/// replaced, maps merged, lists added.
pub(crate) fn merged(resource: &Entry, globals: Option<&Node>, scope: &mut Scope<'_>) -> Node {
    let empty = Node {
        kind: Kind::Map(Vec::new()),
        at: resource.at,
    };
    let own = resource.value.get("Properties").unwrap_or(&empty);
    let merged = match globals {
        Some(globals) => merge(globals, own),
        None => own.clone(),
    };
    scope.resolve(&merged).unwrap_or(empty)
}

fn merge(global: &Node, own: &Node) -> Node {
    let kind = match (&global.kind, &own.kind) {
        (Kind::Map(globals), Kind::Map(owns)) => {
            let mut entries = owns.clone();
            for global in globals {
                match entries.iter_mut().find(|own| own.key == global.key) {
                    Some(own) => own.value = merge(&global.value, &own.value),
                    None => entries.push(global.clone()),
                }
            }
            Kind::Map(entries)
        }
        (Kind::List(globals), Kind::List(owns)) => {
            Kind::List(globals.iter().chain(owns).cloned().collect())
        }
        (_, own) => own.clone(),
    };
    Node { kind, at: own.at }
}

/// Reports properties that aren't, and warns of those that have no effect.
pub(crate) fn check_names(
    properties: &Node,
    known: &[&str],
    without_effect: &[&str],
    what: &str,
    scope: &mut Scope<'_>,
) {
    for entry in properties.entries() {
        let name = entry.key.as_str();
        if without_effect.contains(&name) {
            scope.findings.warn(
                entry.at,
                format!("the property {name} of {what} has no effect here"),
            );
        } else if !known.contains(&name) {
            let all: Vec<&str> = known.iter().chain(without_effect).copied().collect();
            let message = format!("`{name}` is no property of {what}");
            scope
                .findings
                .error(entry.at, message, did_you_mean(name, &all));
        }
    }
}

/// Reads a function, and adds its routes to their APIs.
pub(crate) fn read(
    resource: &Entry,
    globals: Option<&Node>,
    apis: &mut Vec<Api>,
    scope: &mut Scope<'_>,
) -> Option<Function> {
    let id = resource.key.as_str();
    let properties = merged(
        resource,
        globals.and_then(|globals| globals.get("Function")),
        scope,
    );
    check_names(
        &properties,
        &PROPERTIES,
        &OTHER_PROPERTIES,
        "a function",
        scope,
    );
    for entry in properties.entries() {
        if REFUSED_PROPERTIES.contains(&entry.key.as_str()) && entry.value.as_text() != Some("Zip")
        {
            let message = format!("{id} uses {}, which samlet does not provide", entry.key);
            scope.findings.error(
                entry.at,
                message,
                "declare CodeUri, and Policies for its role",
            );
        }
    }
    let mut required = |name: &str| {
        let text = properties.get(name).and_then(Node::as_text);
        if text.is_none() {
            let message = format!("the function {id} has no {name}");
            scope.findings.error(
                resource.at,
                message,
                format!("add `{name}: …` to its Properties"),
            );
        }
        text.map(str::to_owned)
    };
    let (code_uri, handler, runtime) = (
        required("CodeUri"),
        required("Handler"),
        required("Runtime"),
    );
    if let (Some(runtime), Some(node)) = (&runtime, properties.get("Runtime"))
        && !RUNTIMES.contains(&runtime.as_str())
    {
        let message = format!("the runtime {runtime} is not provided");
        scope.findings.error(
            node.at,
            message,
            format!("these are: {}", RUNTIMES.join(", ")),
        );
    }
    let memory_mb = number(&properties, "MemorySize", 128, 128..=10_240, scope);
    let timeout = number(&properties, "Timeout", 3, 1..=900, scope);
    let environment = environment(&properties, scope);
    let policies = policies(&properties, id, scope);
    let name = scope.physical_name(id);
    for event in properties.get("Events").map_or(&[][..], Node::entries) {
        add_event(event, resource, &name, apis, scope);
    }
    let metadata = resource.value.get("Metadata");
    let binary = metadata
        .and_then(|node| node.get("BuildProperties"))
        .and_then(|node| node.get("Binary"));
    let text = |node: Option<&Node>| node.and_then(Node::as_text).map(str::to_owned);
    Some(Function {
        logical_id: id.into(),
        role: Role {
            name: format!("{}-{id}Role", scope.settings().stack_name),
            policies,
        },
        name,
        code_uri: code_uri?.into(),
        handler: handler?,
        runtime: runtime?,
        build_method: text(metadata.and_then(|node| node.get("BuildMethod"))),
        binary: text(binary),
        memory_mb,
        timeout: Duration::from_secs(timeout.into()),
        environment,
        location: resource.at,
    })
}

fn number(
    properties: &Node,
    name: &str,
    default: u32,
    range: RangeInclusive<u32>,
    scope: &mut Scope<'_>,
) -> u32 {
    let Some(node) = properties.get(name) else {
        return default;
    };
    let value = node.as_text().and_then(|text| text.parse().ok());
    value
        .filter(|value| range.contains(value))
        .unwrap_or_else(|| {
            let message = format!(
                "{name} is a whole number from {} to {}",
                range.start(),
                range.end()
            );
            scope.findings.error(node.at, message, "");
            default
        })
}

fn environment(properties: &Node, scope: &mut Scope<'_>) -> BTreeMap<String, String> {
    let variables = properties
        .get("Environment")
        .and_then(|node| node.get("Variables"));
    let mut environment = BTreeMap::new();
    for entry in variables.map_or(&[][..], Node::entries) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if RESERVED_VARIABLES.contains(&entry.key.as_str()) {
            let message = format!("{} is one of Lambda's own variables", entry.key);
            scope
                .findings
                .error(entry.at, message, "choose another name");
        } else if entry.key.is_empty() || !entry.key.chars().all(plain) {
            let message = format!("`{}` is no name of an environment variable", entry.key);
            scope
                .findings
                .error(entry.at, message, "use letters, digits and underscores");
        }
        match entry.value.as_text() {
            Some(text) if !text.contains('\0') => {
                environment.insert(entry.key.clone(), text.to_owned());
            }
            _ => scope.findings.error(
                entry.value.at,
                format!("the variable {} is not a text", entry.key),
                "",
            ),
        }
    }
    environment
}

/// Inline policy documents. Others are warned of: what they would grant is
/// then denied here, never the other way round.
fn policies(properties: &Node, id: &str, scope: &mut Scope<'_>) -> Vec<Value> {
    let Some(node) = properties.get("Policies") else {
        return Vec::new();
    };
    let one = std::slice::from_ref(node);
    let list = if matches!(node.kind, Kind::List(_)) {
        node.items()
    } else {
        one
    };
    let mut policies = Vec::new();
    for policy in list {
        match policy.get("Statement") {
            Some(statement) => {
                let version = policy
                    .get("Version")
                    .map_or(json!("2012-10-17"), Node::to_json);
                policies.push(json!({"Version": version, "Statement": statement.to_json()}));
            }
            None if policy
                .as_text()
                .is_some_and(|name| name.contains("AWSLambdaBasicExecutionRole")) => {}
            None => {
                let name = policy
                    .as_text()
                    .or(policy.entries().first().map(|entry| entry.key.as_str()));
                let name = name.unwrap_or("this policy").to_owned();
                let message = format!(
                    "{name} of {id} is not known here: what it grants is denied; state it as a Statement"
                );
                scope.findings.warn(policy.at, message);
            }
        }
    }
    policies
}

fn add_event(
    event: &Entry,
    function: &Entry,
    function_name: &str,
    apis: &mut Vec<Api>,
    scope: &mut Scope<'_>,
) {
    let kind = event
        .value
        .get("Type")
        .and_then(Node::as_text)
        .unwrap_or_default();
    if kind != "Api" {
        let message = format!(
            "the event {} of {} has the Type `{kind}`, which samlet does not provide",
            event.key, function.key
        );
        scope.findings.warn(event.at, message);
        return;
    }
    let text = |name: &str| {
        event
            .value
            .get("Properties")
            .and_then(|node| node.get(name))
            .and_then(Node::as_text)
    };
    let (Some(path), Some(method)) = (text("Path"), text("Method")) else {
        scope.findings.error(
            event.at,
            format!("the event {} needs a Path and a Method", event.key),
            "",
        );
        return;
    };
    let method = method.to_uppercase();
    if !METHODS.contains(&method.as_str()) {
        let message = format!("`{method}` is no HTTP method");
        scope
            .findings
            .error(event.at, message, did_you_mean(&method, &METHODS[..8]));
    }
    let method = if method.starts_with("X-") {
        "ANY".into()
    } else {
        method
    };
    check_path(path, event.at, scope);
    // `!Ref Api` is resolved to the API's id by now.
    let api = match text("RestApiId") {
        Some(id) => apis
            .iter_mut()
            .find(|api| api.api.id == id || api.api.logical_id == id),
        None => implicit_api(apis, scope),
    };
    let Some(Api { api }) = api else {
        let message = format!(
            "the RestApiId of the event {} is no AWS::Serverless::Api of this template",
            event.key
        );
        scope
            .findings
            .error(event.at, message, "write `RestApiId: !Ref YourApi`");
        return;
    };
    if api
        .routes
        .iter()
        .any(|route| route.method == method && same_shape(&route.path, path))
    {
        let message = format!("{method} {path} is declared twice in {}", api.logical_id);
        scope
            .findings
            .error(event.at, message, "one route has one function");
        return;
    }
    api.routes.push(Route {
        method,
        path: path.into(),
        function: function_name.into(),
        location: event.at,
    });
}

fn check_path(path: &str, at: Location, scope: &mut Scope<'_>) {
    let whole =
        |segment: &str| segment.starts_with('{') && segment.ends_with('}') && segment.len() > 2;
    let bad = path
        .split('/')
        .find(|segment| segment.contains(['{', '}']) && !whole(segment));
    if !path.starts_with('/') {
        scope.findings.error(
            at,
            format!("the path `{path}` does not start with a slash"),
            "",
        );
    } else if let Some(segment) = bad {
        let message = format!("`{segment}` in the path is neither text nor {{parameter}}");
        scope.findings.error(at, message, "");
    } else if path
        .split('/')
        .rev()
        .skip(1)
        .any(|segment| segment.ends_with("+}"))
    {
        scope.findings.error(
            at,
            format!("in `{path}` the {{proxy+}} is not the last part"),
            "",
        );
    }
}

/// Whether two paths match the same requests.
fn same_shape(a: &str, b: &str) -> bool {
    let shape = |path: &str| {
        let parts = path.split('/').map(|part| match part {
            part if part.ends_with("+}") => "{+}".to_owned(),
            part if part.starts_with('{') => "{}".to_owned(),
            part => part.to_owned(),
        });
        parts.collect::<Vec<_>>()
    };
    shape(a) == shape(b)
}
