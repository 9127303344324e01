//! REST with JSON: method and path name the operation.
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>

use http::HeaderValue;
use samlet_http::Response;
use serde_json::Value;

use super::{REQUEST_ID, encoded, request_id, respond};
use crate::fault::CommonError;
use crate::xml::Element;
use crate::{Answer, Fault};

/// REST with JSON, as one service speaks it.
#[derive(Debug)]
pub struct RestJson {
    /// What its paths begin with: `/2015-03-31/functions`.
    pub paths: &'static [&'static str],
}

const CONTENT_TYPE: &str = "application/json";

pub(crate) fn answer(answer: Answer) -> Response {
    let id = request_id();
    let (content_type, body) = encoded(
        answer.content,
        CONTENT_TYPE,
        "application/xml",
        Element::to_bytes,
    );
    let mut response = respond(answer.status, content_type, (REQUEST_ID, &id), body);
    response.headers_mut().extend(answer.headers);
    response
}

pub(crate) fn refuse(fault: &Fault) -> Response {
    let status = match fault.common {
        Some(CommonError::UnknownOperation) => 404,
        _ => fault.status,
    };
    let body = samlet_http::whole(Value::Object(fault.json()).to_string());
    let mut response = respond(status, CONTENT_TYPE, (REQUEST_ID, &request_id()), body);
    if let Ok(code) = HeaderValue::from_str(fault.short_code()) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
