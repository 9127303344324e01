//! The console: a page that shows the application working, and the API that it reads (docs/api.md).
//!
//! It looks, and does what it is asked to by hand: no request of the
//! application passes through here, and nothing runs while no one looks.

mod access;
mod answer;
mod application;
mod assets;
mod declared;
mod fixtures;
mod logs;
mod metrics;
mod replay;
mod requests;
mod services;
mod stream;
mod tables;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use samlet_access::Access;
use samlet_dynamodb::Store;
use samlet_http::{BodyError, Request, Response, read_body};
use samlet_lambda::Lambda;
use samlet_logs::Logs;
use samlet_service::Services;
use samlet_traces::Traces;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use answer::{Answered, Query, problem};
use application::Known;
pub use application::Shown;

/// Where the console is on the AWS endpoint.
pub const PATH: &str = "/_samlet/";

/// An API's OpenAPI document, below that.
const CONTRACT: &str = "openapi.json";

/// The largest body that is taken: an item of DynamoDB's, as JSON.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Streams that are served at once.
const MAX_STREAMS: usize = 32;

/// What the console looks at.
#[derive(Debug)]
pub struct Sources {
    /// What happened to requests.
    pub traces: Traces,
    /// The functions.
    pub lambda: Lambda,
    /// The tables.
    pub store: Store,
    /// The logs.
    pub logs: Logs,
    /// All services, these among them.
    pub services: Arc<Services>,
    /// What functions are allowed, did and were refused.
    pub access: Arc<Access>,
    /// The application's folder, from which paths in its template start.
    pub home: PathBuf,
    /// Where the application's example events are kept.
    pub events_folder: PathBuf,
}

/// The console of one application.
#[derive(Debug)]
pub struct Console {
    token: String,
    sources: Sources,
    started: SystemTime,
    /// Replaced whole, and held for a moment only.
    known: RwLock<Arc<Known>>,
    /// How often the application was applied.
    applied: watch::Sender<u64>,
    streams: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Console {
    /// A console for who has the `token`, until `shutdown`; it shows nothing
    /// before [`Console::show`].
    pub fn new(token: String, sources: Sources, shutdown: CancellationToken) -> Self {
        Self {
            token,
            sources,
            started: SystemTime::now(),
            known: RwLock::default(),
            applied: watch::Sender::new(0),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            shutdown,
        }
    }

    /// Shows this application from now on.
    pub fn show(&self, shown: &Shown<'_>) {
        let known = Arc::new(Known::of(shown, self.started));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        self.applied.send_modify(|times| *times += 1);
    }

    /// The page's address, below that of the AWS endpoint.
    pub fn url(&self, aws_url: &str) -> String {
        format!("{aws_url}{PATH}?token={}", self.token)
    }

    /// Answers a request for a path of the console's.
    pub async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix(PATH).unwrap_or_default();
        let is_api = path.starts_with("api/") || matches!(path, "metrics" | CONTRACT);
        if let Err(refused) = self.admit(&parts) {
            return match is_api {
                true => refused.into_response(),
                // Somebody sees it in a browser.
                false => refused.into_text(),
            };
        }
        if !is_api {
            return assets::response(&parts.method, path);
        }
        let answered = match read_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => self.api(path, &parts, body).await,
            Err(error @ BodyError::TooLarge(_)) => {
                Err(problem(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))
            }
            Err(error) => Err(problem(StatusCode::BAD_REQUEST, error.to_string())),
        };
        match answered {
            Ok(answered) => answered.into_response(),
            Err(problem) => problem.into_response(),
        }
    }

    async fn api(
        self: &Arc<Self>,
        path: &str,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Answered, answer::Problem> {
        let segments = answer::segments(path);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = Query::of(parts);
        let get = parts.method == Method::GET;
        let post = parts.method == Method::POST;
        match segments.as_slice() {
            ["metrics"] if get => Ok(Answered::metrics(self.sources.traces.open_metrics())),
            [CONTRACT] if get => Ok(self.contract(&query)?.into()),
            ["api", "application"] if get => Ok(self.known().description.clone().into()),
            ["api", "requests"] if get => Ok(self.requests(&query)?.into()),
            ["api", "requests", id] if get => Ok(self.request(id).await?.into()),
            ["api", "requests", id, "replay"] if post => Ok(self.replay(id).await?.into()),
            ["api", "requests", id, "event"] if post => Ok(self.save_event(id, &body)?.into()),
            ["api", "metrics"] if get => Ok(self.metrics(&query)?.into()),
            ["api", "stream"] if get => self.stream(),
            ["api", "logs"] if get => Ok(self.logged(&query).await?.into()),
            ["api", "logs", "stream"] if get => self.log_stream(&query),
            ["api", "tables", table, "items"] => match parts.method {
                Method::GET => Ok(self.items(table, &query).await?.into()),
                Method::PUT => Ok(self.put_item(table, &query, &body).await?.into()),
                Method::DELETE => Ok(self.delete_item(table, &body).await?.into()),
                _ => Err(not_allowed(parts)),
            },
            ["api", "services"] if get => Ok(self.services().await.into()),
            ["api", "policies"] if get => Ok(self.policies().into()),
            known if is_known(known) => Err(not_allowed(parts)),
            _ => Err(problem(
                StatusCode::NOT_FOUND,
                format!("there is no {path}"),
            )),
        }
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a path is there, for some method.
fn is_known(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["metrics" | CONTRACT]
            | [
                "api",
                "application"
                    | "requests"
                    | "metrics"
                    | "stream"
                    | "logs"
                    | "services"
                    | "policies"
            ]
            | ["api", "requests", _]
            | ["api", "requests", _, "replay" | "event"]
            | ["api", "logs", "stream"]
    )
}

fn not_allowed(parts: &Parts) -> answer::Problem {
    let message = format!("{} is not for {}", parts.method, parts.uri.path());
    problem(StatusCode::METHOD_NOT_ALLOWED, message)
}

/// Milliseconds since the epoch.
fn epoch_ms(time: SystemTime) -> f64 {
    let elapsed = time.duration_since(SystemTime::UNIX_EPOCH);
    // To the microsecond, as a double holds it.
    elapsed.map_or(0.0, milliseconds)
}

/// To three decimals.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
