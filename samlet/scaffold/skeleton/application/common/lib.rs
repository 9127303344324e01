//! What every function shares: logging, errors and responses.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::json;
use tracing::level_filters::LevelFilter;

/// Why a request could not be answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// What the caller sent is wrong; the text says why.
    Invalid(String),
    /// There is no such thing.
    NotFound,
    /// Something failed; the text is for the log only.
    Internal(String),
}

/// Starts logging: one JSON object a line, at the level that Lambda sets.
pub fn init_logging() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = level.and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .json()
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        // Lambda notes the time of each line.
        .without_time()
        .init();
}

/// A result as API Gateway takes it: JSON with a status.
pub fn respond<T: Serialize>(result: Result<T, Error>) -> ApiGatewayProxyResponse {
    let serialized = result.and_then(|answer| {
        serde_json::to_string(&answer).map_err(|error| Error::Internal(error.to_string()))
    });
    let (status, body) = match serialized {
        Ok(body) => (200, body),
        Err(Error::Invalid(why)) => (400, json!({ "message": why }).to_string()),
        Err(Error::NotFound) => (404, json!({ "message": "Not found" }).to_string()),
        Err(Error::Internal(cause)) => {
            tracing::error!(cause, "the request could not be answered");
            (500, json!({ "message": "Internal error" }).to_string())
        }
    };
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response.body = Some(Body::Text(body));
    let json = HeaderValue::from_static("application/json");
    response.headers.insert(CONTENT_TYPE, json);
    response
}
