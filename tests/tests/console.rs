//! The console's API: what it tells of requests, and whom it tells.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use acceptance::{Application, Console, json, send, wait_for};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 1
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: POST}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: sk, AttributeType: N}
      KeySchema:
        - {AttributeName: pk, KeyType: HASH}
        - {AttributeName: sk, KeyType: RANGE}
";

fn texts<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap().iter();
    list.map(|entry| entry[name].as_str().unwrap_or_default())
        .collect()
}

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (status, _, body) = send(request.body(Vec::new()).unwrap());
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[test]
fn the_page_and_its_api_need_the_token() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let base = format!("{}/_samlet", samlet.aws);
    for path in [
        "/",
        "/index.html",
        "/api/application",
        "/api/stream",
        "/metrics",
    ] {
        let url = format!("{base}{path}");
        assert_eq!(request("GET", &url, &[]).0, 401, "{path}");
        let wrong = [("authorization", "Bearer wrong")];
        assert_eq!(request("GET", &url, &wrong).0, 401, "{path}");
        let empty = format!("{url}?token=");
        assert_eq!(request("GET", &empty, &[]).0, 401, "{path}");
    }
    // Changes, too.
    let item = format!("{base}/api/tables/Table/items");
    assert_eq!(request("PUT", &item, &[]).0, 401);
    let bearer = format!("Bearer {}", console.token);
    let bearer = [("authorization", bearer.as_str())];
    assert_eq!(request("GET", &format!("{base}/metrics"), &bearer).0, 200);
    let (status, page) = request("GET", &console.url, &[]);
    assert_eq!(status, 200);
    assert!(page.contains("<title>samlet"), "{page}");
    assert!(!page.contains(&console.token));
    // The same token after a restart: pages that are open go on.
    drop(samlet);
    let again = application.start(&[]);
    assert_eq!(Console::of(&again).token, console.token);
    let file = application.folder.path().join(".samlet/console-token");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn foreign_hosts_and_pages_of_other_origins_are_refused() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let url = console.api("application");
    assert_eq!(request("GET", &url, &[]).0, 200);
    let own = samlet.aws.clone();
    assert_eq!(request("GET", &url, &[("origin", &own)]).0, 200);
    for foreign in [
        &[("host", "evil.example")][..],
        &[("origin", "https://evil.example")],
        // The application's own pages are another origin.
        &[("origin", &samlet.api)],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(request("GET", &url, foreign).0, 403, "{foreign:?}");
    }
    // In no frame, and nothing of anybody else's in it.
    let get = ureq::http::Request::get(&console.url);
    let (_, headers, _) = send(get.body(Vec::new()).unwrap());
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[test]
fn a_request_is_told_from_its_arrival_to_its_answer() {
    let application = Application::message_service(|template| template);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let id = samlet.create(r#"{"title": "<b>Hello</b>"}"#);
    let list = console.get("requests");
    assert_eq!(list["total"], 1);
    let listed = &list["requests"][0];
    for (name, expected) in [
        ("kind", json!("api")),
        ("method", json!("POST")),
        ("path", json!("/message")),
        ("route", json!("POST /message")),
        ("function", json!("CreateMessageItem")),
        ("status", json!(200)),
        ("cold", json!(true)),
        ("aws_calls", json!(1)),
        ("error", json!(null)),
    ] {
        assert_eq!(listed[name], expected, "{name}");
    }

    let request = console.get(&format!("requests/{}", listed["id"].as_str().unwrap()));
    let spans = &request["spans"];
    let kinds = texts(spans, "kind");
    assert_eq!(kinds, ["gateway", "wait", "init", "invocation", "aws"]);
    assert_eq!(texts(spans, "outcome"), ["ok"; 5]);
    let call = &spans[4];
    assert_eq!(call["name"], "dynamodb PutItem");
    assert_eq!(call["resource"], "local-DynamoDBTable");
    assert_eq!(call["function"], "CreateMessageItem");
    // None begins before the one that it is a part of; each is measured where it happens, so that ends need not agree.
    let start = |index: usize| spans[index]["start_ms"].as_f64().unwrap();
    for (inner, outer) in [(1, 0), (2, 1), (3, 0), (4, 3)] {
        assert!(start(outer) <= start(inner), "{spans:#}");
    }
    let event: Value = serde_json::from_str(request["event"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(event["body"], r#"{"title": "<b>Hello</b>"}"#);
    assert!(request["result"]["text"].as_str().unwrap().contains(&id));
    let trace = request["trace_id"].as_str().unwrap();
    assert_eq!(event["headers"]["X-Amzn-Trace-Id"], format!("Root={trace}"));
    let lines = texts(&request["logs"], "message").join("\n");
    for word in [
        "INIT_START",
        "START RequestId",
        "END RequestId",
        "Init Duration",
    ] {
        assert_eq!(lines.matches(word).count(), 1, "{word} in {lines}");
    }

    // The next one's lines are its own.
    samlet.create("{}");
    let second = console.newest();
    assert_eq!(second["cold"], false);
    let lines = texts(&second["logs"], "message").join("\n");
    assert_eq!(lines.matches("START RequestId").count(), 1, "{lines}");
    let own = second["spans"][2]["request_id"].as_str().unwrap();
    assert!(
        lines.contains(own) && !lines.contains("INIT_START"),
        "{lines}"
    );
}

#[test]
fn a_refusal_is_told_with_what_would_mend_it() {
    let application = Application::message_service(|template| {
        template.replace("dynamodb:PutItem", "dynamodb:Query")
    });
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    assert_eq!(samlet.request("POST", "/message", Some("{}")).0, 500);
    let request = console.newest();
    let error = request["error"].as_str().unwrap();
    assert!(
        error.contains("is not authorized to perform: dynamodb:PutItem"),
        "{error}"
    );
    let mut calls = request["spans"].as_array().unwrap().iter();
    let call = calls.rfind(|span| span["kind"] == "aws").unwrap();
    assert_eq!(call["outcome"], "refused");
    assert_eq!(call["status"], 400);
    let refusal = &request["refusals"][0];
    assert_eq!(refusal["function"], "CreateMessageItem");
    assert_eq!(refusal["action"], "dynamodb:PutItem");
    assert_eq!(
        refusal["statement"],
        "- Statement:\n    - Effect: Allow\n      Action: dynamodb:PutItem\n      Resource: !GetAtt DynamoDBTable.Arn"
    );
    let place = refusal["place"].as_str().unwrap();
    let line: usize = place
        .strip_prefix("template.yaml:")
        .unwrap()
        .parse()
        .unwrap();
    let template = std::fs::read_to_string(application.folder.path().join("template.yaml"));
    let near = template.unwrap();
    let near = near.lines().nth(line - 1).unwrap();
    assert!(
        near.contains("Policies") || near.contains("- Statement"),
        "{near}"
    );
    let why = refusal["why"][0].as_str().unwrap();
    assert!(why.contains("dynamodb:Query"), "{why}");

    // And the report has it first thing.
    let policies = console.get("policies");
    let report = &policies[0];
    assert_eq!(report["function"], "CreateMessageItem");
    assert_eq!(report["refused"][0]["action"], "dynamodb:PutItem");
    assert_eq!(report["grants"][0]["finding"], "never");
}

#[test]
fn what_goes_wrong_is_said_in_a_line() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    for (mode, status, outcome, error) in [
        ("error", 502, "error", "Oops: on purpose"),
        ("crash", 502, "error", "Runtime.ExitError: "),
        ("hang", 502, "timeout", "Sandbox.Timedout: "),
        ("malformed", 502, "ok", "its answer is no proxy response"),
    ] {
        assert_eq!(samlet.request("POST", &format!("/{mode}"), None).0, status);
        let request = console.newest();
        assert_eq!(request["status"], status, "{mode}");
        let said = request["error"].as_str().unwrap();
        assert!(said.starts_with(error), "{mode}: {said}");
        let mut spans = request["spans"].as_array().unwrap().iter();
        let invocation = spans.rfind(|span| span["kind"] == "invocation").unwrap();
        assert_eq!(invocation["outcome"], outcome, "{mode}");
        assert_eq!(
            request["response"]["body"],
            "{\"message\":\"Internal server error\"}"
        );
    }
    assert_eq!(samlet.request("GET", "/nowhere/at/all", None).0, 403);
    let lost = console.newest();
    assert_eq!(lost["function"], Value::Null);
    assert_eq!(lost["error"], "no route has this method and path");
    assert_eq!(lost["event"], Value::Null);
    // Found by each of these.
    for (query, found) in [
        ("failed=true", 5),
        ("function=Fixture", 4),
        ("search=OOPS", 1),
        ("search=/nowhere", 1),
        // No id has a letter of this.
        ("search=get", 1),
        ("limit=2", 2),
        ("before=3", 2),
    ] {
        let list = console.get(&format!("requests?{query}"));
        assert_eq!(list["requests"].as_array().unwrap().len(), found, "{query}");
    }
}

#[test]
fn a_request_is_sent_again_and_its_event_saved() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    assert_eq!(
        samlet.request("POST", "/event?a=b", Some("the body")).0,
        200
    );
    let first = console.newest();
    let path = format!("requests/{}", first["id"].as_str().unwrap());
    let (status, answer) = console.send("POST", &format!("{path}/replay"), "");
    assert_eq!((status, &answer["status"]), (200, &json!(200)));
    let second = console.newest();
    assert_eq!(second["id"], answer["id"]);
    assert_ne!(second["id"], first["id"]);
    for name in ["method", "path", "route"] {
        assert_eq!(second[name], first[name]);
    }
    assert_eq!(second["request"]["body"], "the body");

    let saved = |body: &str| {
        let (status, answer) = console.send("POST", &format!("{path}/event"), body);
        (
            status,
            answer["path"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(saved(""), (200, "events/Fixture-event.json".into()));
    assert_eq!(saved(""), (200, "events/Fixture-event-2.json".into()));
    let named = r#"{"name": "large.json"}"#;
    assert_eq!(saved(named), (200, "events/large.json".into()));
    assert_eq!(saved(named).0, 409);
    assert_eq!(saved(r#"{"name": "../template.yaml"}"#).0, 400);
    let file = application.folder.path().join("events/large.json");
    let event: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(event["queryStringParameters"]["a"], "b");

    // What no API brought is invoked again.
    let invoked = std::process::Command::new(acceptance::samlet_binary())
        .current_dir(application.folder.path())
        .args(["invoke", "Fixture", "-e", "events/large.json"])
        .output()
        .unwrap();
    assert!(invoked.status.success());
    let invoke = console.newest();
    assert_eq!(
        (&invoke["kind"], &invoke["status"]),
        (&json!("invoke"), &json!(200))
    );
    let path = format!("requests/{}/replay", invoke["id"].as_str().unwrap());
    let (status, answer) = console.send("POST", &path, "");
    assert_eq!(status, 200);
    assert_eq!(console.newest()["id"], answer["id"]);
    assert_eq!(console.send("POST", "requests/none/replay", "").0, 404);
}

#[test]
fn tables_are_read_by_pages_and_changed() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let key = &console.get("application")["tables"][0]["key"];
    assert_eq!(
        *key,
        json!([{"name": "pk", "type": "S"}, {"name": "sk", "type": "N"}])
    );
    let item = |n: u32| json!({"pk": {"S": format!("a{}", n % 2)}, "sk": {"N": n.to_string()}});
    for n in 0..5 {
        let (status, answer) =
            console.send("PUT", "tables/Table/items?new=true", &item(n).to_string());
        assert_eq!(status, 200, "{answer}");
    }
    let again = console.send("PUT", "tables/Table/items?new=true", &item(0).to_string());
    assert_eq!(again.0, 409);
    let first = console.get("tables/Table/items?limit=3");
    let start = encoded(&first["next"].to_string());
    let second = console.get(&format!("tables/local-Table/items?limit=3&start={start}"));
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (3, 2));
    assert_eq!(second["next"], Value::Null);
    assert_eq!(count(&console.get("tables/Table/items?key=a1")), 2);

    let changed = json!({"pk": {"S": "a0"}, "sk": {"N": "0"}, "text": {"S": "<i>new</i>"}});
    assert_eq!(
        console
            .send("PUT", "tables/Table/items", &changed.to_string())
            .0,
        200
    );
    let (status, _) = console.send("DELETE", "tables/Table/items", &item(2).to_string());
    assert_eq!(status, 200);
    let left = console.get("tables/Table/items?key=a0");
    assert_eq!(left["items"], json!([changed, item(4)]));
    for (body, why) in [
        ("{", "the body is no JSON"),
        (r#"{"pk": {"S": "a"}}"#, "key"),
        (r#"{"pk": "a"}"#, ""),
    ] {
        let (status, answer) = console.send("PUT", "tables/Table/items", body);
        assert_eq!(status, 400);
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    }
    assert_eq!(console.send("GET", "tables/None/items", "").0, 404);
}

#[test]
fn services_are_listed_with_their_resources() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let answer = console.get("services");
    for (service, title, kind, name, resource) in [
        (
            "dynamodb",
            "DynamoDB",
            "table",
            "local-Table",
            "table/local-Table",
        ),
        (
            "lambda",
            "Lambda",
            "function",
            "local-Fixture",
            "function:local-Fixture",
        ),
    ] {
        let mut services = answer["services"].as_array().unwrap().iter();
        let found = services.find(|each| each["name"] == service).unwrap();
        assert_eq!(found["title"], title);
        assert_eq!(found["answered"], true);
        assert_eq!(found["count"], 1, "{found}");
        let listed = &found["resources"][0];
        assert_eq!(listed["kind"], kind);
        assert_eq!(listed["name"], name);
        // The fixture's stack is `local`.
        assert_eq!(listed["logical_id"], name.trim_start_matches("local-"));
        let arn = listed["arn"].as_str().unwrap();
        assert!(arn.starts_with(&format!("arn:aws:{service}:")), "{arn}");
        assert!(arn.ends_with(resource), "{arn}");
    }
    assert_eq!(console.send("POST", "services", "").0, 405);
}

/// For a query.
fn encoded(text: &str) -> String {
    let bytes = text.bytes();
    bytes.map(|byte| format!("%{byte:02x}")).collect()
}

/// Reads server-sent events until one of this name has this in it.
fn wait_for_event(reader: &mut impl BufRead, name: &str, has: &str) -> Value {
    let mut line = String::new();
    let mut is_it = false;
    loop {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the stream ended");
        if let Some(event) = line.strip_prefix("event: ") {
            is_it = event.trim() == name;
        } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_it)
            && data.contains(has)
        {
            return serde_json::from_str(data).unwrap();
        }
    }
}

fn stream(url: &str) -> impl BufRead + use<> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let response = agent.get(url).call().unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    BufReader::new(response.into_body().into_reader())
}

#[test]
fn streams_tell_of_requests_lines_and_changes_as_they_come() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let mut events = stream(&console.api("stream"));
    let mut lines = stream(&console.api("logs/stream?filter=mode"));
    samlet.request("POST", "/error", None);
    let requests = wait_for_event(&mut events, "requests", "Oops");
    assert_eq!(requests["requests"][0]["path"], "/error");
    let now = wait_for_event(&mut events, "now", "\"idle\":1");
    assert_eq!(now["functions"]["Fixture"]["busy"], 0);
    let line = wait_for_event(&mut lines, "log", "mode error");
    assert_eq!(line["events"][0]["function"], "Fixture");
    assert!(!line.to_string().contains("START"));

    let path = application.folder.path().join("template.yaml");
    let template = std::fs::read_to_string(&path).unwrap();
    let changed = template.replace("/{mode}", "/v2/{mode}");
    std::fs::write(path, changed).unwrap();
    wait_for_event(&mut events, "application", "{}");
    let shown = console.get("application");
    assert_eq!(shown["apis"][0]["routes"][0]["path"], "/v2/{mode}");
}

#[test]
fn no_more_streams_are_served_than_there_is_room_for_and_each_ends_with_its_client() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let url = console.api("stream");
    let streams: Vec<_> = (0..32).map(|_| stream(&url)).collect();
    assert_eq!(request("GET", &url, &[]).0, 503);
    drop(streams);
    // A client that has gone is noticed with the next event.
    let mut last = wait_for("there is room for a stream", || ureq::get(&url).call().ok());
    // And samlet doesn't wait for one that stays.
    let began = Instant::now();
    assert!(samlet.terminate().success());
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(last.body_mut().read_to_string().is_ok());
}

#[test]
fn metrics_are_told_over_time_and_to_prometheus() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    for mode in ["who", "who", "error"] {
        samlet.request("POST", &format!("/{mode}"), None);
    }
    // Told when the step of five seconds is over.
    let counted = wait_for("the metrics have all invocations", || {
        let metrics = console.get("metrics?seconds=60");
        let fixture = &metrics["functions"]["Fixture"];
        let sum = |name: &str| -> u64 {
            let column = fixture[name].as_array().into_iter().flatten();
            column.filter_map(Value::as_u64).sum()
        };
        if sum("invocations") < 3 {
            return None;
        }
        assert_eq!(metrics["times"].as_array().unwrap().len(), 12);
        Some([sum("errors"), sum("cold_starts"), sum("throttles")])
    });
    assert_eq!(counted, [1, 1, 0]);
    let url = console.url.replace("/_samlet/", "/_samlet/metrics");
    let (status, text) = request("GET", &url, &[]);
    assert_eq!(status, 200);
    for line in [
        "aws_lambda_invocations_total{function_name=\"local-Fixture\"} 3",
        "aws_lambda_errors_total{function_name=\"local-Fixture\"} 1",
        "aws_apigateway_requests_total{api_name=\"ServerlessRestApi\",status=\"5xx\"} 1",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn logs_are_found_by_function_time_and_pattern() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    for mode in ["one", "two"] {
        samlet.request("POST", &format!("/{mode}"), None);
    }
    let found = |query: &str| {
        let logs = console.get(&format!("logs?{query}"));
        texts(&logs["events"], "message").join("\n")
    };
    assert_eq!(found("function=Fixture&filter=mode"), "mode one\nmode two");
    assert_eq!(found("filter=mode&limit=1"), "mode two");
    assert_eq!(found("since=99999999999999"), "");
    assert_eq!(console.send("GET", "logs?function=None", "").0, 404);
    let (status, answer) = console.send("GET", "logs?filter=%7B%20nonsense", "");
    assert_eq!(status, 400);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("filter pattern")
    );
}

#[test]
fn the_newest_thousand_requests_are_kept() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    samlet.request("GET", "/first", None);
    let first = console.newest()["id"].as_str().unwrap().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    // On one connection.
    for _ in 0..1000 {
        let mut answer = agent.get(format!("{}/none", samlet.api)).call().unwrap();
        answer.body_mut().read_to_vec().unwrap();
    }
    let list = console.get("requests?limit=5000");
    assert_eq!(list["total"], 1001);
    let kept = list["requests"].as_array().unwrap();
    assert_eq!(kept.len(), 1000);
    assert_eq!(kept[0]["number"], 1001);
    assert_eq!(console.send("GET", &format!("requests/{first}"), "").0, 404);
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    for (method, path, status) in [
        ("GET", "nothing", 404),
        ("POST", "requests", 405),
        ("DELETE", "policies", 405),
        ("PATCH", "tables/Table/items", 405),
        ("GET", "requests?limit=many", 400),
        ("GET", "tables/Table/items?start=nonsense", 400),
    ] {
        let (told, answer) = console.send(method, path, "");
        assert_eq!(told, status, "{method} {path}");
        assert!(answer["message"].is_string(), "{answer}");
    }
    let large = "x".repeat(3 * 1024 * 1024);
    let put = ureq::http::Request::put(console.api("tables/Table/items"));
    let (status, _, body) = send(put.body(large.into_bytes()).unwrap());
    assert_eq!(status, 413);
    assert!(json(&body)["message"].is_string());
}
