//! Lambda: functions, their execution environments, the Runtime API they speak, and how they are invoked.
//!
//! Knows nothing of routes or of what is in an event: a payload comes in, a
//! function's process answers it. Its own API is a service like any other.

mod api;
mod configuration;
#[cfg(target_os = "linux")]
mod confinement;
mod environment;
mod events;
mod function;
mod log;
mod peer;
mod platform;
mod pool;
mod process;
mod registry;
mod report;
mod restraint;
mod runtime_api;
mod sandbox;
mod scheduler;
mod tmp;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use samlet_aws::trace_id;
use samlet_logs::Logs;
use samlet_traces::{Answered, Arrived, Origin, Trace, Traces};
use tokio::sync::oneshot;
use uuid::Uuid;

pub use api::{Api, IDENTITY};
use events::Events;
pub use function::{Function, Logging, Program};
pub use pool::Environments;
use pool::{Job, Pool, Refusal};
use registry::Registry;
use scheduler::PATIENCE;

/// The largest event of a synchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const MAX_REQUEST_BYTES: usize = 6_291_456;

/// The largest response of a function.
pub const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// How long an invocation waits for an environment before it is throttled: a
/// second less than an API waits for its integration, so that what never ran
/// is told apart from what took too long.
const MAX_WAIT: Duration = Duration::from_secs(28);

/// How long shutdown waits for killed processes.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Bounds of all functions together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Environments that may exist at once.
    pub max_environments: usize,
    /// Invocations that may wait for an environment.
    pub max_waiting: usize,
    /// How long an environment is kept without work.
    pub idle_timeout: Duration,
    /// What the delays between an event's attempts are multiplied by.
    pub retry_delay_scale: f64,
}

/// One synchronous invocation to make.
#[derive(Clone, Debug)]
pub struct Invoke {
    /// The function's name (not its logical id).
    pub function_name: String,
    /// The event, as JSON.
    pub payload: Bytes,
    /// What the caller tells of itself, as JSON on one line.
    pub client_context: Option<String>,
    /// The trace of the request that caused it; a new one when absent.
    pub trace: Option<Trace>,
}

/// What an invocation gave back.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The invocation's id, a UUID.
    pub request_id: String,
    /// The function's response, or the error object of a function error.
    pub payload: Bytes,
    /// Set when the function failed (it reported an error, crashed, timed
    /// out): Lambda's `X-Amz-Function-Error`.
    pub function_error: Option<&'static str>,
    /// The last 4 KB of what the invocation logged.
    pub log_tail: String,
}

/// Why an invocation was not made.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No function has this name.
    #[error("Function not found: {0}")]
    FunctionNotFound(String),
    /// No environment came free in time, too many invocations wait, or the
    /// function's reserved concurrency is used up.
    #[error("Rate Exceeded.")]
    Throttled(ThrottleReason),
    /// The event is over 6 MB.
    #[error("Request must be smaller than 6291456 bytes for the InvokeFunction operation")]
    RequestTooLarge,
    /// No more events may wait.
    #[error("too many events wait to be handled")]
    TooManyEvents,
    /// samlet is shutting down.
    #[error("{0}")]
    Service(String),
}

/// Which limit an invocation was throttled by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleReason {
    /// That of all functions together.
    ConcurrentInvocationLimitExceeded,
    /// The function's own.
    ReservedFunctionConcurrentInvocationLimitExceeded,
}

/// A handle to all functions; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lambda {
    registry: Arc<Registry>,
    events: Events,
    pool: Pool,
    traces: Traces,
}

impl Lambda {
    /// No functions yet: [`Lambda::update`] brings them. Must be called within
    /// a tokio runtime.
    pub fn new(logs: Logs, traces: Traces, settings: &Settings) -> Self {
        Self {
            registry: Arc::default(),
            events: Events::new(settings.retry_delay_scale),
            pool: Pool::new(logs, settings),
            traces,
        }
    }

    /// Makes these the functions. Those that are not as they were, or of which
    /// `is_rebuilt` says that their code isn't, go on in new environments: what
    /// is in flight is finished by those they had, and nothing else is. The
    /// first environment of a function starts with its first invocation. Gives
    /// the names of those that were there and go on in new ones.
    pub fn update(
        &self,
        functions: Vec<Function>,
        is_rebuilt: impl Fn(&Function) -> bool,
    ) -> Vec<String> {
        self.registry.update(&self.pool, functions, is_rebuilt)
    }

    /// The functions, in the template's order.
    pub fn functions(&self) -> Vec<Arc<Function>> {
        self.registry.functions()
    }

    /// The function of this name.
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        Some(self.registry.find(name)?.function)
    }

    /// How many environments of each function start and idle, by name.
    pub fn environments(&self) -> Vec<(String, Environments)> {
        self.pool.environments()
    }

    /// Whether an invocation of this function would be refused now: too many
    /// wait, or for too long. Its own reserved concurrency is another matter.
    pub fn lacks_room(&self, function_name: &str) -> bool {
        let entry = self.registry.find(function_name);
        entry.is_some_and(|entry| self.pool.lacks_room(entry.index))
    }

    /// Invokes a function and waits for its response.
    pub async fn invoke(&self, invoke: Invoke) -> Result<Invocation, InvokeError> {
        let request_id = Uuid::new_v4().to_string();
        self.invoke_as(&request_id, invoke, Origin::Invoke).await
    }

    /// Invokes a function without waiting: with Lambda's retries when it
    /// fails. Gives the request id. What still waits when samlet ends is lost.
    pub fn invoke_event(&self, invoke: Invoke) -> Result<String, InvokeError> {
        events::accept(self, invoke)
    }

    /// Invokes for the trace that `invoke` brings, or for one of its own.
    async fn invoke_as(
        &self,
        request_id: &str,
        invoke: Invoke,
        origin: Origin,
    ) -> Result<Invocation, InvokeError> {
        if let Some(trace) = &invoke.trace {
            let trace = trace.clone();
            return self.invoke_for(&trace, request_id, invoke).await;
        }
        let trace = self.traces.begin(Arrived {
            id: request_id.to_owned(),
            trace_id: trace_id::new_header(),
            origin,
            body: Bytes::new(),
        });
        let invoked = self.invoke_for(&trace, request_id, invoke).await;
        if let Err(error) = &invoked {
            trace.fail(&error.to_string());
        }
        let succeeded = |invocation: &Invocation| invocation.function_error.is_none();
        trace.answer(&Answered {
            status: match invoked.as_ref().is_ok_and(succeeded) {
                true => 200,
                false => 500,
            },
            headers: &HeaderMap::new(),
            body: None,
        });
        invoked
    }

    async fn invoke_for(
        &self,
        trace: &Trace,
        request_id: &str,
        invoke: Invoke,
    ) -> Result<Invocation, InvokeError> {
        let Some(entry) = self.registry.find(&invoke.function_name) else {
            return Err(InvokeError::FunctionNotFound(invoke.function_name));
        };
        let function = entry.index;
        if invoke.payload.len() > MAX_REQUEST_BYTES {
            return Err(InvokeError::RequestTooLarge);
        }
        let submitted = Instant::now();
        let throttled = |reason| {
            let error = InvokeError::Throttled(reason);
            trace.throttle(&invoke.function_name, submitted, &error.to_string());
            error
        };
        let permit = entry.admit().map_err(throttled)?;
        let throttled = || throttled(ThrottleReason::ConcurrentInvocationLimitExceeded);
        let (reply, mut replied) = oneshot::channel();
        let job = Job {
            request_id: request_id.to_owned(),
            client_context: invoke.client_context,
            payload: invoke.payload,
            trace: trace.clone(),
            submitted,
            reply,
            _permit: permit,
        };
        let ticket = self
            .pool
            .submit(function, job)
            .map_err(|refusal| match refusal {
                Refusal::QueueFull => throttled(),
                Refusal::Closed => shutting_down(),
            })?;
        let mut waited = Duration::ZERO;
        while waited < MAX_WAIT {
            // Twice as long each time: there may be many.
            let more = waited.max(PATIENCE).min(MAX_WAIT - waited);
            if let Ok(answer) = tokio::time::timeout(more, &mut replied).await {
                return answer.map_err(|_| shutting_down());
            }
            waited += more;
            self.pool.hurry();
        }
        match self.pool.withdraw(function, ticket) {
            Some(_waited_in_vain) => Err(throttled()),
            // It runs, and so ends by its own timeout.
            None => replied.await.map_err(|_| shutting_down()),
        }
    }

    /// Ends every environment, those in flight too; further invocations are refused.
    pub async fn close(&self) {
        self.pool.close(CLOSE_TIMEOUT).await;
    }
}

/// Whether this system lets samlet confine functions' processes to their own files.
pub fn can_confine() -> bool {
    #[cfg(target_os = "linux")]
    return confinement::is_possible();
    #[cfg(not(target_os = "linux"))]
    false
}

fn shutting_down() -> InvokeError {
    InvokeError::Service("samlet is shutting down".into())
}
