//! What a function answers, in an API of each shape: taken as it says, or refused as AWS refuses it.

#![no_main]

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use libfuzzer_sys::fuzz_target;
use samlet_gateway::fuzzing::Mute;
use serde_json::Value;

thread_local! {
    static APIS: RefCell<[Mute; 3]> = RefCell::new(fuzz::apis());
}

fuzz_target!(|data: &[u8]| {
    // A figure that says which API, and whether an image is wanted; then the answer.
    let Some((choice, answer)) = data.split_first() else {
        return;
    };
    let (shape, wants_image) = (usize::from(choice % 3), choice / 3 % 2 == 1);
    APIS.with_borrow(|apis| hold(&apis[shape], shape, wants_image, answer));
});

fn hold(api: &Mute, shape: usize, wants_image: bool, answer: &[u8]) {
    let request = request(wants_image);
    let response = api.response(&request, answer).expect("there is a route");
    let answered = api.answered(&request, answer).expect("there is a route");
    let response = match response {
        Ok(response) => response,
        Err(why) => {
            assert!(!why.to_string().is_empty(), "refused for no reason");
            let bad_gateway = [502, 500, 500][shape];
            assert_eq!(answered.status(), bad_gateway, "{why}");
            let told = samlet_http::peek(answered.body()).unwrap_or_default();
            let nothing_else = ["Internal server error", "Internal Server Error"];
            let message = serde_json::from_slice::<Value>(&told).expect("it is JSON");
            let message = message["message"].as_str().unwrap_or_default();
            assert!(nothing_else.contains(&message), "{message}");
            return;
        }
    };
    let (status, body) = stated(answer, shape, wants_image);
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(answered.status().as_u16(), status);
    let sent = samlet_http::peek(response.body()).unwrap_or_default();
    assert_eq!(sent, body, "the body is another");
    let headers = response.headers();
    assert!(headers.contains_key("content-type"));
    // How a response is framed is the gateway's own business.
    for name in [
        "connection",
        "content-length",
        "transfer-encoding",
        "upgrade",
        "date",
        "server",
    ] {
        assert!(!headers.contains_key(name), "{name}");
    }
}

fn request(wants_image: bool) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    let accepts = if wants_image {
        "image/png"
    } else {
        "text/html"
    };
    parts
        .headers
        .insert("accept", HeaderValue::from_static(accepts));
    parts
}

/// The status and the body of an answer that is taken.
fn stated(answer: &[u8], shape: usize, wants_image: bool) -> (u16, Bytes) {
    let answer: Value = serde_json::from_slice(answer).expect("what is taken is JSON");
    let members = match &answer {
        Value::Object(members) if shape == 0 || members.contains_key("statusCode") => members,
        _ => {
            assert_eq!(shape, 2, "format 1.0 is an object with a status");
            let text = answer.as_str().map(str::to_owned);
            return (200, text.unwrap_or_else(|| answer.to_string()).into());
        }
    };
    let status = match members.get("statusCode") {
        None => 200,
        Some(Value::String(digits)) => digits.parse().expect("it is a number"),
        Some(number) => number.as_u64().expect("it is a number"),
    };
    assert!((200..=599).contains(&status), "{status} is no final status");
    let text = members
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_encoded = members.get("isBase64Encoded") == Some(&Value::Bool(true));
    let body = match is_encoded && (shape > 0 || wants_image) {
        true => STANDARD.decode(text).expect("it is base64").into(),
        false => Bytes::from(text.to_owned()),
    };
    (status as u16, body)
}
