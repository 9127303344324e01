//! AWS's own clients in other languages, which must not notice the difference.

#![allow(clippy::unwrap_used, missing_docs)]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use acceptance::{Application, Samlet, is_expected, repository, skip_without_tool, tool};

/// An application without functions, of which nothing has to be built. The clients make tables of their own.
const ONE_TABLE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
";

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

#[test]
fn boto3_finds_what_it_expects_of_each_service() {
    let application = Application::example("store-python");
    let samlet = application.build_and_start(&[]);
    let output = Command::new(tool("python"))
        .current_dir(repository().join("tests/clients"))
        .args(["-B", "-m", "unittest", "-v", "test_boto3"])
        .env("SAMLET_AWS", &samlet.aws)
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    // None was passed over.
    assert!(said.contains("\nOK"), "{said}");
}

/// Whether Node.js is here with npm, and new enough for the SDK.
fn has_node() -> bool {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output().ok()?;
        output.status.success().then(|| text(&output))
    };
    let Some(node) = version("node") else {
        return false;
    };
    let major = node.trim_start_matches('v').split('.').next();
    let major: Option<u32> = major.and_then(|major| major.parse().ok());
    major.is_some_and(|major| major >= 20) && version("npm").is_some()
}

#[test]
fn the_sdk_for_javascript_finds_what_it_expects_of_dynamodb() {
    if !has_node() {
        skip_without_tool("Node.js 20 or later with npm", "make node");
        return;
    }
    let installed = Command::new("make")
        .current_dir(repository())
        .args([
            "--silent",
            "tests/clients/javascript/node_modules/installed",
        ])
        .status();
    assert!(installed.unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), ONE_TABLE).unwrap();
    let application = Application { folder };
    let samlet = application.start(&[]);
    let output = Command::new("node")
        .current_dir(repository().join("tests/clients/javascript"))
        .args(["--test-reporter", "tap", "all.mjs"])
        .env("SAMLET_AWS", &samlet.aws)
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    // None was passed over.
    assert!(said.contains("\n# skipped 0\n"), "{said}");
}

#[test]
fn dynamodbs_model_is_the_one_that_samlet_knows() {
    let path = repository().join("samlet/dynamodb-api/src/wire/model.txt");
    let output = Command::new(tool("python"))
        .current_dir(repository().join("tests/clients"))
        .args(["-B", "dynamodb_model.py"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let model = String::from_utf8(output.stdout).unwrap();
    assert!(
        is_expected(&path, &model),
        "botocore has another model of DynamoDB's requests than {}. With UPDATE_EXPECTED=1, this test writes it anew; \
         then cargo test -p samlet-dynamodb-api says what samlet's own model lacks.",
        path.display()
    );
}

/// Runs the AWS CLI; gives whether it succeeded, and what it said.
fn aws(samlet: &Samlet, arguments: &[&str]) -> (bool, String) {
    let output = aws_command(tool("aws"), samlet)
        .args(arguments)
        .args(["--output", "json"])
        .output()
        .unwrap();
    (output.status.success(), text(&output))
}

/// An AWS CLI, as somebody who may do everything.
fn aws_command(program: impl AsRef<OsStr>, samlet: &Samlet) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--endpoint-url", &samlet.aws])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_PAGER", "");
    command
}

/// The AWS CLI v2 of this machine, which is not on PyPI: another `aws` may come before it in `PATH`.
fn aws_v2() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("aws"))
        .find(|program| {
            let output = Command::new(program).arg("--version").output();
            output.is_ok_and(|output| output.stdout.starts_with(b"aws-cli/2"))
        })
}

#[test]
fn the_aws_cli_v2_follows_a_functions_log() {
    let Some(program) = aws_v2() else {
        skip_without_tool("AWS CLI v2", "make aws-cli");
        return;
    };
    let application = Application::example("store-python");
    let samlet = application.build_and_start(&[]);
    let answer = application.folder.path().join("answer.json");
    let invoke = |what: &str| {
        let payload = format!(r#"{{"try": "{what}"}}"#);
        let arguments = [
            "lambda",
            "invoke",
            "--function-name",
            "local-Reader",
            "--payload",
        ];
        let arguments = [&arguments[..], &[&payload, answer.to_str().unwrap()]].concat();
        let (succeeded, said) = aws(&samlet, &arguments);
        assert!(succeeded, "{said}");
    };
    invoke("check");
    let mut tail = aws_command(program, &samlet)
        .args([
            "logs",
            "tail",
            "/aws/lambda/local-Reader",
            "--follow",
            "--format",
            "short",
        ])
        .env("PYTHONUNBUFFERED", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut wait_for = |text: &str| {
        let found = lines.any(|line| line.unwrap().contains(text));
        assert!(found, "the tail ended before `{text}`");
    };
    wait_for("trying check");
    invoke("item");
    wait_for("trying item");
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "mostly a table of commands")]
fn the_aws_cli_works_with_every_service() {
    let application = Application::example("store-python");
    let samlet = application.build_and_start(&[]);
    let folder = application.folder.path();
    let answer = folder.join("answer.json");
    let answer = answer.to_str().unwrap();
    let item = r#"{"customer": {"S": "ann"}, "number": {"N": "1"}}"#;
    for (arguments, expected) in [
        (
            &["sts", "get-caller-identity"][..],
            "arn:aws:iam::123456789012:user/local",
        ),
        (
            &[
                "dynamodb",
                "put-item",
                "--table-name",
                "local-Orders",
                "--item",
                item,
            ],
            "",
        ),
        (
            &["dynamodb", "scan", "--table-name", "local-Orders"],
            "\"Count\": 1",
        ),
        (
            &[
                "lambda",
                "invoke",
                "--function-name",
                "local-Reader",
                "--payload",
                r#"{"try": "check"}"#,
                "--log-type",
                "Tail",
                answer,
            ],
            "\"LogResult\"",
        ),
        (&["lambda", "list-functions"], "local-Reader"),
        (&["logs", "describe-log-groups"], "/aws/lambda/local-Reader"),
        (
            &[
                "logs",
                "filter-log-events",
                "--log-group-name",
                "/aws/lambda/local-Reader",
                "--filter-pattern",
                "trying",
            ],
            "trying check",
        ),
    ] {
        let (succeeded, said) = aws(&samlet, arguments);
        assert!(
            succeeded && said.contains(expected),
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(std::fs::read_to_string(answer).unwrap(), "200");
    for (arguments, expected) in [
        (
            &["dynamodb", "describe-table", "--table-name", "none"][..],
            "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation",
        ),
        (
            &["lambda", "invoke", "--function-name", "none", answer],
            "An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: \
             arn:aws:lambda:us-east-1:123456789012:function:none:$LATEST",
        ),
    ] {
        let (succeeded, said) = aws(&samlet, arguments);
        assert!(
            !succeeded && said.contains(expected),
            "{arguments:?}: {said}"
        );
    }
}
