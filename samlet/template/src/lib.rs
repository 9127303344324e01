//! Reads `template.yaml` (AWS SAM) into a plain [`Application`].
//!
//! No I/O: source text in, application or diagnostics out. What a template
//! declares and samlet doesn't have is named in a warning, never passed over.

mod diagnostics;
mod functions;
mod intrinsics;
mod names;
mod node;
mod reader;
mod tables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

pub use diagnostics::{Diagnostic, Location};

/// What the template is deployed into: the values of pseudo parameters, and parameter overrides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// Parameter values from the command line.
    pub parameter_overrides: BTreeMap<String, String>,
}

/// The application a template declares.
#[derive(Clone, Debug)]
pub struct Application {
    /// In the template's order, as are all lists.
    pub functions: Vec<Function>,
    /// REST APIs that have routes.
    pub apis: Vec<RestApi>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// Resolved outputs.
    pub outputs: Vec<Output>,
    /// What is in the template but has no effect here.
    pub warnings: Vec<Diagnostic>,
}

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `FunctionName`, or `STACK-LOGICALID`.
    pub name: String,
    /// `CodeUri`, as written (relative to the template).
    pub code_uri: PathBuf,
    /// `Handler`.
    pub handler: String,
    /// `Runtime`.
    pub runtime: String,
    /// `Metadata: BuildMethod`.
    pub build_method: Option<String>,
    /// `Metadata: BuildProperties: Binary`.
    pub binary: Option<String>,
    /// `MemorySize`, MB.
    pub memory_mb: u32,
    /// `Timeout`.
    pub timeout: Duration,
    /// `Environment: Variables`.
    pub environment: BTreeMap<String, String>,
    /// Its execution role.
    pub role: Role,
    /// Where it is declared.
    pub location: Location,
}

/// An execution role.
#[derive(Clone, Debug)]
pub struct Role {
    /// The role's name (`STACK-LOGICALIDRole`).
    pub name: String,
    /// Inline policy documents (`{"Version":…,"Statement":[…]}`), intrinsics resolved.
    pub policies: Vec<Value>,
}

/// A REST API.
#[derive(Clone, Debug)]
pub struct RestApi {
    /// Its key under `Resources`, or `ServerlessRestApi` for SAM's implicit one.
    pub logical_id: String,
    /// What `!Ref` gives: the API's id, ten characters of [a-z0-9], derived from stack and logical id.
    pub id: String,
    /// `StageName`.
    pub stage: String,
    /// In the template's order.
    pub routes: Vec<Route>,
}

/// A route of an API.
#[derive(Clone, Debug)]
pub struct Route {
    /// Upper case, or `ANY`.
    pub method: String,
    /// As declared: `/message/{message_id}`, `/files/{proxy+}`.
    pub path: String,
    /// The function's `name`.
    pub function: String,
    /// Where it is declared.
    pub location: Location,
}

/// A DynamoDB table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `TableName`, or `STACK-LOGICALID`.
    pub name: String,
    /// A DynamoDB CreateTable request (JSON), complete with TableName.
    pub create_table: Value,
    /// Where it is declared.
    pub location: Location,
}

/// A resolved output.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    /// `Value`.
    pub value: String,
}

/// Reads a template; either all of it is usable, or everything that is wrong
/// with it is told.
pub fn read(source: &str, settings: &Settings) -> Result<Application, Vec<Diagnostic>> {
    reader::read(source, settings)
}
