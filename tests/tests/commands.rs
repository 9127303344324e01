//! The commands beside `samlet start`, as somebody at a terminal meets them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::{Command, Output};

use acceptance::{Application, samlet_binary};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events: {Any: {Type: Api, Properties: {Path: '/{mode}', Method: GET}}}
";

fn samlet(application: &Application, arguments: &[&str]) -> Output {
    Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn exec_runs_a_command_beside_a_fresh_application_and_exits_as_it_does() {
    let application = Application::fixture(BINARY, TEMPLATE);
    // Another samlet may run on the same folder.
    let _running = application.start(&[]);
    let script = r#"
        test -n "$API_URL" && test -n "$AWS_ENDPOINT_URL" && test "$AWS_REGION" = us-east-1 || exit 9
        test "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" = local:local || exit 8
        echo "$AWS_ENDPOINT_URL"
        exit 7
    "#;
    let output = samlet(&application, &["exec", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(
        printed.starts_with("http://127.0.0.1:") && printed.lines().count() == 1,
        "{printed}"
    );
    // Nobody answers there any more.
    let agent = ureq::get(printed.trim()).call();
    assert!(agent.is_err());

    let python = r#"
import json, os, urllib.request
event = json.load(urllib.request.urlopen(os.environ["API_URL"] + "/event"))
print(event["resource"])
"#;
    let output = samlet(&application, &["exec", "--", "python3", "-c", python]);
    assert_eq!(
        text(&output.stdout),
        "/{mode}\n",
        "{}",
        text(&output.stderr)
    );

    let killed = samlet(&application, &["exec", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status.code(), Some(137));
    let unknown = samlet(&application, &["exec", "--", "no-such-command"]);
    assert_eq!(unknown.status.code(), Some(1));
    let said = text(&unknown.stderr);
    assert!(
        said.contains("error: cannot run no-such-command: No such file"),
        "{said}"
    );
}

#[test]
fn a_ready_file_says_where_everything_is_while_it_is_there() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let path = application.folder.path().join("ready.json");
    let arguments = [
        "--ready-file",
        "ready.json",
        "--developer-secret",
        "of mine",
    ];
    let mut samlet = application.start(&arguments);
    let ready: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let expected = json!({
        "api_url": samlet.api,
        "apis": {"ServerlessRestApi": samlet.api},
        "aws_endpoint_url": samlet.aws,
        "region": "us-east-1",
        "credentials": {"access_key_id": "local", "secret_access_key": "of mine"},
        "functions": {"Fixture": "local-Fixture"},
        "tables": {"Table": "local-Table"},
    });
    assert_eq!(ready, expected);
    assert!(samlet.terminate().success());
    assert!(!path.exists());
}

#[test]
fn a_template_is_validated_without_starting_anything() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let valid = samlet(&application, &["validate"]);
    assert_eq!(
        (valid.status.code(), text(&valid.stdout)),
        (
            Some(0),
            "template.yaml is valid: 1 function, 1 route, 1 table\n".to_owned()
        )
    );
    assert!(!application.folder.path().join(".samlet").exists());
    let wrong = TEMPLATE
        .replace("Handler", "Handlr")
        .replace("Method: GET", "Method: GIVE");
    let application = Application::fixture(BINARY, &wrong);
    let invalid = samlet(&application, &["validate"]);
    let said = text(&invalid.stderr);
    assert_eq!(invalid.status.code(), Some(1));
    for part in [
        "`Handlr` is no property of AWS::Serverless::Function",
        "did you mean `Handler`?",
        "`GIVE` is no HTTP method",
        "template.yaml:9:7",
        "nothing was started",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}
