//! Today's runtimes run in all modes: compiled, a custom runtime as a script, and Python with its packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use acceptance::samlet_binary;
use serde_json::{Value, json};

use crate::world::{Home, World, own};

const PACKAGED: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Packaged:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: probe
      Handler: tries.handler
      Runtime: python3.11
      Timeout: 30
      Events: {Any: {Type: Api, Properties: {Path: /packaged, Method: POST}}}
";

/// A folder with what is built of the function with packages, by the Python that every user can reach.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("breakout-python");
        std::fs::create_dir_all(folder.join("probe")).unwrap();
        std::fs::write(folder.join("template.yaml"), PACKAGED).unwrap();
        let tries = include_str!("function/tries.py");
        std::fs::write(folder.join("probe/tries.py"), tries).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let status = Command::new(samlet_binary())
            .current_dir(&folder)
            .args(["build", "--quiet"])
            .env("PATH", format!("/usr/bin:/bin:{path}"))
            .status()
            .unwrap();
        assert!(status.success());
        folder.join(".samlet/build")
    })
}

fn packaged(world: &World) -> Value {
    let home = Home::new(world.mode, &std::env::temp_dir());
    std::fs::write(home.at("app/template.yaml"), PACKAGED).unwrap();
    std::fs::create_dir_all(home.at("app/.samlet")).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(built())
        .arg(home.at("app/.samlet/build"))
        .status();
    assert!(copied.unwrap().success());
    if let Some(owner) = world.mode.owner() {
        own(&home.at("app/.samlet"), owner);
    }
    let running = home.start(&["--port", "0", "--aws-port", "0"], false);
    let code = "
        import boto3, awslambdaric
        assert boto3.client('dynamodb', region_name='us-east-1')
        paths = [facts.home + path for path in ('/private', '/app/victim/own', '/app/.samlet/console-token')]
        assert 'reached' not in each(paths, read).values()
        result = f'python in {os.getcwd()}' if os.getcwd() != '/var/task' else 'python'
    ";
    let facts = json!({"home": home.folder});
    let (status, answer) = running.send("packaged", code, &facts);
    match (status, answer.as_str()) {
        (200, Some(word))
            if world.mode == crate::mode::Mode::None && word.starts_with("python in ") =>
        {
            json!("python")
        }
        (200, _) => answer,
        (status, _) => json!(format!("HTTP {status}: {answer}")),
    }
}

rows! {
    compiled ["HTTP 200", "HTTP 200", "HTTP 200"] Rust(|world| {
        let (status, _) = world.send("rust/pid", "");
        json!(format!("HTTP {status}"))
    });
    script ["ran", "ran", "ran"] Python("result = 'ran'");
    python_with_packages ["python", "python", "python"] Rust(packaged);
}
