//! AWS::Serverless::HttpApi.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html>

use crate::ApiKind;
use crate::reading::Reading;
use crate::sam::apis::{ACCESS_LOG, OPENAPI};
use crate::sam::throttling;
use crate::types::property::{Property, Shape, has, missing, refused, unnoticed};
use crate::types::{Attributes, Dependencies, Given, Globals, Handling, ResourceType};
use crate::yaml::Entry;

const TEXT: Shape = Shape::Text;

const PROPERTIES: &[Property] = &[
    has("StageName", TEXT),
    has("Auth", Shape::Any),
    has("CorsConfiguration", Shape::Any),
    has("StageVariables", Shape::Map(&TEXT)),
    unnoticed("Description"),
    unnoticed("FailOnWarnings"),
    unnoticed("Name"),
    unnoticed("PropagateTags"),
    unnoticed("Tags"),
    has("AccessLogSettings", ACCESS_LOG),
    has("DefaultRouteSettings", throttling::ROUTE_SETTINGS),
    missing("DisableExecuteApiEndpoint"),
    missing("Domain"),
    has("RouteSettings", Shape::Map(&throttling::ROUTE_SETTINGS)),
    missing("Mode"),
    refused("DefinitionBody", OPENAPI),
    refused("DefinitionUri", OPENAPI),
];

/// The properties that `Globals: HttpApi` may set.
const GLOBALS: &[&str] = &[
    "AccessLogSettings",
    "Auth",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "Domain",
    "PropagateTags",
    "RouteSettings",
    "StageVariables",
    "Tags",
];

/// An HTTP API has an address of its own; there may be other attributes.
pub(super) const ATTRIBUTES: Attributes = Attributes::Among(&[("ApiEndpoint", Given::ApiUrl)]);

pub(crate) static HTTP_API: ResourceType = ResourceType {
    properties: PROPERTIES,
    globals: Some(Globals {
        section: "HttpApi",
        properties: GLOBALS,
    }),
    reference: Given::ApiId,
    attributes: ATTRIBUTES,
    dependencies: Dependencies::MentionedIn(&["Auth"]),
    handling: Handling::Read,
    ..ResourceType::new("AWS::Serverless::HttpApi")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &HTTP_API);
    reading.add_api(resource, &properties, ApiKind::Http);
}
