//! Requests that a route's function is not called for: parameters are missing, or the body isn't what its model says.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>

use bytes::Bytes;
use http::header;
use http::request::Parts;
use samlet_template::{JsonSchema, ParameterLocation, RequiredParameter, Validation};

use crate::answers::GatewayAnswer;
use crate::event::decoded_query;

/// Checks a request; parameters first, as API Gateway does.
pub(crate) fn check(
    validation: &Validation,
    request: &Parts,
    path_parameters: &[(String, String)],
    body: &Bytes,
) -> Result<(), GatewayAnswer> {
    let required = validation.parameters.iter();
    let missing: Vec<&str> = required
        .filter(|parameter| !is_there(parameter, request, path_parameters))
        .map(|parameter| parameter.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(GatewayAnswer::MissingParameters(missing.join(", ")));
    }
    // Other bodies than JSON have no model: they pass as they are.
    match validation.body.as_deref().filter(|_| is_json(request)) {
        Some(schema) => follows(schema, body),
        None => Ok(()),
    }
}

fn is_there(
    parameter: &RequiredParameter,
    request: &Parts,
    path_parameters: &[(String, String)],
) -> bool {
    let name = parameter.name.as_str();
    match parameter.location {
        ParameterLocation::Path => path_parameters
            .iter()
            .any(|(known, value)| known == name && !value.is_empty()),
        ParameterLocation::QueryString => decoded_query(request.uri.query().unwrap_or_default())
            .any(|(known, value)| known == name && !value.is_empty()),
        ParameterLocation::Header => request
            .headers
            .get(name)
            .is_some_and(|value| !value.is_empty()),
    }
}

/// A request without a content type is taken for JSON.
fn is_json(request: &Parts) -> bool {
    let Some(value) = request.headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let text = value.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// An empty body is taken for an empty object.
fn follows(schema: &JsonSchema, body: &Bytes) -> Result<(), GatewayAnswer> {
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    let value = serde_json::from_slice(body)
        .map_err(|error| GatewayAnswer::InvalidBody(format!("[no JSON: {error}]")))?;
    let errors = schema.errors(&value);
    if errors.is_empty() {
        return Ok(());
    }
    let errors = errors.join(", ");
    Err(GatewayAnswer::InvalidBody(format!("[{errors}]")))
}
