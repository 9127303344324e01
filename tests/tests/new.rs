//! Functions and applications that samlet writes: they build, run and pass their tests.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::{Application, copy, repository, samlet_binary};
use serde_json::json;

/// This repository's own: it has most of what they need, compiled.
fn target() -> PathBuf {
    samlet_binary().ancestors().nth(2).unwrap().to_owned()
}

fn succeed(folder: &Path, program: &Path, arguments: &[&str]) {
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

fn cargo(folder: &Path, arguments: &[&str]) {
    succeed(folder, Path::new("cargo"), arguments);
}

/// The versions of crates that are known to be there.
fn lock(folder: &Path) {
    std::fs::copy(repository().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// The message service's own part of this repository.
fn message_service() -> Application {
    let folder = tempfile::tempdir().unwrap();
    let root = repository();
    for part in ["src", "events"] {
        copy(&root.join(part), &folder.path().join(part));
    }
    for file in ["template.yaml", "samconfig.toml"] {
        std::fs::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let manifest = manifest
        .replace(r#", "samlet/*", "tests", "tests/toy""#, "")
        .replace("default-members = [\"samlet/cli\"]\n", "");
    assert!(!manifest.contains("samlet/*"));
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    lock(folder.path());
    Application { folder }
}

#[test]
fn a_fifth_function_is_added_while_the_others_run_and_is_served_at_once() {
    let application = message_service();
    let folder = application.folder.path();
    let samlet = application.build_and_start_in(&target(), &[]);
    let id = samlet.create(r#"{"title": "Hello"}"#);
    let arguments = [
        "new",
        "function",
        "ListMessages",
        "--route",
        "GET /messages/{count}",
    ];
    succeed(folder, samlet_binary(), &arguments);
    samlet.wait_for_log("Added GET /messages/{count} (ListMessages)");
    let expected = json!({"success": true, "message": {"parameters": {"count": "7"}}});
    assert_eq!(samlet.json("GET", "/messages/7", None), (200, expected));
    assert_eq!(
        samlet.request("GET", &format!("/message/{id}"), None).0,
        200
    );

    cargo(folder, &["test", "--quiet", "--package", "list-messages"]);
    cargo(folder, &["fmt", "--package", "list-messages", "--check"]);
    let invoked = Command::new(samlet_binary())
        .current_dir(folder)
        .args([
            "invoke",
            "ListMessages",
            "-e",
            "events/ListMessages-event.json",
        ])
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&invoked.stdout).unwrap();
    assert_eq!(answer["statusCode"], 200);
}

#[test]
fn a_new_application_builds_runs_and_passes_its_tests() {
    let folder = tempfile::tempdir().unwrap();
    let application = Application { folder };
    let folder = application.folder.path();
    succeed(folder, samlet_binary(), &["init", "."]);
    lock(folder);
    let samlet = application.build_and_start_in(&target(), &[]);
    let hello = (200, json!({"parameters": {}}));
    assert_eq!(samlet.json("GET", "/hello", None), hello);
    cargo(folder, &["test", "--quiet", "--workspace"]);
    cargo(folder, &["fmt", "--all", "--check"]);
}

#[test]
fn a_function_in_rust_joins_those_in_python_behind_an_http_api() {
    let application = Application::example("http-python");
    let folder = application.folder.path();
    let arguments = [
        "new",
        "function",
        "CountNotes",
        "--route",
        "GET /count/{author}",
    ];
    succeed(folder, samlet_binary(), &arguments);
    let package = folder.join("src/handlers/CountNotes");
    lock(&package);
    let samlet = application.build_and_start_in(&target(), &[]);
    let expected = (200, json!({"parameters": {"author": "ann"}}));
    assert_eq!(samlet.json("GET", "/count/ann", None), expected);
    assert_eq!(samlet.request("DELETE", "/nowhere", None).0, 404);
    cargo(&package, &["test", "--quiet"]);
}
