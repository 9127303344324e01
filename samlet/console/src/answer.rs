//! Answers of the API: JSON, text or a stream; and what requests ask by their paths and queries.

use std::borrow::Cow;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use samlet_http::{Body, Response, whole};
use serde_json::{Value, json};

/// A request that was served.
#[derive(Debug)]
pub(crate) enum Answered {
    Json(Value),
    Text(String),
    /// Server-sent events.
    Events(Body),
}

/// One that was not: its status, and what is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    message: String,
}

pub(crate) fn problem(status: StatusCode, message: impl Into<String>) -> Problem {
    Problem {
        status,
        message: message.into(),
    }
}

pub(crate) fn bad_request(message: impl Into<String>) -> Problem {
    problem(StatusCode::BAD_REQUEST, message)
}

impl From<Value> for Answered {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl Answered {
    /// OpenMetrics text.
    pub(crate) fn metrics(text: String) -> Self {
        Self::Text(text)
    }

    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::Json(value) => response(StatusCode::OK, JSON, whole(value.to_string())),
            Self::Text(text) => response(StatusCode::OK, OPEN_METRICS, whole(text)),
            Self::Events(body) => response(StatusCode::OK, "text/event-stream", body),
        }
    }
}

impl Problem {
    pub(crate) fn into_text(self) -> Response {
        let text = format!("{}\n", self.message);
        response(self.status, "text/plain; charset=utf-8", whole(text))
    }

    pub(crate) fn into_response(self) -> Response {
        let body = json!({"message": self.message}).to_string();
        response(self.status, JSON, whole(body))
    }
}

const JSON: &str = "application/json";

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// With the headers that keep what is answered to who asked for it.
pub(crate) fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// A path's parts, decoded.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/').map(decoded).collect()
}

/// In a path `+` is itself.
fn decoded(segment: &str) -> String {
    let pair = format!("{}=", segment.replace('+', "%2B"));
    let mut pairs = form_urlencoded::parse(pair.as_bytes());
    pairs
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

/// A request's query.
#[derive(Debug)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(crate) fn of(parts: &'a Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).collect())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    /// A number, at most `max`.
    pub(crate) fn number(&self, name: &str, default: u64, max: u64) -> Result<u64, Problem> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        // Times may have fractions.
        let number = text.parse::<f64>().ok().filter(|number| *number >= 0.0);
        let number = number.ok_or_else(|| bad_request(format!("{name} is no number: {text}")))?;
        Ok((number as u64).min(max))
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "false")
    }
}

/// A body as JSON.
pub(crate) fn parse(body: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| bad_request(format!("the body is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        assert_eq!(segments("api/a%20b/c+d"), ["api", "a b", "c+d"]);
        let request = http::Request::get("/x?search=a+b%26&limit=5000&start=1.5&bad=x&no=false");
        let parts = request.body(()).unwrap().into_parts().0;
        let query = Query::of(&parts);
        assert_eq!(query.get("search"), Some("a b&"));
        assert_eq!(query.number("limit", 100, 1000).unwrap(), 1000);
        assert_eq!(query.number("start", 0, 9).unwrap(), 1);
        assert_eq!(query.number("none", 7, 9).unwrap(), 7);
        assert!(query.number("bad", 0, 9).is_err());
        assert!(!query.is_set("no") && query.is_set("bad"));
    }
}
