//! The event that a request would become, for those who want one without sending it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::Request;
use samlet_template::{ApiKind, PayloadFormat};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::event::{Context, EventBody};
use crate::event_v2;
use crate::router::Router;

/// When samples were sent.
const TIME: OffsetDateTime = datetime!(2026-11-23 08:00 UTC);

/// A request to make an event of.
#[derive(Clone, Debug)]
pub struct SampleRequest<'a> {
    /// Of which kind the API is.
    pub kind: ApiKind,
    /// The shape of the event.
    pub format: PayloadFormat,
    /// Such as `GET`.
    pub method: &'a str,
    /// As declared: `/message/{message_id}`.
    pub resource: &'a str,
    /// As sent: `/message/1`.
    pub path: &'a str,
    /// As sent, without the question mark.
    pub query: &'a str,
    /// As sent.
    pub body: Option<&'a str>,
    /// The API's stage.
    pub stage: &'a str,
    /// The API's id.
    pub api_id: &'a str,
    /// The account of the API.
    pub account_id: &'a str,
    /// The region of the API.
    pub region: &'a str,
}

/// Why a request can't be made an event of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// The route would not be taken.
    #[error("{path} does not lead to {resource}")]
    Elsewhere {
        /// The request's path.
        path: String,
        /// The route's.
        resource: String,
    },
    /// It could not be sent.
    #[error("there is no such request: {0}")]
    Invalid(String),
}

impl SampleRequest<'_> {
    /// The event, as the gateway makes it of such a request.
    pub fn event(&self) -> Result<Value, SampleError> {
        let mut router = Router::new(self.kind);
        router.add(self.method, self.resource, ());
        let found = router.find(self.method, self.path);
        let found = found.ok_or_else(|| SampleError::Elsewhere {
            path: self.path.to_owned(),
            resource: self.resource.to_owned(),
        })?;
        let query = match self.query {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let stage_variables = BTreeMap::new();
        let context = Context {
            account_id: self.account_id,
            api_id: self.api_id,
            region: self.region,
            stage: self.stage,
            resource: self.resource,
            resource_id: "abc123",
            path: self.path,
            parameters: &found.parameters,
            source_ip: Ipv4Addr::LOCALHOST.into(),
            port: 443,
            request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            extended_request_id: "JKJaXmPLvHcESHA=",
            trace_id: "Root=1-6b03d380-5f84a1c2d3e4f5a6b7c8d9e0",
            time: TIME,
            stage_variables: &stage_variables,
            authorizer: None,
            holder: None,
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(format!("{}{query}", self.path))
            .header("host", context.domain_name())
            .header("accept", "application/json")
            .header("user-agent", "samlet");
        if self.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let invalid = |error: http::Error| SampleError::Invalid(error.to_string());
        let (parts, ()) = request.body(()).map_err(invalid)?.into_parts();
        let body = Bytes::from(self.body.unwrap_or_default().to_owned());
        let body = EventBody::new(&body, false);
        let route_key = format!("{} {}", self.method, self.resource);
        let shape = (self.kind, self.format);
        let event = event_v2::of_shape(shape, &parts, &body, &route_key, &context);
        serde_json::from_str(&event).map_err(|error| SampleError::Invalid(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sample_has_what_the_route_takes_from_its_path() {
        let request = SampleRequest {
            kind: ApiKind::Rest,
            format: PayloadFormat::V1,
            method: "PUT",
            resource: "/a/{id}",
            path: "/a/7",
            query: "x=1",
            body: Some("{}"),
            stage: "Prod",
            api_id: "abcde12345",
            account_id: "1",
            region: "us-east-1",
        };
        let event = request.event().unwrap();
        assert_eq!(event["pathParameters"], json!({"id": "7"}));
        assert_eq!(event["queryStringParameters"], json!({"x": "1"}));
        assert_eq!(event["requestContext"]["path"], "/Prod/a/7");
        assert_eq!(event["headers"]["Content-Type"], "application/json");
        let elsewhere = SampleRequest {
            path: "/b",
            ..request.clone()
        };
        assert_eq!(
            elsewhere.event().unwrap_err().to_string(),
            "/b does not lead to /a/{id}"
        );
        let invalid = SampleRequest {
            path: "/a/ä ö",
            ..request
        };
        assert!(matches!(invalid.event(), Err(SampleError::Invalid(_))));
    }
}
