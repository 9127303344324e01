//! What a function answered, as the HTTP response that API Gateway makes of it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use samlet_http::Response;
use serde_json::{Map, Value};

/// The only members a proxy response may have.
const MEMBERS: [&str; 5] = [
    "statusCode",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
];

/// The gateway's own business: a function's come out under another name.
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

/// Why a function's answer is not a proxy response; shown to the developer.
#[derive(Debug, thiserror::Error)]
pub enum MalformedResponse {
    /// It can't be parsed.
    #[error("it is no JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// It is another JSON value.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A REST API's response has only the members of the documentation.
    #[error("it has the member `{0}`; only {allowed} are allowed", allowed = MEMBERS.join(", "))]
    UnknownMember(String),
    /// In the first payload format, an HTTP API's response must have one.
    #[error("it has no statusCode")]
    NoStatusCode,
    /// It is not from 200 to 599.
    #[error("its statusCode is no HTTP status")]
    StatusCode,
    /// It isn't a boolean.
    #[error("its isBase64Encoded is neither true nor false")]
    IsBase64Encoded,
    /// It is another JSON value.
    #[error("its body is not a string; encode it as JSON text first")]
    BodyNotText,
    /// It has isBase64Encoded, and can't be decoded.
    #[error("its body is no base64: {0}")]
    BodyNotBase64(#[source] base64::DecodeError),
    /// Its `headers` or `multiValueHeaders` are another JSON value.
    #[error("its {0} are no object")]
    HeadersNotAnObject(&'static str),
    /// A header's values, in `multiValueHeaders`, are another JSON value.
    #[error("the value of {0} in its multiValueHeaders is not a list")]
    ValuesNotAList(String),
    /// A header's value is an object or a list.
    #[error("the value of its header {0} is neither text, number nor boolean")]
    HeaderValue(String),
    /// HTTP doesn't allow this name, or its value.
    #[error("its header {0} is no valid HTTP header")]
    InvalidHeader(String),
    /// There are more than a header map takes.
    #[error("it has more headers than HTTP can carry")]
    TooManyHeaders,
}

/// Reads a proxy response; `decode` tells whether a body in base64 is decoded
/// for this client.
pub(crate) fn response(payload: &[u8], decode: bool) -> Result<Response, MalformedResponse> {
    let payload: Value = serde_json::from_slice(payload).map_err(MalformedResponse::NotJson)?;
    let Value::Object(members) = payload else {
        return Err(MalformedResponse::NotAnObject);
    };
    if let Some(other) = members
        .keys()
        .find(|name| !MEMBERS.contains(&name.as_str()))
    {
        return Err(MalformedResponse::UnknownMember(other.clone()));
    }
    let text = body_text(&members)?;
    let body = match members.get("isBase64Encoded") {
        Some(Value::Bool(true)) if decode => decoded(text)?,
        None | Some(Value::Null | Value::Bool(_)) => Bytes::from(text.to_owned()),
        Some(_) => return Err(MalformedResponse::IsBase64Encoded),
    };
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() = status(members.get("statusCode"))?;
    *response.headers_mut() = headers(&members)?;
    Ok(response)
}

/// The body as it was answered; empty when there is none.
pub(crate) fn body_text(members: &Map<String, Value>) -> Result<&str, MalformedResponse> {
    match members.get("body") {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(MalformedResponse::BodyNotText),
    }
}

pub(crate) fn decoded(text: &str) -> Result<Bytes, MalformedResponse> {
    let bytes = STANDARD.decode(text);
    bytes
        .map(Bytes::from)
        .map_err(MalformedResponse::BodyNotBase64)
}

pub(crate) fn status(code: Option<&Value>) -> Result<StatusCode, MalformedResponse> {
    let number = match code {
        None => Some(200),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        Some(_) => None,
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        // 1xx would be no final response.
        .filter(|number| (200..=599).contains(number))
        .and_then(|number| StatusCode::from_u16(number).ok())
        .ok_or(MalformedResponse::StatusCode)
}

pub(crate) fn headers(members: &Map<String, Value>) -> Result<HeaderMap, MalformedResponse> {
    let mut headers = HeaderMap::new();
    // Where a name is in both maps, the multi values come first.
    for (name, values) in object(members, "multiValueHeaders")?.into_iter().flatten() {
        let Value::Array(values) = values else {
            return Err(MalformedResponse::ValuesNotAList(name.clone()));
        };
        for value in values {
            append(&mut headers, name, value)?;
        }
    }
    for (name, value) in object(members, "headers")?.into_iter().flatten() {
        append(&mut headers, name, value)?;
    }
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert_with(|| HeaderValue::from_static("application/json"));
    Ok(headers)
}

fn object<'a>(
    members: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a Map<String, Value>>, MalformedResponse> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(MalformedResponse::HeadersNotAnObject(name)),
    }
}

pub(crate) fn append(
    headers: &mut HeaderMap,
    name: &str,
    value: &Value,
) -> Result<(), MalformedResponse> {
    let lower = name.to_ascii_lowercase();
    if lower == "transfer-encoding" {
        return Ok(());
    }
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null => return Ok(()),
        _ => {
            return Err(MalformedResponse::HeaderValue(name.to_owned()));
        }
    };
    let remapped = format!("x-amzn-remapped-{lower}");
    let name_on_the_wire = if REMAPPED.contains(&lower.as_str()) {
        &remapped
    } else {
        &lower
    };
    let invalid = || MalformedResponse::InvalidHeader(name.to_owned());
    let key = HeaderName::from_bytes(name_on_the_wire.as_bytes()).map_err(|_| invalid())?;
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid())?;
    let appended = headers.try_append(key, value);
    appended.map_err(|_| MalformedResponse::TooManyHeaders)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(payload: &Value) -> Result<(u16, HeaderMap), MalformedResponse> {
        let response = response(payload.to_string().as_bytes(), true)?;
        Ok((response.status().as_u16(), response.headers().clone()))
    }

    #[test]
    fn a_missing_status_is_200_and_digits_are_taken() {
        for (code, expected) in [
            (json!({}), 200),
            (json!({"statusCode": "404"}), 404),
            (json!({"statusCode": 201}), 201),
        ] {
            assert_eq!(read(&code).unwrap().0, expected);
        }
    }

    #[test]
    fn headers_are_written_out_merged_and_remapped() {
        let (_, headers) = read(&json!({
            "headers": {"X-A": "1", "X-Flag": true, "X-Number": 7, "Server": "me", "Transfer-Encoding": "chunked"},
            "multiValueHeaders": {"x-a": ["2", "3"]},
        }))
        .unwrap();
        let all: Vec<_> = headers.get_all("x-a").iter().collect();
        assert_eq!(all, ["2", "3", "1"]);
        assert_eq!(headers["x-flag"], "true");
        assert_eq!(headers["x-number"], "7");
        assert_eq!(headers["x-amzn-remapped-server"], "me");
        assert_eq!(headers["content-type"], "application/json");
        assert!(!headers.contains_key("transfer-encoding"));
        assert!(read(&json!({"headers": null})).is_ok());
    }

    #[test]
    fn anything_else_is_malformed_and_says_why() {
        for (payload, why) in [
            (json!("text"), "not a JSON object"),
            (json!({"status": 200}), "`status`"),
            (json!({"statusCode": true}), "statusCode"),
            (json!({"statusCode": 99}), "statusCode"),
            (json!({"statusCode": "+200"}), "statusCode"),
            (json!({"isBase64Encoded": "true"}), "isBase64Encoded"),
            (json!({"body": "?", "isBase64Encoded": true}), "no base64"),
            (json!({"body": {}}), "body is not a string"),
            (json!({"multiValueHeaders": {"a": "b"}}), "not a list"),
            (json!({"headers": {"a\n": "b"}}), "no valid HTTP header"),
            (
                json!({"headers": {"a": "b\r\nc: d"}}),
                "no valid HTTP header",
            ),
        ] {
            let error = read(&payload).unwrap_err().to_string();
            assert!(error.contains(why), "{payload}: {error}");
        }
        assert!(response(b"nonsense", true).is_err());
        let many: Map<String, Value> = (0..40_000)
            .map(|n| (format!("x-{n}"), json!("a")))
            .collect();
        let error = read(&json!({"headers": many})).unwrap_err();
        assert!(
            matches!(error, MalformedResponse::TooManyHeaders),
            "{error}"
        );
    }
}
