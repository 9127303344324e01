//! The gateway's own answers as an API's `GatewayResponses` change them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>

use std::collections::BTreeMap;

use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use samlet_http::Response;
use samlet_template::{GatewayResponse, HeaderSource};

use crate::answers::GatewayAnswer;

/// The response of a REST API whose `GatewayResponses` these are.
pub(crate) fn response(
    answer: &GatewayAnswer,
    overrides: &BTreeMap<String, GatewayResponse>,
    request: &Parts,
    request_id: &str,
) -> Response {
    let plain = answer.response(samlet_template::ApiKind::Rest);
    let general = match plain.status().is_client_error() {
        true => "DEFAULT_4XX",
        false => "DEFAULT_5XX",
    };
    let own = answer.response_type().and_then(|name| overrides.get(name));
    let Some(change) = own.or_else(|| overrides.get(general)) else {
        return plain;
    };
    let mut response = plain;
    if let Some(status) = change
        .status
        .and_then(|status| StatusCode::from_u16(status).ok())
    {
        *response.status_mut() = status;
    }
    if let Some((content_type, template)) = &change.template {
        let body = filled(template, answer, request_id);
        *response.body_mut() = samlet_http::whole(body);
        if let Ok(value) = HeaderValue::from_str(content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
    }
    for (name, source) in &change.headers {
        let value = match source {
            HeaderSource::Static(text) => HeaderValue::from_str(text).ok(),
            HeaderSource::RequestHeader(name) => request.headers.get(name.as_str()).cloned(),
        };
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A template with what it names of the error filled in.
fn filled(template: &str, answer: &GatewayAnswer, request_id: &str) -> String {
    let message = answer.message();
    let quoted = serde_json::Value::from(&*message).to_string();
    let response_type = answer.response_type().unwrap_or("DEFAULT_5XX");
    template
        .replace("$context.error.messageString", &quoted)
        .replace("$context.error.message", &message)
        .replace(
            "$context.error.validationErrorString",
            answer.validation_error(),
        )
        .replace("$context.error.responseType", response_type)
        .replace("$context.requestId", request_id)
}
