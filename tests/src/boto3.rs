//! Single calls by boto3, as the developer or as a function.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::{Samlet, repository, tool};

/// Who makes a call.
#[derive(Clone, Debug)]
pub struct Who {
    key: String,
    secret: String,
    token: Option<String>,
}

impl Who {
    /// Whoever has these keys.
    pub fn with_keys(key: &str, secret: &str) -> Self {
        Self {
            key: key.into(),
            secret: secret.into(),
            token: None,
        }
    }

    /// The developer.
    pub fn developer() -> Self {
        Self::with_keys("local", "local")
    }

    /// A function, whose environment is this.
    pub fn function(environment: &Value) -> Self {
        let variable = |name: &str| environment[name].as_str().map(str::to_owned);
        Self {
            key: variable("AWS_ACCESS_KEY_ID").unwrap(),
            secret: variable("AWS_SECRET_ACCESS_KEY").unwrap(),
            token: variable("AWS_SESSION_TOKEN"),
        }
    }

    /// Makes a call; gives the answer, or `{"Code", "Message", "status"}`.
    pub fn call(
        &self,
        samlet: &Samlet,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Value {
        let asked = json!({
            "service": service,
            "operation": operation,
            "parameters": parameters,
            "endpoint": samlet.aws,
            "key": self.key,
            "secret": self.secret,
            "token": self.token,
        });
        let mut python = Command::new(tool("python"))
            .arg("-B")
            .arg(repository().join("tests/clients/call.py"))
            .env("AWS_DATA_PATH", repository().join("tests/toy/models"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = python.stdin.take().unwrap();
        stdin.write_all(asked.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = python.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "boto3 failed on {service} {operation}"
        );
        crate::json(&output.stdout)
    }
}
