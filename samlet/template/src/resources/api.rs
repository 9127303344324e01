//! AWS::Serverless::Api: a REST API.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use super::schema::{Property, Shape, check, has, missing, must, refused, unnoticed};
use super::{Attributes, Companion, Dependencies, Given, Globals, Handling, ResourceType};
use crate::reading::{Phase, Reading};
use crate::resolve::Scope;
use crate::sam::apis::{ACCESS_LOG, OPENAPI};
use crate::sam::throttling;
use crate::yaml::{Entry, Node};
use crate::{ApiKind, Cors};

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&TEXT);

const PROPERTIES: &[Property] = &[
    must("StageName", TEXT),
    has("BinaryMediaTypes", TEXTS),
    has("Cors", Shape::Any),
    has("Auth", Shape::Any),
    has("Variables", Shape::Map(&TEXT)),
    unnoticed("AlwaysDeploy"),
    unnoticed("ApiKeySourceType"),
    unnoticed("Description"),
    unnoticed("EndpointConfiguration"),
    unnoticed("FailOnWarnings"),
    unnoticed("MergeDefinitions"),
    unnoticed("Mode"),
    unnoticed("Name"),
    unnoticed("OpenApiVersion"),
    unnoticed("PropagateTags"),
    unnoticed("SecurityPolicy"),
    unnoticed("Tags"),
    has("AccessLogSetting", ACCESS_LOG),
    missing("CacheClusterEnabled"),
    missing("CacheClusterSize"),
    missing("CanarySetting"),
    missing("DisableExecuteApiEndpoint"),
    missing("Domain"),
    has("GatewayResponses", Shape::Map(&Shape::Any)),
    has("MethodSettings", throttling::METHOD_SETTINGS),
    missing("MinimumCompressionSize"),
    has("Models", Shape::Map(&Shape::Any)),
    has("TracingEnabled", Shape::Bool),
    refused("DefinitionBody", OPENAPI),
    refused("DefinitionUri", OPENAPI),
];

const REST_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXT),
    has("AllowMethods", TEXT),
    must("AllowOrigin", TEXT),
    has("MaxAge", TEXT),
];

/// The properties that `Globals: Api` may set.
const GLOBALS: &[&str] = &[
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
];

/// What SAM makes of an API's `Auth: UsagePlan`.
const COMPANIONS: &[Companion] = &[of_usage_plan("ApiKey"), of_usage_plan("UsagePlan")];

const fn of_usage_plan(suffix: &'static str) -> Companion {
    Companion {
        suffix,
        reference: Some(Given::Id),
        attributes: None,
    }
}

pub(crate) static API: ResourceType = ResourceType {
    properties: PROPERTIES,
    globals: Some(Globals {
        section: "Api",
        properties: GLOBALS,
    }),
    reference: Given::ApiId,
    attributes: Attributes::Only(&[("RootResourceId", Given::AttributeId)]),
    companions: COMPANIONS,
    dependencies: Dependencies::MentionedIn(&["Auth"]),
    handling: Handling::own(Phase::Apis, read),
    ..ResourceType::new("AWS::Serverless::Api")
};

fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &API);
    reading.add_api(resource, &properties, ApiKind::Rest);
}

/// `Cors` of a REST API: an origin, or an object; every text in single
/// quotes, since API Gateway takes it for an expression.
pub(crate) fn cors(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
    let mut unquoted = |node: &Node| {
        let text = node.as_text()?;
        let inner = text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        if inner.is_none() {
            let help = format!("write \"'{text}'\"");
            let message = format!("`{text}` has to be in single quotes within the text");
            scope.findings.error(node.at, message, help);
        }
        inner.map(str::to_owned)
    };
    if node.as_text().is_some() {
        return Some(Cors {
            allow_origins: vec![unquoted(node)?],
            ..Cors::default()
        });
    }
    let mut one = |name: &str| node.get(name).and_then(&mut unquoted);
    let (origin, methods, headers, age) = (
        one("AllowOrigin"),
        one("AllowMethods"),
        one("AllowHeaders"),
        one("MaxAge"),
    );
    check(node, REST_CORS, "Cors", node.at, scope);
    let credentials = node.get_text("AllowCredentials") == Some("true");
    if credentials && origin.as_deref() == Some("*") {
        let message = "AllowCredentials does not go with the origin '*'";
        scope.findings.error(node.at, message, "name the origin");
    }
    Some(Cors {
        allow_origins: vec![origin?],
        allow_methods: methods.into_iter().collect(),
        allow_headers: headers.into_iter().collect(),
        expose_headers: Vec::new(),
        max_age: age.and_then(|age| age.parse().ok()),
        allow_credentials: credentials,
    })
}
