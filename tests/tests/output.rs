//! What every command prints, whole: standard output, standard error, exit code.
//!
//! `UPDATE_EXPECTED=1 cargo test --workspace --test output` writes the snapshots anew; look at the difference.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use acceptance::{Application, Samlet, is_updating, samlet_binary};
use snapbox::assert::Action;
use snapbox::{Assert, Data, Redactions};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: Prod}

  # Where things are.
  Table: {Type: AWS::Serverless::SimpleTable}

  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: POST, RestApiId: !Ref Api}}
        Plain: {Type: Api, Properties: {Path: /plain, Method: GET, RestApiId: !Ref Api}}

  # What comes out of it.
Outputs:
  Url: {Value: !Sub 'https://${Api}.execute-api.${AWS::Region}.amazonaws.com/Prod'}
";

/// Commands and what they printed.
struct Transcript<'a> {
    folder: &'a Path,
    text: String,
}

impl<'a> Transcript<'a> {
    fn of(application: &'a Application) -> Self {
        Self {
            folder: application.folder.path(),
            text: String::new(),
        }
    }

    /// Runs samlet.
    fn run(&mut self, arguments: &[&str]) -> &mut Self {
        self.run_with(arguments, "")
    }

    /// Runs samlet with something on its standard input.
    fn run_with(&mut self, arguments: &[&str], input: &str) -> &mut Self {
        let mut child = Command::new(samlet_binary())
            .current_dir(self.folder)
            .args(arguments)
            .env_remove("SAMLET_DEVELOPER_SECRET")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that ends without reading it is none the worse.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        let shown: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        writeln!(self.text, "$ samlet {}", shown.join(" ")).unwrap();
        self.text += &String::from_utf8(output.stdout).unwrap();
        self.add("standard error", &String::from_utf8(output.stderr).unwrap());
        let code = output.status.code().unwrap();
        if code != 0 {
            writeln!(self.text, "--- exit code {code}").unwrap();
        }
        self.text += "\n";
        self
    }

    fn add(&mut self, what: &str, text: &str) {
        if !text.is_empty() {
            writeln!(self.text, "--- {what}\n{}", text.trim_end()).unwrap();
        }
    }

    /// A file, as it now is.
    fn show(&mut self, file: &str) -> &mut Self {
        let text = std::fs::read_to_string(self.folder.join(file)).unwrap();
        write!(self.text, "$ cat {file}\n{text}\n").unwrap();
        self
    }

    fn check(&self, name: &str) {
        let mut redactions = Redactions::new();
        let folder = self.folder.canonicalize().unwrap();
        redactions.insert("[FOLDER]", folder).unwrap();
        for (placeholder, pattern) in [
            (
                "[UUID]",
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            ),
            (
                "[TIME]",
                r"(?<redacted>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?) +\w+",
            ),
            ("[PORT]", r"127\.0\.0\.1:(?<redacted>\d{4,5})"),
            ("[TOKEN]", r"token=(?<redacted>[0-9a-f]{32})"),
            ("[DURATION]", r"(?<redacted>\d+(\.\d+)?) ms"),
            ("[SECONDS]", r"in (?<redacted>\d+\.\d\d)s"),
            ("[MEMORY]", r"Used: (?<redacted>\d+)"),
        ] {
            let pattern = regex::Regex::new(pattern).unwrap();
            redactions.insert(placeholder, pattern).unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/{name}.txt"));
        let action = if is_updating() {
            Action::Overwrite
        } else {
            Action::Verify
        };
        Assert::new()
            .action(action)
            .redact_with(redactions)
            // A backslash is no slash.
            .normalize_paths(false)
            .eq(Data::text(&self.text), Data::read_from(&path, None));
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{word}'"),
    }
}

#[test]
fn help() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    transcript.run(&["--help"]);
    for command in [
        "start",
        "build",
        "exec",
        "invoke",
        "logs",
        "routes",
        "openapi",
        "new",
        "init",
        "tables",
        "generate-event",
        "reset",
        "completions",
        "validate",
        "policies",
        "estimate",
        "doctor",
    ] {
        transcript.run(&[command, "--help"]);
    }
    transcript
        .run(&["new", "function", "--help"])
        .run(&["tables", "get", "--help"])
        .run(&["policies", "simulate", "--help"])
        .run(&["generate-event", "apigateway", "aws-proxy", "--help"]);
    transcript.check("help");
}

#[test]
fn templates() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let wrong = TEMPLATE
        .replace("Handler", "Handlr")
        .replace("Method: GET", "Method: GIVE");
    std::fs::write(application.folder.path().join("wrong.yaml"), wrong).unwrap();
    let mut transcript = Transcript::of(&application);
    transcript
        .run(&["validate"])
        .run(&["routes"])
        .run(&["validate", "--template", "wrong.yaml"])
        .run(&["validate", "--template", "none.yaml"])
        .run(&["routes", "--colour"])
        .run(&["rout"]);
    transcript.check("templates");
}

#[test]
fn tables() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let item = r#"{"id": {"S": "a"}, "n": {"N": "1"}}"#;
    let lines =
        "{\"Item\":{\"id\":{\"S\":\"b\"}}}\n\n{\"id\":{\"S\":\"c\"},\"set\":{\"SS\":[\"x\"]}}\n";
    let check = |transcript: &mut Transcript<'_>| {
        transcript
            .run(&["tables"])
            .run(&["tables", "put", "Table", item])
            .run_with(&["tables", "import", "Table", "-"], lines)
            .run(&["tables", "list"])
            .run(&["tables", "scan", "Table"])
            .run(&["tables", "scan", "Table", "--limit", "1"])
            .run(&["tables", "get", "local-Table", "id=a"])
            .run(&["tables", "export", "Table", "items.jsonl"])
            .show("items.jsonl")
            .run(&["tables", "export", "Table"])
            .run(&["--quiet", "tables", "export", "Table", "items.jsonl"])
            .run(&["tables", "--quiet", "export", "Table", "items.jsonl"]);
        // What goes wrong.
        transcript
            .run(&["tables", "get", "Table", "id=none"])
            .run(&["tables", "get", "Table", "key=a"])
            .run(&["tables", "scan", "None"])
            .run(&["tables", "put", "Table", r#"{"id": "a"}"#])
            .run_with(&["tables", "put", "Table", "-"], r#"{"n": {"N": "1"}}"#)
            .run_with(
                &["tables", "import", "Table", "-"],
                "{\"id\":{\"S\":\"b\"}}\n{\n",
            )
            .run_with(
                &["tables", "import", "Table", "-"],
                "{\"id\":{\"S\":\"b\"}}\n{\"id\":{\"N\":\"1\"}}\n",
            )
            .run(&["tables", "import", "Table", "none.jsonl"])
            .run(&["tables", "export", "Table", "none/items.jsonl"]);
    };
    let mut alone = Transcript::of(&application);
    check(&mut alone);
    alone.check("tables");
    // Through a samlet that runs, all is the same.
    alone.run(&["reset", "--yes"]);
    let _running = application.start(&[]);
    let mut through = Transcript::of(&application);
    check(&mut through);
    through.check("tables");
}

#[test]
fn invocations_and_logs() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let event = r#"{"pathParameters": {"mode": "error"}}"#;
    std::fs::write(application.folder.path().join("event.json"), event).unwrap();
    let mut transcript = Transcript::of(&application);
    let invoke = ["invoke", "Fixture"];
    let with = |more: &[&'static str]| [&invoke[..], more].concat();
    transcript
        .run(&["logs"])
        .run_with(&with(&["--body-file", "-", "--path", "/raw"]), "the body")
        .run(&with(&["-e", "event.json"]))
        .run_with(&with(&["--quiet", "--event", "-"]), event)
        .run(&["logs"])
        .run(&["logs", "--filter", "mode", "Fixture"])
        .run(&["--quiet", "invoke", "Fixture", "-e", "event.json"])
        .run(&["invoke", "Fixtur"])
        .run(&with(&["-e", "none.json"]))
        .run_with(&with(&["--body-file", "-"]), "")
        .run_with(&with(&["--body-file", "-", "--path", "/a/b"]), "")
        .run_with(&with(&["-e", "-"]), "{")
        .run(&["logs", "--filter", "{ nonsense"])
        .run(&["logs", "--since", "yesterday"])
        .run(&["policies"])
        .run(&["reset"])
        .run(&["reset", "--yes"])
        .run(&["reset", "--yes"]);
    transcript.check("invocations-and-logs");
}

#[test]
fn estimates() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    let estimate = ["estimate", "--rate", "1000"];
    let with = |more: &[&'static str]| [&estimate[..], more].concat();
    transcript
        .run(&estimate)
        .run(&with(&["--duration-ms", "12.5", "--reads", "0"]))
        .run(&with(&[
            "--duration-ms",
            "12.5",
            "--mix",
            "GET /plain=3,POST /{mode}=1",
        ]))
        .run(&with(&[
            "--duration-ms",
            "fix=250",
            "--peak-rate",
            "20000",
            "--region",
            "eu-central-1",
        ]))
        .run(&with(&["--mix", "none=1"]))
        .run(&with(&["--duration-ms", "1", "--region", "mars-north-1"]))
        .run(&with(&["--duration-ms", "1", "--item-bytes", "None=1"]))
        .run(&with(&["--prices", "none.toml"]))
        .run(&["estimate"])
        .run(&["estimate", "--rate", "0"]);
    std::fs::write(
        application.folder.path().join("quotas.toml"),
        "date = \"2026-01-01\"\n",
    )
    .unwrap();
    transcript.run(&with(&["--quotas", "quotas.toml"]));
    transcript.check("estimates");
}

/// Through a samlet that has run: durations, calls, log bytes and items are its own.
#[test]
fn an_estimate_is_made_from_what_was_measured() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    transcript
        .run_with(
            &["invoke", "Fixture", "-e", "-"],
            r#"{"pathParameters": {"mode": "who"}}"#,
        )
        .run(&[
            "tables",
            "put",
            "Table",
            r#"{"id": {"S": "a"}, "text": {"S": "0123456789"}}"#,
        ]);
    transcript.text.clear();
    transcript.run(&["estimate", "--rate", "10", "--format", "json"]);
    let json = transcript.text.split_once('\n').unwrap().1;
    let found: serde_json::Value = serde_json::from_str(json).unwrap();
    let function = &found["functions"][0];
    assert_eq!(
        function["durations_from"],
        "measured: 1 invocation, 1 cold start"
    );
    assert!(function["billed_ms"].as_f64().unwrap() >= 1.0, "{function}");
    assert!(function["init_ms"].as_f64().unwrap() > 0.0, "{function}");
    assert!(
        function["log_bytes"].as_f64().unwrap() > 200.0,
        "{function}"
    );
    // `id` and `a`, `text` and ten letters.
    assert_eq!(found["tables"][0]["item_bytes"], 17.0);
    assert_eq!(found["requests_per_month"], 26_280_000.0);
    let cost = found["cost_per_month"].as_f64().unwrap();
    let charges = found["charges"].as_array().unwrap().iter();
    let sum: f64 = charges.map(|charge| charge["cost"].as_f64().unwrap()).sum();
    assert!((cost - sum).abs() < 1e-6 && cost > 90.0, "{cost}, {sum}");
}

#[test]
fn events() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    let generate = |service: &'static str, kind: &'static str, more: &[&'static str]| {
        [&["generate-event", service, kind], more].concat()
    };
    let rest = ["--resource", "/a/{id}", "--path", "a/1", "--method", "GET"];
    transcript
        .run(&generate("apigateway", "aws-proxy", &rest))
        .run(&generate(
            "apigateway",
            "http-api-proxy",
            &["--body", "Hello"],
        ))
        .run(&generate("sqs", "receive-message", &["--body", "Hello"]))
        .run(&generate("sns", "notification", &["--message", "Hello"]))
        .run(&generate("dynamodb", "update", &["--table", "Table"]))
        .run(&generate(
            "cloudwatch",
            "scheduled-event",
            &["--rule", "hourly"],
        ))
        .run(&generate("eventbridge", "event", &["--source", "shop"]))
        .run(&generate("apigateway", "aws-proxy", &["--resource", "/b"]))
        .run(&generate(
            "apigateway",
            "aws-proxy",
            &["--querystringparameters", "a=b"],
        ))
        .run(&generate("eventbridge", "event", &["--detail", "{"]))
        .run(&generate("s3", "put", &[]));
    transcript.check("events");
}

#[test]
fn new_functions() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    transcript
        .run(&["new", "function", "PutThing", "--route", "PUT /things/{id}"])
        .show("template.yaml")
        .show("src/handlers/PutThing/Cargo.toml")
        .show("src/handlers/PutThing/function.rs")
        .show("events/PutThing-event.json")
        .run(&["new", "function", "PutThing", "--route", "PUT /other"])
        .run(&["new", "function", "Other", "--route", "put /things/{id}"])
        .run(&[
            "new",
            "function",
            "Other",
            "--route",
            "GET /other",
            "--api",
            "None",
        ])
        .run(&["new", "function", "no-name", "--route", "GET /other"])
        .run(&["new", "function", "Other", "--route", "/other"])
        .run(&["init", "."])
        .run(&["init", "shop"])
        .show("shop/template.yaml");
    transcript.check("new-functions");
}

/// samlet's own words on standard error, and the functions' logs.
fn conversation(application: &Application, samlet: &mut Samlet) -> String {
    assert!(samlet.terminate().success());
    let mut transcript = Transcript::of(application);
    transcript.text += &samlet.stdout();
    transcript.add("standard error", &samlet.stderr());
    transcript.text + "\n"
}

#[test]
fn start() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut transcript = Transcript::of(&application);
    for arguments in [&[][..], &["--quiet"]] {
        let mut samlet = application.start(arguments);
        assert_eq!(samlet.request("POST", "/who", None).0, 200);
        let said = conversation(&application, &mut samlet);
        let command = ["$ samlet start", arguments.join(" ").as_str()].join(" ");
        writeln!(transcript.text, "{}\n{said}", command.trim_end()).unwrap();
    }
    let _first = application.start(&[]);
    transcript.run(&["start", "--port", "0", "--aws-port", "0"]);
    transcript.check("start");
}

#[test]
fn changes() {
    let application = Application::example("rust-without-crates");
    let mut transcript = Transcript::of(&application);
    let mut samlet = application.build_and_start(&[]);
    let template = application.folder.path().join("template.yaml");
    let source = application.folder.path().join("src/main.rs");
    let edit = |path: &Path, from: &str, to: &str, expected: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, text.replace(from, to)).unwrap();
        samlet.wait_for_log(expected);
    };
    edit(&source, "asked for", "was asked for", "Updated Hello in");
    let broken = "compile_error!(\"on purpose\");\n\nfn main()";
    edit(&source, "fn main()", broken, "Kept the last good build");
    edit(&template, "/{proxy+}", "/v2/{proxy+}", "Applied");
    edit(
        &template,
        "Handler:",
        "Handlr:",
        "Kept the application as it was",
    );
    transcript.text = conversation(&application, &mut samlet);
    transcript.check("changes");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let said = |variables: &[(&str, &str)]| {
        let output = Command::new(samlet_binary())
            .current_dir(application.folder.path())
            .args(["validate", "--template", "none.yaml"])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(!said(&[]).contains('\u{1b}'));
    assert!(said(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!said(&[("NO_COLOR", "1")]).contains('\u{1b}'));
}
