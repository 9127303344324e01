//! One invocation as its caller sees it: what is asked for, and what comes of it.

use bytes::Bytes;
use samlet_traces::Trace;

/// One synchronous invocation to make.
#[derive(Clone, Debug)]
pub struct Invoke {
    /// The function's name (not its logical id).
    pub function_name: String,
    /// The event, as JSON.
    pub payload: Bytes,
    /// The caller's `X-Amz-Client-Context`, decoded: JSON on one line.
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

impl InvokeError {
    /// No more invocations are made.
    pub(crate) fn shutting_down() -> Self {
        Self::Service("samlet is shutting down".into())
    }
}
