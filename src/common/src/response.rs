//! The answers of the message service, as API Gateway takes them.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::Error;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Answer<T> {
    success: bool,
    message: T,
}

/// Which message it was that something was done to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MessageId {
    /// The message's id.
    #[cfg_attr(test, schemars(extend("format" = "uuid")))]
    pub message_id: String,
}

/// `{"success": true, "message": …}`, or what went wrong.
pub fn respond<T: Serialize>(result: Result<T, Error>) -> ApiGatewayProxyResponse {
    match result {
        Ok(message) => answer(200, true, message),
        Err(Error::Invalid(why)) => answer(400, false, why),
        Err(error @ Error::NotFound) => answer(404, false, error.to_string()),
        Err(Error::Store(cause)) => {
            tracing::error!(cause, "the store failed");
            answer(500, false, INTERNAL_ERROR)
        }
    }
}

const INTERNAL_ERROR: &str = "Internal server error";

fn answer<T: Serialize>(status: i64, success: bool, message: T) -> ApiGatewayProxyResponse {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response.headers = headers;
    // Cannot fail: an answer is plain JSON.
    let body = serde_json::to_string(&Answer { success, message });
    response.body = body.ok().map(Body::Text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_store_is_answered_without_its_cause() {
        let response = respond::<()>(Err(Error::Store("secret detail".to_owned())));
        assert_eq!(response.status_code, 500);
        let body = r#"{"success":false,"message":"Internal server error"}"#;
        assert_eq!(response.body, Some(Body::Text(body.to_owned())));
    }
}
