//! One AWS endpoint for all services: authenticate → read → authorise → serve → write.
//!
//! Depends on no service. The services' protocols say which of them a request is for; `samlet-iam` says who signed it
//! and what is allowed; the service does what is asked. The console is served beside them.

mod accepted;
mod compression;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::USER_AGENT;
use http::request::Parts;
use samlet_aws::trace_id;
use samlet_http::{
    BodyError, BodyReader, HostError, Hosts, Incoming, Limits, Request, Response, discard_body,
    read_body,
};
use samlet_iam::{AuthenticationError, Identities, Payload, PayloadHash, Principal};
use samlet_service::{
    Answer, Body, BodyRule, BodyStream, Call, Caller, ClientInfo, Destination, Fault, Identity,
    Protocol, Recognised, Services, UnknownService, signed_by,
};
use samlet_traces::{self as traces, Traces};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use accepted::accepted_encoding;
use compression::Compression;

/// How long a request's body, or a part of a streamed one, may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What is served beside the services, below a path of its own.
pub struct Mount {
    /// What its paths begin with.
    pub path: &'static str,
    /// Answers its requests.
    pub answer: Box<dyn Fn(Request) -> ResponseFuture + Send + Sync>,
}

/// A response that is being made.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mount({})", self.path)
    }
}

/// The endpoint of one application.
#[derive(Debug)]
pub struct Endpoint {
    identities: Arc<Identities>,
    services: Arc<Services>,
    traces: Traces,
    mounts: Vec<Mount>,
    compression: Compression,
    shutdown: CancellationToken,
}

impl Endpoint {
    /// An endpoint for those in `identities`, until `shutdown`. Functions' calls go into `traces`.
    pub fn new(
        identities: Arc<Identities>,
        services: Arc<Services>,
        traces: Traces,
        mounts: Vec<Mount>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            identities,
            services,
            traces,
            mounts,
            compression: Compression::default(),
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
        let (head, body) = request.into_parts();
        if let Err(error) = Hosts::loopback().check(&head) {
            return refused(&error);
        }
        let path = head.uri.path();
        if let Some(mount) = self
            .mounts
            .iter()
            .find(|mount| path.starts_with(mount.path))
        {
            return (mount.answer)(Request::from_parts(head, body)).await;
        }
        if let Some(answer) = self.unsigned_answer(&head) {
            return answer;
        }
        // A task of its own: what was begun goes on when its caller hangs up.
        let served = tokio::spawn(async move { self.handle(head, body).await });
        served.await.unwrap_or_else(|error| {
            tracing::error!(%error, "samlet failed to serve a request");
            text(StatusCode::INTERNAL_SERVER_ERROR, "")
        })
    }

    /// What a service answers without a signature.
    fn unsigned_answer(&self, head: &Parts) -> Option<Response> {
        let mut services = self.services.list().iter();
        services.find_map(|service| {
            let answer = service.unsigned_answer(head)?;
            let protocol = service.identity().protocols.first()?;
            Some(protocol.write(None, Ok(answer)))
        })
    }

    async fn handle(&self, head: Parts, body: Incoming) -> Response {
        let destination = match self.services.recognise(&head, None) {
            Recognised::Known(destination) => destination,
            Recognised::Form { max_bytes } => return self.handle_form(head, body, max_bytes).await,
            // A client that is still sending would see its connection reset, not the answer.
            refused => {
                return match discard_body(body, BODY_TIMEOUT).await {
                    Ok(()) => self.refuse(&head, &refused),
                    Err(_) => text(StatusCode::REQUEST_TIMEOUT, ""),
                };
            }
        };
        let max_bytes = match destination.service.identity().body {
            BodyRule::Whole { max_bytes } => max_bytes,
            BodyRule::Streamed { max_bytes } => {
                return self.handle_stream(destination, head, body, max_bytes).await;
            }
        };
        match read_body(body, max_bytes, BODY_TIMEOUT).await {
            Ok(body) => self.handle_whole(destination, head, body).await,
            Err(BodyError::TooLarge(_)) => self.too_large(&destination, &head, max_bytes),
            Err(_) => text(StatusCode::REQUEST_TIMEOUT, ""),
        }
    }

    /// A form says only in its body which service it is for.
    async fn handle_form(&self, head: Parts, body: Incoming, max_bytes: usize) -> Response {
        let body = match read_body(body, max_bytes, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, ""),
            Err(_) => return text(StatusCode::REQUEST_TIMEOUT, ""),
        };
        match self.services.recognise(&head, Some(&body)) {
            Recognised::Known(destination) => match destination.service.identity().body {
                BodyRule::Whole { max_bytes } if body.len() > max_bytes => {
                    self.too_large(&destination, &head, max_bytes)
                }
                _ => self.handle_whole(destination, head, body).await,
            },
            refused => self.refuse(&head, &refused),
        }
    }

    async fn handle_whole(
        &self,
        destination: Destination<'_>,
        head: Parts,
        body: Bytes,
    ) -> Response {
        let identity = destination.service.identity();
        // What is signed are the bytes as they are sent, compressed or not.
        let request = match self.authenticate(&destination, &head, Payload::Whole(&body)) {
            Ok(principal) => {
                let body = self.decompressed(identity, &head, body).await;
                body.map(|body| (principal, Body::Whole(body)))
            }
            Err(error) => Err(Fault::unauthenticated(&error)),
        };
        let accepted = if identity.has_compression {
            accepted_encoding(&head.headers)
        } else {
            None
        };
        let protocol = destination.protocol;
        let response = self.serve_as(request, destination, head).await;
        match accepted {
            Some(encoding) => {
                self.compression
                    .compress(encoding, protocol, response)
                    .await
            }
            None => response,
        }
    }

    /// A request's body, decompressed where its service has that.
    async fn decompressed(
        &self,
        identity: &Identity,
        head: &Parts,
        body: Bytes,
    ) -> Result<Bytes, Fault> {
        match identity.body {
            BodyRule::Whole { max_bytes } if identity.has_compression => {
                let decompressed = self.compression.decompress(&head.headers, body, max_bytes);
                decompressed.await
            }
            _ => Ok(body),
        }
    }

    /// The service reads the body as it arrives; it is checked against the hash that was signed.
    async fn handle_stream(
        &self,
        destination: Destination<'_>,
        head: Parts,
        body: Incoming,
        max_bytes: u64,
    ) -> Response {
        let reader = BodyReader::new(body, max_bytes, BODY_TIMEOUT);
        let request = self
            .authenticate(&destination, &head, Payload::Declared)
            .and_then(|principal| {
                let body = BodyStream::arriving(reader, PayloadHash::of(&head)?);
                Ok((principal, Body::Stream(body)))
            });
        let request = request.map_err(|error| Fault::unauthenticated(&error));
        self.serve_as(request, destination, head).await
    }

    fn authenticate(
        &self,
        destination: &Destination<'_>,
        head: &Parts,
        payload: Payload<'_>,
    ) -> Result<Principal, AuthenticationError> {
        let service = destination.service.identity().signing_name;
        let now = SystemTime::now();
        self.identities.authenticate(service, head, payload, now)
    }

    /// Serves a request for the principal that signed it, as a part of its trace; or refuses it, if it can't be read.
    async fn serve_as(
        &self,
        request: Result<(Principal, Body), Fault>,
        destination: Destination<'_>,
        head: Parts,
    ) -> Response {
        let Destination {
            service,
            protocol,
            operation,
        } = destination;
        let name = service.identity().signing_name;
        let call = self.traced_call(&head, name, operation.as_deref());
        let outcome = match request {
            Err(fault) => Err(fault),
            Ok((principal, body)) => {
                let caller = Caller {
                    principal,
                    call: call.clone(),
                    client: client_info(&head),
                };
                let request = Call {
                    head,
                    protocol,
                    operation: operation.clone(),
                    body,
                };
                self.services.call(service.as_ref(), request, &caller).await
            }
        };
        finish(call, protocol, operation.as_deref(), outcome)
    }

    /// The call that a function makes by a request.
    fn traced_call(
        &self,
        head: &Parts,
        service: &str,
        operation: Option<&str>,
    ) -> Option<traces::Call> {
        let function = self.identities.session(&signed_by(head)?)?;
        let header = head.headers.get(trace_id::HEADER);
        let header = header.and_then(|header| header.to_str().ok());
        let trace = self.traces.of_call(header, Some(&function))?;
        Some(trace.call(service, operation, Some(&function)))
    }

    /// Refuses a request that no service here takes.
    fn refuse(&self, head: &Parts, refused: &Recognised<'_>) -> Response {
        match refused {
            Recognised::Unknown(UnknownService { what, protocol }) => {
                let titles = self.services.titles();
                let message = format!("samlet does not provide {what}; it provides {titles}");
                tracing::warn!("{message}");
                let call = self.traced_call(head, what, None);
                finish(call, protocol, None, Err(Fault::unknown_operation(message)))
            }
            Recognised::WrongContentType(service) => {
                let name = service.identity().signing_name;
                let response = wrong_content_type();
                if let Some(call) = self.traced_call(head, name, None) {
                    let message = "the content type is wrong".into();
                    call.end(response.status().as_u16(), Some(message));
                }
                response
            }
            // They are served, and not refused.
            Recognised::Known(_) | Recognised::Form { .. } => wrong_content_type(),
        }
    }

    /// Refuses a body that is longer than its service takes.
    fn too_large(&self, destination: &Destination<'_>, head: &Parts, max_bytes: usize) -> Response {
        let Destination {
            service,
            protocol,
            operation,
        } = destination;
        let fault = service.too_large();
        let fault = fault.unwrap_or_else(|| Fault::too_large(max_bytes));
        let (name, operation) = (service.identity().signing_name, operation.as_deref());
        let call = self.traced_call(head, name, operation);
        finish(call, protocol, operation, Err(fault))
    }
}

/// Writes what came of a request, and ends the call that it is in its trace.
fn finish(
    call: Option<traces::Call>,
    protocol: &Protocol,
    operation: Option<&str>,
    outcome: Result<Answer, Fault>,
) -> Response {
    let message = outcome.as_ref().err().map(message);
    let response = protocol.write(operation, outcome);
    if let Some(call) = call {
        call.end(response.status().as_u16(), message);
    }
    response
}

fn client_info(head: &Parts) -> ClientInfo {
    ClientInfo {
        source_ip: head.extensions.get::<SocketAddr>().map(SocketAddr::ip),
        user_agent: head.headers.get(USER_AGENT).cloned(),
    }
}

/// What a trace says of a refusal.
fn message(fault: &Fault) -> String {
    const MAX_CHARS: usize = 500;
    let text = match fault.message.is_empty() {
        true => &fault.code,
        false => &fault.message,
    };
    text.chars().take(MAX_CHARS).collect()
}

/// AWS JSON's own answer to a body that is not AWS JSON.
fn wrong_content_type() -> Response {
    text(StatusCode::NOT_FOUND, "<UnknownOperationException/>\n")
}

/// The answer to a request that is not for this endpoint, or doesn't say so clearly.
fn refused(error: &HostError) -> Response {
    let message = match error {
        HostError::NotServed(_) => "This endpoint answers to localhost and loopback addresses only",
        _ => "Bad request",
    };
    text(error.status(), format!("{message}: {error}.\n"))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = http::Response::new(samlet_http::whole(body));
    *response.status_mut() = status;
    response
}
