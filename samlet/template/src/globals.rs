//! Properties that SAM's Globals section adds to every resource of a kind.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Entry, Kind, Node};

/// The kinds of resources that Globals knows, each with what it may set.
const KINDS: [(&str, &[&str]); 6] = [
    (
        "Function",
        &[
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
        ],
    ),
    (
        "Api",
        &[
            "AccessLogSetting",
            "Auth",
            "BinaryMediaTypes",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "CanarySetting",
            "Cors",
            "DefinitionUri",
            "Domain",
            "EndpointConfiguration",
            "GatewayResponses",
            "MethodSettings",
            "MinimumCompressionSize",
            "Name",
            "OpenApiVersion",
            "PropagateTags",
            "SecurityPolicy",
            "TracingEnabled",
            "Variables",
        ],
    ),
    (
        "HttpApi",
        &[
            "AccessLogSettings",
            "Auth",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "Domain",
            "PropagateTags",
            "RouteSettings",
            "StageVariables",
            "Tags",
        ],
    ),
    ("SimpleTable", &["SSESpecification"]),
    ("StateMachine", &["PropagateTags"]),
    ("LayerVersion", &["PublishLambdaVersion"]),
];

/// Lists to which a resource's own is not added.
const REPLACED: [&str; 1] = ["Architectures"];

/// Reports what Globals can't have.
pub(crate) fn check(scope: &mut Scope<'_>) {
    for kind in scope.section("Globals") {
        let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        let Some((_, known)) = KINDS.iter().find(|(name, _)| *name == kind.key) else {
            let message = format!("`{}` is no section of Globals", kind.key);
            scope
                .findings
                .error(kind.at, message, did_you_mean(&kind.key, &kinds));
            continue;
        };
        for property in kind.value.entries() {
            if !known.contains(&property.key.as_str()) {
                let message = format!("Globals: {} cannot set `{}`", kind.key, property.key);
                scope
                    .findings
                    .error(property.at, message, did_you_mean(&property.key, known));
            }
        }
    }
}

/// A resource's properties over those of `Globals: <kind>`, all resolved:
/// scalars are replaced, maps merged, lists added, but for some.
pub(crate) fn merged(resource: &Entry, kind: &str, scope: &mut Scope<'_>) -> Node {
    let globals = scope
        .template
        .get("Globals")
        .and_then(|node| node.get(kind));
    let ignored = |name: &str| match resource.value.get("IgnoreGlobals") {
        Some(node) if node.as_text() == Some("*") => true,
        Some(node) => node.items().iter().any(|item| item.as_text() == Some(name)),
        None => false,
    };
    let own = own(resource);
    let Some(globals) = globals else {
        return scope.resolve(&own).unwrap_or(own);
    };
    let replaced = |name: &str| REPLACED.contains(&name) && own.get(name).is_some();
    let kept = globals
        .entries()
        .iter()
        .filter(|entry| !ignored(&entry.key) && !replaced(&entry.key));
    let globals = Node {
        kind: Kind::Map(kept.cloned().collect()),
        at: globals.at,
    };
    let merged = merge(&globals, &own);
    scope.resolve(&merged).unwrap_or(merged)
}

/// A resource's properties, resolved.
pub(crate) fn resolved(resource: &Entry, scope: &mut Scope<'_>) -> Node {
    let own = own(resource);
    scope.resolve(&own).unwrap_or(own)
}

fn own(resource: &Entry) -> Node {
    let properties = resource.value.get("Properties");
    let stated = properties.filter(|node| node.kind != Kind::Null);
    stated.cloned().unwrap_or(Node::empty(resource.at))
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
