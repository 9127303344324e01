//! The answers of the message service, as API Gateway takes them.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Error;

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: Value,
}

/// `{"success": true, "message": …}`, or what went wrong.
pub fn respond(result: Result<Value, Error>) -> ApiGatewayProxyResponse {
    let (status, success, message) = match result {
        Ok(message) => (200, true, message),
        Err(Error::Invalid(why)) => (400, false, json!(why)),
        Err(error @ Error::NotFound) => (404, false, json!(error.to_string())),
        Err(Error::Store(cause)) => {
            tracing::error!(cause, "the store failed");
            (500, false, json!("Internal server error"))
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response.headers = headers;
    let answer = Answer { success, message };
    // Cannot fail: an answer is plain JSON.
    response.body = serde_json::to_string(&answer).ok().map(Body::Text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_store_is_answered_without_its_cause() {
        let response = respond(Err(Error::Store("secret detail".to_owned())));
        assert_eq!(response.status_code, 500);
        let body = r#"{"success":false,"message":"Internal server error"}"#;
        assert_eq!(response.body, Some(Body::Text(body.to_owned())));
    }
}
