//! Parts of a request that are under way, held by who serves them.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use samlet_iam::Denied;

use crate::body::cut;
use crate::metrics::Ended;
use crate::span::{Outcome, Span, SpanKind};
use crate::trace::{MAX_CALLS, Trace};
use crate::view::Refused;

/// An invocation under way.
#[derive(Debug)]
pub struct Invocation {
    pub(crate) trace: Trace,
    pub(crate) span: Option<usize>,
    pub(crate) function: String,
    pub(crate) cold: bool,
    pub(crate) began: Instant,
    pub(crate) ended: bool,
}

impl Invocation {
    /// It ended so; `result` is what the function gave back.
    pub fn end(
        mut self,
        outcome: Outcome,
        duration: Duration,
        result: &Bytes,
        error: Option<&str>,
        memory_mb: Option<u64>,
    ) {
        self.trace.keep(result, false, |bodies| &mut bodies.result);
        self.finish(outcome, duration, error, memory_mb);
    }

    fn finish(
        &mut self,
        outcome: Outcome,
        duration: Duration,
        error: Option<&str>,
        memory_mb: Option<u64>,
    ) {
        self.ended = true;
        let now = self.trace.age();
        self.trace.change(|state| {
            if let Some(span) = self.span.and_then(|span| state.spans.get_mut(span)) {
                span.end(span.start + duration, outcome);
                span.memory_mb = memory_mb;
            }
            // Nobody waits for the answers to its calls any more.
            let calls = state.spans.iter_mut();
            let open = calls.filter(|span| {
                span.outcome == Outcome::Pending
                    && span.kind == SpanKind::Aws
                    && span.function.as_deref() == Some(&self.function)
            });
            open.for_each(|span| span.end(now, Outcome::Error));
            if let Some(error) = error {
                state.fail(error);
            }
        });
        if let Some(traces) = self.trace.traces() {
            let ended = Ended {
                duration,
                failed: outcome != Outcome::Ok,
                cold: self.cold,
                memory_mb,
            };
            let metrics = &traces.0.metrics;
            metrics.ended(&self.function, &self.trace, &ended, SystemTime::now());
        }
    }
}

impl Drop for Invocation {
    /// One whose environment was taken from under it.
    fn drop(&mut self) {
        if !self.ended {
            let error = Some("the invocation was cut off");
            self.finish(Outcome::Error, self.began.elapsed(), error, None);
        }
    }
}

/// A call of an AWS service under way; cheap to clone.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) trace: Trace,
    pub(crate) span: Option<usize>,
    pub(crate) is_named: bool,
}

impl Call {
    /// The trace that it belongs to.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// It is about this resource, and needs this action.
    pub fn needs(&self, action: &str, resource: &str) {
        let is_named = self.is_named;
        self.change(|span| {
            if !is_named && !span.name.contains(' ') {
                let operation = action.split_once(':').map_or(action, |(_, name)| name);
                span.name = format!("{} {operation}", span.name);
            }
            span.resource
                .get_or_insert_with(|| cut(short_name(resource)).to_owned());
        });
    }

    /// A policy did not allow it.
    pub fn refuse(&self, function: Option<&str>, denied: &Denied) {
        self.change(|span| span.outcome = Outcome::Refused);
        self.trace.change(|state| {
            state.fail(&denied.to_string());
            if state.refusals.len() < MAX_CALLS {
                state.refusals.push(Refused {
                    function: function.map(str::to_owned),
                    denied: Denied {
                        resource: cut(&denied.resource).to_owned(),
                        ..denied.clone()
                    },
                });
            }
        });
    }

    /// It was answered so; `message` is what an error says.
    pub fn end(&self, status: u16, message: Option<String>) {
        let now = self.trace.age();
        self.change(|span| {
            let outcome = match (span.outcome, status) {
                (Outcome::Refused, _) => Outcome::Refused,
                (_, 200..400) => Outcome::Ok,
                _ => Outcome::Error,
            };
            span.end(now, outcome);
            span.status = Some(status);
            span.message = message.map(|message| cut(&message).to_owned());
        });
    }

    fn change(&self, change: impl FnOnce(&mut Span)) {
        self.trace.change(|state| {
            if let Some(span) = self.span.and_then(|span| state.spans.get_mut(span)) {
                change(span);
            }
        });
    }
}

/// What an ARN ends in, as people call it: a table's, a function's or a group's name.
fn short_name(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    for prefix in ["table/", "function:", "log-group:"] {
        if let Some(name) = resource.strip_prefix(prefix) {
            return name;
        }
    }
    resource
}
