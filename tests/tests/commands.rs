//! The commands beside `samlet start`, as somebody at a terminal meets them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use acceptance::{Application, Console, samlet_binary, wait_until};
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

/// `samlet` with something on its standard input.
fn samlet_with(application: &Application, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_function_is_invoked_by_the_samlet_that_runs_or_by_itself() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let event = |mode: &str| format!(r#"{{"pathParameters":{{"mode":"{mode}"}}}}"#);
    std::fs::write(application.folder.path().join("event.json"), event("raw")).unwrap();
    let by_file = || samlet(&application, &["invoke", "Fixture", "-e", "event.json"]);
    let by_input = |mode: &str| {
        samlet_with(
            &application,
            &["invoke", "local-Fixture", "-e", "-"],
            &event(mode),
        )
    };
    let check = || {
        let output = by_file();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), event("raw") + "\n");
        assert!(
            text(&output.stderr).contains("REPORT RequestId: "),
            "{}",
            text(&output.stderr)
        );
        let failed = by_input("error");
        assert_eq!(failed.status.code(), Some(1));
        assert_eq!(
            text(&failed.stdout),
            "{\"errorMessage\":\"on purpose\",\"errorType\":\"Oops\"}\n"
        );
    };
    check();
    let running = application.start(&[]);
    check();
    // It was that one: it shows the log of what it invoked.
    running.wait_for_log("mode error");
    drop(running);
    check();

    let unknown = samlet(&application, &["invoke", "Fixtur"]);
    let said = text(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said.contains("there is no function Fixtur in the template")
            && said.contains("there are Fixture"),
        "{said}"
    );
    let missing = samlet(&application, &["invoke", "Fixture", "-e", "none.json"]);
    assert!(text(&missing.stderr).contains("cannot read none.json: No such file"));
    let no_json = samlet_with(&application, &["invoke", "Fixture", "-e", "-"], "{");
    assert_eq!(no_json.status.code(), Some(1));
    assert!(text(&no_json.stderr).contains("Could not parse request body into json"));
}

/// What a command shows on a terminal with colours.
fn on_a_terminal(application: &Application, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .current_dir(application.folder.path())
        .args(["-c", "import pty, sys; pty.spawn(sys.argv[1:])"])
        .arg(samlet_binary())
        .args(arguments)
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn control_characters_of_functions_are_shown_on_a_terminal_and_not_obeyed() {
    let application = Application::fixture(BINARY, TEMPLATE);
    // The function logs its mode. The sequence would set the clipboard.
    let event = json!({"pathParameters": {"mode": "\x1b]52;c;aGk=\x07\u{9b}2J\x1b[31mred"}});
    let event_path = application.folder.path().join("event.json");
    std::fs::write(event_path, event.to_string()).unwrap();
    let expected = "mode \\u001b]52;c;aGk=\\u0007\\u009b2J\x1b[31mred\x1b[0m";
    let invoke = ["invoke", "Fixture", "-e", "event.json"];
    for shown in [
        // By itself, as `start` shows logs; then what is stored.
        on_a_terminal(&application, &invoke),
        on_a_terminal(&application, &["logs", "Fixture"]),
    ] {
        assert!(shown.contains(expected), "{shown:?}");
        assert!(!shown.contains("\x1b]52"), "{shown:?}");
    }
    // By the samlet that runs, whose log comes with the answer.
    let running = application.start(&[]);
    let shown = on_a_terminal(&application, &invoke);
    assert!(shown.contains(expected), "{shown:?}");
    drop(running);
    // Another program gets what was logged.
    let arguments = ["logs", "Fixture", "--format", "json", "--filter", "mode"];
    let piped = text(&samlet(&application, &arguments).stdout);
    let line: Value = serde_json::from_str(piped.lines().next().unwrap()).unwrap();
    let logged = event["pathParameters"]["mode"].as_str().unwrap();
    assert_eq!(line["message"], format!("mode {logged}"));
}

#[test]
fn logs_are_shown_filtered_and_followed() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let none = samlet(&application, &["logs"]);
    assert_eq!(
        (none.status.code(), text(&none.stdout)),
        (Some(0), String::new())
    );
    let running = application.start(&[]);
    running.request("GET", "/who", None);
    running.wait_for_log("REPORT");

    let shown = text(&samlet(&application, &["logs", "Fixture"]).stdout);
    let words: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert_eq!(
        words,
        ["INIT_START", "START", "mode", "END", "REPORT"],
        "{shown}"
    );
    let filtered = samlet(
        &application,
        &["logs", "--filter", "mode", "--format", "json"],
    );
    let line: Value = serde_json::from_slice(&filtered.stdout).unwrap();
    assert_eq!(
        (&line["function"], &line["message"]),
        (&json!("Fixture"), &json!("mode who"))
    );
    assert!(text(&samlet(&application, &["logs", "--since", "1h"]).stdout).contains("mode who"));
    wait_until("what was logged is older than a second", || {
        let recent = samlet(&application, &["logs", "--since", "1s"]);
        recent.status.success() && recent.stdout.is_empty()
    });

    let mut tail = Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .args(["logs", "--tail", "--filter", "mode"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().ends_with("mode who"));
    running.request("GET", "/slow", None);
    assert!(lines.next().unwrap().unwrap().ends_with("mode slow"));
    tail.kill().unwrap();
    tail.wait().unwrap();
    let wrong = samlet(&application, &["logs", "--filter", "{ nonsense"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("Invalid filter pattern"));
}

#[test]
fn places_in_a_functions_code_are_shown_as_places_in_its_source() {
    let (written, shown) = (
        "File \"/var/task/bootstrap\", line 7",
        "File \"function/bootstrap\", line 7",
    );
    let application = Application::fixture(BINARY, TEMPLATE);
    let running = application.start(&[]);
    assert_eq!(running.request("GET", "/place", None).0, 502);
    running.wait_for_log(&format!("Fixture {shown}"));
    running.wait_for_log("REPORT");
    assert!(!running.stderr().contains("/var/task"));
    let logged = text(&samlet(&application, &["logs"]).stdout);
    assert!(logged.contains(&format!("Fixture {shown}\n")), "{logged}");

    // It is found, and handed to programs, as it was written.
    let filter = [
        "logs",
        "--format",
        "json",
        "--filter",
        "\"/var/task/bootstrap\"",
    ];
    let line: Value = serde_json::from_slice(&samlet(&application, &filter).stdout).unwrap();
    assert_eq!(line["message"], written);

    let console = Console::of(&running);
    let found = console.get("logs?filter=File");
    let line = &found["events"][0];
    assert_eq!(
        (&line["message"], &line["shown"]),
        (&json!(written), &json!(shown))
    );
    let newest = console.newest();
    assert_eq!(newest["error"], format!("Oops: {shown}"));
    let request = console.get(&format!("requests/{}", newest["id"].as_str().unwrap()));
    let logs = request["logs"].as_array().unwrap();
    let line = logs.iter().find(|line| line["message"] == written).unwrap();
    assert_eq!(line["shown"], shown);
    assert!(
        logs.iter()
            .all(|line| line["message"] == written || line["shown"].is_null())
    );
    let result = |name: &str| -> Value {
        serde_json::from_str(request["result"][name].as_str().unwrap()).unwrap()
    };
    assert_eq!(result("text")["stackTrace"], json!([written]));
    assert_eq!(result("shown")["stackTrace"], json!([shown]));
}

#[test]
fn a_ready_file_says_where_everything_is_while_it_is_there() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let path = application.folder.path().join("ready.json");
    std::fs::write(application.folder.path().join("secret"), "of mine\n").unwrap();
    let arguments = [
        "--ready-file",
        "ready.json",
        "--developer-secret-file",
        "secret",
    ];
    let mut samlet = application.start(&arguments);
    let ready: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let expected = json!({
        "api_url": samlet.api,
        "apis": {"ServerlessRestApi": samlet.api},
        "aws_endpoint_url": samlet.aws,
        "console_url": acceptance::Console::of(&samlet).url,
        "region": "us-east-1",
        "credentials": {"access_key_id": "local", "secret_access_key": "of mine"},
        "functions": {"Fixture": "local-Fixture"},
        "tables": {"Table": "local-Table"},
    });
    assert_eq!(ready, expected);
    // It holds what may do everything.
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(samlet.terminate().success());
    assert!(!path.exists());
}

/// `samlet exec` with the developer's secret in the usual place of its command's environment.
fn secret_that_exec_hands_on(
    application: &Application,
    arguments: &[&str],
    variable: Option<(&str, &str)>,
    input: &str,
) -> Output {
    let mut child = Command::new(samlet_binary())
        .current_dir(application.folder.path())
        .arg("exec")
        .args(arguments)
        .args(["--", "sh", "-c", "echo $AWS_SECRET_ACCESS_KEY; cat"])
        .env_remove("SAMLET_DEVELOPER_SECRET")
        .envs(variable)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn the_developers_secret_comes_from_where_nobody_else_reads_it() {
    let application = Application::fixture(BINARY, TEMPLATE);
    std::fs::write(application.folder.path().join("secret"), "of a file\n").unwrap();
    let handed_on = |arguments: &[&str], variable, input| {
        let output = secret_that_exec_hands_on(&application, arguments, variable, input);
        (text(&output.stdout), text(&output.stderr))
    };
    let file = ["--developer-secret-file", "secret"];
    let (secret, said) = handed_on(&file, None, "");
    assert_eq!(secret, "of a file\n", "{said}");
    assert!(!said.contains("--developer-secret"), "{said}");
    // What follows the first line is the command's.
    let input = ["--developer-secret-file", "-"];
    let (secret, said) = handed_on(&input, None, "of a line\nthe rest");
    assert_eq!(secret, "of a line\nthe rest", "{said}");
    let variable = Some(("SAMLET_DEVELOPER_SECRET", "of a variable"));
    assert_eq!(handed_on(&[], variable, "").0, "of a variable\n");
    let variable = Some(("SAMLET_DEVELOPER_SECRET_FILE", "secret"));
    assert_eq!(handed_on(&[], variable, "").0, "of a file\n");

    let (secret, said) = handed_on(&["--developer-secret", "of mine"], None, "");
    assert_eq!(secret, "of mine\n", "{said}");
    assert!(
        said.contains("every process on this machine can read --developer-secret")
            && said.contains("use --developer-secret-file FILE"),
        "{said}"
    );
}

#[test]
fn what_builds_functions_does_not_get_the_developers_secret() {
    let template = TEMPLATE.replace(
        "    Properties:\n      CodeUri",
        "    Metadata: {BuildMethod: makefile}\n    Properties:\n      CodeUri",
    );
    let application = Application::fixture(BINARY, &template);
    let folder = application.folder.path();
    let makefile = "build-Fixture:\n\tcp bootstrap $(ARTIFACTS_DIR)\n\tenv > ../seen.txt\n";
    std::fs::write(folder.join("function/Makefile"), makefile).unwrap();
    let built = Command::new(samlet_binary())
        .current_dir(folder)
        .arg("build")
        .env("SAMLET_DEVELOPER_SECRET", "of mine")
        .env("ANOTHER_VARIABLE", "is kept")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", text(&built.stderr));
    let seen = std::fs::read_to_string(folder.join("seen.txt")).unwrap();
    assert!(seen.contains("ANOTHER_VARIABLE=is kept"), "{seen}");
    assert!(!seen.contains("of mine"), "{seen}");
}

#[test]
fn the_doctor_reports_what_keeps_functions_apart_and_never_fails() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let report = samlet(&application, &["doctor"]);
    let shown = text(&report.stdout);
    assert_eq!(
        (report.status.code(), text(&report.stderr)),
        (Some(0), String::new())
    );
    assert!(
        shown.starts_with("Functions run ") && shown.contains("\nLandlock "),
        "{shown}"
    );
    let report = samlet(&application, &["doctor", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let mode = report["mode"].as_str().unwrap();
    assert!(["root", "user", "none"].contains(&mode), "{report}");
    for layer in report["layers"].as_array().unwrap() {
        let state = layer["state"].as_str().unwrap();
        assert!(["on", "partly", "off"].contains(&state), "{layer}");
        // What is missing is explained.
        assert_eq!(state == "on", layer["why"].is_null(), "{layer}");
    }
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
        "template.yaml has 3 errors",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

/// Tables that can't be made are refused where they are declared, by `validate` and by `start`, and nothing is stored.
#[test]
fn tables_that_cannot_be_made_are_refused_in_the_template() {
    let table = |id: &str, name: &str| {
        format!(
            "  {id}:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {name}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{AttributeName: pk, AttributeType: S}}]
      KeySchema: [{{AttributeName: pk, KeyType: HASH}}]
"
        )
    };
    let tables = [
        table("Lower", "orders"),
        table("Upper", "Orders"),
        table("Short", "t"),
        table("Wrong", "or/ders"),
    ];
    let template = format!("{TEMPLATE}{}", tables.concat());
    let line_of = |id: &str| {
        let mut lines = template.lines();
        lines.position(|line| line == format!("  {id}:")).unwrap() + 1
    };
    let application = Application::fixture(BINARY, &template);
    for command in ["validate", "start"] {
        let refused = samlet(&application, &[command]);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        for part in [
            "Short: DynamoDB refuses to create the table t: 1 validation error detected: Value 't' at 'tableName' failed to satisfy constraint",
            "Wrong: DynamoDB refuses to create the table or/ders: 1 validation error detected: Value 'or/ders' at 'tableName' failed to satisfy constraint",
            "template.yaml has 2 errors",
        ] {
            assert!(said.contains(part), "{command}: {part}\n{said}");
        }
        for id in ["Short", "Wrong"] {
            let place = format!("template.yaml:{}:3", line_of(id));
            assert!(said.contains(&place), "{command}: {place}\n{said}");
        }
        assert!(!application.folder.path().join(".samlet/dynamodb").exists());
    }
}

#[test]
fn routes_are_listed_and_the_store_is_reset_only_when_it_is_meant() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let routes = samlet(&application, &["routes"]);
    assert_eq!(text(&routes.stdout), "GET     /{mode}  Fixture\n");
    assert!(
        text(&samlet(&application, &["reset", "--yes"]).stdout).starts_with("nothing is stored in")
    );

    let mut running = application.start(&[]);
    running.request("GET", "/who", None);
    let locked = samlet(&application, &["reset", "--yes"]);
    assert!(
        text(&locked.stderr).contains("another samlet is running on"),
        "{}",
        text(&locked.stderr)
    );
    running.terminate();
    let store = application
        .folder
        .path()
        .join(".samlet/dynamodb/dynamodb.sqlite");
    let asked = samlet_with(&application, &["reset"], "y\n");
    assert_eq!(asked.status.code(), Some(1));
    assert!(text(&asked.stderr).contains("--yes deletes without asking") && store.exists());
    let reset = samlet(&application, &["reset", "--yes"]);
    assert!(
        text(&reset.stdout).starts_with("deleted from ")
            && text(&reset.stdout).contains("tables, logs"),
        "{}",
        text(&reset.stdout)
    );
    assert!(!store.exists());

    for shell in ["bash", "fish", "zsh"] {
        let script = samlet(&application, &["completions", shell]);
        assert!(text(&script.stdout).contains("simulate"), "{shell}");
    }
}
