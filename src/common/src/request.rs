//! What a request carries: a message in its body, an id in its path.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::Error;
use crate::item::{self, Item};

/// What is read of API Gateway's event; all else in it is skipped. To read all,
/// as `ApiGatewayProxyRequest` does, takes a seventh of an invocation's work.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// What the client sent, as text or as base64.
    pub body: Option<String>,
    /// Which of the two the body is.
    pub is_base64_encoded: bool,
    /// The values of the route's `{…}`, by name.
    pub path_parameters: Option<HashMap<String, String>>,
}

/// The message in a request's body: a JSON object's fields.
pub fn message(request: &Request) -> Result<Item, Error> {
    let invalid = |text: &str| Error::Invalid(text.to_owned());
    let body = request
        .body
        .as_deref()
        .filter(|body| !body.trim().is_empty());
    let body = body.ok_or_else(|| invalid("The request has no body; send a JSON object"))?;
    if !request.is_base64_encoded {
        return item::from_json(body);
    }
    let decoded = STANDARD
        .decode(body)
        .map_err(|_| invalid("The body is not valid base64"))?;
    let text = String::from_utf8(decoded).map_err(|_| invalid("The body is not valid UTF-8"))?;
    item::from_json(&text)
}

/// The id in a request's path.
pub fn message_id(request: &Request) -> Result<String, Error> {
    let id = request
        .path_parameters
        .as_ref()
        .and_then(|parameters| parameters.get("message_id"))
        .filter(|id| !id.is_empty());
    id.cloned()
        .ok_or_else(|| Error::Invalid("The path has no message_id".to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;

    fn request(body: Option<&str>, is_base64_encoded: bool) -> Request {
        Request {
            body: body.map(str::to_owned),
            is_base64_encoded,
            ..Request::default()
        }
    }

    #[test]
    fn a_body_is_a_json_object_as_text_or_base64() {
        for (body, base64) in [(r#"{"a": 1}"#, false), ("eyJhIjogMX0=", true)] {
            let item = message(&request(Some(body), base64)).unwrap();
            assert_eq!(item["a"], AttributeValue::N("1".into()));
        }
    }

    #[test]
    fn anything_else_says_what_is_wrong() {
        for (body, why) in [
            (None, "no body"),
            (Some(""), "no body"),
            (Some("{"), "not valid JSON"),
            (Some("[]"), "not a JSON object"),
            (Some("null"), "not a JSON object"),
        ] {
            let error = message(&request(body, false)).unwrap_err().to_string();
            assert!(error.contains(why), "{body:?}: {error}");
        }
    }

    #[test]
    fn the_example_events_are_api_gateways() {
        for name in [
            "CreateMessageItem",
            "RetrieveMessageItem",
            "UpdateMessageItem",
            "DeleteMessageItem",
        ] {
            let path = format!(
                "{}/../../events/{name}-event.json",
                env!("CARGO_MANIFEST_DIR")
            );
            let event = std::fs::read_to_string(path).unwrap();
            let request: Request = serde_json::from_str(&event).unwrap();
            assert_eq!(
                message(&request).is_ok(),
                matches!(name, "CreateMessageItem" | "UpdateMessageItem")
            );
            assert_eq!(message_id(&request).is_ok(), name != "CreateMessageItem");
        }
    }
}
