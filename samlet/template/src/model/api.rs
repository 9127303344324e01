//! REST and HTTP APIs: routes, authorizers, keys and limits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::json_schema::JsonSchema;
use super::seconds;
use crate::diagnostics::Location;

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

fn shared<S: serde::Serializer>(
    schema: &Option<Arc<JsonSchema>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    schema.as_deref().serialize(serializer)
}

/// `AccessLogSetting` of a REST API, `AccessLogSettings` of an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessLog {
    /// The ARN of a log group or, for REST APIs, of a Firehose stream.
    pub destination: String,
    /// An event, with `$context…` in it.
    pub format: String,
}

/// How one of API Gateway's own answers is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GatewayResponse {
    /// Another status.
    pub status: Option<u16>,
    /// Headers that are added.
    pub headers: Vec<(String, HeaderSource)>,
    /// The body, with `$context…` in it, and its content type.
    pub template: Option<(String, String)>,
}

/// Where a header's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderSource {
    /// This text.
    Static(String),
    /// The request's header of this name.
    RequestHeader(String),
}
