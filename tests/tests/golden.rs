//! The exact event that a function receives for a request, for every pair of files in `tests/golden`.
//!
//! `NAME.http` is a request as it goes over the wire, `NAME.json` the event.
//! What differs from run to run (ids, times, ports) stands there as `<its name>`.
//! With `UPDATE_EXPECTED=1` the events are written anew, to be reviewed with `git diff`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use acceptance::{Application, is_expected, repository};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

/// What differs from run to run.
const VARYING: [&str; 10] = [
    "X-Amzn-Trace-Id",
    "X-Forwarded-Port",
    "extendedRequestId",
    "integrationLatency",
    "process",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "time",
    "timeEpoch",
];

/// The trace of a client, which goes on as it is.
const CLIENTS_TRACE: &str = "5759e988";

#[test]
fn each_request_becomes_the_event_on_record() {
    let folder = repository().join("tests/golden");
    let template = std::fs::read_to_string(folder.join("template.yaml")).unwrap();
    let application = Application::fixture(BINARY, &template);
    // The host of all of them.
    let samlet = application.start(&["--allow-host", "api.example"]);
    let mut requests: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "http"))
        .collect();
    requests.sort();
    assert!(requests.len() >= 20, "{}", requests.len());
    let mut different = Vec::new();
    for request in &requests {
        let name = request.file_stem().unwrap().to_str().unwrap();
        let api = match name.starts_with("rest-") {
            true => samlet.api_named("Rest"),
            false => samlet.api_named("Http"),
        };
        let mut event = exchange(&api, &std::fs::read(request).unwrap());
        settle(&mut event);
        let text = format!("{event:#}\n");
        let record = request.with_extension("json");
        if !is_expected(&record, &text) {
            different.push(format!("{name}: {text}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Sends a request as it is written; gives the event in the answer.
fn exchange(api: &str, request: &[u8]) -> Value {
    let mut stream = TcpStream::connect(api.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    // The connection stays open: the body's length says when it is whole.
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let mut lines = head.lines();
            assert!(lines.next().unwrap().contains(" 200 "), "{text}");
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return serde_json::from_str(body).unwrap();
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        assert_ne!(read, 0, "{text}");
        answer.extend_from_slice(&chunk[..read]);
    }
}

/// Puts the name of each varying value in its place.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let known = VARYING
                    .iter()
                    .find(|known| known.eq_ignore_ascii_case(name));
                let varies = !value.to_string().contains(CLIENTS_TRACE);
                match known.filter(|_| varies) {
                    Some(known) if value.is_array() => *value = json!([format!("<{known}>")]),
                    Some(known) => *value = json!(format!("<{known}>")),
                    None => settle(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}
