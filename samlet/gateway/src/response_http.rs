//! What a function answered, as an HTTP API's response.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use samlet_http::Response;
use samlet_template::{ApiKind, PayloadFormat};
use serde_json::{Map, Value};

use crate::binary;
use crate::response::{self, MalformedResponse, append, body_text, decoded, headers, status};

/// Reads a function's answer as an API of this kind does, in this format;
/// `asked` are the request's headers, `binary_types` the API's.
pub(crate) fn of_shape(
    shape: (ApiKind, PayloadFormat),
    asked: &HeaderMap,
    binary_types: &[String],
    payload: &[u8],
) -> Result<Response, MalformedResponse> {
    match shape {
        (ApiKind::Rest, _) => {
            response::response(payload, binary::response_is_decoded(asked, binary_types))
        }
        (ApiKind::Http, format) => response(payload, format),
    }
}

/// Reads an answer in either payload format.
fn response(payload: &[u8], format: PayloadFormat) -> Result<Response, MalformedResponse> {
    let payload: Value = serde_json::from_slice(payload).map_err(MalformedResponse::NotJson)?;
    match (payload, format) {
        (Value::Object(members), _) if members.contains_key("statusCode") => {
            stated(&members, format)
        }
        (_, PayloadFormat::V1) => Err(MalformedResponse::NoStatusCode),
        (inferred, PayloadFormat::V2) => Ok(inferred_response(&inferred)),
    }
}

/// What is no response object is the body of one, as JSON; a text as it is.
fn inferred_response(value: &Value) -> Response {
    let body = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = http::Response::new(samlet_http::whole(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn stated(
    members: &Map<String, Value>,
    format: PayloadFormat,
) -> Result<Response, MalformedResponse> {
    let text = body_text(members)?;
    let body = match members.get("isBase64Encoded") {
        Some(Value::Bool(true)) => decoded(text)?,
        _ => Bytes::from(text.to_owned()),
    };
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() = status(members.get("statusCode"))?;
    let named = members
        .get("headers")
        .and_then(Value::as_object)
        .is_some_and(|headers| {
            headers
                .keys()
                .any(|name| name.eq_ignore_ascii_case("content-type"))
        });
    *response.headers_mut() = headers(members)?;
    if !named && format == PayloadFormat::V2 {
        let text = HeaderValue::from_static("text/plain;charset=UTF-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
    }
    if format == PayloadFormat::V2 {
        for cookie in members
            .get("cookies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            append(response.headers_mut(), "set-cookie", cookie)?;
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::json;

    async fn read(payload: Value) -> (u16, http::HeaderMap, String) {
        let response = response(payload.to_string().as_bytes(), PayloadFormat::V2).unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        (parts.status.as_u16(), parts.headers, text)
    }

    #[tokio::test]
    async fn what_has_no_status_is_the_body() {
        let (status, headers, body) = read(json!({"a": 1})).await;
        assert_eq!((status, body.as_str()), (200, r#"{"a":1}"#));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(read(json!("hello")).await.2, "hello");
        assert_eq!(read(json!([1])).await.2, "[1]");
        assert!(response(b"{}", PayloadFormat::V1).is_err());
    }

    #[tokio::test]
    async fn a_stated_response_has_its_headers_cookies_and_decoded_body() {
        let (status, headers, body) = read(json!({
            "statusCode": 201,
            "headers": {"X-A": "b"},
            "cookies": ["a=b", "c=d"],
            "body": "aGk=",
            "isBase64Encoded": true,
        }))
        .await;
        assert_eq!((status, body.as_str()), (201, "hi"));
        let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=b", "c=d"]);
        assert_eq!(headers["x-a"], "b");
    }
}
