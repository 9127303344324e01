//! Lambda authorizers: a function that says who a request is from, and whether it may go on.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::request::Parts;
use regex::Regex;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_iam::{Context as Conditions, Decision, PolicyDocument, PolicyError, Request};
use samlet_lambda::{Invoke, Lambda};
use samlet_template::{ApiKind, Authorizer, Identity, PayloadFormat};
use samlet_traces::Trace;
use serde_json::{Map, Value, json};

use crate::answers::GatewayAnswer;
use crate::event::{self, Context, Event, EventBody};
use crate::event_v2;

/// Answers kept at most, of one authorizer.
const MAX_CACHED: usize = 1000;

/// How long an authorizer may take.
const TIMEOUT: Duration = Duration::from_secs(29);

/// What an authorizer says of a request, for the event's `authorizer`.
pub(crate) type Identified = Map<String, Value>;

/// An authorizer, and the answers of it that still hold.
#[derive(Debug)]
pub(crate) struct Guard {
    authorizer: Authorizer,
    validation: Option<Regex>,
    /// What the answers' time goes by.
    clock: Clock,
    /// Held for a moment only.
    cache: Mutex<HashMap<String, (SystemTime, Arc<Answer>)>>,
}

/// What the function answered.
#[derive(Debug)]
struct Answer {
    policy: Permission,
    identified: Identified,
}

/// Why what the function answered can't be used; shown to the developer.
#[derive(Debug, thiserror::Error)]
enum MalformedAnswer {
    #[error("its context is no object")]
    Context,
    #[error("its context's {0} is neither text, number nor boolean")]
    ContextValue(String),
    #[error("its answer has no isAuthorized")]
    NoIsAuthorized,
    #[error("its answer has no principalId")]
    NoPrincipalId,
    #[error("its policyDocument: {0}")]
    Policy(#[source] PolicyError),
}

#[derive(Debug)]
enum Permission {
    Policy(PolicyDocument),
    Simple(bool),
}

/// A request to be let in.
pub(crate) struct Visitor<'a> {
    pub(crate) request: &'a Parts,
    pub(crate) context: &'a Context<'a>,
    pub(crate) trace: &'a Trace,
    pub(crate) kind: ApiKind,
    /// `GET /message/{id}`.
    pub(crate) route_key: &'a str,
}

impl Guard {
    pub(crate) fn new(authorizer: Authorizer, clock: Clock) -> Self {
        let validation = match &authorizer.identity {
            Identity::Token { validation, .. } => validation.as_deref(),
            Identity::Request { .. } => None,
        };
        Self {
            // What can't be read matches nothing: nobody is let in by mistake.
            validation: validation
                .map(|text| Regex::new(&format!("^(?:{text})$")).unwrap_or_else(|_| nothing())),
            authorizer,
            clock,
            cache: Mutex::default(),
        }
    }

    /// Asks the authorizer, unless its answer for the same identity still holds.
    pub(crate) async fn admit(
        &self,
        visitor: &Visitor<'_>,
        lambda: &Lambda,
    ) -> Result<Identified, GatewayAnswer> {
        let identity = self.identity(visitor).ok_or(GatewayAnswer::Unauthorized)?;
        let resource = method_arn(visitor.request, visitor.context);
        let answer = match self.cached(&identity) {
            Some(answer) => answer,
            None => {
                let answer = Arc::new(self.ask(visitor, &identity, &resource, lambda).await?);
                self.keep(identity, &answer);
                answer
            }
        };
        let mut conditions = Conditions::default();
        conditions.set("aws:SourceIp", visitor.context.source_ip.to_string());
        let decision = match &answer.policy {
            Permission::Policy(policy) => policy.evaluate(&Request {
                action: "execute-api:Invoke",
                resource: &resource,
                context: &conditions,
            }),
            Permission::Simple(true) => Decision::Allow,
            Permission::Simple(false) => Decision::ImplicitDeny,
        };
        match decision {
            Decision::Allow => Ok(answer.identified.clone()),
            Decision::ImplicitDeny => Err(GatewayAnswer::AccessDenied),
            Decision::ExplicitDeny => Err(GatewayAnswer::AccessDeniedExplicitly),
        }
    }

    /// The values that tell one caller from another; `None` when one is missing.
    fn identity(&self, visitor: &Visitor<'_>) -> Option<Vec<String>> {
        let headers = &visitor.request.headers;
        let header = |name: &String| {
            let value = headers.get(name.as_str())?.to_str().ok()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        match &self.authorizer.identity {
            Identity::Token { header: name, .. } => {
                let token = header(name)?;
                let valid = self.validation.as_ref();
                let valid = valid.is_none_or(|validation| validation.is_match(&token));
                valid.then(|| vec![token])
            }
            Identity::Request {
                headers,
                query_strings,
                stage_variables,
                context,
            } => {
                let query = visitor.request.uri.query().unwrap_or_default();
                let query: HashMap<String, String> = event::decoded_query(query).collect();
                // Few authorizers ask for it.
                let whole = LazyCell::new(|| {
                    json!(event::request_context(visitor.request, visitor.context))
                });
                let of_context = |path: &String| {
                    let pointer = format!("/{}", path.replace('.', "/"));
                    whole.pointer(&pointer)?.as_str().map(str::to_owned)
                };
                let variables = visitor.context.stage_variables;
                headers
                    .iter()
                    .map(header)
                    .chain(query_strings.iter().map(|name| query.get(name).cloned()))
                    .chain(
                        stage_variables
                            .iter()
                            .map(|name| variables.get(name).cloned()),
                    )
                    .chain(context.iter().map(of_context))
                    .collect()
            }
        }
    }

    async fn ask(
        &self,
        visitor: &Visitor<'_>,
        identity: &[String],
        resource: &str,
        lambda: &Lambda,
    ) -> Result<Answer, GatewayAnswer> {
        let function = &self.authorizer.function;
        let invoke = Invoke {
            function_name: function.clone(),
            payload: Bytes::from(self.event(visitor, identity, resource).to_string()),
            client_context: None,
            trace: Some(visitor.trace.clone()),
        };
        let failed = |reason: &str| {
            let request_id = visitor.context.request_id;
            tracing::warn!(request_id, function, "the authorizer failed: {reason}");
            visitor
                .trace
                .fail(&format!("the authorizer failed: {reason}"));
            GatewayAnswer::AuthorizerFailed
        };
        let invocation = match tokio::time::timeout(TIMEOUT, lambda.invoke(invoke)).await {
            Err(_) => return Err(failed("it took too long")),
            Ok(Err(error)) => return Err(failed(&error.to_string())),
            Ok(Ok(invocation)) => invocation,
        };
        let answer: Value = serde_json::from_slice(&invocation.payload).unwrap_or_default();
        if invocation.function_error.is_some() {
            // The one word that a function may raise instead of an answer.
            if answer["errorMessage"] == "Unauthorized" && visitor.kind == ApiKind::Rest {
                return Err(GatewayAnswer::Unauthorized);
            }
            return Err(failed(&String::from_utf8_lossy(&invocation.payload)));
        }
        self.read(&answer, visitor.kind)
            .map_err(|error| failed(&error.to_string()))
    }

    fn event(&self, visitor: &Visitor<'_>, identity: &[String], resource: &str) -> Value {
        let (request, context) = (visitor.request, visitor.context);
        let body = no_body();
        match (&self.authorizer.identity, self.authorizer.payload_format) {
            (Identity::Token { .. }, _) => json!({
                "type": "TOKEN",
                "methodArn": resource,
                "authorizationToken": identity.first(),
            }),
            (Identity::Request { .. }, PayloadFormat::V1) => {
                let mut event = json!(Event {
                    request,
                    body: &body,
                    context,
                    in_http_api: false,
                });
                if let Value::Object(members) = &mut event {
                    members.remove("body");
                    members.remove("isBase64Encoded");
                    members.insert("type".into(), json!("REQUEST"));
                    members.insert("methodArn".into(), json!(resource));
                    if visitor.kind == ApiKind::Http {
                        members.insert("version".into(), json!("1.0"));
                        members.insert("identitySource".into(), json!(identity.join(",")));
                        members.insert("authorizationToken".into(), json!(identity.join(",")));
                    }
                }
                event
            }
            (Identity::Request { .. }, PayloadFormat::V2) => {
                let mut event = event_v2::event_v2(request, &body, visitor.route_key, context);
                if let Value::Object(members) = &mut event {
                    members.remove("isBase64Encoded");
                    members.insert("type".into(), json!("REQUEST"));
                    members.insert("routeArn".into(), json!(resource));
                    members.insert("identitySource".into(), json!(identity));
                }
                event
            }
        }
    }

    fn read(&self, answer: &Value, kind: ApiKind) -> Result<Answer, MalformedAnswer> {
        let context = answer.get("context").cloned().unwrap_or(json!({}));
        let Value::Object(context) = context else {
            return Err(MalformedAnswer::Context);
        };
        if self.authorizer.simple_responses {
            let allowed = answer["isAuthorized"].as_bool();
            let allowed = allowed.ok_or(MalformedAnswer::NoIsAuthorized)?;
            return Ok(Answer {
                policy: Permission::Simple(allowed),
                identified: context,
            });
        }
        let principal = answer["principalId"]
            .as_str()
            .ok_or(MalformedAnswer::NoPrincipalId)?;
        let policy = PolicyDocument::parse(&answer["policyDocument"])
            .map_err(|(_, error)| MalformedAnswer::Policy(error))?;
        let mut identified = Map::new();
        for (name, value) in context {
            let text = match (kind, value) {
                // A REST API's context holds texts, numbers and booleans, all written as text.
                (ApiKind::Rest, Value::Object(_) | Value::Array(_)) => {
                    return Err(MalformedAnswer::ContextValue(name));
                }
                (ApiKind::Rest, Value::String(text)) => json!(text),
                (ApiKind::Rest, other) => json!(other.to_string()),
                (ApiKind::Http, value) => value,
            };
            identified.insert(name, text);
        }
        if kind == ApiKind::Rest {
            identified.insert("principalId".into(), json!(principal));
            identified.insert("integrationLatency".into(), json!(0));
        }
        Ok(Answer {
            policy: Permission::Policy(policy),
            identified,
        })
    }

    fn cached(&self, identity: &[String]) -> Option<Arc<Answer>> {
        if self.authorizer.time_to_live.is_zero() {
            return None;
        }
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = cache.get(&key(identity))?;
        (*until > self.clock.now()).then(|| Arc::clone(answer))
    }

    fn keep(&self, identity: Vec<String>, answer: &Arc<Answer>) {
        if self.authorizer.time_to_live.is_zero() {
            return;
        }
        let now = self.clock.now();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_CACHED {
            cache.retain(|_, (until, _)| *until > now);
        }
        if cache.len() < MAX_CACHED {
            let until = now + self.authorizer.time_to_live;
            cache.insert(key(&identity), (until, Arc::clone(answer)));
        }
    }
}

/// No value has a NUL in it.
fn key(identity: &[String]) -> String {
    identity.join("\0")
}

fn no_body() -> EventBody {
    EventBody::new(&Bytes::new(), false)
}

/// Matches no text at all.
fn nothing() -> Regex {
    #[allow(clippy::expect_used)]
    Regex::new("[^\\s\\S]").expect("a constant pattern")
}

/// `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path`.
fn method_arn(request: &Parts, context: &Context<'_>) -> String {
    let Context {
        region,
        account_id,
        api_id,
        stage,
        ..
    } = context;
    let (method, path) = (&request.method, context.path.trim_start_matches('/'));
    let resource = format_args!("{api_id}/{stage}/{method}/{path}");
    let place = Place::new(region, account_id, "");
    place.arn("execute-api", resource).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_its_time_by_the_clock() {
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH);
        let guard = |seconds| {
            let authorizer = Authorizer {
                function: "local-Guard".into(),
                invoke_role: None,
                identity: Identity::Token {
                    header: "Authorization".into(),
                    validation: None,
                },
                time_to_live: Duration::from_secs(seconds),
                payload_format: PayloadFormat::V1,
                simple_responses: true,
            };
            Guard::new(authorizer, clock.clone())
        };
        let answer = Arc::new(Answer {
            policy: Permission::Simple(true),
            identified: Map::new(),
        });
        let (one, other) = (["one".to_owned()], ["other".to_owned()]);
        let guard_of_minutes = guard(300);
        guard_of_minutes.keep(one.to_vec(), &answer);
        clock.advance(Duration::from_secs(299));
        assert!(guard_of_minutes.cached(&one).is_some());
        assert!(guard_of_minutes.cached(&other).is_none());
        clock.advance(Duration::from_secs(1));
        assert!(guard_of_minutes.cached(&one).is_none());
        let guard_of_moments = guard(0);
        guard_of_moments.keep(one.to_vec(), &answer);
        assert!(guard_of_moments.cached(&one).is_none());
    }
}
