//! An API's routes: from a request's method and path to where it goes.

use std::time::Duration;

use http::HeaderMap;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use samlet_template::{Api, ApiKind, PayloadFormat, Validation};
use samlet_traces::Trace;
use tokio::time::Instant;

use crate::answers::GatewayAnswer;
use crate::cors;
use crate::router::Router;
use crate::throttle::Bucket;

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Target {
    Function(Route),
    /// SAM's mock for OPTIONS: these headers.
    Preflight {
        headers: HeaderMap,
        authorizer: Option<String>,
    },
}

/// A function's route.
#[derive(Debug)]
pub(crate) struct Route {
    /// `GET /message/{id}`, or `$default`.
    pub(crate) key: String,
    /// `/message/{id}`.
    pub(crate) resource: String,
    pub(crate) resource_id: String,
    pub(crate) function: String,
    pub(crate) payload_format: PayloadFormat,
    pub(crate) timeout: Duration,
    pub(crate) authorizer: Option<String>,
    pub(crate) api_key_required: bool,
    pub(crate) throttle: Option<Bucket>,
    pub(crate) validation: Validation,
}

impl Route {
    /// `/message/{id}/GET`, as usage plans name it.
    pub(crate) fn path_and_method(&self) -> String {
        let method = self.key.split(' ').next().unwrap_or_default();
        format!("{}/{method}", self.resource)
    }
}

impl Target {
    /// The authorizer to be asked first, by name.
    pub(crate) fn authorizer(&self) -> Option<&str> {
        match self {
            Self::Function(route) => route.authorizer.as_deref(),
            Self::Preflight { authorizer, .. } => authorizer.as_deref(),
        }
    }

    /// Counts a request against the target's throttle.
    pub(crate) fn throttle(&self) -> Result<(), GatewayAnswer> {
        let bucket = self.route().and_then(|route| route.throttle.as_ref());
        match bucket.is_none_or(|bucket| bucket.take(Instant::now())) {
            true => Ok(()),
            false => Err(GatewayAnswer::Throttled),
        }
    }

    /// Tells a request's trace where it goes.
    pub(crate) fn tell(&self, trace: &Trace) {
        match self {
            Self::Function(route) => trace.route(&route.key, Some(&route.function)),
            Self::Preflight { .. } => trace.route("OPTIONS", None),
        }
    }

    /// The function's route, if there is a function.
    pub(crate) fn route(&self) -> Option<&Route> {
        match self {
            Self::Function(route) => Some(route),
            Self::Preflight { .. } => None,
        }
    }
}

/// A request's target, its path without the stage, and the path's parameters.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) target: &'a Target,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) path: String,
}

/// All routes of one API.
#[derive(Debug)]
pub(crate) struct Routes {
    kind: ApiKind,
    stage: String,
    router: Router<Target>,
    /// An HTTP API's catch-all.
    default: Option<Target>,
}

impl Routes {
    pub(crate) fn of(api: &Api) -> Self {
        let mut routes = Self {
            kind: api.kind,
            stage: api.stage.clone(),
            router: Router::new(api.kind),
            default: None,
        };
        if let (ApiKind::Rest, Some(cors)) = (api.kind, &api.cors) {
            for (path, headers) in cors::rest_preflights(cors, &api.routes) {
                let authorizer = api.default_authorizer.clone();
                let target = Target::Preflight {
                    headers,
                    authorizer: authorizer.filter(|_| api.authorizes_preflights),
                };
                routes.router.add("OPTIONS", &path, target);
            }
        }
        for (number, declared) in api.routes.iter().enumerate() {
            let path = &declared.path;
            let catch_all = path == "$default";
            let target = Target::Function(Route {
                key: match catch_all {
                    true => path.clone(),
                    false => format!("{} {path}", declared.method),
                },
                resource: path.clone(),
                resource_id: format!("r{number:05}"),
                function: declared.function.clone(),
                payload_format: declared.payload_format,
                timeout: declared.timeout,
                authorizer: declared.authorizer.clone(),
                api_key_required: declared.api_key_required,
                throttle: declared.throttle.map(Bucket::new),
                validation: declared.validation.clone(),
            });
            match catch_all {
                true => routes.default = Some(target),
                false => routes.router.add(&declared.method, path, target),
            }
        }
        routes
    }

    /// Finds a request's target: by the path as it is, or behind the name of
    /// the API's stage, as on a deployed one. A parameter never takes the
    /// stage's name for a value when the rest of the path has a route too.
    pub(crate) fn find(&self, request: &Parts) -> Option<Found<'_>> {
        let path = self.path(request);
        let find = |path: &str| {
            let matched = self.router.find(request.method.as_str(), path)?;
            Some(Found {
                target: matched.route,
                parameters: matched.parameters,
                path: path.to_owned(),
            })
        };
        let behind_stage = || {
            let rest = path.strip_prefix('/')?.strip_prefix(self.stage.as_str())?;
            let rest = if rest.is_empty() { "/" } else { rest };
            rest.starts_with('/').then(|| find(rest))?
        };
        let found = match find(&path) {
            Some(found) if !found.begins_with_parameter() => Some(found),
            found => behind_stage().or(found),
        };
        found.or_else(|| {
            Some(Found {
                target: self.default.as_ref()?,
                parameters: Vec::new(),
                path: path.clone(),
            })
        })
    }

    /// The path to route by. An HTTP API decodes it first; a REST API never does.
    fn path(&self, request: &Parts) -> String {
        let path = request.uri.path();
        match self.kind {
            ApiKind::Rest => path.to_owned(),
            ApiKind::Http => percent_decode_str(path).decode_utf8_lossy().into_owned(),
        }
    }
}

impl Found<'_> {
    fn begins_with_parameter(&self) -> bool {
        let route = self.target.route();
        route.is_some_and(|route| route.resource.starts_with("/{"))
    }
}
