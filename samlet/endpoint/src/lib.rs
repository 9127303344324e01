//! One AWS endpoint for all services: authenticates, authorises, hands on.
//!
//! Decides nothing itself: who signed and what is allowed is `samlet-iam`'s to
//! say, and what an operation does its service's. Each service speaks a
//! protocol of its own, so each has a module here; the console is served
//! beside them.

mod access;
mod dynamodb;
mod functions;
mod live_tail;
mod logs;
mod service;
mod sts;
mod unknown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use samlet_console::Console;
use samlet_dynamodb::Store;
use samlet_http::{BodyError, Limits, Request, Response, read_body};
use samlet_iam::{AuthenticationError, Denied, Identities};
use samlet_lambda::Lambda;
use samlet_logs::{Logs, LogsApi};
use samlet_traces::{Call, Traces};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use access::AccessObserver;
use service::Service;

/// The largest request of any service: DynamoDB's.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// How long a request's body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Every IAM action of STS, one a line; ` *` follows those that know no
/// resources, and so are granted on all.
///
/// The Service Authorization Reference as cfn-lint 1.58.0 has it (Policies.json,
/// read 2026-11-25), in botocore's spelling.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>
pub const STS_ACTIONS: &str = include_str!("sts_actions.txt");

/// The endpoint of one application.
#[derive(Debug)]
pub struct Endpoint {
    identities: Arc<Identities>,
    store: Store,
    functions: samlet_lambda::Api,
    logs: LogsApi,
    observer: Arc<dyn AccessObserver>,
    traces: Traces,
    console: Arc<Console>,
    shutdown: CancellationToken,
}

/// What the application has.
#[derive(Debug)]
pub struct Services {
    /// DynamoDB's tables.
    pub store: Store,
    /// Lambda's functions.
    pub lambda: Lambda,
    /// CloudWatch's logs.
    pub logs: Logs,
    /// What functions' calls are told to.
    pub traces: Traces,
}

/// Who may not do what: for each protocol to write down.
enum Refusal {
    Unauthenticated(AuthenticationError),
    Denied(Denied),
}

impl Endpoint {
    /// An endpoint for those in `identities`, over what the application has,
    /// until `shutdown`.
    pub fn new(
        identities: Arc<Identities>,
        services: Services,
        observer: Arc<dyn AccessObserver>,
        console: Arc<Console>,
        shutdown: CancellationToken,
    ) -> Self {
        let Services {
            store,
            lambda,
            logs,
            traces,
        } = services;
        let (region, account) = (identities.region(), identities.account_id());
        let functions = samlet_lambda::Api::new(lambda, region, account);
        let logs = LogsApi::new(logs, region, account);
        Self {
            identities,
            store,
            functions,
            logs,
            observer,
            traces,
            console,
            shutdown,
        }
    }

    /// Serves `listener` until shutdown, then finishes what is in flight.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let shutdown = self.shutdown.clone();
        let service = move |mut request: Request, peer: SocketAddr| {
            request.extensions_mut().insert(peer);
            let endpoint = Arc::clone(&self);
            async move { endpoint.answer(request).await }
        };
        let limits = Limits {
            drain_timeout: Duration::from_secs(2),
            ..Limits::default()
        };
        samlet_http::serve(listener, limits, shutdown, |_, _| true, service).await;
    }

    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        if !is_local(&parts) {
            return text(
                StatusCode::FORBIDDEN,
                "This endpoint answers to 127.0.0.1 and localhost only.\n",
            );
        }
        if parts.uri.path().starts_with(samlet_console::PATH) {
            let request = Request::from_parts(parts, body);
            return Arc::clone(&self.console).answer(request).await;
        }
        let asks_for_health = parts.method == Method::GET
            && parts.uri.path_and_query().is_some_and(|path| path == "/");
        if asks_for_health && service::signed_for(&parts).is_none_or(|name| name == "dynamodb") {
            let region = self.identities.region();
            return text(
                StatusCode::OK,
                &format!("healthy: dynamodb.{region}.amazonaws.com "),
            );
        }
        let body = match read_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, ""),
            Err(_) => return text(StatusCode::REQUEST_TIMEOUT, ""),
        };
        // A task of its own: an invocation goes on when its caller hangs up.
        let serve = tokio::spawn(async move { self.traced(parts, body).await });
        serve.await.unwrap_or_else(|error| {
            tracing::error!(%error, "samlet failed to serve a request");
            text(StatusCode::INTERNAL_SERVER_ERROR, "")
        })
    }

    /// Serves a request as a part of the trace that it belongs to.
    async fn traced(&self, mut parts: Parts, body: Bytes) -> Response {
        let Some(call) = self.call(&parts, &body) else {
            return self.route(&parts, body).await;
        };
        parts.extensions.insert(call.clone());
        let response = self.route(&parts, body).await;
        let status = response.status();
        let message = match status.is_client_error() || status.is_server_error() {
            true => samlet_http::peek(response.body()).map(|body| error_message(&body)),
            false => None,
        };
        call.end(status.as_u16(), message);
        response
    }

    /// The call that a function makes by this request.
    fn call(&self, parts: &Parts, body: &Bytes) -> Option<Call> {
        let function = self.identities.session(service::signed_by(parts)?)?;
        let header = parts.headers.get("x-amzn-trace-id");
        let header = header.and_then(|header| header.to_str().ok());
        let trace = self.traces.of_call(header, Some(&function))?;
        let (service, operation) = match service::of(parts, body) {
            Service::DynamoDb(operation) => ("dynamodb", Some(operation)),
            Service::Lambda => ("lambda", None),
            Service::Logs(operation) => ("logs", Some(operation)),
            Service::Sts(action) => return Some(trace.call("sts", Some(&action), Some(&function))),
            Service::WrongContentType => ("dynamodb", None),
            Service::Unknown(what, _) => return Some(trace.call(&what, None, Some(&function))),
        };
        Some(trace.call(service, operation, Some(&function)))
    }

    async fn route(&self, parts: &Parts, body: Bytes) -> Response {
        match service::of(parts, &body) {
            Service::DynamoDb(operation) => self.dynamodb(operation, parts, body).await,
            Service::Lambda => self.lambda(parts, body).await,
            Service::Logs(operation) => self.logs(operation, parts, &body).await,
            Service::Sts(action) => self.sts(&action, parts, &body),
            Service::WrongContentType => {
                text(StatusCode::NOT_FOUND, "<UnknownOperationException/>\n")
            }
            Service::Unknown(what, protocol) => {
                let message = format!(
                    "samlet does not provide {what}; it provides DynamoDB, Lambda, CloudWatch Logs and STS"
                );
                tracing::warn!("{message}");
                unknown::response(&message, protocol)
            }
        }
    }
}

/// A page on another site could otherwise reach us under a name of its own
/// that resolves to 127.0.0.1.
fn is_local(parts: &Parts) -> bool {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    matches!(name, Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// What an error's body says, in JSON or not.
fn error_message(body: &[u8]) -> String {
    const MAX_CHARS: usize = 500;
    let error: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = error.get("message").or_else(|| error.get("Message"));
    match text.and_then(serde_json::Value::as_str) {
        Some(text) => text.chars().take(MAX_CHARS).collect(),
        None => String::from_utf8_lossy(body)
            .chars()
            .take(MAX_CHARS)
            .collect(),
    }
}

/// A response with its content type and a request id, as all services have them.
fn respond(status: u16, content_type: &'static str, id: &str, body: Bytes) -> Response {
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// The request id of most services.
fn request_id() -> String {
    Uuid::new_v4().to_string()
}

fn text(status: StatusCode, body: &str) -> Response {
    let mut response = http::Response::new(samlet_http::whole(body.to_owned()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parts(host: &str) -> Parts {
        http::Request::post("/")
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    #[test]
    fn only_loopback_names_are_answered_to() {
        for host in [
            "127.0.0.1:4566",
            "localhost:4566",
            "localhost",
            "[::1]:4566",
        ] {
            assert!(is_local(&parts(host)), "{host}");
        }
        for host in ["evil.example:4566", "127.0.0.1.evil.example", ""] {
            assert!(!is_local(&parts(host)), "{host}");
        }
    }
}
