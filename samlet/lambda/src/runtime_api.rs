//! The Runtime API's HTTP side: requests become calls, answers become responses.
//!
//! Holds no state: whether a call is right now is for the environment to say.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use samlet_http::{BodyError, Request, Response, read_body};
use tokio::sync::{mpsc, oneshot};

use crate::limits::MAX_RESPONSE_BYTES;

/// How long a runtime may take to send a response's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest error type and trace that are kept of an error report.
const MAX_ERROR_TYPE_BYTES: usize = 1024;

/// A call of the runtime, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) kind: CallKind,
    pub(crate) answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
pub(crate) enum CallKind {
    Next,
    Response { request_id: String, payload: Bytes },
    ResponseTooLarge { request_id: String },
    Error { request_id: String, payload: Bytes },
    InitError { error_type: String, payload: Bytes },
}

#[derive(Debug)]
pub(crate) enum Answer {
    Invocation(Box<NextInvocation>),
    Accepted,
    InvalidRequestId,
    InvalidStateTransition,
    TooLarge,
}

/// What `next` hands to the runtime.
#[derive(Debug)]
pub(crate) struct NextInvocation {
    pub(crate) request_id: String,
    pub(crate) deadline_ms: u64,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    /// The caller's, as JSON on one line.
    pub(crate) client_context: Option<String>,
    pub(crate) payload: Bytes,
}

/// Answers one request of the environment whose calls go to `calls`.
pub(crate) async fn handle(request: Request, calls: mpsc::Sender<Call>) -> Response {
    let kind = match parse(request).await {
        Ok(kind) => kind,
        Err(response) => return response,
    };
    let (answer, answered) = oneshot::channel();
    if calls.send(Call { kind, answer }).await.is_err() {
        return gone();
    }
    answered.await.map_or_else(|_| gone(), render)
}

async fn parse(request: Request) -> Result<CallKind, Response> {
    let (parts, body) = request.into_parts();
    let Some(path) = parts.uri.path().strip_prefix("/2018-06-01/runtime/") else {
        return Err(not_found());
    };
    let segments: Vec<&str> = path.split('/').collect();
    match (&parts.method, segments.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => Ok(CallKind::Next),
        (&Method::POST, ["invocation", id, "response"]) => {
            let request_id = (*id).to_owned();
            match read_body(body, MAX_RESPONSE_BYTES, BODY_TIMEOUT).await {
                Ok(payload) => Ok(CallKind::Response {
                    request_id,
                    payload,
                }),
                Err(BodyError::TooLarge(_)) => Ok(CallKind::ResponseTooLarge { request_id }),
                Err(error) => Err(truncated(&error)),
            }
        }
        (&Method::POST, ["invocation", id, "error"]) => {
            let request_id = (*id).to_owned();
            let payload = read_error(body).await?;
            Ok(CallKind::Error {
                request_id,
                payload,
            })
        }
        (&Method::POST, ["init", "error"]) => {
            let error_type = parts
                .headers
                .get("lambda-runtime-function-error-type")
                .and_then(|value| value.to_str().ok())
                .filter(|text| text.len() <= MAX_ERROR_TYPE_BYTES)
                .unwrap_or("Runtime.Unknown")
                .to_owned();
            let payload = read_error(body).await?;
            Ok(CallKind::InitError {
                error_type,
                payload,
            })
        }
        _ => Err(not_found()),
    }
}

async fn read_error(body: hyper::body::Incoming) -> Result<Bytes, Response> {
    read_body(body, MAX_RESPONSE_BYTES, BODY_TIMEOUT)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge(_) => render(Answer::TooLarge),
            error => truncated(&error),
        })
}

fn render(answer: Answer) -> Response {
    match answer {
        Answer::Invocation(invitation) => invite(*invitation),
        Answer::Accepted => json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.into()),
        Answer::InvalidRequestId => error(
            StatusCode::BAD_REQUEST,
            "Invalid request ID",
            "InvalidRequestID",
        ),
        Answer::InvalidStateTransition => error(
            StatusCode::FORBIDDEN,
            "State transition is not allowed",
            "InvalidStateTransition",
        ),
        Answer::TooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."),
            "RequestEntityTooLarge",
        ),
    }
}

fn invite(invitation: NextInvocation) -> Response {
    let mut response = http::Response::new(samlet_http::whole(invitation.payload));
    let mut insert = |name: &'static str, value: String| match HeaderValue::from_maybe_shared(
        Bytes::from(value),
    ) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        // Ids and ARNs are ours; only what a caller gave could be no header value.
        Err(error) => tracing::error!(%error, name, "an invocation goes without a header"),
    };
    insert("content-type", "application/json".into());
    insert("lambda-runtime-aws-request-id", invitation.request_id);
    insert(
        "lambda-runtime-deadline-ms",
        invitation.deadline_ms.to_string(),
    );
    insert(
        "lambda-runtime-invoked-function-arn",
        invitation.function_arn,
    );
    insert("lambda-runtime-trace-id", invitation.trace_id);
    if let Some(context) = invitation.client_context {
        insert("lambda-runtime-client-context", context);
    }
    response
}

fn truncated(cause: &BodyError) -> Response {
    error(
        StatusCode::BAD_REQUEST,
        &cause.to_string(),
        "TruncatedHTTPRequest",
    )
}

fn not_found() -> Response {
    let mut response = http::Response::new(samlet_http::whole("404 page not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The environment is ending.
fn gone() -> Response {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The environment is being shut down",
        "ContainerError",
    )
}

fn error(status: StatusCode, message: &str, error_type: &str) -> Response {
    json(
        status,
        serde_json::json!({"errorMessage": message, "errorType": error_type}).to_string(),
    )
}

fn json(status: StatusCode, body: String) -> Response {
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
