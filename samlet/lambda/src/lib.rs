//! Lambda: functions, their execution environments, the Runtime API they speak, and how they are invoked.
//!
//! Knows nothing of routes or of what is in an event: a payload comes in, a
//! function's process answers it. Its own API is a service like any other.

mod api;
mod configuration;
mod environment;
mod events;
mod exit;
mod function;
mod init;
mod init_backoff;
mod invocation;
mod job;
mod limits;
mod log;
mod outcome;
mod peer;
mod platform;
mod pool;
mod registry;
mod report;
mod runtime_api;
mod sandbox;
mod scheduler;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use samlet_aws::trace_id;
use samlet_clock::Clock;
use samlet_logs::Logs;
use samlet_traces::{Answered, Arrived, Origin, Trace, Traces};
use tokio::sync::oneshot;
use uuid::Uuid;

pub use api::{Api, IDENTITY};
use events::Events;
pub use function::{Function, Hidden, Logging, Program};
pub use invocation::{Invocation, Invoke, InvokeError, ThrottleReason};
use job::Job;
pub use limits::{MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, Settings};
pub use pool::Environments;
use pool::{Pool, Refusal};
use registry::Registry;
use scheduler::PATIENCE;

/// How long an invocation waits for an environment before it is throttled: a
/// second less than an API waits for its integration, so that an API can tell an
/// invocation that never ran from one that took too long.
const MAX_WAIT: Duration = Duration::from_secs(28);

/// How long shutdown waits for killed processes.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A handle to all functions; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lambda {
    registry: Arc<Registry>,
    events: Events,
    pool: Pool,
    traces: Traces,
}

impl Lambda {
    /// No functions yet: [`Lambda::update`] brings them. Events are retried by
    /// `clock`. Must be called within a tokio runtime.
    pub fn new(logs: Logs, traces: Traces, clock: Clock, settings: &Settings) -> Self {
        Self {
            registry: Arc::default(),
            events: Events::new(settings.retry_delay_scale, clock),
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
    /// fails. Returns the request id. What still waits when samlet ends is lost.
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
                Refusal::Closed => InvokeError::shutting_down(),
            })?;
        let mut waited = Duration::ZERO;
        while waited < MAX_WAIT {
            // Twice as long each time: there may be many.
            let more = waited.max(PATIENCE).min(MAX_WAIT - waited);
            if let Ok(answer) = tokio::time::timeout(more, &mut replied).await {
                return answer.map_err(|_| InvokeError::shutting_down());
            }
            waited += more;
            self.pool.hurry();
        }
        match self.pool.withdraw(function, ticket) {
            Some(_waited_in_vain) => Err(throttled()),
            // It runs, and so ends by its own timeout.
            None => replied.await.map_err(|_| InvokeError::shutting_down()),
        }
    }

    /// Ends every environment, those in flight too; further invocations are refused.
    pub async fn close(&self) {
        self.pool.close(CLOSE_TIMEOUT).await;
    }
}
