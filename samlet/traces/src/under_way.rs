//! Invocations and AWS calls that a request has under way, as those who serve them report them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use samlet_iam::Denied;

use crate::body::cut;
use crate::metrics::Ended;
use crate::span::{Outcome, Span, SpanKind};
use crate::trace::Trace;
use crate::view::Refused;

/// AWS calls that are kept of one request.
pub const MAX_CALLS: usize = 100;

/// An invocation that an environment takes up.
#[derive(Debug)]
pub struct Invoked<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The invocation's id.
    pub request_id: &'a str,
    /// The environment's log stream.
    pub environment: &'a str,
    /// When it began to wait for one.
    pub submitted: Instant,
    /// When the environment's init began and how long it took, if this is its
    /// first invocation.
    pub init: Option<(Instant, Duration)>,
    /// The event.
    pub event: &'a Bytes,
}

impl Trace {
    /// An environment takes up an invocation for it.
    pub fn invoke(&self, invoked: &Invoked<'_>) -> Invocation {
        let now = self.age();
        let function = Some(invoked.function);
        let mut wait = Span::wait(invoked.function, self.since(invoked.submitted));
        wait.end(now, Outcome::Ok);
        let init = invoked.init.map(|(began, duration)| {
            let mut init = Span::new(SpanKind::Init, "Init", function, self.since(began));
            // One that began earlier, for another, is this one's only from its arrival on.
            init.end(self.since(began + duration), Outcome::Ok);
            init
        });
        let span = Span {
            environment: Some(invoked.environment.to_owned()),
            request_id: Some(invoked.request_id.to_owned()),
            ..Span::new(SpanKind::Invocation, invoked.function, function, now)
        };
        self.keep(invoked.event, true, |bodies| &mut bodies.event);
        let span = self.change(|state| {
            // An authorizer is asked before the route's function.
            if state.function.is_none() {
                state.function = function.map(str::to_owned);
            }
            state.cold |= init.is_some();
            state.add(wait);
            init.map(|init| state.add(init));
            state.add(span)
        });
        if let Some(shared) = self.shared() {
            shared.invocation_began(invoked.function, self);
        }
        Invocation {
            trace: self.clone(),
            span,
            function: invoked.function.to_owned(),
            cold: invoked.init.is_some(),
            began: Instant::now(),
            ended: false,
        }
    }

    /// A function calls an AWS service for it.
    pub fn call(&self, service: &str, operation: Option<&str>, function: Option<&str>) -> Call {
        let name = match operation {
            Some(operation) => format!("{service} {operation}"),
            None => service.to_owned(),
        };
        let start = self.age();
        let span = Span::new(SpanKind::Aws, cut(&name), function, start);
        let span = self.change(|state| {
            state.calls += 1;
            match state.calls <= MAX_CALLS {
                true => state.add(span),
                false => None,
            }
        });
        Call {
            trace: self.clone(),
            span,
            is_named: operation.is_some(),
        }
    }
}

/// An invocation under way.
#[derive(Debug)]
pub struct Invocation {
    trace: Trace,
    span: Option<usize>,
    function: String,
    cold: bool,
    began: Instant,
    ended: bool,
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
        if let Some(shared) = self.trace.shared() {
            let ended = Ended {
                duration,
                failed: outcome != Outcome::Ok,
                cold: self.cold,
                memory_mb,
            };
            shared.invocation_ended(&self.function, &self.trace, &ended);
        }
    }
}

impl Drop for Invocation {
    /// An invocation whose environment was ended under it.
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
    trace: Trace,
    span: Option<usize>,
    is_named: bool,
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
