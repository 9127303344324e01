//! An API's requests: from a client to a function and back.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use samlet_aws::{Place, trace_id};
use samlet_clock::Clock;
use samlet_http::{BodyError, Request, Response, read_body};
use samlet_lambda::{Invoke, InvokeError, Lambda, ThrottleReason};
use samlet_template::{Api, ApiKey, ApiKind, Cors, GatewayResponse, UsagePlan};
use samlet_traces::{Answered, Arrived, Origin, Trace, Traces};
use tokio::time::Instant;
use uuid::Uuid;

use crate::answers::{GatewayAnswer, MAX_BODY_BYTES, body_too_large};
use crate::authorizer::{Guard, Identified, Visitor};
use crate::event::{Context, EventBody};
use crate::overload::Overload;
use crate::response::MalformedResponse;
use crate::routes::{Found, Route, Routes, Target};
use crate::usage::Usage;
use crate::{binary, cors, event_v2, overrides, response_http, validation};

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The total size of a request's headers.
const MAX_HEADER_BYTES: usize = 10_240;

const NO_ROOM: ThrottleReason = ThrottleReason::ConcurrentInvocationLimitExceeded;

/// One API, as it was deployed.
#[derive(Debug)]
pub struct Gateway {
    logical_id: String,
    id: String,
    kind: ApiKind,
    stage: String,
    routes: Routes,
    binary_media_types: Vec<String>,
    cors: Option<Cors>,
    stage_variables: BTreeMap<String, String>,
    guards: BTreeMap<String, Guard>,
    usage: Usage,
    overrides: BTreeMap<String, GatewayResponse>,
    overload: Overload,
    lambda: Lambda,
    traces: Traces,
    place: Arc<Place>,
    clock: Clock,
}

/// A whole request, and who sent it where.
struct Arrival {
    parts: Parts,
    body: Bytes,
    source_ip: IpAddr,
    port: u16,
    ids: Ids,
    trace: Trace,
}

impl Gateway {
    /// A gateway for `api`, which is deployed in `place`, whose functions `lambda` runs, for the holders of
    /// `keys` as far as `plans` let them. Authorizers' answers hold by `clock`.
    pub fn new(
        api: Api,
        keys: &[ApiKey],
        plans: &[UsagePlan],
        lambda: Lambda,
        traces: Traces,
        place: Arc<Place>,
        clock: Clock,
    ) -> Self {
        let guards = api.authorizers.iter();
        Self {
            routes: Routes::of(&api),
            usage: Usage::of(&api, keys, plans),
            guards: guards
                .map(|(name, authorizer)| {
                    (name.clone(), Guard::new(authorizer.clone(), clock.clone()))
                })
                .collect(),
            logical_id: api.logical_id,
            id: api.id,
            kind: api.kind,
            stage: api.stage,
            binary_media_types: api.binary_media_types,
            cors: api.cors,
            stage_variables: api.stage_variables,
            overrides: api.gateway_responses,
            overload: Overload::new(),
            lambda,
            traces,
            place,
            clock,
        }
    }

    /// Goes on with what was counted by the one that this replaces.
    pub(crate) fn continue_from(&mut self, previous: &Self) {
        self.usage.continue_from(&previous.usage);
    }

    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request,
        peer: SocketAddr,
        port: u16,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let ids = Ids::new(&parts);
        let body = match read_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(error) => {
                let trace = self.trace(&parts, Bytes::new(), &ids);
                trace.fail(&error.to_string());
                let response = match error {
                    BodyError::TooLarge(_) if self.kind == ApiKind::Rest => body_too_large(),
                    BodyError::TooLarge(_) => {
                        self.refuse(&GatewayAnswer::RequestTooLong, &parts, &ids)
                    }
                    _ => self.refuse(&GatewayAnswer::BadRequest, &parts, &ids),
                };
                end(&trace, &response, true);
                return response;
            }
        };
        if let Some(refusal) = self.turn_away(&parts, &ids) {
            return refusal;
        }
        let trace = self.trace(&parts, body.clone(), &ids);
        let arrival = Arc::new(Arrival {
            parts,
            body,
            source_ip: peer.ip(),
            port,
            ids,
            trace,
        });
        // A task of its own: as on AWS, an invocation goes on when the client hangs up.
        let serve = tokio::spawn({
            let (gateway, arrival) = (Arc::clone(&self), Arc::clone(&arrival));
            async move { gateway.respond(&arrival).await }
        });
        serve.await.unwrap_or_else(|error| {
            let request_id = &arrival.ids.request;
            tracing::error!(request_id, %error, "samlet failed to serve a request");
            arrival.trace.fail("samlet failed to serve the request");
            let answer = GatewayAnswer::InternalServerError;
            let response = self.refuse(&answer, &arrival.parts, &arrival.ids);
            end(&arrival.trace, &response, true);
            response
        })
    }

    /// What the gateway answers, without more ado, to one of many requests
    /// for which their function has no room.
    fn turn_away(&self, parts: &Parts, ids: &Ids) -> Option<Response> {
        if !self.overload.is_much(Instant::now()) {
            return None;
        }
        let function = &self.routes.find(parts)?.target.route()?.function;
        if !self.lambda.lacks_room(function) {
            return None;
        }
        self.overload.count(&self.logical_id);
        let response = self.refuse(&GatewayAnswer::InternalServerError, parts, ids);
        self.traces
            .turned_away(&self.logical_id, function, response.status().as_u16());
        Some(response)
    }

    /// The answer to a whole request: a function's, or the gateway's own.
    async fn respond(&self, arrival: &Arrival) -> Response {
        let served = self.serve_one(arrival).await;
        let is_own = served.is_err();
        let response = served.unwrap_or_else(|answer| {
            arrival.trace.fail(&answer.reason());
            self.refuse(&answer, &arrival.parts, &arrival.ids)
        });
        end(&arrival.trace, &response, is_own);
        response
    }

    fn trace(&self, parts: &Parts, body: Bytes, ids: &Ids) -> Trace {
        let target = parts.uri.path_and_query();
        self.traces.begin(Arrived {
            id: ids.request.clone(),
            trace_id: ids.trace.clone(),
            origin: Origin::api(
                &self.logical_id,
                parts.method.as_str(),
                target.map_or("/", |target| target.as_str()),
                &parts.headers,
            ),
            body,
        })
    }

    /// From a whole request to its answer: route, throttle, authorizer, API
    /// key, validation, event, function, response.
    async fn serve_one(&self, arrival: &Arrival) -> Result<Response, GatewayAnswer> {
        let (parts, ids) = (&arrival.parts, &arrival.ids);
        let http_cors = self.cors.as_ref().filter(|_| self.kind == ApiKind::Http);
        if let Some(answer) = http_cors.and_then(|cors| cors::http_preflight(cors, parts)) {
            return Ok(ids.stamp(answer, self.kind, false));
        }
        if header_bytes(parts) > MAX_HEADER_BYTES {
            return Err(GatewayAnswer::HeadersTooLarge);
        }
        let found = self.routes.find(parts).ok_or(GatewayAnswer::NoRoute)?;
        found.target.tell(&arrival.trace);
        found.target.throttle()?;
        let mut context = self.context(arrival, &found);
        let identified = self.admit(found.target, arrival, &context).await?;
        context.authorizer = identified.as_ref();
        let route = match found.target {
            Target::Function(route) => route,
            Target::Preflight { headers, .. } => {
                return Ok(ids.stamp(cors::rest_preflight(headers), self.kind, false));
            }
        };
        let holder = match route.api_key_required {
            true => Some(self.usage.admit(&parts.headers, route)?),
            false => None,
        };
        context.holder = holder.as_ref();
        validation::check(&route.validation, parts, &found.parameters, &arrival.body)?;
        let event = self.event(parts, &arrival.body, route, &context);
        let mut response = self.integrate(arrival, event, route).await?;
        if let Some(cors) = http_cors {
            cors::add_http_headers(cors, parts, response.headers_mut());
        }
        Ok(ids.stamp(response, self.kind, true))
    }

    /// What the gateway tells a function of a request.
    fn context<'a>(&'a self, arrival: &'a Arrival, found: &'a Found<'a>) -> Context<'a> {
        let route = found.target.route();
        Context {
            account_id: &self.place.account,
            api_id: &self.id,
            region: &self.place.region,
            stage: &self.stage,
            resource: route.map_or(&found.path, |route| &route.resource),
            resource_id: route.map_or("", |route| &route.resource_id),
            path: &found.path,
            parameters: &found.parameters,
            source_ip: arrival.source_ip,
            port: arrival.port,
            request_id: &arrival.ids.request,
            extended_request_id: &arrival.ids.extended,
            trace_id: &arrival.ids.trace,
            time: self.clock.now().into(),
            stage_variables: &self.stage_variables,
            authorizer: None,
            holder: None,
        }
    }

    /// The gateway's own answer, as the API has it.
    fn refuse(&self, answer: &GatewayAnswer, parts: &Parts, ids: &Ids) -> Response {
        let response = match self.kind {
            ApiKind::Rest => overrides::response(answer, &self.overrides, parts, &ids.request),
            ApiKind::Http => answer.response(ApiKind::Http),
        };
        ids.stamp(response, self.kind, false)
    }

    /// Asks the authorizer, if there is one.
    async fn admit(
        &self,
        target: &Target,
        arrival: &Arrival,
        context: &Context<'_>,
    ) -> Result<Option<Identified>, GatewayAnswer> {
        let Some(name) = target.authorizer() else {
            return Ok(None);
        };
        // One that isn't declared lets nobody in.
        let guard = self
            .guards
            .get(name)
            .ok_or(GatewayAnswer::AuthorizerFailed)?;
        let visitor = Visitor {
            request: &arrival.parts,
            context,
            trace: &arrival.trace,
            kind: self.kind,
            route_key: target.route().map_or("$default", |route| &route.key),
        };
        guard.admit(&visitor, &self.lambda).await.map(Some)
    }

    fn event(&self, parts: &Parts, body: &Bytes, route: &Route, context: &Context<'_>) -> String {
        let types = &self.binary_media_types;
        let binary = binary::request_is_binary(&parts.headers, self.kind, types);
        let body = EventBody::new(body, binary);
        let shape = (self.kind, route.payload_format);
        event_v2::of_shape(shape, parts, &body, &route.key, context)
    }

    /// Event, function, response.
    async fn integrate(
        &self,
        arrival: &Arrival,
        event: String,
        route: &Route,
    ) -> Result<Response, GatewayAnswer> {
        let (parts, ids) = (&arrival.parts, &arrival.ids);
        let function = &route.function;
        let invoke = Invoke {
            function_name: function.clone(),
            payload: Bytes::from(event),
            client_context: None,
            trace: Some(arrival.trace.clone()),
        };
        let invoked = tokio::time::timeout(route.timeout, self.lambda.invoke(invoke)).await;
        let (answer, reason) = match invoked {
            Ok(Ok(invocation)) if invocation.function_error.is_some() => {
                (GatewayAnswer::BadGateway, excerpt(&invocation.payload))
            }
            Ok(Ok(invocation)) => match self.response(parts, &invocation.payload, route) {
                Ok(response) => return Ok(response),
                Err(why) => (
                    GatewayAnswer::BadGateway,
                    format!("its answer is no proxy response: {why}"),
                ),
            },
            Ok(Err(error @ InvokeError::RequestTooLarge)) => {
                (GatewayAnswer::RequestTooLong, error.to_string())
            }
            Ok(Err(error)) => {
                if let InvokeError::Throttled(NO_ROOM) = error {
                    self.overload.tell(Instant::now());
                }
                (GatewayAnswer::InternalServerError, error.to_string())
            }
            Err(_) => (
                GatewayAnswer::TimedOut,
                format!("no answer within {:?}", route.timeout),
            ),
        };
        let told = answer.told(self.kind);
        tracing::warn!(request_id = ids.request, function, "{told}: {reason}");
        arrival.trace.fail(&reason);
        Err(answer)
    }

    fn response(
        &self,
        parts: &Parts,
        payload: &[u8],
        route: &Route,
    ) -> Result<Response, MalformedResponse> {
        let shape = (self.kind, route.payload_format);
        response_http::of_shape(shape, &parts.headers, &self.binary_media_types, payload)
    }
}

/// Tells a trace that it is over; of the gateway's own answers also the body.
fn end(trace: &Trace, response: &Response, is_own: bool) {
    trace.answer(&Answered {
        status: response.status().as_u16(),
        headers: response.headers(),
        body: is_own.then(|| samlet_http::peek(response.body())).flatten(),
    });
}

fn header_bytes(parts: &Parts) -> usize {
    let headers = parts.headers.iter();
    headers
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

/// The beginning of a function's error, for the log.
fn excerpt(payload: &[u8]) -> String {
    const MAX_BYTES: usize = 2048;
    let cut = &payload[..payload.len().min(MAX_BYTES)];
    let more = if cut.len() < payload.len() { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(cut))
}

/// The client's X-Ray header, if it names a trace.
fn client_trace(request: &Parts) -> Option<String> {
    let value = request.headers.get(trace_id::HEADER)?.to_str().ok()?;
    trace_id::root(value)?;
    Some(value.to_owned())
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
            trace: client_trace(request).unwrap_or_else(trace_id::new_header),
        }
    }

    /// The headers that an API's answers carry; `relayed` are those that a
    /// function gave.
    fn stamp(&self, mut response: Response, kind: ApiKind, relayed: bool) -> Response {
        let mut insert = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        match kind {
            ApiKind::Rest => {
                insert("x-amzn-requestid", &self.request);
                insert("x-amz-apigw-id", &self.extended);
                if relayed {
                    insert("x-amzn-trace-id", &self.trace);
                }
            }
            ApiKind::Http => insert("apigw-requestid", &self.extended),
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
