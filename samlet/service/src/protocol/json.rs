//! AWS JSON 1.0 and 1.1: the header `X-Amz-Target` names the operation, bodies are JSON.
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>

use bytes::Bytes;
use http::HeaderValue;
use samlet_http::Response;
use serde_json::Value;
use uuid::Uuid;

use super::{REQUEST_ID, encoded, request_id, respond};
use crate::fault::CommonError;
use crate::xml::Element;
use crate::{Answer, Fault};

/// AWS JSON, as one service speaks it.
#[derive(Debug)]
pub struct Json {
    /// Which version.
    pub version: JsonVersion,
    /// What stands before the point in `X-Amz-Target`.
    pub targets: &'static [&'static str],
    /// What stands before the names of exceptions that all services have: `com.amazon.coral.service#`, or nothing.
    pub namespace: &'static str,
    /// Whether answers are like DynamoDB's: with a checksum, and with request ids of 52 letters and digits.
    pub is_dynamodb_style: bool,
}

/// A version of AWS JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonVersion {
    /// 1.0.
    V1_0,
    /// 1.1.
    V1_1,
}

impl JsonVersion {
    fn content_type(self) -> &'static str {
        match self {
            Self::V1_0 => "application/x-amz-json-1.0",
            Self::V1_1 => "application/x-amz-json-1.1",
        }
    }
}

impl Json {
    /// Whether a request's content type is this protocol's.
    pub(crate) fn takes(&self, content_type: &str) -> bool {
        let media_type = content_type.split(';').next().unwrap_or_default();
        media_type.trim() == self.version.content_type()
    }

    pub(crate) fn write(&self, outcome: Result<Answer, Fault>) -> Response {
        let content_type = self.version.content_type();
        let outcome = outcome.unwrap_or_else(|fault| Answer {
            status: status(&fault),
            ..Answer::json(self.body(&fault))
        });
        let id = if self.is_dynamodb_style {
            long_request_id()
        } else {
            request_id()
        };
        let (content_type, body) =
            encoded(outcome.content, content_type, "text/xml", Element::to_bytes);
        let mut response = respond(outcome.status, content_type, (REQUEST_ID, &id), body);
        self.add_checksum(&mut response);
        response.headers_mut().extend(outcome.headers);
        response
    }

    /// Adds the checksum of a body, which is of the bytes as they are sent: compressed ones, where they are.
    pub(crate) fn add_checksum(&self, response: &mut Response) {
        if !self.is_dynamodb_style {
            return;
        }
        if let Some(bytes) = samlet_http::peek(response.body()) {
            let checksum = HeaderValue::from(crc32fast::hash(&bytes));
            response.headers_mut().insert("x-amz-crc32", checksum);
        }
    }

    fn body(&self, fault: &Fault) -> Bytes {
        let mut members = fault.json();
        let namespace = match fault.common {
            Some(_) if !fault.code.contains('#') => self.namespace,
            _ => "",
        };
        let kind = format!("{namespace}{}", fault.code);
        members.insert("__type".into(), kind.into());
        Value::Object(members).to_string().into()
    }
}

/// AWS JSON has 400 for whatever the sender is to blame for.
fn status(fault: &Fault) -> u16 {
    match fault.common {
        Some(CommonError::Unauthenticated | CommonError::Denied) => 400,
        _ => fault.status,
    }
}

/// 52 upper-case letters and digits, as DynamoDB's are.
fn long_request_id() -> String {
    let random = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    random[..52].to_uppercase()
}
