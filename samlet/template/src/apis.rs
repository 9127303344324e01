//! AWS::Serverless::Api and AWS::Serverless::HttpApi, and the ones SAM makes by itself.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html>

use std::collections::BTreeMap;

use serde::Serialize;

use crate::intrinsics::Scope;
use crate::keys::Keys;
use crate::names::api_id;
use crate::node::{Entry, Node};
use crate::permissions::{self, Permission};
use crate::schema::{Property, Shape, check, has, missing, must, refused, unnoticed};
use crate::{Api, ApiKind, Cors, authorizers, gateway_responses, globals, throttling, validation};

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&TEXT);
const OPENAPI: &str = "declare the routes as Events of the functions";
/// Nothing is logged so here, where every request is kept; on AWS it costs.
const ACCESS_LOG: Shape = Shape::Object(&[has("DestinationArn", TEXT), has("Format", TEXT)]);

const REST: &[Property] = &[
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

const HTTP: &[Property] = &[
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

const REST_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXT),
    has("AllowMethods", TEXT),
    must("AllowOrigin", TEXT),
    has("MaxAge", TEXT),
];

const HTTP_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXTS),
    has("AllowMethods", TEXTS),
    has("AllowOrigins", TEXTS),
    has("ExposeHeaders", TEXTS),
    has("MaxAge", Shape::Whole(-1, 86_400)),
];

/// `AccessLogSetting` of a REST API, `AccessLogSettings` of an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessLog {
    /// The ARN of a log group or, for REST APIs, of a Firehose stream.
    pub destination: String,
    /// An event, with `$context…` in it.
    pub format: String,
}

/// All APIs, while their routes are being added, and the keys to them.
pub(crate) struct Apis {
    apis: Vec<Api>,
    keys: Keys,
    /// What SAM permits them.
    permissions: Vec<Permission>,
}

/// The APIs of a template, complete.
pub(crate) struct Finished {
    pub(crate) apis: Vec<Api>,
    pub(crate) without_routes: Vec<Api>,
    pub(crate) keys: Keys,
    pub(crate) permissions: Vec<Permission>,
}

impl Apis {
    pub(crate) fn new(keys: Keys) -> Self {
        Self {
            apis: Vec::new(),
            keys,
            permissions: Vec::new(),
        }
    }

    /// The API that `!Ref` gives this id for.
    pub(crate) fn find(&mut self, id: &str, kind: ApiKind) -> Option<&mut Api> {
        let mut apis = self.apis.iter_mut();
        apis.find(|api| api.kind == kind && (api.id == id || api.logical_id == id))
    }

    /// SAM's own API for routes that name none, made with the first of them.
    pub(crate) fn implicit(&mut self, kind: ApiKind, scope: &mut Scope<'_>) -> &mut Api {
        let (logical_id, stage, globals) = match kind {
            ApiKind::Rest => ("ServerlessRestApi", "Prod", "Api"),
            ApiKind::Http => ("ServerlessHttpApi", "$default", "HttpApi"),
        };
        let position = self
            .apis
            .iter()
            .position(|api| api.logical_id == logical_id);
        let position = position.unwrap_or_else(|| {
            // It has no properties but those of Globals.
            let resource = Entry {
                key: logical_id.into(),
                at: scope.template.at,
                value: Node::empty(scope.template.at),
            };
            let properties = globals::merged(&resource, globals, scope);
            self.add(&resource, &properties, kind, stage, scope);
            self.apis.len() - 1
        });
        &mut self.apis[position]
    }

    /// Adds the permission of a route.
    pub(crate) fn permit(&mut self, permission: Permission) {
        permissions::add_route(&mut self.permissions, permission);
    }

    /// Reads a declared API.
    pub(crate) fn read(&mut self, resource: &Entry, kind: ApiKind, scope: &mut Scope<'_>) {
        let (globals, known, what) = match kind {
            ApiKind::Rest => ("Api", REST, "AWS::Serverless::Api"),
            ApiKind::Http => ("HttpApi", HTTP, "AWS::Serverless::HttpApi"),
        };
        let properties = globals::merged(resource, globals, scope);
        check(&properties, known, what, resource.at, scope);
        let stage = properties.get_text("StageName");
        let stage = stage.unwrap_or("$default").to_owned();
        self.add(resource, &properties, kind, &stage, scope);
    }

    fn add(
        &mut self,
        resource: &Entry,
        properties: &Node,
        kind: ApiKind,
        stage: &str,
        scope: &mut Scope<'_>,
    ) {
        let api = api(resource, properties, kind, stage, scope);
        if let Some(auth) = properties.get("Auth") {
            self.keys.add_of_api(auth, &api, scope);
            let permissions = permissions::of_authorizers(auth, &api, scope);
            self.permissions.extend(permissions);
        }
        self.apis.push(api);
    }

    /// What there is once all routes are added.
    pub(crate) fn finish(self, scope: &mut Scope<'_>) -> Finished {
        for api in &self.apis {
            throttling::check_names(api, scope);
        }
        let apis = self.apis.into_iter();
        let (apis, without_routes) = apis.partition(|api| !api.routes.is_empty());
        Finished {
            apis,
            without_routes,
            keys: self.keys,
            permissions: self.permissions,
        }
    }
}

fn api(
    resource: &Entry,
    properties: &Node,
    kind: ApiKind,
    stage: &str,
    scope: &mut Scope<'_>,
) -> Api {
    let auth = authorizers::read(properties.get("Auth"), kind, scope);
    let cors = match kind {
        ApiKind::Rest => properties
            .get("Cors")
            .and_then(|node| rest_cors(node, scope)),
        ApiKind::Http => properties
            .get("CorsConfiguration")
            .and_then(|node| http_cors(node, scope)),
    };
    let variables = properties
        .get("Variables")
        .or(properties.get("StageVariables"));
    let variables = variables.map_or(&[][..], Node::entries).iter();
    let binary = properties.get("BinaryMediaTypes");
    let access_log = properties.get(match kind {
        ApiKind::Rest => "AccessLogSetting",
        ApiKind::Http => "AccessLogSettings",
    });
    Api {
        logical_id: resource.key.clone(),
        id: api_id(&scope.settings.place.stack, &resource.key),
        kind,
        stage: stage.into(),
        routes: Vec::new(),
        // In a template `~1` stands for a slash.
        binary_media_types: binary
            .map(texts)
            .unwrap_or_default()
            .iter()
            .map(|text| text.replace("~1", "/"))
            .collect(),
        cors,
        stage_variables: variables
            .filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        authorizers: auth.authorizers,
        default_authorizer: auth.default,
        authorizes_preflights: auth.preflights,
        api_key_required: auth.api_key,
        throttles: throttling::read(properties, kind, scope),
        models: validation::models(properties.get("Models"), scope),
        gateway_responses: gateway_responses::read(properties.get("GatewayResponses"), scope),
        traced: properties.get_text("TracingEnabled") == Some("true"),
        access_log: access_log.and_then(self::access_log),
        location: resource.at,
    }
}

/// One without a destination logs nothing.
fn access_log(node: &Node) -> Option<AccessLog> {
    Some(AccessLog {
        destination: node.get_text("DestinationArn")?.to_owned(),
        format: node.get_text("Format")?.to_owned(),
    })
}

fn texts(node: &Node) -> Vec<String> {
    node.texts().map(str::to_owned).collect()
}

/// `Cors` of a REST API: an origin, or an object; every text in single
/// quotes, since API Gateway takes it for an expression.
fn rest_cors(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
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

/// `CorsConfiguration` of an HTTP API: true, or an object.
fn http_cors(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
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
