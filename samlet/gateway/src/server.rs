//! The listener of the application's APIs: from a request to a function and back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use samlet_http::{BodyError, Limits, Request, Response, read_body};
use samlet_lambda::{Invoke, InvokeError, Lambda, new_trace_id};
use samlet_template::RestApi;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::answers::{GatewayAnswer, MAX_BODY_BYTES, body_too_large};
use crate::event::{self, Context};
use crate::response;
use crate::router::Router;

/// How long a function may take to answer a request.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The total size of a request's headers.
const MAX_HEADER_BYTES: usize = 10_240;

/// Where the APIs seem to be deployed.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The region in their domain names.
    pub region: String,
    /// The account they belong to.
    pub account_id: String,
}

/// All REST APIs of an application, on one listener.
#[derive(Debug)]
pub struct Gateway {
    apis: Vec<Api>,
    lambda: Lambda,
    settings: GatewaySettings,
}

#[derive(Debug)]
struct Api {
    id: String,
    stage: String,
    router: Router<Route>,
}

#[derive(Debug)]
struct Route {
    resource: String,
    resource_id: String,
    function: String,
}

/// A request's route, and its path without the stage.
struct Target<'a> {
    api: &'a Api,
    route: &'a Route,
    parameters: Vec<(String, String)>,
    path: &'a str,
}

impl Gateway {
    /// A gateway for `apis`, whose functions `lambda` runs.
    pub fn new(apis: Vec<RestApi>, lambda: Lambda, settings: GatewaySettings) -> Self {
        let apis = apis.into_iter().map(|api| {
            let mut router = Router::new();
            for (number, route) in api.routes.into_iter().enumerate() {
                let resource_id = format!("r{number:05}");
                let function = route.function;
                router.add(
                    &route.method,
                    &route.path.clone(),
                    Route {
                        resource: route.path,
                        resource_id,
                        function,
                    },
                );
            }
            Api {
                id: api.id,
                stage: api.stage,
                router,
            }
        });
        Self {
            apis: apis.collect(),
            lambda,
            settings,
        }
    }

    /// Serves `listener` until `shutdown`, then finishes what is in flight.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) {
        let port = listener.local_addr().map_or(0, |address| address.port());
        let service = move |request: Request, peer: SocketAddr| {
            let gateway = Arc::clone(&self);
            async move { gateway.answer(request, peer, port).await }
        };
        samlet_http::serve(listener, Limits::default(), shutdown, |_, _| true, service).await;
    }

    async fn answer(self: Arc<Self>, request: Request, peer: SocketAddr, port: u16) -> Response {
        let (parts, body) = request.into_parts();
        let ids = Arc::new(Ids::new(&parts));
        let body = match read_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_)) => return body_too_large(),
            Err(_) => return ids.stamp(GatewayAnswer::BadRequest.response(), None),
        };
        // A task of its own: as on AWS, an invocation goes on when the client hangs up.
        let serve = tokio::spawn({
            let ids = Arc::clone(&ids);
            async move { self.integrate(&parts, body, peer, port, &ids).await }
        });
        match serve.await {
            Ok(Ok(response)) => ids.stamp(response, Some(&ids.trace)),
            Ok(Err(answer)) => ids.stamp(answer.response(), None),
            Err(error) => {
                tracing::error!(request_id = ids.request, %error, "samlet failed to serve a request");
                ids.stamp(GatewayAnswer::InternalServerError.response(), None)
            }
        }
    }

    /// Route, event, function, response.
    async fn integrate(
        &self,
        parts: &Parts,
        body: Bytes,
        peer: SocketAddr,
        port: u16,
        ids: &Ids,
    ) -> Result<Response, GatewayAnswer> {
        let header_bytes: usize = parts
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if header_bytes > MAX_HEADER_BYTES {
            return Err(GatewayAnswer::HeadersTooLarge);
        }
        let target = self
            .target(parts.method.as_str(), parts.uri.path())
            .ok_or(GatewayAnswer::MissingAuthenticationToken)?;
        let context = Context {
            account_id: &self.settings.account_id,
            api_id: &target.api.id,
            region: &self.settings.region,
            stage: &target.api.stage,
            resource: &target.route.resource,
            resource_id: &target.route.resource_id,
            path: target.path,
            parameters: &target.parameters,
            source_ip: peer.ip(),
            port,
            request_id: &ids.request,
            extended_request_id: &ids.extended,
            trace_id: &ids.trace,
            time: OffsetDateTime::now_utc(),
        };
        let event = event::event(parts, &body, &context).to_string();
        drop(body);
        let function = &target.route.function;
        let invoke = Invoke {
            function_name: function.clone(),
            payload: Bytes::from(event),
            trace_id: Some(ids.trace.clone()),
        };
        let invoked = tokio::time::timeout(INTEGRATION_TIMEOUT, self.lambda.invoke(invoke)).await;
        let (answer, reason) = match invoked {
            Ok(Ok(invocation)) if invocation.function_error.is_some() => {
                (GatewayAnswer::BadGateway, excerpt(&invocation.payload))
            }
            Ok(Ok(invocation)) => match response::response(&invocation.payload) {
                Ok(response) => return Ok(response),
                Err(why) => (
                    GatewayAnswer::BadGateway,
                    format!("its answer is no proxy response: {why}"),
                ),
            },
            Ok(Err(error @ InvokeError::RequestTooLarge)) => {
                (GatewayAnswer::RequestTooLong, error.to_string())
            }
            Ok(Err(error)) => (GatewayAnswer::InternalServerError, error.to_string()),
            Err(_) => (
                GatewayAnswer::EndpointTimedOut,
                format!("no answer within {INTEGRATION_TIMEOUT:?}"),
            ),
        };
        tracing::warn!(request_id = ids.request, function, "{answer}: {reason}");
        Err(answer)
    }

    /// Finds a request's route: by the path as it is, or behind the name of
    /// the API's stage, as on a deployed one.
    fn target<'a>(&'a self, method: &str, path: &'a str) -> Option<Target<'a>> {
        let as_it_is = |api| find(api, method, path);
        let behind_stage = |api: &'a Api| {
            let rest = path.strip_prefix('/')?.strip_prefix(api.stage.as_str())?;
            let rest = if rest.is_empty() { "/" } else { rest };
            rest.starts_with('/').then(|| find(api, method, rest))?
        };
        self.apis
            .iter()
            .find_map(as_it_is)
            .or_else(|| self.apis.iter().find_map(behind_stage))
    }
}

fn find<'a>(api: &'a Api, method: &str, path: &'a str) -> Option<Target<'a>> {
    let found = api.router.find(method, path)?;
    Some(Target {
        api,
        route: found.route,
        parameters: found.parameters,
        path,
    })
}

/// The beginning of a function's error, for the log.
fn excerpt(payload: &[u8]) -> String {
    const MAX_BYTES: usize = 2048;
    let cut = &payload[..payload.len().min(MAX_BYTES)];
    let more = if cut.len() < payload.len() { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(cut))
}

/// The trace in the client's X-Ray header, if it is one.
fn client_trace(request: &Parts) -> Option<String> {
    let value = request.headers.get("x-amzn-trace-id")?.to_str().ok()?;
    let root = value.split(';').map(str::trim);
    let root = root
        .into_iter()
        .find_map(|part| part.strip_prefix("Root=1-"))?;
    let (seconds, random) = root.split_once('-')?;
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    (hex(seconds, 8) && hex(random, 24)).then(|| value.to_owned())
}

/// The ids of one request.
struct Ids {
    request: String,
    extended: String,
    trace: String,
}

impl Ids {
    /// New ones; but a trace that the client began goes on.
    fn new(request: &Parts) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self {
            request: Uuid::new_v4().to_string(),
            extended: format!("{}=", &random[..15]),
            trace: client_trace(request).unwrap_or_else(new_trace_id),
        }
    }

    /// The headers that every answer of the gateway carries.
    fn stamp(&self, mut response: Response, trace: Option<&str>) -> Response {
        let mut insert = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        insert("x-amzn-requestid", &self.request);
        insert("x-amz-apigw-id", &self.extended);
        if let Some(trace) = trace {
            insert("x-amzn-trace-id", trace);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_trace_that_the_client_began_goes_on() {
        let ids = |header: &str| {
            let request = http::Request::get("/").header("x-amzn-trace-id", header);
            Ids::new(&request.body(()).unwrap().into_parts().0).trace
        };
        let sent = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        assert_eq!(ids(sent), sent);
        for nonsense in ["", "Root=1-5759e988-short", "Parent=53995c3f42cd8ad8"] {
            assert!(ids(nonsense).starts_with("Root=1-"), "{nonsense}");
            assert_ne!(ids(nonsense), nonsense);
        }
    }

    #[test]
    fn a_long_error_is_cut_for_the_log() {
        assert_eq!(excerpt(b"short"), "short");
        let long = excerpt("é".repeat(5000).as_bytes());
        assert!(long.len() < 2100 && long.ends_with('…'), "{}", long.len());
    }
}
