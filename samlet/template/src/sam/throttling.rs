//! How fast the routes of an API's stage may be used.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use crate::resolve::Scope;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Shape, has, missing, must, unnoticed};
use crate::yaml::Node;
use crate::{Api, ApiKind, Throttle, Throttles};

/// Requests at once.
pub(crate) const BURST: Shape = Shape::Whole(0, u32::MAX as i64);

/// `MethodSettings` of a REST API.
pub(crate) const METHOD_SETTINGS: Shape = Shape::List(&Shape::Object(&[
    must("HttpMethod", Shape::Text),
    must("ResourcePath", Shape::Text),
    has("ThrottlingBurstLimit", BURST),
    has("ThrottlingRateLimit", Shape::Text),
    missing("CacheDataEncrypted"),
    missing("CacheTtlInSeconds"),
    missing("CachingEnabled"),
    unnoticed("DataTraceEnabled"),
    unnoticed("LoggingLevel"),
    unnoticed("MetricsEnabled"),
]));

/// `DefaultRouteSettings` of an HTTP API, and each of its `RouteSettings`.
pub(crate) const ROUTE_SETTINGS: Shape = Shape::Object(&[
    has("ThrottlingBurstLimit", BURST),
    has("ThrottlingRateLimit", Shape::Text),
    unnoticed("DataTraceEnabled"),
    unnoticed("DetailedMetricsEnabled"),
    unnoticed("LoggingLevel"),
]);

impl Throttles {
    /// The throttle of a route.
    pub(crate) fn of(&self, method: &str, path: &str) -> Option<Throttle> {
        let own = self.by_route.get(&key(method, path));
        own.copied().or(self.general)
    }
}

/// The throttles that an API's properties declare.
pub(crate) fn read(properties: &Node, kind: ApiKind, scope: &mut Scope<'_>) -> Throttles {
    match kind {
        ApiKind::Rest => of_methods(properties.items_of("MethodSettings"), scope),
        ApiKind::Http => {
            let general = properties.get("DefaultRouteSettings");
            let by_route = properties.entries_of("RouteSettings").iter();
            Throttles {
                general: general.and_then(|node| throttle(node, scope)),
                by_route: by_route
                    .filter_map(|entry| Some((entry.key.clone(), throttle(&entry.value, scope)?)))
                    .collect(),
            }
        }
    }
}

fn of_methods(settings: &[Node], scope: &mut Scope<'_>) -> Throttles {
    let mut throttles = Throttles::default();
    for setting in settings {
        let text = |name: &str| setting.get_text(name);
        let (Some(method), Some(path)) = (text("HttpMethod"), text("ResourcePath")) else {
            continue;
        };
        let throttle = throttle(setting, scope);
        // `~1` stands for a slash; the first slash may be written as either.
        let path = path.replace("~1", "/");
        let path = format!("/{}", path.trim_start_matches('/'));
        match (method, path.as_str()) {
            ("*", "/*") => throttles.general = throttle.or(throttles.general),
            ("*", _) | (_, "/*") => {
                let message = "method settings are of one method (`GET` of `/path`), or of all";
                let help = "write ResourcePath: '/*' and HttpMethod: '*' for all";
                scope.findings.error(setting.at, message, help);
            }
            (method, path) => {
                let named = throttle.map(|throttle| (key(method, path), throttle));
                throttles.by_route.extend(named);
            }
        }
    }
    throttles
}

/// A route's throttle, if these settings have one.
pub(crate) fn throttle(settings: &Node, scope: &mut Scope<'_>) -> Option<Throttle> {
    let (rate, burst) = ("ThrottlingRateLimit", "ThrottlingBurstLimit");
    limits(settings, rate, burst, scope)
}

/// A rate and a burst; what isn't stated is without limit.
pub(crate) fn limits(
    node: &Node,
    rate: &str,
    burst: &str,
    scope: &mut Scope<'_>,
) -> Option<Throttle> {
    let stated = node.get(rate).and_then(Node::as_text);
    let per_second = stated.and_then(|text| text.parse::<f64>().ok());
    let per_second = per_second.filter(|rate| rate.is_finite() && *rate >= 0.0);
    if stated.is_some() && per_second.is_none() {
        let message = format!("{rate} is a number of requests a second");
        scope.findings.error(node.at, message, "");
    }
    let at_once = node.get_text(burst).and_then(|text| text.parse().ok());
    (per_second.is_some() || at_once.is_some()).then(|| Throttle {
        rate: per_second.unwrap_or(f64::MAX),
        burst: at_once.unwrap_or(u32::MAX),
    })
}

/// Reports throttles of routes that the API doesn't have; AWS refuses them too.
pub(crate) fn check_names(api: &Api, scope: &mut Scope<'_>) {
    let routes = api.routes.iter();
    let keys: Vec<String> = routes
        .map(|route| key(&route.method, &route.path))
        .collect();
    let known: Vec<&str> = keys.iter().map(String::as_str).collect();
    let unknown = api.throttles.by_route.keys();
    for name in unknown.filter(|name| !known.contains(&name.as_str())) {
        let message = format!(
            "{} throttles `{name}`, which it does not have",
            api.logical_id
        );
        let help = did_you_mean(name, &known);
        scope.findings.error(api.location, message, help);
    }
}

/// `GET /path`, or `$default`.
fn key(method: &str, path: &str) -> String {
    match path {
        "$default" => path.to_owned(),
        path => format!("{} {path}", method.to_uppercase()),
    }
}
