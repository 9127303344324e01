//! The Lambda API: Invoke, and what tools ask of functions.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

mod faults;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use samlet_aws::{Arn, Place};
use samlet_iam::ResourcePolicy;
use samlet_service::protocol::RestJson;
use samlet_service::{
    Answer, Applied, ApplyError, BodyRule, Call, Caller, Content, Declared, Described, Fault,
    Identity, Need, Operation, Plan, Protocol, Service, Setup, async_trait,
};
use serde_json::{Value, json};

use self::faults::{not_found, not_invoked, request_too_large, user_fault};
use crate::Lambda;
use crate::configuration::configuration;
use crate::function::Function;
use crate::invocation::{Invocation, Invoke, InvokeError};
use crate::limits::MAX_REQUEST_BYTES;

/// The largest event of an asynchronous invocation.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Functions on a page of ListFunctions.
const MAX_PAGE: usize = 50;

/// What the paths of functions begin with.
const FUNCTIONS: &str = "/2015-03-31/functions";

/// Lambda, as it is here.
pub static IDENTITY: Identity = Identity {
    signing_name: "lambda",
    title: "Lambda",
    iam_prefix: "lambda",
    actions: include_str!("actions.txt"),
    condition_keys: include_str!("condition_keys.txt"),
    protocols: &[Protocol::RestJson(RestJson {
        paths: &[FUNCTIONS],
    })],
    body: BodyRule::Whole {
        max_bytes: MAX_REQUEST_BYTES,
    },
    has_compression: false,
    // Functions are built anew from their sources.
    check: None,
    stored: &[],
};

/// How Invoke is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

/// An operation on a function, or on all.
#[derive(Debug)]
struct Request {
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

/// The functions' own policies, by the functions' names.
type Policies = HashMap<String, Arc<ResourcePolicy>>;

/// The API over an application's functions; cheap to clone.
#[derive(Clone, Debug)]
pub struct Api {
    lambda: Lambda,
    place: Arc<Place>,
    /// Replaced whole, and held for a moment only.
    policies: Arc<RwLock<Arc<Policies>>>,
}

impl Api {
    /// The API of `lambda`'s functions.
    pub fn service(lambda: Lambda, setup: &Setup) -> Arc<dyn Service> {
        Arc::new(Self {
            lambda,
            place: Arc::clone(&setup.place),
            policies: Arc::default(),
        })
    }

    fn arn(&self, name: &str) -> Arn {
        self.place.arn("lambda", format_args!("function:{name}"))
    }

    fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn need(&self, request: &Request) -> Need {
        let action = request.action();
        if let Kind::ListFunctions { .. } = request.kind {
            return Need::new(action, "*");
        }
        let policy = self.policies().get(&request.name).cloned();
        Need::new(action, self.arn(&request.name)).with_policy(policy)
    }
}

#[async_trait]
impl Service for Api {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    /// The functions themselves come with their code, by [`Lambda::update`]; here it is their policies.
    async fn plan(&self, declared: &[Declared]) -> Result<Plan, ApplyError> {
        let functions = declared
            .iter()
            .filter(|declared| declared.kind == "AWS::Lambda::Function");
        let policies = functions
            .filter_map(|declared| Some((declared.name.clone(), declared.policy.clone()?)));
        Ok(Plan::new(policies.collect::<Policies>()))
    }

    async fn apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        if let Some(policies) = plan.take::<Policies>() {
            *self
                .policies
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(policies);
        }
        Ok(Applied::default())
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        let request = Request::read(&call)?;
        Ok(Box::new(Allowed {
            need: [self.need(&request)],
            request,
            body: call.bytes(),
            api: self.clone(),
        }))
    }

    async fn describe(&self) -> Vec<Described> {
        let functions = self.lambda.functions();
        let functions = functions.iter().map(|function| Described {
            kind: "function",
            name: function.name.clone(),
            arn: self.arn(&function.name),
            details: vec![
                ("runtime", function.runtime.clone()),
                ("log group", function.log_group.clone()),
            ],
        });
        functions.collect()
    }

    fn too_large(&self) -> Option<Fault> {
        Some(request_too_large(InvokeError::RequestTooLarge.to_string()))
    }
}

/// A request, and what it needs to be allowed.
struct Allowed {
    need: [Need; 1],
    request: Request,
    body: Bytes,
    api: Api,
}

#[async_trait]
impl Operation for Allowed {
    fn needs(&self) -> &[Need] {
        &self.need
    }

    async fn serve(self: Box<Self>, caller: &Caller) -> Result<Answer, Fault> {
        self.api.serve(self.request, self.body, caller).await
    }
}

impl Request {
    /// Reads a request's method, path and headers.
    fn read(call: &Call) -> Result<Self, Fault> {
        let (method, path) = (&call.head.method, call.head.uri.path());
        let unknown = || {
            let text = format!("samlet does not provide the Lambda operation {method} {path}");
            Fault::unknown_operation(text).with("Type", "User")
        };
        let below = path.strip_prefix(FUNCTIONS).ok_or_else(unknown)?;
        let segments: Vec<&str> = below.split('/').collect();
        let (kind, name) = match (method, segments.as_slice()) {
            (&Method::GET, [""] | ["", ""]) => {
                let number = |name: &str| call.query_parameter(name)?.parse().ok();
                let kind = Kind::ListFunctions {
                    marker: number("Marker").unwrap_or(0),
                    max_items: number("MaxItems").unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE),
                };
                (kind, "")
            }
            (&Method::POST, ["", name, "invocations"]) => (invocation(call)?, *name),
            (&Method::GET, ["", name]) => (Kind::GetFunction, *name),
            (&Method::GET, ["", name, "configuration"]) => (Kind::GetFunctionConfiguration, *name),
            _ => return Err(unknown()),
        };
        let (name, qualifier) = parse_name(&decoded(name));
        Ok(Self {
            kind,
            name,
            qualifier: call.query_parameter("Qualifier").or(qualifier),
        })
    }

    fn action(&self) -> &'static str {
        match self.kind {
            Kind::Invoke { .. } => "lambda:InvokeFunction",
            Kind::ListFunctions { .. } => "lambda:ListFunctions",
            Kind::GetFunction => "lambda:GetFunction",
            Kind::GetFunctionConfiguration => "lambda:GetFunctionConfiguration",
        }
    }
}

fn invocation(call: &Call) -> Result<Kind, Fault> {
    let invalid = |message: String| user_fault(400, "InvalidParameterValueException", message);
    let kind = match call.header("x-amz-invocation-type") {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(other) => {
            let text = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            );
            return Err(invalid(text));
        }
    };
    let client_context = match call.header("x-amz-client-context") {
        None => None,
        Some(encoded) => {
            let json = STANDARD
                .decode(encoded)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            let json = json.ok_or_else(|| {
                let text = "Client context must be a valid Base64-encoded JSON object.";
                user_fault(400, "InvalidRequestContentException", text.into())
            })?;
            Some(json.to_string())
        }
    };
    Ok(Kind::Invoke {
        kind,
        tail: call.header("x-amz-log-type") == Some("Tail"),
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
    async fn serve(&self, request: Request, body: Bytes, caller: &Caller) -> Result<Answer, Fault> {
        let Request {
            kind,
            name,
            qualifier,
        } = request;
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
                let trace = caller.call.as_ref().map(|call| call.trace().clone());
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
    ) -> Result<Answer, Fault> {
        match kind {
            InvocationType::DryRun => Ok(Answer::empty().with_status(204)),
            InvocationType::Event => {
                let id = self.lambda.invoke_event(invoke).map_err(not_invoked)?;
                let mut answer = Answer::empty().with_status(202);
                set(&mut answer.headers, "x-amzn-requestid", &id);
                Ok(answer)
            }
            InvocationType::RequestResponse => {
                let invocation = self.lambda.invoke(invoke).await.map_err(not_invoked)?;
                Ok(invoked(invocation, tail))
            }
        }
    }

    fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Arc<Function>, Fault> {
        let qualifier = qualifier.unwrap_or("$LATEST");
        let found = self.lambda.function(name);
        found
            .filter(|_| qualifier == "$LATEST")
            .ok_or_else(|| not_found(&format!("{}:{qualifier}", self.arn(name))))
    }

    fn list(&self, marker: usize, max_items: usize) -> Answer {
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

fn payload(body: Bytes, kind: InvocationType) -> Result<Bytes, Fault> {
    if kind == InvocationType::Event && body.len() > MAX_EVENT_BYTES {
        let length = body.len();
        return Err(request_too_large(format!(
            "{length} byte payload is too large for the Event invocation type (limit {MAX_EVENT_BYTES} bytes)"
        )));
    }
    if body.len() > MAX_REQUEST_BYTES {
        return Err(request_too_large(InvokeError::RequestTooLarge.to_string()));
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
            Err(user_fault(400, "InvalidRequestContentException", text))
        }
    }
}

fn invoked(invocation: Invocation, tail: bool) -> Answer {
    let mut answer = Answer::of(Content::Json(invocation.payload));
    let headers = &mut answer.headers;
    set(headers, "x-amzn-requestid", &invocation.request_id);
    set(headers, "x-amz-executed-version", "$LATEST");
    if let Some(error) = invocation.function_error {
        set(headers, "x-amz-function-error", error);
    }
    if tail {
        let encoded = STANDARD.encode(invocation.log_tail);
        set(headers, "x-amz-log-result", &encoded);
    }
    answer
}

fn answer(body: &Value) -> Answer {
    Answer::json(body.to_string())
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
            let head = request.unwrap().into_parts().0;
            Request::read(&Call {
                head,
                protocol: &IDENTITY.protocols[0],
                operation: None,
                body: samlet_service::Body::Whole(Bytes::new()),
            })
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
        let unknown = read("DELETE", "/2015-03-31/functions/a").unwrap_err();
        assert_eq!(unknown.code, "UnknownOperationException");
    }
}
