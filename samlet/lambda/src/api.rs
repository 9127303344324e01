//! The Lambda API: Invoke, and what tools ask of functions.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use samlet_traces::Trace;
use serde_json::{Value, json};

use crate::function;
use crate::{Function, Invocation, Invoke, InvokeError, Lambda, MAX_REQUEST_BYTES, ThrottleReason};

/// The largest event of an asynchronous invocation.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Functions on a page of ListFunctions.
const MAX_PAGE: usize = 50;

/// An answer, but for the headers that every answer carries.
#[derive(Debug)]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `X-Amz-…` headers.
    pub headers: HeaderMap,
    /// JSON, or nothing.
    pub body: Bytes,
}

/// A refusal: its HTTP status, exception and body.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name, `X-Amzn-ErrorType`.
    pub code: &'static str,
    /// The body, as JSON.
    pub body: Value,
}

impl ApiError {
    fn new(status: u16, code: &'static str, message: &str) -> Self {
        let body = json!({"Type": "User", "message": message});
        Self { status, code, body }
    }
}

/// How Invoke is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

/// An operation on a function, or on all.
#[derive(Debug)]
pub struct Operation {
    kind: Kind,
    /// As it was asked for; empty for all functions.
    name: String,
    qualifier: Option<String>,
}

#[derive(Debug)]
enum Kind {
    Invoke {
        kind: InvocationType,
        tail: bool,
        client_context: Option<String>,
    },
    ListFunctions {
        marker: usize,
        max_items: usize,
    },
    GetFunction,
    GetFunctionConfiguration,
}

/// The API over an application's functions.
#[derive(Clone, Debug)]
pub struct Api {
    lambda: Lambda,
    region: String,
    account_id: String,
}

impl Operation {
    /// Reads a request's method, path and headers.
    pub fn read(request: &Parts) -> Result<Self, ApiError> {
        let unknown = || {
            let text = format!(
                "samlet does not provide {} {}",
                request.method,
                request.uri.path()
            );
            ApiError::new(404, "UnknownOperationException", &text)
        };
        let path = request.uri.path().strip_prefix("/2015-03-31/functions");
        let segments: Vec<&str> = path.ok_or_else(unknown)?.split('/').collect();
        let query = |name: &str| {
            let pairs = request.uri.query().unwrap_or_default().split('&');
            let mut named = pairs.filter_map(|pair| pair.split_once('='));
            let (_, value) = named.find(|(key, _)| *key == name)?;
            Some(decoded(value))
        };
        let (kind, name) = match (&request.method, segments.as_slice()) {
            (&Method::GET, [""] | ["", ""]) => {
                let number = |name: &str| query(name).and_then(|text| text.parse().ok());
                let kind = Kind::ListFunctions {
                    marker: number("Marker").unwrap_or(0),
                    max_items: number("MaxItems").unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE),
                };
                (kind, "")
            }
            (&Method::POST, ["", name, "invocations"]) => (invocation(&request.headers)?, *name),
            (&Method::GET, ["", name]) => (Kind::GetFunction, *name),
            (&Method::GET, ["", name, "configuration"]) => (Kind::GetFunctionConfiguration, *name),
            _ => return Err(unknown()),
        };
        let (name, qualifier) = parse_name(&decoded(name));
        Ok(Self {
            kind,
            name,
            qualifier: query("Qualifier").or(qualifier),
        })
    }

    /// The action it needs to be allowed.
    pub fn action(&self) -> &'static str {
        match self.kind {
            Kind::Invoke { .. } => "lambda:InvokeFunction",
            Kind::ListFunctions { .. } => "lambda:ListFunctions",
            Kind::GetFunction => "lambda:GetFunction",
            Kind::GetFunctionConfiguration => "lambda:GetFunctionConfiguration",
        }
    }
}

fn invocation(headers: &HeaderMap) -> Result<Kind, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let invalid = |message: &str| ApiError::new(400, "InvalidParameterValueException", message);
    let kind = match header("x-amz-invocation-type") {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(other) => {
            let text = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            );
            return Err(invalid(&text));
        }
    };
    let client_context = match header("x-amz-client-context") {
        None => None,
        Some(encoded) => {
            let json = STANDARD
                .decode(encoded)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            let json = json.ok_or_else(|| {
                ApiError::new(
                    400,
                    "InvalidRequestContentException",
                    "Client context must be a valid Base64-encoded JSON object.",
                )
            })?;
            Some(json.to_string())
        }
    };
    Ok(Kind::Invoke {
        kind,
        tail: header("x-amz-log-type") == Some("Tail"),
        client_context,
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `name`, `account:function:name` and a whole ARN, each with `:qualifier` or
/// without.
fn parse_name(text: &str) -> (String, Option<String>) {
    let rest = match text.split_once("function:") {
        Some((_, rest)) => rest,
        None => text,
    };
    match rest.split_once(':') {
        Some((name, qualifier)) => (name.to_owned(), Some(qualifier.to_owned())),
        None => (rest.to_owned(), None),
    }
}

impl Api {
    /// The API of `lambda`'s functions, in this region and account.
    pub fn new(lambda: Lambda, region: &str, account_id: &str) -> Self {
        Self {
            lambda,
            region: region.into(),
            account_id: account_id.into(),
        }
    }

    /// The ARN on which `operation` needs to be allowed.
    pub fn resource(&self, operation: &Operation) -> String {
        match operation.kind {
            Kind::ListFunctions { .. } => "*".into(),
            _ => self.arn(&operation.name),
        }
    }

    fn arn(&self, name: &str) -> String {
        function::arn(&self.region, &self.account_id, name)
    }

    /// Runs an operation that is allowed.
    ///
    /// `trace` is that of the request for which a function asks for it.
    pub async fn serve(
        &self,
        operation: Operation,
        body: Bytes,
        trace: Option<Trace>,
    ) -> Result<ApiAnswer, ApiError> {
        let Operation {
            kind,
            name,
            qualifier,
        } = operation;
        let function = || self.function(&name, qualifier.as_deref());
        match kind {
            Kind::ListFunctions { marker, max_items } => Ok(self.list(marker, max_items)),
            Kind::GetFunctionConfiguration => Ok(answer(&configuration(function()?.as_ref()))),
            Kind::GetFunction => {
                let function = function()?;
                let body = json!({
                    "Configuration": configuration(&function),
                    "Code": {"RepositoryType": "S3", "Location": format!("file://{}", function.program.folder.display())},
                    "Tags": {},
                });
                Ok(answer(&body))
            }
            Kind::Invoke {
                kind,
                tail,
                client_context,
            } => {
                let invoke = Invoke {
                    function_name: function()?.name.clone(),
                    payload: payload(body, kind)?,
                    client_context,
                    // What is asynchronous goes on when the request is over.
                    trace: trace.filter(|_| kind == InvocationType::RequestResponse),
                };
                self.invoke(invoke, kind, tail).await
            }
        }
    }

    async fn invoke(
        &self,
        invoke: Invoke,
        kind: InvocationType,
        tail: bool,
    ) -> Result<ApiAnswer, ApiError> {
        let mut headers = HeaderMap::new();
        let empty = |status, headers| ApiAnswer {
            status,
            headers,
            body: Bytes::new(),
        };
        match kind {
            InvocationType::DryRun => Ok(empty(204, headers)),
            InvocationType::Event => {
                let id = self.lambda.invoke_event(invoke).map_err(refusal)?;
                set(&mut headers, "x-amzn-requestid", &id);
                Ok(empty(202, headers))
            }
            InvocationType::RequestResponse => {
                let invocation = self.lambda.invoke(invoke).await.map_err(refusal)?;
                Ok(invoked(invocation, tail))
            }
        }
    }

    fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Arc<Function>, ApiError> {
        let qualifier = qualifier.unwrap_or("$LATEST");
        let found = self.lambda.function(name);
        found
            .filter(|_| qualifier == "$LATEST")
            .ok_or_else(|| not_found(&format!("{}:{qualifier}", self.arn(name))))
    }

    fn list(&self, marker: usize, max_items: usize) -> ApiAnswer {
        let functions = self.lambda.functions();
        let page = functions.iter().skip(marker).take(max_items);
        let page: Vec<Value> = page.map(|function| configuration(function)).collect();
        let next = marker.saturating_add(page.len());
        let mut body = json!({"Functions": page});
        if next < functions.len() {
            body["NextMarker"] = json!(next.to_string());
        }
        answer(&body)
    }
}

fn payload(body: Bytes, kind: InvocationType) -> Result<Bytes, ApiError> {
    let too_large = |text: String| ApiError::new(413, "RequestEntityTooLargeException", &text);
    if kind == InvocationType::Event && body.len() > MAX_EVENT_BYTES {
        let length = body.len();
        return Err(too_large(format!(
            "{length} byte payload is too large for the Event invocation type (limit {MAX_EVENT_BYTES} bytes)"
        )));
    }
    if body.len() > MAX_REQUEST_BYTES {
        return Err(too_large(InvokeError::RequestTooLarge.to_string()));
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    // Read without being kept.
    match serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
        Ok(_) => Ok(body),
        Err(error) => {
            let text = format!(
                "Could not parse request body into json: Could not parse payload into json: {error}"
            );
            Err(ApiError::new(400, "InvalidRequestContentException", &text))
        }
    }
}

fn invoked(invocation: Invocation, tail: bool) -> ApiAnswer {
    let mut headers = HeaderMap::new();
    set(&mut headers, "x-amzn-requestid", &invocation.request_id);
    set(&mut headers, "x-amz-executed-version", "$LATEST");
    if let Some(error) = invocation.function_error {
        set(&mut headers, "x-amz-function-error", error);
    }
    if tail {
        let encoded = STANDARD.encode(invocation.log_tail);
        set(&mut headers, "x-amz-log-result", &encoded);
    }
    ApiAnswer {
        status: 200,
        headers,
        body: invocation.payload,
    }
}

fn refusal(error: InvokeError) -> ApiError {
    match error {
        InvokeError::FunctionNotFound(name) => not_found(&name),
        InvokeError::Throttled(reason) => {
            let reason = match reason {
                ThrottleReason::ConcurrentInvocationLimitExceeded => {
                    "ConcurrentInvocationLimitExceeded"
                }
                ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded => {
                    "ReservedFunctionConcurrentInvocationLimitExceeded"
                }
            };
            throttled(reason)
        }
        InvokeError::TooManyEvents => throttled("ConcurrentInvocationLimitExceeded"),
        InvokeError::RequestTooLarge => {
            ApiError::new(413, "RequestEntityTooLargeException", &error.to_string())
        }
        InvokeError::Service(_) => ApiError {
            status: 500,
            code: "ServiceException",
            body: json!({"Type": "Service", "Message": error.to_string()}),
        },
    }
}

fn throttled(reason: &str) -> ApiError {
    ApiError {
        status: 429,
        code: "TooManyRequestsException",
        body: json!({"Reason": reason, "Type": "User", "message": "Rate Exceeded."}),
    }
}

fn not_found(arn: &str) -> ApiError {
    ApiError {
        status: 404,
        code: "ResourceNotFoundException",
        body: json!({"Type": "User", "Message": format!("Function not found: {arn}")}),
    }
}

fn configuration(function: &Function) -> Value {
    let package = function.package();
    json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn(),
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": function.handler,
        "CodeSize": package.bytes,
        "Description": "",
        "Timeout": function.timeout.as_secs(),
        "MemorySize": function.memory_mb,
        "LastModified": package.modified,
        "Version": "$LATEST",
        "Environment": {"Variables": function.variables},
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "EphemeralStorage": {"Size": function.ephemeral_storage_mb},
        "LoggingConfig": logging(function),
    })
}

fn logging(function: &Function) -> Value {
    let config = &function.logging;
    let group = function.log_group();
    match config.json {
        true => json!({
            "LogFormat": "JSON",
            "ApplicationLogLevel": config.application_level.as_deref().unwrap_or("INFO"),
            "SystemLogLevel": config.system_level.as_deref().unwrap_or("INFO"),
            "LogGroup": group,
        }),
        false => json!({"LogFormat": "Text", "LogGroup": group}),
    }
}

fn answer(body: &Value) -> ApiAnswer {
    ApiAnswer {
        status: 200,
        headers: HeaderMap::new(),
        body: body.to_string().into(),
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_function_is_named_by_name_or_arn_with_a_qualifier_or_without() {
        for (text, name, qualifier) in [
            ("hello", "hello", None),
            ("hello:$LATEST", "hello", Some("$LATEST")),
            ("123456789012:function:hello", "hello", None),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:hello:live",
                "hello",
                Some("live"),
            ),
        ] {
            let expected = (name.to_owned(), qualifier.map(str::to_owned));
            assert_eq!(parse_name(text), expected, "{text}");
        }
    }

    #[test]
    fn a_request_says_what_it_asks_for() {
        let read = |method: &str, uri: &str| {
            let request = http::Request::builder().method(method).uri(uri).body(());
            Operation::read(&request.unwrap().into_parts().0)
        };
        let operation = read(
            "POST",
            "/2015-03-31/functions/a%3Ab/invocations?Qualifier=c",
        )
        .unwrap();
        assert_eq!(operation.action(), "lambda:InvokeFunction");
        assert_eq!(
            (operation.name.as_str(), operation.qualifier.as_deref()),
            ("a", Some("c"))
        );
        for (uri, action) in [
            ("/2015-03-31/functions", "lambda:ListFunctions"),
            ("/2015-03-31/functions/", "lambda:ListFunctions"),
            ("/2015-03-31/functions/a", "lambda:GetFunction"),
            (
                "/2015-03-31/functions/a/configuration",
                "lambda:GetFunctionConfiguration",
            ),
        ] {
            assert_eq!(read("GET", uri).unwrap().action(), action);
        }
        assert_eq!(
            read("DELETE", "/2015-03-31/functions/a")
                .unwrap_err()
                .status,
            404
        );
    }
}
