//! The event of a Lambda proxy integration, payload format 1.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};
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

/// The event. It is written straight from what was received, in the order in
/// which API Gateway has its members: each request needs one.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) request: &'a Parts,
    pub(crate) body: &'a EventBody,
    pub(crate) context: &'a Context<'a>,
    /// Format 1.0 within an HTTP API: a REST API's, and says so.
    pub(crate) in_http_api: bool,
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            request,
            body,
            context,
            in_http_api,
        } = *self;
        let mut headers = headers(request, context);
        if in_http_api {
            headers.push(("Content-Length".into(), vec![body.bytes.to_string().into()]));
        }
        let query = query(request.uri.query().unwrap_or_default());
        let query = || (!query.is_empty()).then_some(query.as_slice());
        let parameters = context.parameters;
        let mut event = serializer.serialize_map(None)?;
        if in_http_api {
            event.serialize_entry("version", "1.0")?;
        }
        event.serialize_entry("resource", context.resource)?;
        event.serialize_entry("path", context.path)?;
        event.serialize_entry("httpMethod", request.method.as_str())?;
        event.serialize_entry("headers", &Last(&headers))?;
        event.serialize_entry("multiValueHeaders", &All(&headers))?;
        event.serialize_entry("queryStringParameters", &query().map(Last))?;
        event.serialize_entry("multiValueQueryStringParameters", &query().map(All))?;
        let parameters = (!parameters.is_empty()).then_some(Pairs(parameters));
        event.serialize_entry("pathParameters", &parameters)?;
        let variables = context.stage_variables;
        let variables = (!variables.is_empty()).then_some(variables);
        event.serialize_entry("stageVariables", &variables)?;
        event.serialize_entry("requestContext", &request_context(request, context))?;
        event.serialize_entry("body", &body.text)?;
        event.serialize_entry("isBase64Encoded", &body.is_base64)?;
        event.end()
    }
}

/// Names, each with all its values.
type Multi<'a> = [(Cow<'a, str>, Vec<Cow<'a, str>>)];

/// Each name with its last value.
struct Last<'a>(&'a Multi<'a>);

impl Serialize for Last<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, values)| (name, values.last())))
    }
}

/// Each name with all its values.
struct All<'a>(&'a Multi<'a>);

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, values)| (name, values)))
    }
}

struct Pairs<'a>(&'a [(String, String)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
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

/// An event's `requestContext`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestContext<'a> {
    resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a Map<String, Value>>,
    resource_path: &'a str,
    http_method: &'a str,
    extended_request_id: &'a str,
    request_time: String,
    path: String,
    account_id: &'a str,
    protocol: String,
    stage: &'a str,
    domain_prefix: &'a str,
    request_time_epoch: i64,
    request_id: &'a str,
    identity: Identity<'a>,
    domain_name: String,
    deployment_id: &'a str,
    api_id: &'a str,
}

/// Who sent a request; what is not known is null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    access_key: (),
    account_id: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    caller: (),
    cognito_authentication_provider: (),
    cognito_authentication_type: (),
    cognito_identity_id: (),
    cognito_identity_pool_id: (),
    principal_org_id: (),
    source_ip: IpAddr,
    user: (),
    user_agent: Option<&'a str>,
    user_arn: (),
}

pub(crate) fn request_context<'a>(request: &'a Parts, context: &Context<'a>) -> RequestContext<'a> {
    RequestContext {
        resource_id: context.resource_id,
        authorizer: context.authorizer,
        resource_path: context.resource,
        http_method: request.method.as_str(),
        extended_request_id: context.extended_request_id,
        request_time: request_time(context.time),
        path: context.path_with_stage(),
        account_id: context.account_id,
        protocol: format!("{:?}", request.version),
        stage: context.stage,
        domain_prefix: context.api_id,
        request_time_epoch: epoch_ms(context.time),
        request_id: context.request_id,
        identity: Identity {
            access_key: (),
            account_id: (),
            api_key: context.holder.map(|holder| holder.value.as_str()),
            api_key_id: context.holder.map(|holder| holder.id.as_str()),
            caller: (),
            cognito_authentication_provider: (),
            cognito_authentication_type: (),
            cognito_identity_id: (),
            cognito_identity_pool_id: (),
            principal_org_id: (),
            source_ip: context.source_ip,
            user: (),
            user_agent: user_agent(request),
            user_arn: (),
        },
        domain_name: context.domain_name(),
        deployment_id: "local",
        api_id: context.api_id,
    }
}

/// The client's headers, and those the gateway adds.
fn headers<'a>(
    request: &'a Parts,
    context: &Context<'_>,
) -> Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)> {
    let added = added(request, context);
    let is_kept = |name: &str| {
        let mut replaced = added.iter();
        !replaced.any(|(own, _)| own.eq_ignore_ascii_case(name))
    };
    let mut headers: Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)> = passed_on(request)
        .filter(|(name, _)| is_kept(name))
        .map(|(name, values)| (spelled(name).into(), values.collect()))
        .collect();
    headers.extend(added.map(|(name, value)| (name.into(), vec![value.into()])));
    headers
}

/// The client's headers that a function is given, with all their values.
pub(crate) fn passed_on(
    request: &Parts,
) -> impl Iterator<Item = (&str, impl Iterator<Item = Cow<'_, str>>)> {
    let names = request.headers.keys().map(http::HeaderName::as_str);
    let kept = names.filter(|name| !DROPPED_HEADERS.contains(name));
    kept.map(|name| {
        let values = request.headers.get_all(name).iter();
        (
            name,
            values.map(|value| String::from_utf8_lossy(value.as_bytes())),
        )
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

/// Each name of a query, with all its values.
fn query(query: &str) -> Vec<(Cow<'static, str>, Vec<Cow<'static, str>>)> {
    let mut places = HashMap::new();
    let mut all: Vec<(Cow<'_, str>, Vec<Cow<'_, str>>)> = Vec::new();
    for (name, value) in decoded_query(query) {
        let place = *places.entry(name).or_insert_with_key(|name| {
            all.push((name.clone().into(), Vec::new()));
            all.len() - 1
        });
        all[place].1.push(value.into());
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

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
        let event = json!(Event {
            request: &request,
            body: &EventBody::new(&Bytes::from("{}"), false),
            context: &context,
            in_http_api: false,
        });
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
        let event = json!(Event {
            request: &parts,
            body: &EventBody::new(&Bytes::new(), true),
            context: &context,
            in_http_api: false,
        });
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
