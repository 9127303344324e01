//! A function's events: routes of REST and HTTP APIs.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html>

use std::time::Duration;

use super::apis::Apis;
use super::keys::Keys;
use super::{authorizers, permissions, throttling, validation};
use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Property, Shape, has, must, unnoticed};
use crate::yaml::{Entry, Node};
use crate::{Api, ApiKind, PayloadFormat, Route};

const EVENT: &[Property] = &[must("Type", Shape::Text), has("Properties", Shape::Any)];

const REST: &[Property] = &[
    must("Path", Shape::Text),
    must("Method", Shape::Text),
    has("RestApiId", Shape::Text),
    has("Auth", Shape::Any),
    has("TimeoutInMillis", Shape::Whole(50, 29_000)),
    has("RequestModel", validation::REQUEST_MODEL),
    has("RequestParameters", Shape::List(&Shape::Any)),
    unnoticed("ResponseTransferMode"),
];

const HTTP: &[Property] = &[
    has("Path", Shape::Text),
    has("Method", Shape::Text),
    has("ApiId", Shape::Text),
    has("Auth", Shape::Any),
    has("PayloadFormatVersion", Shape::OneOf(&["1.0", "2.0"])),
    has("TimeoutInMillis", Shape::Whole(50, 30_000)),
    has("RouteSettings", throttling::ROUTE_SETTINGS),
];

const METHODS: [&str; 8] = [
    "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT",
];

/// Other event sources of SAM, which samlet doesn't have.
const OTHER_TYPES: [&str; 19] = [
    "AlexaSkill",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "DocumentDB",
    "DynamoDB",
    "EventBridgeRule",
    "IoTRule",
    "Kinesis",
    "MQ",
    "MSK",
    "S3",
    "SNS",
    "SQS",
    "Schedule",
    "ScheduleV2",
    "SelfManagedKafka",
    "Api",
    "HttpApi",
];

/// The function that declares an event.
#[derive(Clone, Copy)]
pub(crate) struct Declaring<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) name: &'a str,
}

/// Reads one event; a route is added to its API.
pub(crate) fn read(
    event: &Entry,
    function: Declaring<'_>,
    apis: &mut Apis,
    keys: &mut Keys,
    scope: &mut Scope<'_>,
) {
    let what = format!("the event {}", event.key);
    check(&event.value, EVENT, &what, event.at, scope);
    let Some(kind) = event.value.get_text("Type") else {
        return;
    };
    let empty = Node::empty(event.at);
    let properties = event.value.get("Properties").unwrap_or(&empty);
    match kind {
        "Api" => route(
            event,
            properties,
            ApiKind::Rest,
            function,
            apis,
            keys,
            scope,
        ),
        "HttpApi" => route(
            event,
            properties,
            ApiKind::Http,
            function,
            apis,
            keys,
            scope,
        ),
        kind if OTHER_TYPES.contains(&kind) => {
            let message = format!(
                "samlet has no event source {kind}: {} of {} never happens here",
                event.key, function.logical_id
            );
            scope.findings.warn(event.at, message);
        }
        kind => {
            let message = format!("`{kind}` is no type of an event");
            scope
                .findings
                .error(event.at, message, did_you_mean(kind, &OTHER_TYPES));
        }
    }
}

fn route(
    event: &Entry,
    properties: &Node,
    kind: ApiKind,
    function: Declaring<'_>,
    apis: &mut Apis,
    keys: &mut Keys,
    scope: &mut Scope<'_>,
) {
    let (known, what, id) = match kind {
        ApiKind::Rest => (REST, "an Api event", "RestApiId"),
        ApiKind::Http => (HTTP, "an HttpApi event", "ApiId"),
    };
    check(properties, known, what, event.at, scope);
    let Some((path, method)) = path_and_method(event, properties, kind, scope) else {
        return;
    };
    let at = properties.get("Path").map_or(event.at, |node| node.at);
    let method_at = properties.get("Method").map_or(event.at, |node| node.at);
    check_method(&method, method_at, scope);
    if path != "$default" {
        check_path(path, at, scope);
    }
    let api = match properties.get(id) {
        Some(node) => named_api(node, id, kind, apis, scope),
        None => Some(apis.implicit(kind, keys, scope)),
    };
    let Some(api) = api else { return };
    let same = |route: &&Route| route.method == method && same_shape(&route.path, path);
    if let Some(other) = api.routes.iter().find(same) {
        let message = format!(
            "{method} {path} is declared twice in {}: {} has it on line {}",
            api.logical_id, other.function, other.location.line
        );
        scope
            .findings
            .error(at, message, "one route has one function");
        return;
    }
    let longest = match kind {
        ApiKind::Rest => 29_000,
        ApiKind::Http => 30_000,
    };
    let auth = properties.get("Auth");
    let authorizer = authorizers::of_route(auth, api, scope);
    let api_key_required = authorizers::key_of_route(auth, api);
    let timeout = properties.get_text("TimeoutInMillis");
    let timeout = timeout.and_then(|text| text.parse().ok());
    let own_throttle = properties
        .get("RouteSettings")
        .and_then(|node| throttling::throttle(node, scope));
    let route = Route {
        throttle: own_throttle.or_else(|| api.throttles.of(&method, path)),
        validation: validation::of_route(properties, event.at, api, scope),
        method,
        path: path.into(),
        function: function.name.into(),
        payload_format: payload_format(properties, kind),
        timeout: Duration::from_millis(timeout.unwrap_or(longest)),
        authorizer,
        api_key_required,
        location: event.at,
    };
    let permission = permissions::of_route(function.logical_id, event, api, &route, scope);
    api.routes.push(route);
    apis.permit(permission);
}

/// What the route matches: a path, and a method in capitals.
fn path_and_method<'a>(
    event: &Entry,
    properties: &'a Node,
    kind: ApiKind,
    scope: &mut Scope<'_>,
) -> Option<(&'a str, String)> {
    let text = |name: &str| properties.get_text(name);
    let (path, method) = match (kind, text("Path"), text("Method")) {
        // An HTTP API's catch-all.
        (ApiKind::Http, None, None) => ("$default", "ANY"),
        (_, Some(path), Some(method)) => (path, method),
        (ApiKind::Http, ..) => {
            let message = "an HttpApi event has both Path and Method, or neither";
            scope.findings.error(event.at, message, "");
            return None;
        }
        (ApiKind::Rest, ..) => return None,
    };
    let method = match method.to_uppercase().as_str() {
        "X-AMAZON-APIGATEWAY-ANY-METHOD" => "ANY".to_owned(),
        other => other.to_owned(),
    };
    Some((path, method))
}

fn payload_format(properties: &Node, kind: ApiKind) -> PayloadFormat {
    match (kind, properties.get_text("PayloadFormatVersion")) {
        (ApiKind::Rest, _) | (ApiKind::Http, Some("1.0")) => PayloadFormat::V1,
        (ApiKind::Http, _) => PayloadFormat::V2,
    }
}

/// The API that an event names by its id.
fn named_api<'a>(
    node: &Node,
    id: &str,
    kind: ApiKind,
    apis: &'a mut Apis,
    scope: &mut Scope<'_>,
) -> Option<&'a mut Api> {
    // `!Ref Api` is resolved to the API's id by now.
    let api = apis.find(node.as_text().unwrap_or_default(), kind);
    if api.is_none() {
        let wanted = match kind {
            ApiKind::Rest => "AWS::Serverless::Api",
            ApiKind::Http => "AWS::Serverless::HttpApi",
        };
        let message = format!("{id} names no {wanted} of this template");
        let help = format!("write `{id}: !Ref YourApi`");
        scope.findings.error(node.at, message, help);
    }
    api
}

fn check_method(method: &str, at: Location, scope: &mut Scope<'_>) {
    if METHODS.contains(&method) {
        return;
    }
    let message = format!("`{method}` is no HTTP method");
    let help = match did_you_mean(method, &METHODS) {
        none if none.is_empty() => format!("it is one of {}", METHODS.join(", ")),
        hint => hint,
    };
    scope.findings.error(at, message, help);
}

fn check_path(path: &str, at: Location, scope: &mut Scope<'_>) {
    let whole =
        |segment: &str| segment.starts_with('{') && segment.ends_with('}') && segment.len() > 2;
    let bad = path
        .split('/')
        .find(|segment| segment.contains(['{', '}']) && !whole(segment));
    let message = if !path.starts_with('/') {
        format!("the path `{path}` does not start with a slash")
    } else if let Some(segment) = bad {
        format!("`{segment}` in the path is neither text nor {{parameter}}")
    } else if path
        .split('/')
        .rev()
        .skip(1)
        .any(|segment| segment.ends_with("+}"))
    {
        format!("in `{path}` the {{proxy+}} is not the last part")
    } else {
        return;
    };
    scope.findings.error(at, message, "");
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
