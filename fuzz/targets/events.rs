//! Requests, in an API of each shape: the event that a function is given can be read by the types
//! that Rust functions read it with, and holds what was sent.

#![no_main]

use std::cell::RefCell;

use arbitrary::Unstructured;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fuzz::{STAGE, pieced};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use samlet_gateway::fuzzing::Mute;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "OPTIONS", "PURGE"];
const PATHS: [&str; 14] = [
    "/", "/b/", "/f/", "a", "c", "/c", "%20", "%2F", "%C3%A9", "%FF", "//", "live", "+", ".",
];
const QUERIES: [&str; 12] = [
    "&", "=", "a", "b", "1", "%20", "+", "%C3%A9", "%FF", "%26", ",", "?",
];
const NAMES: [&str; 12] = [
    "accept",
    "content-type",
    "cookie",
    "host",
    "user-agent",
    "x-custom",
    "x-forwarded-for",
    "x-amzn-trace-id",
    "connection",
    "transfer-encoding",
    "x-forwarded-proto",
    "content-length",
];
const VALUES: [&str; 12] = [
    "a",
    "b",
    " ",
    ";",
    ",",
    "=",
    "é",
    "text/html",
    "image/png",
    "application/json",
    "\t",
    "\"",
];

/// What no function is told.
const DROPPED: [&str; 3] = ["connection", "transfer-encoding", "content-length"];

thread_local! {
    static APIS: RefCell<[Mute; 3]> = RefCell::new(fuzz::apis());
}

fuzz_target!(|data: &[u8]| {
    let _ = APIS.with_borrow(|apis| hold(apis, &mut Unstructured::new(data)));
});

fn hold(apis: &[Mute; 3], choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let Some(request) = request(choices)? else {
        return Ok(());
    };
    let body = Bytes::from(choices.arbitrary::<Vec<u8>>()?);
    for (shape, api) in apis.iter().enumerate() {
        let (way, event) = (api.way(&request), api.event(&request, &body));
        assert_eq!(way.is_some(), event.is_some());
        let (Some(way), Some(event)) = (way, event) else {
            continue;
        };
        assert_eq!(api.event(&request, &body).as_ref(), Some(&event));
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len());
        let sent = request.uri.to_string().len() + headers.sum::<usize>() + body.len();
        let length = event.to_string().len();
        // Each header is there twice, and what can't be read is three bytes for one.
        assert!(length <= 3000 + 20 * sent, "{sent} bytes became {length}");
        match shape {
            2 => {
                is_read_as::<ApiGatewayV2httpRequest>(&event);
                of_format_2(&event, &request);
            }
            _ => {
                is_read_as::<ApiGatewayProxyRequest>(&event);
                of_format_1(&event, &request);
            }
        }
        holds_body(&event, &body);
        let path = request.uri.path();
        let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
        let path = if shape == 0 { path } else { &decoded };
        let stage = format!("/{STAGE}");
        let without = path
            .strip_prefix(&stage)
            .map(|rest| if rest.is_empty() { "/" } else { rest });
        assert!(
            way.path == path || Some(way.path.as_str()) == without,
            "{way:?} of {path}"
        );
        for (name, value) in &way.parameters {
            assert!(
                !value.is_empty() && path.contains(value.as_str()),
                "{name}: {value:?} of {path}"
            );
            assert_eq!(event["pathParameters"][name], value.as_str());
        }
    }
    Ok(())
}

fn some(pieces: &[&str], choices: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let length = choices.int_in_range(0..=6)?;
    Ok(pieced(pieces, choices.bytes(length)?))
}

fn request(choices: &mut Unstructured<'_>) -> arbitrary::Result<Option<Parts>> {
    let (method, path, query) = (
        choices.choose(&METHODS)?,
        some(&PATHS, choices)?,
        some(&QUERIES, choices)?,
    );
    let query = if choices.arbitrary()? {
        format!("?{query}")
    } else {
        String::new()
    };
    let mut request = Request::builder()
        .method(*method)
        .uri(format!("/{path}{query}").replacen("//", "/", 1));
    for _ in 0..choices.int_in_range(0..=5)? {
        let name = HeaderName::from_static(choices.choose(&NAMES)?);
        let value = match choices.arbitrary()? {
            true => some(&VALUES, choices)?.into_bytes(),
            false => choices.bytes(3)?.to_vec(),
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request = request.header(name, value);
        }
    }
    Ok(request.body(()).ok().map(|request| request.into_parts().0))
}

/// The types read the event, and nothing of it is another then.
fn is_read_as<T: DeserializeOwned + Serialize>(event: &Value) {
    let text = event.to_string();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let again = serde_json::to_value(&read).expect("it can be written");
    is_within(event, &again, "");
    let twice: T = serde_json::from_value(again.clone()).expect("it can be read again");
    assert_eq!(
        serde_json::to_value(&twice).expect("it can be written"),
        again
    );
}

/// Whether all that is in an event is there when it was read and written.
fn is_within(event: &Value, again: &Value, place: &str) {
    match (event, again) {
        (Value::Null, _) => {}
        (Value::Object(members), Value::Object(others)) => {
            for (name, value) in members {
                let place = format!("{place}/{name}");
                // The types have no member for these, and no case in headers' names.
                if [
                    "/requestContext/extendedRequestId",
                    "/requestContext/deploymentId",
                    "/version",
                    "/requestContext/identity/principalOrgId",
                ]
                .contains(&place.as_str())
                {
                    continue;
                }
                let lower = place.to_lowercase().starts_with("/headers/")
                    || place.to_lowercase().starts_with("/multivalueheaders/");
                let name = if lower {
                    name.to_lowercase()
                } else {
                    name.clone()
                };
                let other = others.get(&name);
                let other = other.unwrap_or_else(|| panic!("{place} is lost: {again}"));
                is_within(value, other, &place);
            }
        }
        // A query's values are lists there, whatever they were.
        (Value::String(one), Value::Array(list)) => assert_eq!(list, &[one.as_str()], "{place}"),
        _ => assert_eq!(event, again, "{place}"),
    }
}

fn texts<'a>(parts: &'a Parts, name: &HeaderName) -> impl Iterator<Item = String> + use<'a> {
    let values = parts.headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn is_passed_on(name: &HeaderName) -> bool {
    let added = name.as_str().starts_with("x-forwarded-") || name == "x-amzn-trace-id";
    !added && !DROPPED.contains(&name.as_str())
}

fn of_format_1(event: &Value, request: &Parts) {
    let find = |map: &Value, name: &str| {
        let found = map.as_object().expect("they are an object").iter();
        let mut found = found.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = found.next().map(|(_, value)| value.clone());
        assert!(found.next().is_none(), "{name} is there twice");
        first
    };
    for name in request.headers.keys() {
        let multi = find(&event["multiValueHeaders"], name.as_str());
        let single = find(&event["headers"], name.as_str());
        if is_passed_on(name) {
            let values: Vec<String> = texts(request, name).collect();
            assert_eq!(
                single,
                values.last().map(|last| last.as_str().into()),
                "{name}"
            );
            assert_eq!(multi, Some(values.into()), "{name}");
        }
        // Another kind of API tells a length of its own.
        if DROPPED[..2].contains(&name.as_str()) {
            assert_eq!((single, multi), (None, None), "{name}");
        }
    }
    assert_eq!(event["httpMethod"], request.method.as_str());
}

fn of_format_2(event: &Value, request: &Parts) {
    for name in request
        .headers
        .keys()
        .filter(|name| is_passed_on(name) && *name != "cookie")
    {
        let values: Vec<String> = texts(request, name).collect();
        assert_eq!(
            event["headers"][name.as_str()],
            values.join(",").as_str(),
            "{name}"
        );
    }
    assert_eq!(
        event["rawQueryString"],
        request.uri.query().unwrap_or_default()
    );
    assert_eq!(
        event["requestContext"]["http"]["method"],
        request.method.as_str()
    );
}

fn holds_body(event: &Value, body: &Bytes) {
    let text = event.get("body").and_then(Value::as_str);
    match (text, event["isBase64Encoded"] == true) {
        (None, encoded) => assert!(body.is_empty() && !encoded),
        (Some(text), true) => assert_eq!(STANDARD.decode(text).expect("it is base64"), body[..]),
        (Some(text), false) => assert_eq!(text, String::from_utf8_lossy(body)),
    }
}
