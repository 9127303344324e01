//! An invocation on its way to an environment.

use std::time::Instant;

use bytes::Bytes;
use samlet_traces::Trace;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::invocation::Invocation;

/// An invocation, and where its result goes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request_id: String,
    pub(crate) client_context: Option<String>,
    pub(crate) payload: Bytes,
    pub(crate) trace: Trace,
    /// When it began to wait for an environment.
    pub(crate) submitted: Instant,
    pub(crate) reply: oneshot::Sender<Invocation>,
    /// Its share of the function's reserved concurrency, until it is done.
    pub(crate) _permit: Option<OwnedSemaphorePermit>,
}

/// What the pool sends to an environment.
#[derive(Debug)]
pub(crate) enum Message {
    /// An idle environment is to run this.
    Run(Job),
    /// The environment is to end.
    Stop,
}
