//! A Lambda function: its code, how it runs, and as whom.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::seconds;
use crate::diagnostics::Location;
use crate::{Declared, Policy, ResourcePolicyDocument, Role, Runtime};

/// A Lambda function.
#[derive(Clone, Debug, Serialize)]
pub struct Function {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `FunctionName`, or `STACK-LOGICALID`.
    pub name: String,
    /// Where its code is, and how it is built.
    #[serde(flatten)]
    pub code: Code,
    /// `Handler`.
    pub handler: String,
    /// `Runtime`.
    pub runtime: Runtime,
    /// `Architectures`.
    pub architecture: Architecture,
    /// `MemorySize`, MB.
    pub memory_mb: u32,
    /// `EphemeralStorage`: the size of `/tmp`, MB.
    pub ephemeral_storage_mb: u32,
    /// `Timeout`.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds")]
    pub timeout: Duration,
    /// `ReservedConcurrentExecutions`: at most so many at once.
    pub reserved_concurrency: Option<u32>,
    /// `Tracing: Active`: X-Ray records a part of its invocations, on AWS.
    pub traced: bool,
    /// `LoggingConfig`.
    pub logging: Logging,
    /// The log group that it writes to: `LoggingConfig: LogGroup`, or
    /// `/aws/lambda/NAME`.
    pub log_group: String,
    /// `Environment: Variables`.
    pub environment: BTreeMap<String, String>,
    /// Its execution role.
    pub role: Role,
    /// Who may invoke it, as Lambda's GetPolicy has it: what the template's
    /// AWS::Lambda::Permission resources say, and what SAM adds for routes and
    /// authorizers. On AWS a function without statements has no policy.
    pub policy: Policy<ResourcePolicyDocument>,
    /// Where it is declared.
    pub location: Location,
}

/// The processors that a function runs on, on AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// The default.
    #[default]
    X86_64,
    /// AWS Graviton.
    Arm64,
}

/// A function's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// `CodeUri`, as written (relative to the template).
    #[serde(rename = "code_uri")]
    pub folder: PathBuf,
    /// `Metadata: BuildMethod`.
    pub build_method: Option<BuildMethod>,
    /// `Metadata: BuildProperties: Binary`.
    pub binary: Option<String>,
}

/// How SAM builds a function, where its runtime alone doesn't say it.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BuildMethod {
    /// `makefile`: by the function's own Makefile.
    Makefile,
    /// Another, as written.
    #[serde(untagged)]
    Other(String),
}

/// How a function's log is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Logging {
    /// `LogFormat: JSON`, instead of text.
    pub json: bool,
    /// `ApplicationLogLevel`, for what the function itself logs.
    pub application_level: Option<String>,
    /// `SystemLogLevel`, for what Lambda logs.
    pub system_level: Option<String>,
}

impl Function {
    /// What Lambda is asked to have; it is given the code by the way that built it.
    pub(crate) fn declared(&self) -> Declared {
        Declared {
            logical_id: self.logical_id.clone(),
            kind: "AWS::Lambda::Function",
            name: self.name.clone(),
            properties: Value::Null,
            policy: Some(Arc::new(self.policy.enforced())),
            location: self.location,
        }
    }
}
