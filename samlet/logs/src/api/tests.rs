//! Groups and streams by their names, asked for as a client asks.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use samlet_aws::Place;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::LogsApi;
use crate::{LogEvent, Logs};

fn api(folder: &Path) -> LogsApi {
    let logs = Logs::open(folder, Box::new(|_: &str, _: &LogEvent| {})).unwrap();
    let place = Place::new("us-east-1", "123456789012", "stack");
    LogsApi::new(logs, Arc::new(place), CancellationToken::new())
}

/// The answer, or the fault's code.
async fn ask(api: &LogsApi, operation: &str, request: Value) -> Result<Value, String> {
    let answer = api.execute(operation, request).await;
    let answer = answer.map_err(|fault| fault.code.to_string())?;
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}

/// Makes a stream with one event that names it.
async fn write(api: &LogsApi, group: &str, stream: &str) {
    ask(api, "CreateLogGroup", json!({"logGroupName": group}))
        .await
        .ok();
    let mut request = json!({"logGroupName": group, "logStreamName": stream});
    ask(api, "CreateLogStream", request.clone()).await.unwrap();
    request["logEvents"] = json!([{"timestamp": 1, "message": format!("{group} {stream}")}]);
    ask(api, "PutLogEvents", request).await.unwrap();
}

/// The members of a list in an answer.
fn members(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let list = answer[list].as_array().unwrap().iter();
    list.map(|item| item[member].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_group_says_nothing_of_groups_whose_names_begin_with_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(folder.path());
    for group in ["/app", "/app/secret", "app"] {
        write(&api, group, "s").await;
    }
    let of_app = json!({"logGroupName": "/app"});
    let found = ask(&api, "FilterLogEvents", of_app.clone()).await.unwrap();
    assert_eq!(members(&found, "events", "message"), ["/app s"]);
    let streams = ask(&api, "DescribeLogStreams", of_app.clone()).await;
    let streams = members(&streams.unwrap(), "logStreams", "logStreamName");
    assert_eq!(streams, ["s"]);
    let request = json!({"logGroupName": "/app", "logStreamName": "secret/s"});
    let refused = ask(&api, "GetLogEvents", request).await;
    assert_eq!(refused.unwrap_err(), "ResourceNotFoundException");

    ask(&api, "DeleteLogGroup", of_app).await.unwrap();
    let left = ask(&api, "DescribeLogGroups", json!({})).await.unwrap();
    let left = members(&left, "logGroups", "logGroupName");
    assert_eq!(left, ["/app/secret", "app"]);
    let request = json!({"logGroupName": "/app/secret"});
    let found = ask(&api, "FilterLogEvents", request).await.unwrap();
    assert_eq!(members(&found, "events", "message"), ["/app/secret s"]);
}

#[tokio::test]
async fn a_stream_has_no_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(folder.path());
    let others = ["./s", "../s", "s/", "/s", "x/../s"];
    write(&api, "/app", "s").await;
    for name in others {
        let request = json!({"logGroupName": "/app", "logStreamName": name});
        let refused = ask(&api, "GetLogEvents", request).await;
        assert_eq!(refused.unwrap_err(), "ResourceNotFoundException", "{name}");
    }
    for name in others {
        write(&api, "/app", name).await;
    }
    for name in ["s"].iter().chain(&others) {
        let request = json!({"logGroupName": "/app", "logStreamName": name});
        let found = ask(&api, "GetLogEvents", request).await.unwrap();
        let expected = [format!("/app {name}")];
        assert_eq!(members(&found, "events", "message"), expected);
    }
}

#[tokio::test]
async fn the_longest_names_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(folder.path());
    let (group, stream) = ("g/".repeat(256), "ö/".repeat(170));
    write(&api, &group, &stream).await;
    let request = json!({"logGroupName": group});
    let found = ask(&api, "FilterLogEvents", request).await.unwrap();
    assert_eq!(members(&found, "events", "logStreamName"), [stream]);
}
