//! Reads `template.yaml` (AWS SAM) into a plain [`Application`].
//!
//! No I/O: source text in, application or diagnostics out. What a template
//! declares and samlet doesn't have is named in a warning, never passed over.

mod actions;
mod alarms;
mod apis;
mod authorizers;
mod conditions;
mod dependencies;
mod diagnostics;
mod events;
mod functions;
mod gateway_responses;
mod globals;
mod intrinsics;
mod json_schema;
mod keys;
mod late;
mod names;
mod node;
mod parameters;
mod permissions;
mod policies;
mod reader;
mod references;
mod resources;
mod roles;
mod scalars;
mod schema;
mod statements;
mod tables;
mod throttling;
mod validation;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

pub use actions::Actions;
pub use alarms::Alarm;
pub use apis::AccessLog;
pub use diagnostics::{Diagnostic, Location};
pub use gateway_responses::{GatewayResponse, HeaderSource};
pub use json_schema::{JsonSchema, SchemaError};
pub use late::{Attributes, LateValue};
pub use reader::{Draft, Settings};
pub use resources::Resource;
pub use tables::{Table, TimeToLive};

/// The application a template declares.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    /// The template's `Description`.
    pub description: Option<String>,
    /// `Metadata: OpenApi`: the file in which the functions say what they take
    /// and answer, relative to the template.
    pub open_api: Option<PathBuf>,
    /// In the template's order, as are all lists.
    pub functions: Vec<Function>,
    /// REST and HTTP APIs that have routes.
    pub apis: Vec<Api>,
    /// The other APIs: nothing is served of them.
    pub apis_without_routes: Vec<Api>,
    /// API keys.
    pub api_keys: Vec<ApiKey>,
    /// Usage plans of API keys.
    pub usage_plans: Vec<UsagePlan>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// All resources that have an ARN, those that samlet doesn't have included.
    pub resources: Vec<Resource>,
    /// CloudWatch alarms: they go off on AWS only.
    pub alarms: Vec<Alarm>,
    /// CloudWatch dashboards, by their keys under `Resources`.
    pub dashboards: Vec<String>,
    /// Resolved outputs.
    pub outputs: Vec<Output>,
    /// What is mentioned and not known yet: values have stand-ins for it.
    /// Reading again with the [`Settings::attributes`] of the services fills
    /// it in. One that no service has, such as the address of an API without
    /// routes, stays.
    pub late: Vec<LateValue>,
    /// What is in the template but has no effect here.
    pub warnings: Vec<Diagnostic>,
}

/// A Lambda function.
#[derive(Clone, Debug, Serialize)]
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
    /// `Environment: Variables`.
    pub environment: BTreeMap<String, String>,
    /// Its execution role.
    pub role: Role,
    /// Who may invoke it, as Lambda's GetPolicy has it: what the template's
    /// AWS::Lambda::Permission resources say, and what SAM adds for routes and
    /// authorizers. On AWS a function without statements has no policy.
    pub policy: Policy,
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

impl Function {
    /// Its log group's name.
    pub fn log_group(&self) -> String {
        let own = || format!("/aws/lambda/{}", self.name);
        self.logging.log_group.clone().unwrap_or_else(own)
    }
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
    /// `LogGroup`, instead of `/aws/lambda/NAME`.
    pub log_group: Option<String>,
}

/// An execution role.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// The role's name (`STACK-LOGICALIDRole` for one that SAM makes).
    pub name: String,
    /// What it may do.
    pub policies: Vec<Policy>,
    /// What it may do at most: `PermissionsBoundary`.
    pub boundary: Option<Policy>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Where a policy would be added.
    pub location: Location,
}

/// A policy of a role, or of a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Its name; of a function's own statements, `Policies`.
    pub name: String,
    /// `{"Version":…,"Statement":[…]}`, intrinsics resolved; of a function with an `Id`, too.
    pub document: Value,
    /// Where each statement stands; empty for a policy that is not in the template.
    pub locations: Vec<Location>,
}

/// Which of API Gateway's two kinds an API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApiKind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// The shape of the events that a route's function is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PayloadFormat {
    /// 1.0, the only one of REST APIs.
    #[serde(rename = "1.0")]
    V1,
    /// 2.0.
    #[serde(rename = "2.0")]
    V2,
}

/// An API.
#[derive(Clone, Debug, Serialize)]
pub struct Api {
    /// Its key under `Resources`, or `ServerlessRestApi` or `ServerlessHttpApi` for SAM's implicit one.
    pub logical_id: String,
    /// What `!Ref` gives: the API's id, ten characters of [a-z0-9], derived from stack and logical id.
    pub id: String,
    /// REST or HTTP.
    pub kind: ApiKind,
    /// `StageName`.
    pub stage: String,
    /// In the template's order.
    pub routes: Vec<Route>,
    /// `BinaryMediaTypes`, as content types.
    pub binary_media_types: Vec<String>,
    /// What preflight requests are answered.
    pub cors: Option<Cors>,
    /// `Variables` or `StageVariables`.
    pub stage_variables: BTreeMap<String, String>,
    /// Lambda authorizers, by name.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// The one that routes have which name none.
    pub default_authorizer: Option<String>,
    /// Whether preflight requests have it too.
    pub authorizes_preflights: bool,
    /// Whether routes need an API key which don't say so themselves.
    pub api_key_required: bool,
    /// How fast its routes may be used.
    pub throttles: Throttles,
    /// Request models by name: JSON schemas (draft 4).
    pub models: BTreeMap<String, Value>,
    /// What the gateway's own answers are changed to, by their type (`DEFAULT_4XX`, …).
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
    /// `TracingEnabled`: X-Ray records a part of its requests, on AWS.
    pub traced: bool,
    /// What it logs of each request, on AWS.
    pub access_log: Option<AccessLog>,
    /// Where it is declared.
    pub location: Location,
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// Its key under `Resources`, or SAM's name for one that it makes.
    pub logical_id: String,
    /// What `!Ref` gives.
    pub id: String,
    /// What clients send as `x-api-key`.
    pub value: String,
    /// Whether it may be used.
    pub enabled: bool,
}

/// What the holders of some API keys may do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UsagePlan {
    /// What `!Ref` gives.
    pub id: String,
    /// Where it holds.
    pub stages: Vec<PlanStage>,
    /// The ids of its keys.
    pub keys: Vec<String>,
    /// How fast each key may be used.
    pub throttle: Option<Throttle>,
    /// How often each key may be used.
    pub quota: Option<Quota>,
}

/// A stage of an API, as a usage plan names it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanStage {
    /// The API's id.
    pub api: String,
    /// The stage's name.
    pub stage: String,
    /// How fast each key may use single methods (`/path/GET`), instead of what holds for the plan.
    pub throttles: BTreeMap<String, Throttle>,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Throttle {
    /// Requests a second.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// How fast the routes of a stage may be used, each for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Throttles {
    /// Of routes that have none of their own.
    pub general: Option<Throttle>,
    /// By `GET /path`.
    pub by_route: BTreeMap<String, Throttle>,
}

/// So many requests a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Requests.
    pub limit: u64,
    /// How long a period is.
    pub period: Period,
}

/// A quota's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Period {
    /// From midnight UTC.
    Day,
    /// From Monday (UTC).
    Week,
    /// From the first (UTC).
    Month,
}

/// A Lambda authorizer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authorizer {
    /// The function's `name`.
    pub function: String,
    /// `FunctionInvokeRole`: the ARN of the role that API Gateway calls the
    /// function with; without one, the function's own policy has to allow it.
    pub invoke_role: Option<String>,
    /// What it is asked with.
    pub identity: Identity,
    /// How long its answer holds for the same identity; zero is not at all.
    #[serde(rename = "time_to_live_seconds", serialize_with = "seconds")]
    pub time_to_live: Duration,
    /// The shape of its events.
    pub payload_format: PayloadFormat,
    /// Whether it may answer `{"isAuthorized": …}` instead of a policy.
    pub simple_responses: bool,
}

/// What a request must have for its authorizer to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// A TOKEN authorizer: one header.
    Token {
        /// The header's name.
        header: String,
        /// What its value must match.
        validation: Option<String>,
    },
    /// A REQUEST authorizer: all of these.
    Request {
        /// Headers.
        headers: Vec<String>,
        /// Query parameters.
        query_strings: Vec<String>,
        /// Stage variables.
        stage_variables: Vec<String>,
        /// Members of the request context, such as `identity.sourceIp`.
        context: Vec<String>,
    },
}

/// Cross-origin resource sharing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cors {
    /// Origins; `*` is all.
    pub allow_origins: Vec<String>,
    /// Methods; those of the path when empty.
    pub allow_methods: Vec<String>,
    /// Request headers.
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// How long an answer holds, in seconds.
    pub max_age: Option<i32>,
    /// Whether cookies and the like may be sent.
    pub allow_credentials: bool,
}

/// A route of an API.
#[derive(Clone, Debug, Serialize)]
pub struct Route {
    /// Upper case, or `ANY`.
    pub method: String,
    /// As declared: `/message/{message_id}`, `/files/{proxy+}`; `$default` is an HTTP API's catch-all.
    pub path: String,
    /// The function's `name`.
    pub function: String,
    /// Which events the function is given.
    pub payload_format: PayloadFormat,
    /// How long the function may take to answer.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds")]
    pub timeout: Duration,
    /// Its authorizer, by name.
    pub authorizer: Option<String>,
    /// Whether an API key is needed.
    pub api_key_required: bool,
    /// How fast it may be used.
    pub throttle: Option<Throttle>,
    /// What a request must be for the function to be called.
    pub validation: Validation,
    /// Where it is declared.
    pub location: Location,
}

/// What API Gateway checks of a request before it calls a function.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Validation {
    /// The model that a JSON body must follow.
    #[serde(serialize_with = "shared")]
    pub body: Option<Arc<JsonSchema>>,
    /// Parameters that must be there and not be empty.
    pub parameters: Vec<RequiredParameter>,
}

/// A parameter that a request must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequiredParameter {
    /// Where in the request.
    pub location: ParameterLocation,
    /// Its name there.
    pub name: String,
}

/// Where in a request a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterLocation {
    /// `method.request.path`.
    Path,
    /// `method.request.querystring`.
    QueryString,
    /// `method.request.header`.
    Header,
}

/// A resolved output.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    /// `Value`.
    pub value: String,
}

/// Reads a template: gives an application that is usable as a whole, or
/// everything that is wrong with the template. Its policies may name `actions`.
/// [`Draft`] does the same in two steps.
pub fn read(
    source: &str,
    settings: &Settings,
    actions: &Actions,
) -> Result<Application, Vec<Diagnostic>> {
    Draft::parse(source)?.resolve(settings, actions)
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    duration.as_secs_f64().serialize(serializer)
}

fn shared<S: serde::Serializer>(
    schema: &Option<Arc<JsonSchema>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    schema.as_deref().serialize(serializer)
}
