//! Small SAM applications, each using different features, run from their sources.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use acceptance::Application;
use serde_json::{Value, json};

#[test]
fn the_message_service_in_python_with_a_shared_local_package() {
    let application = Application::example("seed-python");
    let samlet = application.build_and_start(&[]);
    let id = samlet.create(r#"{"title": "Hello", "pages": 3}"#);
    let (status, read) = samlet.json("GET", &format!("/message/{id}"), None);
    assert_eq!((status, &read["message"]["title"]), (200, &json!("Hello")));
    assert_eq!(read["message"]["pages"], 3);
    assert_eq!(samlet.request("GET", "/message/none", None).0, 404);
    // What the handler raises is a 502, and the function's log says why.
    assert_eq!(samlet.request("POST", "/message", Some("{")).0, 502);
    samlet.wait_for_log("JSONDecodeError");
    samlet.wait_for_log("INIT_START Runtime Version: python:3.8");
}

#[test]
fn an_http_api_with_a_catch_all_an_index_and_policy_templates() {
    let application = Application::example("http-python");
    let samlet = application.build_and_start(&[]);
    for (created, text) in [(1, "first"), (2, "second")] {
        let note = json!({"author": "ann b", "created": created, "text": text});
        let (status, answer) = samlet.json("POST", "/notes", Some(&note.to_string()));
        assert_eq!(status, 201, "{answer}");
    }
    let (status, notes) = samlet.json("GET", "/authors/ann%20b/notes", None);
    assert_eq!((status, notes), (200, json!(["second", "first"])));
    let nothing = (404, "nothing at /no where".to_owned());
    assert_eq!(samlet.request("DELETE", "/no%20where", None), nothing);
    let url = format!("Url: {}/notes", samlet.api);
    assert!(samlet.stdout().contains(&url), "{}", samlet.stdout());
}

#[test]
fn a_function_invokes_another_where_its_policy_lets_it() {
    let application = Application::example("invoke-python");
    let samlet = application.build_and_start(&["--retry-delay-scale", "0.001"]);
    let call = |how: &str| samlet.json("GET", &format!("/call/{how}"), None);
    let (status, answer) = call("sync");
    assert_eq!((status, &answer["status"]), (200, &json!(200)));
    assert_eq!(answer["payload"], r#"{"worked on": "sync"}"#);

    let (_, answer) = call("fail");
    assert_eq!(answer["error"], "Unhandled");
    let payload: Value = serde_json::from_str(answer["payload"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&payload["errorType"], &payload["errorMessage"]),
        (&json!("ValueError"), &json!("on purpose"))
    );

    assert_eq!(
        samlet.request("GET", "/call/secret", None),
        (403, "AccessDeniedException".into())
    );

    // An event is accepted at once, and attempted three times.
    let (_, answer) = call("event");
    assert_eq!(
        (&answer["status"], &answer["payload"]),
        (&json!(202), &json!(""))
    );
    samlet.wait_for_log("an event failed three times");
    let attempts = samlet.wait_for_lines("working on event", 3);
    assert_eq!(attempts.len(), 3);
    let ids = attempts.iter().map(|line| line.rsplit(' ').next().unwrap());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 1, "{attempts:?}");
}

#[test]
fn a_rust_function_without_any_crate_behind_a_greedy_path_with_cors() {
    let application = Application::example("rust-without-crates");
    let samlet = application.build_and_start(&[]);
    for path in ["/a//b/c%20d", "/v1/a//b/c%20d"] {
        assert_eq!(
            samlet.request("PATCH", path, None),
            (200, "a//b/c%20d".into()),
            "{path}"
        );
    }
    assert_eq!(samlet.request("GET", "/", None).0, 403);
    assert_eq!(
        samlet.request("OPTIONS", "/anything", None),
        (200, String::new())
    );
}

#[test]
fn a_makefile_builds_a_custom_runtime() {
    let application = Application::example("makefile");
    let samlet = application.build_and_start(&[]);
    assert_eq!(
        samlet.request("GET", "/", None),
        (200, "anything.at.all".into())
    );
    drop(samlet);
    // What is built is not built again.
    std::fs::remove_dir_all(application.folder.path().join("function")).unwrap();
    let samlet = application.build_and_start(&["--no-build"]);
    assert_eq!(samlet.request("GET", "/", None).0, 200);
}

#[test]
fn parameters_mappings_and_conditions_reach_the_function() {
    let application = Application::example("parameters");
    let samlet = application.build_and_start(&["--parameter-overrides", "Stage=live"]);
    let expected = json!({
        "COLOUR": "green",
        // From samconfig.toml.
        "NAMES": "x+y z",
        "SIZE": "3",
        "LIVE": "yes",
        "TABLE": "local-OnlyLive",
        "QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/local-Queue",
        "SECOND": "live",
    });
    assert_eq!(samlet.json("GET", "/show", None), (200, expected));
    let http = samlet.api_named("ServerlessHttpApi");
    assert_eq!(
        ureq::get(format!("{http}/show")).call().unwrap().status(),
        200
    );
    let printed = samlet.stdout();
    assert!(
        printed.contains("Colour: green\nTable: local-OnlyLive\n"),
        "{printed}"
    );
    assert!(
        samlet
            .stderr()
            .contains("Queue (AWS::SQS::Queue) is not provided here")
    );
    drop(samlet);

    let samlet = application.build_and_start(&[]);
    let (_, shown) = samlet.json("GET", "/show", None);
    assert_eq!(
        (&shown["LIVE"], &shown["TABLE"]),
        (&json!("no"), &Value::Null)
    );
    assert!(!samlet.stdout().contains("Table:"));
}
