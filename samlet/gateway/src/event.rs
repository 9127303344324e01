//! The event of a Lambda proxy integration, payload format 1.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::usage::Holder;

/// Never passed on to a function; compared in lower case.
const DROPPED_HEADERS: [&str; 12] = [
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// A request's body, as an event carries it.
#[derive(Debug)]
pub(crate) struct EventBody {
    pub(crate) text: Option<String>,
    /// As it was sent.
    pub(crate) bytes: usize,
    pub(crate) is_base64: bool,
}

impl EventBody {
    /// As base64 when it is `binary`; else as text, whatever it is.
    pub(crate) fn new(body: &Bytes, binary: bool) -> Self {
        let text = match body.is_empty() {
            true => None,
            false if binary => Some(STANDARD.encode(body)),
            false => Some(String::from_utf8_lossy(body).into_owned()),
        };
        let is_base64 = binary && text.is_some();
        Self {
            text,
            bytes: body.len(),
            is_base64,
        }
    }
}

/// What the gateway adds to a request by itself.
#[derive(Clone, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) api_id: &'a str,
    pub(crate) region: &'a str,
    pub(crate) stage: &'a str,
    /// As declared: `/message/{message_id}`.
    pub(crate) resource: &'a str,
    pub(crate) resource_id: &'a str,
    /// As sent, without the stage.
    pub(crate) path: &'a str,
    pub(crate) parameters: &'a [(String, String)],
    pub(crate) source_ip: IpAddr,
    pub(crate) port: u16,
    pub(crate) request_id: &'a str,
    pub(crate) extended_request_id: &'a str,
    pub(crate) trace_id: &'a str,
    pub(crate) time: OffsetDateTime,
    pub(crate) stage_variables: &'a BTreeMap<String, String>,
    /// What the authorizer said, if there is one.
    pub(crate) authorizer: Option<&'a Map<String, Value>>,
    /// The API key that was sent, if one was needed.
    pub(crate) holder: Option<&'a Holder>,
}

impl Context<'_> {
    /// The path of the deployed API: behind the stage, unless that is the default one.
    pub(crate) fn path_with_stage(&self) -> String {
        match self.stage {
            "$default" => self.path.to_owned(),
            stage => format!("/{stage}{}", self.path),
        }
    }

    /// The API's host on AWS.
    pub(crate) fn domain_name(&self) -> String {
        format!("{}.execute-api.{}.amazonaws.com", self.api_id, self.region)
    }
}

pub(crate) fn user_agent(request: &Parts) -> Option<&str> {
    request.headers.get("user-agent")?.to_str().ok()
}

/// The event, as JSON.
pub(crate) fn event(request: &Parts, body: &EventBody, context: &Context<'_>) -> Value {
    let (headers, multi_headers) = headers(request, context);
    let (query, multi_query) = query(request.uri.query().unwrap_or_default());
    let parameters: Map<String, Value> = context
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "resource": context.resource,
        "path": context.path,
        "httpMethod": request.method.as_str(),
        "headers": headers,
        "multiValueHeaders": multi_headers,
        "queryStringParameters": null_if_empty(query),
        "multiValueQueryStringParameters": null_if_empty(multi_query),
        "pathParameters": null_if_empty(parameters),
        "stageVariables": stage_variables(context),
        "requestContext": request_context(request, context),
        "body": body.text,
        "isBase64Encoded": body.is_base64,
    })
}

pub(crate) fn stage_variables(context: &Context<'_>) -> Value {
    match context.stage_variables {
        none if none.is_empty() => Value::Null,
        some => json!(some),
    }
}

/// A request's time, as in `23/Nov/2026:08:00:00 +0000`.
pub(crate) fn request_time(time: OffsetDateTime) -> String {
    let clock =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    time.format(clock).unwrap_or_default()
}

/// Milliseconds since the epoch.
pub(crate) fn epoch_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

pub(crate) fn request_context(request: &Parts, context: &Context<'_>) -> Value {
    let mut members = json!({
        "accountId": context.account_id,
        "apiId": context.api_id,
        "deploymentId": "local",
        "domainName": context.domain_name(),
        "domainPrefix": context.api_id,
        "extendedRequestId": context.extended_request_id,
        "httpMethod": request.method.as_str(),
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": context.source_ip.to_string(),
            "user": null,
            "userAgent": user_agent(request),
            "userArn": null,
        },
        "path": context.path_with_stage(),
        "protocol": format!("{:?}", request.version),
        "requestId": context.request_id,
        "requestTime": request_time(context.time),
        "requestTimeEpoch": epoch_ms(context.time),
        "resourceId": context.resource_id,
        "resourcePath": context.resource,
        "stage": context.stage,
    });
    if let Some(holder) = context.holder {
        members["identity"]["apiKey"] = json!(holder.value);
        members["identity"]["apiKeyId"] = json!(holder.id);
    }
    if let Some(authorizer) = context.authorizer {
        members["authorizer"] = json!(authorizer);
    }
    members
}

/// The client's headers, and those the gateway adds.
fn headers(request: &Parts, context: &Context<'_>) -> (Map<String, Value>, Map<String, Value>) {
    let mut multi: Vec<(String, Vec<String>)> = Vec::new();
    for (name, values) in passed_on(request) {
        multi.push((spelled(name), values));
    }
    for (name, value) in added(request, context) {
        multi.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        multi.push((name.to_owned(), vec![value]));
    }
    let last = |values: &Vec<String>| json!(values.last());
    let single = multi
        .iter()
        .map(|(name, values)| (name.clone(), last(values)))
        .collect();
    let multi = multi
        .into_iter()
        .map(|(name, values)| (name, json!(values)))
        .collect();
    (single, multi)
}

/// The client's headers that a function is given, with all their values.
pub(crate) fn passed_on(request: &Parts) -> impl Iterator<Item = (&str, Vec<String>)> {
    let names = request.headers.keys().map(http::HeaderName::as_str);
    let kept = names.filter(|name| !DROPPED_HEADERS.contains(name));
    kept.map(|name| {
        let values = request.headers.get_all(name).iter();
        let texts = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        (name, texts.collect())
    })
}

/// The headers that the gateway adds, in place of the client's own.
pub(crate) fn added(request: &Parts, context: &Context<'_>) -> [(&'static str, String); 4] {
    let before = request.headers.get_all("x-forwarded-for").into_iter();
    let mut forwarded: Vec<_> = before
        .filter_map(|value| value.to_str().ok())
        .map(str::to_owned)
        .collect();
    forwarded.push(context.source_ip.to_string());
    [
        ("X-Forwarded-For", forwarded.join(", ")),
        ("X-Forwarded-Port", context.port.to_string()),
        ("X-Forwarded-Proto", "http".to_owned()),
        ("X-Amzn-Trace-Id", context.trace_id.to_owned()),
    ]
}

/// `content-type` as `Content-Type`: the HTTP library keeps no spelling, and
/// this is the one most clients use.
fn spelled(name: &str) -> String {
    let mut start = true;
    let spell = |c: char| {
        let spelled = if start { c.to_ascii_uppercase() } else { c };
        start = c == '-';
        spelled
    };
    name.chars().map(spell).collect()
}

/// Decoded names and values of a query, in its order.
pub(crate) fn decoded_query(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// The last value of each name, and all of them.
fn query(query: &str) -> (Map<String, Value>, Map<String, Value>) {
    let mut single = Map::new();
    let mut multi: Map<String, Value> = Map::new();
    for (name, value) in decoded_query(query) {
        if let Value::Array(values) = multi.entry(name.clone()).or_insert_with(|| json!([])) {
            values.push(json!(value));
        }
        single.insert(name, json!(value));
    }
    (single, multi)
}

fn null_if_empty(map: Map<String, Value>) -> Value {
    if map.is_empty() {
        Value::Null
    } else {
        Value::Object(map)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_request_becomes_the_event_that_api_gateway_makes() {
        let request = http::Request::post("/message/a%20b?a=1&a=2&name=J%C3%BCrg+K")
            .header("host", "127.0.0.1:3000")
            .header("content-type", "application/json")
            .header("x-tag", "one")
            .header("x-tag", "two")
            .header("connection", "close")
            .header("user-agent", "curl/8")
            .header("x-forwarded-for", "10.0.0.1")
            .header("x-forwarded-for", "10.0.0.2")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let parameters = [("message_id".to_owned(), "a%20b".to_owned())];
        let context = Context {
            account_id: "123456789012",
            api_id: "abcde12345",
            region: "us-east-1",
            stage: "Prod",
            resource: "/message/{message_id}",
            resource_id: "r1",
            path: "/message/a%20b",
            parameters: &parameters,
            source_ip: "127.0.0.1".parse().unwrap(),
            port: 3000,
            request_id: "id",
            extended_request_id: "extended",
            trace_id: "Root=1-0-0",
            time: OffsetDateTime::from_unix_timestamp(1_795_420_800).unwrap(),
            stage_variables: &BTreeMap::new(),
            authorizer: None,
            holder: None,
        };
        let event = event(
            &request,
            &EventBody::new(&Bytes::from("{}"), false),
            &context,
        );
        let expected: Value = serde_json::from_str(include_str!("../tests/event.json")).unwrap();
        assert_eq!(event, expected, "{event:#}");
    }

    #[test]
    fn what_is_absent_is_null() {
        let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
        let context = Context {
            account_id: "1",
            api_id: "a",
            region: "r",
            stage: "Prod",
            resource: "/",
            resource_id: "r",
            path: "/",
            parameters: &[],
            source_ip: "127.0.0.1".parse().unwrap(),
            port: 1,
            request_id: "",
            extended_request_id: "",
            trace_id: "",
            time: OffsetDateTime::UNIX_EPOCH,
            stage_variables: &BTreeMap::new(),
            authorizer: None,
            holder: None,
        };
        let event = event(&parts, &EventBody::new(&Bytes::new(), true), &context);
        for name in [
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "pathParameters",
            "body",
        ] {
            assert_eq!(event[name], Value::Null, "{name}");
        }
    }
}
