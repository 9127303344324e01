//! The answers API Gateway gives by itself.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header};
use samlet_http::Response;
use samlet_template::ApiKind;
use serde_json::json;

/// The largest request body.
pub(crate) const MAX_BODY_BYTES: usize = 10_485_760;

/// Why a request got no answer from a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GatewayAnswer {
    NoRoute,
    RequestTooLong,
    HeadersTooLarge,
    InternalServerError,
    BadGateway,
    TimedOut,
    BadRequest,
    /// There is no identity, or the authorizer says so.
    Unauthorized,
    AccessDenied,
    AccessDeniedExplicitly,
    AuthorizerFailed,
    /// No API key, or none that is known.
    Forbidden,
    Throttled,
    QuotaSpent,
    /// These required parameters.
    MissingParameters(String),
    /// The body doesn't follow its model: why.
    InvalidBody(String),
}

impl GatewayAnswer {
    fn parts(&self, kind: ApiKind) -> (u16, &'static str, &'static str) {
        match kind {
            ApiKind::Rest => self.rest(),
            ApiKind::Http => self.http(),
        }
    }

    fn rest(&self) -> (u16, &'static str, &'static str) {
        let internal = "InternalServerErrorException";
        match self {
            Self::NoRoute => (
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            Self::RequestTooLong => (413, "BadRequestException", "Request Too Long"),
            Self::HeadersTooLarge => (
                431,
                "BadRequestException",
                "Request Header Fields Too Large",
            ),
            Self::InternalServerError => (500, internal, "Internal server error"),
            Self::BadGateway => (502, internal, "Internal server error"),
            Self::TimedOut => (504, internal, "Endpoint request timed out"),
            Self::BadRequest => (400, "BadRequestException", "Bad Request"),
            Self::Unauthorized => (401, "UnauthorizedException", "Unauthorized"),
            Self::AccessDenied => (
                403,
                "AccessDeniedException",
                "User is not authorized to access this resource",
            ),
            Self::AccessDeniedExplicitly => (
                403,
                "AccessDeniedException",
                "User is not authorized to access this resource with an explicit deny",
            ),
            Self::AuthorizerFailed => (500, "AuthorizerConfigurationException", ""),
            Self::Forbidden => (403, "ForbiddenException", "Forbidden"),
            Self::Throttled => (429, "TooManyRequestsException", "Too Many Requests"),
            Self::QuotaSpent => (429, "LimitExceededException", "Limit Exceeded"),
            Self::MissingParameters(_) => (
                400,
                "BadRequestException",
                "Missing required request parameters",
            ),
            Self::InvalidBody(_) => (400, "BadRequestException", "Invalid request body"),
        }
    }

    fn http(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NoRoute => (404, "", "Not Found"),
            Self::RequestTooLong => (413, "", "Request Entity Too Large"),
            Self::HeadersTooLarge => (431, "", "Request Header Fields Too Large"),
            Self::Unauthorized => (401, "", "Unauthorized"),
            Self::AccessDenied | Self::AccessDeniedExplicitly | Self::Forbidden => {
                (403, "", "Forbidden")
            }
            Self::Throttled | Self::QuotaSpent => (429, "", "Too Many Requests"),
            Self::InternalServerError | Self::BadGateway | Self::AuthorizerFailed => {
                (500, "", "Internal Server Error")
            }
            Self::TimedOut => (503, "", "Service Unavailable"),
            Self::BadRequest | Self::MissingParameters(_) | Self::InvalidBody(_) => {
                (400, "", "Bad Request")
            }
        }
    }

    /// The name under which `GatewayResponses` change it; `None` when only the
    /// general ones do.
    pub(crate) fn response_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoRoute => "MISSING_AUTHENTICATION_TOKEN",
            Self::RequestTooLong => "REQUEST_TOO_LARGE",
            Self::InternalServerError => "INTEGRATION_FAILURE",
            Self::TimedOut => "INTEGRATION_TIMEOUT",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied | Self::AccessDeniedExplicitly => "ACCESS_DENIED",
            Self::AuthorizerFailed => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::Forbidden => "INVALID_API_KEY",
            Self::Throttled => "THROTTLED",
            Self::QuotaSpent => "QUOTA_EXCEEDED",
            Self::MissingParameters(_) => "BAD_REQUEST_PARAMETERS",
            Self::InvalidBody(_) => "BAD_REQUEST_BODY",
            Self::HeadersTooLarge | Self::BadGateway | Self::BadRequest => return None,
        })
    }

    /// Its text, in a REST API.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        let message = self.rest().2;
        match self {
            Self::MissingParameters(names) => format!("{message}: [{names}]").into(),
            _ => message.into(),
        }
    }

    /// What is wrong with the body, in detail; empty when nothing is.
    pub(crate) fn validation_error(&self) -> &str {
        match self {
            Self::InvalidBody(why) => why,
            _ => "",
        }
    }

    /// Status and text, as a client of an API of this kind is told.
    pub(crate) fn told(&self, kind: ApiKind) -> String {
        let (status, _, message) = self.parts(kind);
        format!("{status} {message}")
    }

    /// Why, for who looks at the application.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::NoRoute => "no route has this method and path".to_owned(),
            Self::AuthorizerFailed => "the authorizer failed".to_owned(),
            Self::InvalidBody(why) => format!("{}: {why}", self.message()),
            _ => self.message().into_owned(),
        }
    }

    pub(crate) fn response(&self, kind: ApiKind) -> Response {
        let (status, error_type, message) = self.parts(kind);
        let message = match kind {
            ApiKind::Rest => self.message(),
            ApiKind::Http => message.into(),
        };
        let body = match (self, kind) {
            // AWS spells this one with a capital.
            (Self::AccessDenied | Self::AccessDeniedExplicitly, ApiKind::Rest) => {
                json!({ "Message": message })
            }
            (Self::AuthorizerFailed, ApiKind::Rest) => json!({ "message": null }),
            _ => json!({ "message": message }),
        };
        let mut response = http::Response::new(samlet_http::whole(body.to_string()));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if !error_type.is_empty() {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        }
        response
    }
}

/// Comes from in front of the gateway proper: none of its headers.
pub(crate) fn body_too_large() -> Response {
    let body = format!("HTTP content length exceeded {MAX_BODY_BYTES} bytes.");
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    let content_type = HeaderValue::from_static("text; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn answers_are_api_gateways_by_status_type_and_text() {
        for (answer, status, error_type, body) in [
            (
                GatewayAnswer::NoRoute,
                403,
                "MissingAuthenticationTokenException",
                r#"{"message":"Missing Authentication Token"}"#,
            ),
            (
                GatewayAnswer::BadGateway,
                502,
                "InternalServerErrorException",
                r#"{"message":"Internal server error"}"#,
            ),
            (
                GatewayAnswer::TimedOut,
                504,
                "InternalServerErrorException",
                r#"{"message":"Endpoint request timed out"}"#,
            ),
        ] {
            let response = answer.response(ApiKind::Rest);
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["x-amzn-errortype"], error_type);
            let text = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(text, body);
        }
    }
}
