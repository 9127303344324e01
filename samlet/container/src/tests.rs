//! Containers that run: how their programs end, what they see, and what is left of them.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;

use crate::{Container, Error, Spec};

fn spec(folder: &Path, script: &str) -> Spec {
    let code = folder.join("code");
    std::fs::create_dir_all(&code).unwrap();
    let bootstrap = code.join("bootstrap");
    std::fs::write(&bootstrap, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&bootstrap, PermissionsExt::from_mode(0o755)).unwrap();
    Spec {
        executable: bootstrap,
        arguments: vec!["one".into(), "two words".into()],
        environment: [("NAME".to_owned(), "value".to_owned())].into(),
        code,
        readable: Vec::new(),
        hidden: std::sync::Arc::new([folder.to_owned()]),
        memory_mb: 128,
        tmp_mb: 64,
        tmp_folder: folder.join("tmp"),
    }
}

/// What a script writes, and how it ends.
async fn run(script: &str) -> (String, ExitStatus) {
    let folder = tempfile::tempdir().unwrap();
    let mut container = Container::run(spec(folder.path(), script)).await.unwrap();
    let status = (&mut container.exited).await.unwrap();
    let mut output = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = container.output.try_read(&mut chunk) {
        output.extend_from_slice(&chunk[..length]);
    }
    (String::from_utf8_lossy(&output).into_owned(), status)
}

#[tokio::test]
async fn a_program_has_its_arguments_its_environment_and_its_folder() {
    let (output, status) =
        run(r#"echo "$1,$2,$NAME,$HOME"; [ "$(pwd)" = "$PWD" ]; env | wc -l"#).await;
    assert!(status.success(), "{status} {output}");
    assert!(output.starts_with("one,two words,value,\n"), "{output}");
}

#[tokio::test]
async fn how_a_program_ended_is_reported() {
    let (_, status) = run("exit 3").await;
    assert_eq!(status.code(), Some(3));
    for signal in [6, 9, 11, 15] {
        let (output, status) = run(&format!("kill -{signal} $$; sleep 5")).await;
        assert_eq!(status.signal(), Some(signal), "{output}");
    }
}

#[tokio::test]
async fn what_a_program_left_behind_ends_with_it() {
    let (output, status) = run("for i in 1 2 3 4 5 6 7 8 9; do setsid sh -c 'sleep 60 & sleep 60' & done; sleep 0.1; exit 0").await;
    // Its output has ended: no process that could write to it is left.
    assert!(status.success(), "{output}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = spec(folder.path(), "");
    spec.executable = spec.code.join("nothing");
    let error = Container::run(spec).await.unwrap_err();
    assert!(matches!(error, Error::CannotRun(_)), "{error}");
}
