//! Which bodies are binary: passed to functions as base64, and decoded from it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use samlet_template::ApiKind;

/// Whether a request's body is given to the function as base64.
pub(crate) fn request_is_binary(
    headers: &HeaderMap,
    kind: ApiKind,
    binary_types: &[String],
) -> bool {
    let content_type = media_type(headers, &CONTENT_TYPE);
    match kind {
        ApiKind::Rest => {
            // A REST API takes a body without a type for JSON.
            let content_type = content_type.as_deref().unwrap_or("application/json");
            matches(content_type, binary_types)
        }
        ApiKind::Http => !content_type.is_some_and(|text| {
            let named = [
                "application/json",
                "application/xml",
                "application/javascript",
            ];
            text.starts_with("text/") || named.contains(&text.as_str())
        }),
    }
}

/// Whether a REST API decodes, for this client, a response that a function
/// encoded as base64. An HTTP API always does.
pub(crate) fn response_is_decoded(headers: &HeaderMap, binary_types: &[String]) -> bool {
    // Only the first type that the client accepts counts.
    let accept = media_type(headers, &ACCEPT);
    matches(accept.as_deref().unwrap_or("*/*"), binary_types)
}

/// The first media type of a header, without parameters.
fn media_type(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    let first = text.split([',', ';']).next().unwrap_or(text).trim();
    Some(first.to_ascii_lowercase())
}

fn matches(media_type: &str, binary_types: &[String]) -> bool {
    binary_types.iter().any(|binary| {
        let binary = binary.to_ascii_lowercase();
        binary == "*/*"
            || binary == media_type
            || binary
                .strip_suffix("/*")
                .is_some_and(|family| media_type.split('/').next() == Some(family))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_rest_api_has_the_binary_types_it_declares() {
        let types = ["image/*".to_owned(), "application/zip".to_owned()];
        for (content_type, binary) in [
            ("image/png", true),
            ("Image/PNG; a=b", true),
            ("application/zip", true),
            ("text/plain", false),
        ] {
            let headers = headers(CONTENT_TYPE, content_type);
            assert_eq!(
                request_is_binary(&headers, ApiKind::Rest, &types),
                binary,
                "{content_type}"
            );
            assert!(!request_is_binary(&headers, ApiKind::Rest, &[]));
        }
        assert!(response_is_decoded(
            &headers(ACCEPT, "image/png, */*"),
            &types
        ));
        assert!(!response_is_decoded(
            &headers(ACCEPT, "text/html, image/png"),
            &types
        ));
        let all = ["*/*".to_owned()];
        assert!(response_is_decoded(&HeaderMap::new(), &all));
    }

    #[test]
    fn an_http_api_takes_all_but_text_for_binary() {
        for (content_type, binary) in [
            ("text/csv", false),
            ("application/json; charset=utf-8", false),
            ("application/x-www-form-urlencoded", true),
            ("image/png", true),
        ] {
            let headers = headers(CONTENT_TYPE, content_type);
            assert_eq!(
                request_is_binary(&headers, ApiKind::Http, &[]),
                binary,
                "{content_type}"
            );
        }
        assert!(request_is_binary(&HeaderMap::new(), ApiKind::Http, &[]));
    }
}
