//! AWS::Serverless::Api: a REST API.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use crate::ApiKind;
use crate::reading::Reading;
use crate::sam::apis::{ACCESS_LOG, OPENAPI};
use crate::sam::throttling;
use crate::types::property::{Property, Shape, has, missing, must, refused, unnoticed};
use crate::types::{Attributes, Companion, Dependencies, Given, Globals, Handling, ResourceType};
use crate::yaml::Entry;

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
    handling: Handling::Read,
    ..ResourceType::new("AWS::Serverless::Api")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &API);
    reading.add_api(resource, &properties, ApiKind::Rest);
}
