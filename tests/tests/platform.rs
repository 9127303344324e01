//! What samlet promises to any function, with functions that misbehave on purpose.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use acceptance::{Application, Samlet, processes_of, wait_until_gone};
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023, MemorySize: 128, Timeout: 2}
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {DECLARED: here}}
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: ANY}}
  Broken:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {FIXTURE_INIT: crash}}
      Events:
        Any: {Type: Api, Properties: {Path: '/broken/{mode}', Method: GET}}
";

fn application() -> Application {
    Application::fixture(BINARY, TEMPLATE)
}

/// The environment that answers.
fn environment(samlet: &Samlet) -> String {
    let (status, body) = samlet.request("GET", "/who", None);
    assert_eq!(status, 200, "{body}");
    body
}

fn bad_gateway() -> (u16, Value) {
    (502, json!({"message": "Internal server error"}))
}

/// The environments that answer `count` slow requests sent at once.
fn at_once(samlet: &Samlet, count: usize) -> BTreeSet<String> {
    std::thread::scope(|scope| {
        let requests: Vec<_> = (0..count)
            .map(|_| scope.spawn(|| samlet.request("GET", "/slow", None)))
            .collect();
        let answers = requests.into_iter().map(|request| request.join().unwrap());
        answers
            .map(|(status, body)| {
                assert_eq!(status, 200, "{body}");
                body
            })
            .collect()
    })
}

#[test]
fn an_environment_is_reused_while_it_is_warm() {
    let application = application();
    let samlet = application.start(&[]);
    assert_eq!(environment(&samlet), environment(&samlet));
}

#[test]
fn a_crash_is_a_502_and_the_next_request_has_a_fresh_environment() {
    let application = application();
    let samlet = application.start(&[]);
    let before = environment(&samlet);
    assert_eq!(samlet.json("GET", "/crash", None), bad_gateway());
    assert_ne!(environment(&samlet), before);
    samlet.wait_for_log("Status: error\tError Type: Runtime.ExitError");
}

#[test]
fn a_function_past_its_timeout_is_ended_with_a_502() {
    let application = application();
    let samlet = application.start(&[]);
    let before = environment(&samlet);
    assert_eq!(samlet.json("GET", "/hang", None), bad_gateway());
    samlet.wait_for_log("Task timed out after 2.00 seconds");
    samlet.wait_for_log("Duration: 2000.00 ms\tBilled Duration: 2000 ms");
    wait_until_gone(&before);
    environment(&samlet);
}

#[test]
fn an_answer_that_is_no_proxy_response_is_a_502_and_the_environment_lives_on() {
    let application = application();
    let samlet = application.start(&[]);
    let before = environment(&samlet);
    for mode in ["garbage", "malformed", "error", "large"] {
        assert_eq!(
            samlet.json("GET", &format!("/{mode}"), None),
            bad_gateway(),
            "{mode}"
        );
    }
    // Another may have been started beside it; it was not ended itself.
    assert!(!processes_of(&before).is_empty());
}

#[test]
fn a_function_that_cannot_start_fails_alone() {
    let application = application();
    let samlet = application.start(&[]);
    for _ in 0..2 {
        assert_eq!(samlet.json("GET", "/broken/x", None), bad_gateway());
    }
    samlet.wait_for_log("Phase: init\tStatus: error\tError Type: Runtime.ExitError");
    samlet.wait_for_log("Phase: invoke\tStatus: error\tError Type: Runtime.ExitError");
    environment(&samlet);
}

#[test]
fn twenty_requests_at_once_have_environments_of_their_own() {
    let application = application();
    let samlet = application.start(&["--max-environments", "20"]);
    assert!(at_once(&samlet, 20).len() > 1);
}

#[test]
fn at_the_bound_on_environments_requests_wait_their_turn() {
    let application = application();
    let samlet = application.start(&["--max-environments", "2"]);
    assert!(at_once(&samlet, 6).len() <= 2);
    // Another function gets its turn too, though all environments are taken.
    assert_eq!(samlet.json("GET", "/broken/x", None), bad_gateway());
}

#[test]
fn a_function_sees_lambdas_environment_and_nothing_of_samlets() {
    let application = application();
    let samlet = application.start(&[]);
    let variables: BTreeMap<String, String> =
        serde_json::from_str(&samlet.request("GET", "/environment", None).1).unwrap();
    for (name, value) in [
        ("DECLARED", "here"),
        ("AWS_LAMBDA_FUNCTION_NAME", "local-Fixture"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local-Fixture"),
        ("AWS_REGION", "us-east-1"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
    ] {
        assert_eq!(
            variables.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    assert!(!variables.contains_key("LEAKED_FROM_SAMLET"));
    assert!(!variables.contains_key("HOME"));
    assert_ne!(variables["AWS_ACCESS_KEY_ID"], "local");
}

#[test]
fn a_function_is_given_the_event_of_a_rest_api() {
    let application = application();
    let samlet = application.start(&[]);
    let (status, event) = samlet.json("POST", "/event?a=1&a=2", Some("text"));
    assert_eq!(status, 200);
    assert_eq!(event["resource"], "/{mode}");
    assert_eq!(event["path"], "/event");
    assert_eq!(event["requestContext"]["path"], "/Prod/event");
    assert_eq!(
        event["multiValueQueryStringParameters"]["a"],
        json!(["1", "2"])
    );
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("text"), &json!(false))
    );
}

#[test]
fn what_has_no_route_is_forbidden_as_by_api_gateway() {
    let application = application();
    let samlet = application.start(&[]);
    let forbidden = (403, json!({"message": "Missing Authentication Token"}));
    assert_eq!(samlet.json("GET", "/a/b/c", None), forbidden);
    assert_eq!(samlet.json("POST", "/broken/x", None), forbidden);
    let large = "x".repeat(10_485_761);
    let (status, body) = samlet.request("POST", "/who", Some(&large));
    assert_eq!(
        (status, body.as_str()),
        (413, "HTTP content length exceeded 10485760 bytes.")
    );
    let over_lambdas_limit = "x".repeat(7_000_000);
    assert_eq!(
        samlet.json("POST", "/who", Some(&over_lambdas_limit)),
        (413, json!({"message": "Request Too Long"}))
    );
}

#[test]
fn each_function_has_a_log_group_on_disk() {
    let application = application();
    let mut samlet = application.start(&[]);
    environment(&samlet);
    samlet.terminate();
    let mut folder = application
        .folder
        .path()
        .join(".samlet/logs/+aws+lambda+local-Fixture");
    assert!(folder.join("group.json").is_file());
    while folder.is_dir() {
        let mut entries = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        folder = entries.find(|path| !path.ends_with("group.json")).unwrap();
    }
    let log = std::fs::read_to_string(folder).unwrap();
    let messages: Vec<String> = log
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["message"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let starts = [
        "INIT_START ",
        "START RequestId: ",
        "mode who",
        "END RequestId: ",
        "REPORT RequestId: ",
    ];
    assert_eq!(messages.len(), starts.len(), "{messages:?}");
    for (message, start) in messages.iter().zip(starts) {
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn sigterm_finishes_what_is_in_flight_and_leaves_no_process() {
    let application = application();
    let mut samlet = application.start(&[]);
    let answering = environment(&samlet);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| samlet.request("GET", "/slow", None));
        samlet.wait_for_log("mode slow");
        samlet.signal(Signal::TERM);
        assert_eq!(slow.join().unwrap().0, 200);
    });
    assert!(samlet.wait().success());
    wait_until_gone(&answering);
}

#[test]
#[cfg(target_os = "linux")]
fn kill_9_leaves_no_process() {
    let application = application();
    let mut samlet = application.start(&[]);
    let answering = environment(&samlet);
    samlet.kill();
    wait_until_gone(&answering);
}

/// Runs a samlet that must not start; gives its words.
fn refusal(application: &Application, extra: &[&str]) -> String {
    let started = Instant::now();
    let output = application.command(extra).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_keeps_samlet_from_starting_is_said_with_the_way_out() {
    let application = application();
    let samlet = application.start(&[]);
    let text = refusal(&application, &[]);
    assert!(
        text.contains("another samlet is running on") && text.contains("--data-dir"),
        "{text}"
    );

    let other = self::application();
    let port = samlet.api.rsplit_once(':').unwrap().1;
    let output = std::process::Command::new(acceptance::samlet_binary())
        .current_dir(other.folder.path())
        .args(["--no-build", "--port", port, "--aws-port", "0"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains(&format!("cannot listen on 127.0.0.1:{port}: ")) && text.contains("--port 0"),
        "{text}"
    );

    let text = refusal(&other, &["--template", "nowhere.yaml"]);
    assert!(
        text.contains("cannot read the template nowhere.yaml") && text.contains("--template"),
        "{text}"
    );

    let path = other.folder.path().join("template.yaml");
    std::fs::write(&path, TEMPLATE.replace("Timeout: 2", "Timeuot: 2")).unwrap();
    let text = refusal(&other, &[]);
    assert!(
        text.contains("`Timeuot` is no property") && text.contains("did you mean `Timeout`?"),
        "{text}"
    );
    assert!(text.contains("template.yaml:4:"), "{text}");

    std::fs::write(
        &path,
        TEMPLATE.replace("CodeUri: function", "CodeUri: elsewhere"),
    )
    .unwrap();
    let text = refusal(&other, &[]);
    assert!(
        text.contains("is not built") && text.contains("samlet build"),
        "{text}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_runtime_api_of_an_environment_serves_its_own_processes_only() {
    let application = application();
    let samlet = application.start(&[]);
    let (_, variables) = samlet.json("GET", "/environment", None);
    let address = variables["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    // This test is a process like any other function's.
    let next = format!("http://{address}/2018-06-01/runtime/invocation/next");
    assert!(ureq::get(&next).call().is_err());
    samlet.wait_for_log("from outside its environment was refused");
    let before = environment(&samlet);
    assert_eq!(environment(&samlet), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_function_that_takes_more_memory_than_it_has_is_ended() {
    let application = application();
    let samlet = application.start(&[]);
    let before = environment(&samlet);
    assert_eq!(samlet.json("GET", "/memory", None), bad_gateway());
    samlet.wait_for_log("Runtime exited with error: signal: killed");
    samlet.wait_for_log("Status: error\tError Type: Runtime.ExitError");
    assert_ne!(environment(&samlet), before);
}

#[test]
fn a_log_in_json_has_one_platform_event_a_line() {
    let json_logs = "Timeout: 2, LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: WARN, LogGroup: /own/group}}";
    let template = TEMPLATE.replace("Timeout: 2}", json_logs);
    assert_ne!(template, TEMPLATE);
    let application = Application::fixture(BINARY, &template);
    let mut samlet = application.start(&[]);
    let variables = samlet.json("GET", "/environment", None).1;
    assert_eq!(variables["AWS_LAMBDA_LOG_FORMAT"], "JSON");
    assert_eq!(variables["AWS_LAMBDA_LOG_LEVEL"], "WARN");
    assert_eq!(variables["AWS_LAMBDA_LOG_GROUP_NAME"], "/own/group");
    assert_eq!(samlet.json("GET", "/hang", None), bad_gateway());
    samlet.terminate();
    assert!(
        application
            .folder
            .path()
            .join(".samlet/logs/+own+group/group.json")
            .is_file()
    );
    let said = samlet.stderr();
    let events: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("Fixture ")?).ok())
        .collect();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "platform.initStart",
            "platform.start",
            "platform.report",
            "platform.start",
            "platform.report"
        ],
        "{said}"
    );
    assert_eq!(events[0]["record"]["instanceMaxMemory"], 128 * 1024 * 1024);
    let report = &events[2]["record"];
    assert_eq!(
        (&report["status"], &report["metrics"]["memorySizeMB"]),
        (&json!("success"), &json!(128))
    );
    assert!(report["metrics"]["initDurationMs"].is_f64());
    let timeout = &events[4]["record"];
    assert_eq!(
        (&timeout["status"], &timeout["metrics"]["durationMs"]),
        (&json!("timeout"), &json!(2000.0))
    );
}

/// The names in a function's `/tmp`, but for the folder that leads to its program, if that is there on this machine.
fn names(tmp: &Value) -> Vec<&str> {
    let program = std::path::Path::new(BINARY).strip_prefix("/tmp").ok();
    let shown = program.and_then(|path| path.iter().next()?.to_str());
    let names = tmp["names"].as_array().unwrap().iter();
    let names = names.map(|name| name.as_str().unwrap());
    names.filter(|name| Some(*name) != shown).collect()
}

#[test]
fn tmp_is_an_environments_own_and_gone_with_it() {
    // Below /tmp samlet gives each environment a folder of its own; elsewhere,
    // where the system allows it, a /tmp of its own.
    for parent in [std::env::temp_dir(), env!("CARGO_TARGET_TMPDIR").into()] {
        let template = TEMPLATE.replace(
            "DECLARED: here}}",
            "DECLARED: here}}\n      EphemeralStorage: {Size: 600}",
        );
        let template = template.replace("FIXTURE_INIT: crash", "DECLARED: too");
        let application = Application::fixture_in(&parent, BINARY, &template);
        let samlet = application.start(&[]);
        let tmp = |path: &str| samlet.json("GET", path, None).1;
        let first = tmp("/tmp");
        assert_eq!(names(&first), [""; 0], "{first}");
        assert_eq!(names(&tmp("/broken/tmp")), [""; 0]);
        assert_eq!(names(&tmp("/tmp")), ["mine"]);
        assert_eq!(samlet.request("GET", "/crash", None).0, 502);
        assert_eq!(names(&tmp("/tmp")), [""; 0]);
        match first["folder"].as_str().unwrap() {
            "/tmp" => {
                let mount = first["mount"].as_str().unwrap();
                assert!(
                    mount.starts_with("tmpfs /tmp tmpfs rw,nosuid,nodev"),
                    "{mount}"
                );
                assert!(mount.contains("size=614400k"), "{mount}");
                assert!(!std::path::Path::new("/tmp/mine").exists());
            }
            folder => {
                let folder = std::path::Path::new(folder);
                assert!(folder.starts_with(application.folder.path().join(".samlet/tmp")));
                assert!(!folder.exists(), "it is still there");
            }
        }
    }
}

#[test]
fn functions_may_be_sent_to_another_dynamodb() {
    let application = application();
    let samlet = application.start(&["--dynamodb-endpoint", "http://127.0.0.1:8000"]);
    let (_, variables) = samlet.json("GET", "/environment", None);
    assert_eq!(
        variables["AWS_ENDPOINT_URL_DYNAMODB"],
        "http://127.0.0.1:8000"
    );
    assert_eq!(variables["AWS_ENDPOINT_URL"], json!(samlet.aws));
    let wrong = application
        .command(&["--dynamodb-endpoint", "localhost:8000"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("`localhost:8000` is not http://HOST:PORT"),
        "{said}"
    );
}

#[test]
fn only_who_asks_for_it_is_open_to_the_network() {
    let application = application();
    let samlet = application.start(&["--host", "0.0.0.0"]);
    assert!(samlet.api.starts_with("http://0.0.0.0:"), "{}", samlet.api);
    // The AWS endpoint stays where it was.
    assert!(
        samlet.aws.starts_with("http://127.0.0.1:"),
        "{}",
        samlet.aws
    );
    samlet.wait_for_log("open to everyone who can reach 0.0.0.0");
    drop(samlet);
    let samlet = application.start(&[]);
    assert!(
        samlet.api.starts_with("http://127.0.0.1:"),
        "{}",
        samlet.api
    );
    assert!(!samlet.stderr().contains("open to everyone"));
}
