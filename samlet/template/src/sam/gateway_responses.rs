//! `GatewayResponses` of a REST API: how API Gateway's own answers are changed.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use std::collections::BTreeMap;

use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Property, Shape, has, missing};
use crate::yaml::Node;
use crate::{GatewayResponse, HeaderSource};

const TEXT: Shape = Shape::Text;

const RESPONSE: &[Property] = &[
    has(
        "ResponseParameters",
        Shape::Object(&[
            has("Headers", Shape::Map(&TEXT)),
            missing("Paths"),
            missing("QueryStrings"),
        ]),
    ),
    has("ResponseTemplates", Shape::Map(&TEXT)),
    has("StatusCode", Shape::Whole(200, 599)),
];

const TYPES: [&str; 21] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

/// Reads the property, by response type.
pub(crate) fn read(
    node: Option<&Node>,
    scope: &mut Scope<'_>,
) -> BTreeMap<String, GatewayResponse> {
    let mut responses = BTreeMap::new();
    for entry in node.map_or(&[][..], Node::entries) {
        if !TYPES.contains(&entry.key.as_str()) {
            let message = format!("`{}` is no type of a gateway response", entry.key);
            scope
                .findings
                .error(entry.at, message, did_you_mean(&entry.key, &TYPES));
            continue;
        }
        check(&entry.value, RESPONSE, &entry.key, entry.at, scope);
        responses.insert(entry.key.clone(), response(&entry.value, scope));
    }
    responses
}

fn response(node: &Node, scope: &mut Scope<'_>) -> GatewayResponse {
    let status = node.get_text("StatusCode");
    let parameters = node.get("ResponseParameters");
    let headers = parameters.map_or(&[][..], |node| node.entries_of("Headers"));
    let mut sources = Vec::new();
    for entry in headers {
        let Some(text) = entry.value.as_text() else {
            continue;
        };
        let quoted = text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        let source = match (quoted, text.strip_prefix("method.request.header.")) {
            (Some(text), _) => HeaderSource::Static(text.to_owned()),
            (_, Some(name)) => HeaderSource::RequestHeader(name.to_owned()),
            _ => {
                let message = format!(
                    "the header {} is left out: samlet cannot work out `{text}`",
                    entry.key
                );
                scope.findings.warn(entry.value.at, message);
                continue;
            }
        };
        sources.push((entry.key.clone(), source));
    }
    let templates = node.entries_of("ResponseTemplates");
    let json = templates
        .iter()
        .find(|entry| entry.key == "application/json");
    let template = json.or(templates.first());
    GatewayResponse {
        status: status.and_then(|text| text.parse().ok()),
        headers: sources,
        template: template
            .and_then(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned()))),
    }
}
