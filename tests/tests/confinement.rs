//! Functions that try to break out of what is theirs.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use acceptance::{Application, Samlet, repository};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Handler: bootstrap, Runtime: provided.al2023, Timeout: 10}
Resources:
  Intruder:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: ANY}}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: other
      Environment: {Variables: {SECRET: of the other}}
      Events:
        Any: {Type: Api, Properties: {Path: '/other/{mode}', Method: GET}}
  Whole:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Events:
        Any: {Type: Api, Properties: {Path: '/whole/{mode}', Method: ANY}}
  Table: {Type: AWS::Serverless::SimpleTable}
";

/// Whether functions are confined here; said when they are not.
fn confined(samlet: &Samlet) -> bool {
    let confined = !samlet.stderr().contains("this system has no Landlock");
    if !confined {
        eprintln!("not tried: this system has no Landlock");
    }
    confined
}

fn reach(samlet: &Samlet, path: &str, wishes: &[(&str, String)]) -> Vec<String> {
    let (status, answer) = samlet.json("POST", path, Some(&json!(wishes).to_string()));
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

/// What the function tries, and what comes of it: `tmp` is its own folder for
/// temporary files, `other` another function's process.
fn wishes(
    folder: &Path,
    tmp: &str,
    other: &str,
    samlet: &Samlet,
) -> Vec<(&'static str, String, &'static str)> {
    let at = |path: &str| folder.join(path).to_str().unwrap().to_owned();
    let samlets: u32 = samlet.id();
    vec![
        // Its own.
        ("read", at("function/data"), "reached"),
        ("write", format!("{tmp}/new"), "reached"),
        ("read", "/proc/self/environ".into(), "reached"),
        ("read", "/etc/passwd".into(), "reached"),
        ("write", "/dev/null".into(), "reached"),
        ("run", "/bin/true".into(), "reached"),
        // The store, the template, and what else samlet keeps.
        (
            "read",
            at(".samlet/dynamodb/dynamodb.sqlite"),
            "PermissionDenied",
        ),
        (
            "write",
            at(".samlet/dynamodb/dynamodb.sqlite"),
            "PermissionDenied",
        ),
        ("read", at(".samlet/lock"), "PermissionDenied"),
        ("read", at("template.yaml"), "PermissionDenied"),
        // Its own code is not its to change.
        ("write", at("function/data"), "PermissionDenied"),
        ("remove", at("function/data"), "PermissionDenied"),
        // Another function: its code, its memory, its credentials, its life.
        ("read", at("other/bootstrap"), "PermissionDenied"),
        ("run", at("other/bootstrap"), "PermissionDenied"),
        ("read", format!("/proc/{other}/environ"), "PermissionDenied"),
        ("read", format!("/proc/{other}/mem"), "PermissionDenied"),
        ("signal", other.to_owned(), "PermissionDenied"),
        // samlet itself, and everything else of whoever started it.
        (
            "read",
            format!("/proc/{samlets}/environ"),
            "PermissionDenied",
        ),
        ("signal", samlets.to_string(), "PermissionDenied"),
        (
            "read",
            repository().join("Cargo.toml").to_str().unwrap().into(),
            "PermissionDenied",
        ),
    ]
}

#[test]
fn a_function_reaches_what_is_its_own_and_nothing_else() {
    // Below /tmp and elsewhere: /tmp is made in different ways.
    for parent in [std::env::temp_dir(), env!("CARGO_TARGET_TMPDIR").into()] {
        let application = Application::fixture_in(&parent, BINARY, TEMPLATE);
        let folder = application.folder.path().canonicalize().unwrap();
        std::fs::create_dir(folder.join("other")).unwrap();
        for place in ["other/bootstrap", "bootstrap"] {
            std::fs::copy(BINARY, folder.join(place)).unwrap();
        }
        std::fs::write(folder.join("function/data"), "").unwrap();
        let samlet = application.start(&[]);
        if !confined(&samlet) {
            return;
        }
        let other = samlet.request("GET", "/other/pid", None).1;
        let tmp: Value = samlet.json("GET", "/other/tmp", None).1;
        let others_tmp = format!("{}/mine", tmp["folder"].as_str().unwrap());
        let variables: Value = samlet.json("GET", "/environment", None).1;
        let own = variables["TMPDIR"].as_str().unwrap_or("/tmp");
        let at = |path: &str| folder.join(path).to_str().unwrap().to_owned();
        let wishes = wishes(&folder, own, &other, &samlet);
        let asked: Vec<_> = wishes
            .iter()
            .map(|(how, what, _)| (*how, what.clone()))
            .collect();
        let answers = reach(&samlet, "/reach", &asked);
        for ((how, what, expected), answer) in wishes.iter().zip(&answers) {
            assert_eq!(answer, expected, "{how} {what}");
        }
        // Where it has a /tmp of its own, the other's is not even there.
        let others = reach(&samlet, "/reach", &[("read", others_tmp)]);
        assert_ne!(others, ["reached"]);
        assert_eq!(samlet.request("GET", "/other/pid", None).1, other);

        // The other's Runtime API and AWS's services, without a signature.
        let others: Value = samlet.json("GET", "/other/environment", None).1;
        let runtime_api = others["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
        let next = format!("http://{runtime_api}/2018-06-01/runtime/invocation/next");
        let invoke = format!("{}/2015-03-31/functions/local-Other", samlet.aws);
        let answers = reach(&samlet, "/reach", &[("get", next), ("get", invoke)]);
        assert_eq!(answers, ["no answer", "403"]);
        assert_eq!(samlet.request("GET", "/other/pid", None).1, other);

        // The code of this one is the folder with samlet's own data in it.
        let whole = reach(
            &samlet,
            "/whole/reach",
            &[
                ("read", at("template.yaml")),
                ("read", at(".samlet/dynamodb/dynamodb.sqlite")),
            ],
        );
        assert_eq!(whole, ["reached", "PermissionDenied"]);
    }
}
