//! What all traces of an application share: the newest of them, and the metrics.
//!
//! A trace reports here what it keeps and how it went, and holds this weakly.

use std::time::{Duration, SystemTime};

use crate::metrics::{Ended, Metrics};
use crate::store::Store;
use crate::trace::Trace;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
}

impl Shared {
    /// A function runs for this trace from now on.
    pub(crate) fn invocation_began(&self, function: &str, trace: &Trace) {
        self.store.invocation_began(function, trace);
        self.metrics.began(function, SystemTime::now());
    }

    /// It no longer does.
    pub(crate) fn invocation_ended(&self, function: &str, trace: &Trace, ended: &Ended) {
        self.store.invocation_ended(function, trace);
        self.metrics.ended(function, ended, SystemTime::now());
    }

    /// An invocation was refused: all concurrency is in use.
    pub(crate) fn throttled(&self, function: &str) {
        self.metrics.throttled(function, SystemTime::now());
    }

    /// A request of an API was answered.
    pub(crate) fn answered(&self, api: &str, status: u16, latency: Duration) {
        self.metrics
            .answered(api, status, latency, SystemTime::now());
    }
}
