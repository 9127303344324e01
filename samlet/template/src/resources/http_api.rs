//! AWS::Serverless::HttpApi.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html>

use super::schema::{Property, Shape, check, has, missing, refused, unnoticed};
use super::{Attributes, Dependencies, Given, Globals, Handling, OwnValue, Resource, ResourceType};
use crate::diagnostics::Location;
use crate::reading::{Phase, Reading};
use crate::resolve::Scope;
use crate::sam::apis::{ACCESS_LOG, OPENAPI, texts};
use crate::sam::throttling;
use crate::yaml::{Entry, Node};
use crate::{ApiKind, Cors};

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&TEXT);

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

const HTTP_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXTS),
    has("AllowMethods", TEXTS),
    has("AllowOrigins", TEXTS),
    has("ExposeHeaders", TEXTS),
    has("MaxAge", Shape::Whole(-1, 86_400)),
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
pub(super) const ATTRIBUTES: Attributes =
    Attributes::Among(&[("ApiEndpoint", Given::Own(OwnValue(endpoint)))]);

pub(crate) static HTTP_API: ResourceType = ResourceType {
    properties: PROPERTIES,
    globals: Some(Globals {
        section: "HttpApi",
        properties: GLOBALS,
    }),
    reference: Given::ApiId,
    attributes: ATTRIBUTES,
    dependencies: Dependencies::MentionedIn(&["Auth"]),
    handling: Handling::own(Phase::Apis, read),
    ..ResourceType::new("AWS::Serverless::HttpApi")
};

fn endpoint(scope: &mut Scope<'_>, api: &Resource<'_>, at: Location) -> String {
    scope.api_url(api.logical_id, at)
}

fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let properties = reading.properties(resource, &HTTP_API);
    reading.add_api(resource, &properties, ApiKind::Http);
}

/// `CorsConfiguration` of an HTTP API: true, or an object.
pub(crate) fn cors(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
    match node.as_text() {
        Some("true") => {
            return Some(Cors {
                allow_origins: vec!["*".into()],
                ..Cors::default()
            });
        }
        Some("false") => return None,
        _ => {}
    }
    check(node, HTTP_CORS, "CorsConfiguration", node.at, scope);
    let list = |name: &str| node.get(name).map(texts).unwrap_or_default();
    let credentials = node.get_text("AllowCredentials") == Some("true");
    let origins = list("AllowOrigins");
    if credentials && origins.iter().any(|origin| origin == "*") {
        let message = "AllowCredentials does not go with the origin '*'";
        scope.findings.error(node.at, message, "name the origins");
    }
    Some(Cors {
        allow_origins: origins,
        allow_methods: list("AllowMethods"),
        allow_headers: list("AllowHeaders"),
        expose_headers: list("ExposeHeaders"),
        max_age: node.get_text("MaxAge").and_then(|text| text.parse().ok()),
        allow_credentials: credentials,
    })
}
