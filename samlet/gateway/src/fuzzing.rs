//! The gateway without its I/O, for property tests: from a request to an event, and from an answer to a response.
//!
//! No part of the API: it may change at any time.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::request::Parts;
use samlet_http::Response;
use samlet_template::Api;
use serde_json::Value;
use time::OffsetDateTime;

use crate::answers::GatewayAnswer;
use crate::event::{Context, EventBody};
pub use crate::response::MalformedResponse;
use crate::routes::{Found, Route, Routes};
use crate::{binary, event_v2, response_http};

/// An API whose functions nobody calls.
#[derive(Debug)]
pub struct Mute {
    api: Api,
    routes: Routes,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// `GET /message/{id}`, or `$default`.
    pub key: String,
    /// `/message/{id}`.
    pub resource: String,
    /// The path's parameters.
    pub parameters: Vec<(String, String)>,
    /// The path without the stage.
    pub path: String,
}

impl Mute {
    /// The API as it is declared.
    pub fn new(api: Api) -> Self {
        let routes = Routes::of(&api);
        Self { api, routes }
    }

    /// The route of a request that goes to a function.
    pub fn way(&self, request: &Parts) -> Option<Way> {
        let (found, route) = self.find(request)?;
        Some(Way {
            key: route.key.clone(),
            resource: route.resource.clone(),
            parameters: found.parameters.clone(),
            path: found.path.clone(),
        })
    }

    /// The event that a request becomes.
    pub fn event(&self, request: &Parts, body: &Bytes) -> Option<Value> {
        let (found, route) = self.find(request)?;
        let types = &self.api.binary_media_types;
        let binary = binary::request_is_binary(&request.headers, self.api.kind, types);
        let body = EventBody::new(body, binary);
        let context = Context {
            account_id: "123456789012",
            api_id: &self.api.id,
            region: "us-east-1",
            stage: &self.api.stage,
            resource: &route.resource,
            resource_id: &route.resource_id,
            path: &found.path,
            parameters: &found.parameters,
            source_ip: Ipv4Addr::LOCALHOST.into(),
            port: 3000,
            request_id: "id",
            extended_request_id: "extended",
            trace_id: "Root=1-0-0",
            time: OffsetDateTime::UNIX_EPOCH,
            stage_variables: &self.api.stage_variables,
            authorizer: None,
            holder: None,
        };
        let shape = (self.api.kind, route.payload_format);
        let event = event_v2::of_shape(shape, request, &body, &route.key, &context);
        serde_json::from_str(&event).ok()
    }

    /// The response that an answer of the request's function becomes, or why it is not one.
    pub fn response(
        &self,
        request: &Parts,
        answer: &[u8],
    ) -> Option<Result<Response, MalformedResponse>> {
        let (_, route) = self.find(request)?;
        let shape = (self.api.kind, route.payload_format);
        let types = &self.api.binary_media_types;
        let headers = &request.headers;
        Some(response_http::of_shape(shape, headers, types, answer))
    }

    /// What a client is answered when the request's function answers so.
    pub fn answered(&self, request: &Parts, answer: &[u8]) -> Option<Response> {
        let refused = |_| GatewayAnswer::BadGateway.response(self.api.kind);
        Some(self.response(request, answer)?.unwrap_or_else(refused))
    }

    fn find(&self, request: &Parts) -> Option<(Found<'_>, &Route)> {
        let found = self.routes.find(request)?;
        let route = found.target.route()?;
        Some((found, route))
    }
}
