//! HTTP/1.1 over loopback listeners, with a bound on everything a client can make us hold or wait for.
//!
//! Knows nothing of what is served: the gateway, the AWS endpoint and the
//! Runtime API each bring a service.

mod budget;
mod connections;
mod encoding;
mod hosts;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Body as _;
pub use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use budget::{Budget, Held};
use connections::{Connection, Connections};
pub use encoding::{ContentEncoding, DecompressError};
pub use hosts::{Host, HostError, Hosts, NotAHost};

/// A request as it comes off the wire: its body is not read yet.
pub type Request = http::Request<Incoming>;

/// A response.
pub type Response = http::Response<Body>;

/// A response's body: wholly in memory, or sent as it comes to be.
pub type Body = Either<Full<Bytes>, Channel<Bytes>>;

/// Where the parts of a body go that is sent as it comes to be.
pub type BodySender = http_body_util::channel::Sender<Bytes>;

/// Parts of a body that may wait for the client to take them.
const QUEUED_PARTS: usize = 16;

/// A body that is wholly in memory.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}

/// A body's bytes, if it is wholly in memory.
pub fn peek(body: &Body) -> Option<Bytes> {
    let Either::Left(full) = body else {
        return None;
    };
    let mut full = full.clone();
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(&mut full).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
        _ => None,
    }
}

/// A body that is sent as it comes to be; it ends when the sender is dropped.
pub fn streamed() -> (BodySender, Body) {
    let (sender, body) = Channel::new(QUEUED_PARTS);
    (sender, Either::Right(body))
}

/// Bounds for one listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections held open at once; for further ones, those give way that
    /// have waited longest for a request.
    pub max_connections: usize,
    /// How long a client may take to send a request's headers; also how long
    /// an idle kept-alive connection is held.
    pub header_timeout: Duration,
    /// Bytes that a request's line and headers may take.
    pub max_header_bytes: usize,
    /// How long a client may take none of what it is sent.
    pub write_timeout: Duration,
    /// What large bodies, of requests and responses, may take together.
    pub max_body_bytes: u64,
    /// How long requests in flight may take to finish once shutdown was asked for.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            header_timeout: Duration::from_secs(60),
            max_header_bytes: 64 * 1024,
            write_timeout: Duration::from_secs(30),
            max_body_bytes: 128 * 1024 * 1024,
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Serves `listener` until `shutdown` is cancelled, then waits for the
/// requests in flight, at most for [`Limits::drain_timeout`].
///
/// `admit` is asked once a connection, before anything is read from it.
pub async fn serve<A, S, F>(
    listener: TcpListener,
    limits: Limits,
    shutdown: CancellationToken,
    admit: A,
    service: S,
) where
    A: Fn(&TcpStream, SocketAddr) -> bool,
    S: Fn(Request, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let connections = Connections::new(limits.max_connections);
    let budget = Budget::new(limits.max_body_bytes);
    while let Some((stream, peer)) = next_connection(&listener, &shutdown).await {
        if !admit(&stream, peer) {
            tracing::debug!(%peer, "connection refused");
            continue;
        }
        let slot = tokio::select! {
            slot = connections.slot() => slot,
            () = shutdown.cancelled() => break,
        };
        let Some(slot) = slot else { break };
        let entry = connections.open(slot);
        let served = serve_connection(stream, peer, &limits, &budget, &entry, service.clone());
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            if let Err(error) = until_ended(served, &entry, &shutdown).await {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(limits.drain_timeout, connections.ended()).await;
    // Who waits for none cuts them off on purpose.
    if drained.is_err() && !limits.drain_timeout.is_zero() {
        tracing::warn!("requests still in flight after the drain timeout were cut off");
    }
}

/// One connection's requests, each answered by `service` once there is room
/// for its body.
fn serve_connection<S, F>(
    stream: TcpStream,
    peer: SocketAddr,
    limits: &Limits,
    budget: &Budget,
    entry: &Arc<Connection>,
    service: S,
) -> impl GracefulConnection<Error = hyper::Error> + use<S, F>
where
    S: Fn(Request, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    // Without it, an answer of two writes waits for the peer's delayed acknowledgement.
    stream.set_nodelay(true).ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let (budget, entry) = (budget.clone(), Arc::clone(entry));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.max_header_bytes.max(MIN_BUFFER_BYTES))
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            service_fn(move |request: Request| {
                entry.serve();
                let (service, budget) = (service.clone(), budget.clone());
                let entry = Arc::clone(&entry);
                async move {
                    let mut response = answer(request, peer, budget, service).await;
                    if !entry.wait() {
                        let close = http::HeaderValue::from_static("close");
                        response
                            .headers_mut()
                            .insert(http::header::CONNECTION, close);
                    }
                    Ok::<_, Infallible>(response)
                }
            }),
        )
}

/// The answer to one request, with what it takes of the budget.
async fn answer<S, F>(
    request: Request,
    peer: SocketAddr,
    budget: Budget,
    service: S,
) -> http::Response<Held<Body>>
where
    S: Fn(Request, SocketAddr) -> F,
    F: Future<Output = Response>,
{
    let Ok(share) = budget.for_request(&request.body().size_hint()).await else {
        return unavailable();
    };
    let response = service(request, peer).await;
    drop(share);
    match budget.for_response(&response.body().size_hint()) {
        Ok(share) => response.map(|body| Held::new(body, share)),
        Err(_) => unavailable(),
    }
}

/// There is no room for a large body.
fn unavailable() -> http::Response<Held<Body>> {
    tracing::warn!("a request was refused: too many large bodies at once");
    let body = Held::new(whole(r#"{"message":"Service Unavailable"}"#), None);
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    response
}

/// Lets a connection go on until it ends, has to give way, or all are to end.
async fn until_ended<C: GracefulConnection>(
    connection: C,
    entry: &Connection,
    shutdown: &CancellationToken,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let time_left = tokio::select! {
        ended = connection.as_mut() => return ended,
        () = shutdown.cancelled() => None,
        left = entry.giving_way() => Some(left),
    };
    connection.as_mut().graceful_shutdown();
    match time_left {
        None => connection.await,
        Some(left) => tokio::time::timeout(left, connection)
            .await
            .unwrap_or(Ok(())),
    }
}

/// The smallest read buffer that hyper accepts.
const MIN_BUFFER_BYTES: usize = 8192;

/// How long to wait after a failed accept, so that running out of file
/// descriptors doesn't turn into a busy loop.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

async fn next_connection(
    listener: &TcpListener,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return None,
        };
        match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is longer than the limit, declared or found so.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// It did not arrive in time.
    #[error("the body did not arrive within {0:?}")]
    TimedOut(Duration),
    /// The client broke off, or its framing is wrong.
    #[error("the body was cut short: {0}")]
    Broken(String),
}

/// A body that is read as it arrives.
#[derive(Debug)]
pub struct BodyReader {
    body: Incoming,
    /// How much more of it is taken.
    left: u64,
    max_bytes: u64,
    timeout: Duration,
}

impl BodyReader {
    /// Reads `body`, at most `max_bytes` of it; each part may take as long as `timeout` to arrive.
    pub fn new(body: Incoming, max_bytes: u64, timeout: Duration) -> Self {
        Self {
            body,
            left: max_bytes,
            max_bytes,
            timeout,
        }
    }

    /// The next part; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            let frame = tokio::time::timeout(self.timeout, self.body.frame()).await;
            let Ok(frame) = frame else {
                return Some(Err(BodyError::TimedOut(self.timeout)));
            };
            match frame?.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => return Some(self.take(data)),
                // Trailers.
                Ok(Err(_)) => {}
                Err(error) => return Some(Err(BodyError::Broken(error.to_string()))),
            }
        }
    }
}

impl BodyReader {
    fn take(&mut self, data: Bytes) -> Result<Bytes, BodyError> {
        let Some(left) = self.left.checked_sub(data.len() as u64) else {
            self.left = 0;
            let max_bytes = usize::try_from(self.max_bytes).unwrap_or(usize::MAX);
            return Err(BodyError::TooLarge(max_bytes));
        };
        self.left = left;
        Ok(data)
    }
}

/// Reads a body that nobody wants, within `timeout`: at most 32 MB of it.
pub async fn discard_body(body: Incoming, timeout: Duration) -> Result<(), BodyError> {
    if body.is_end_stream() {
        return Ok(());
    }
    let discarded = tokio::time::timeout(timeout, discard(body));
    discarded.await.map_err(|_| BodyError::TimedOut(timeout))
}

/// How much of a body that is too large is still read, and dropped: a client
/// that is sending would otherwise see its connection reset, not our answer.
const MAX_DISCARDED_BYTES: usize = 32 * 1024 * 1024;

/// Reads a whole body of at most `max_bytes`, within `timeout`.
pub async fn read_body(
    body: Incoming,
    max_bytes: usize,
    timeout: Duration,
) -> Result<Bytes, BodyError> {
    // Most requests have none: they need no timer.
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let read = tokio::time::timeout(timeout, read_at_most(body, max_bytes));
    read.await.unwrap_or(Err(BodyError::TimedOut(timeout)))
}

async fn read_at_most(mut body: Incoming, max_bytes: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() <= max_bytes as u64 {
        match Limited::new(&mut body, max_bytes).collect().await {
            Ok(collected) => return Ok(collected.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {}
            Err(error) => return Err(BodyError::Broken(error.to_string())),
        }
    }
    discard(body).await;
    Err(BodyError::TooLarge(max_bytes))
}

async fn discard(mut body: Incoming) {
    let mut left = MAX_DISCARDED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            break;
        }
    }
}
