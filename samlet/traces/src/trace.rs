//! One request's way: when it waited, ran and called, and what came of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use samlet_aws::trace_id;

use crate::body::{Kept, cut, cut_headers};
use crate::span::{Outcome, Span, SpanKind};
use crate::under_way::{Call, Invocation};
use crate::view::{Details, Refused, Summary};
use crate::{Shared, Traces};

/// AWS calls that are kept of one request.
pub const MAX_CALLS: usize = 100;

/// Other spans of one request: an authorizer's and a function's, and those of
/// functions that they invoke.
const MAX_SPANS: usize = 200;

/// What began.
#[derive(Debug)]
pub struct Arrived {
    /// The request's id, or the invocation's.
    pub id: String,
    /// The X-Ray header, `Root=1-…`.
    pub trace_id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// A request's body.
    pub body: Bytes,
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A client of an API.
    Api(Arc<ApiRequest>),
    /// The Invoke API.
    Invoke,
    /// The Invoke API, asynchronously: one attempt.
    Event,
}

/// A client's request, but for its body.
#[derive(Debug)]
pub struct ApiRequest {
    /// The API's logical id.
    pub api: String,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// Whether these are all, and the path is: what is too long is cut.
    pub is_whole: bool,
}

impl Origin {
    /// A client's request of the API of this logical id.
    pub fn api(api: &str, method: &str, target: &str, headers: &HeaderMap) -> Self {
        let (headers, all) = cut_headers(headers);
        Self::Api(Arc::new(ApiRequest {
            api: api.to_owned(),
            method: cut(method).to_owned(),
            target: cut(target).to_owned(),
            headers,
            is_whole: all && cut(target).len() == target.len(),
        }))
    }
}

/// An answer to a request.
#[derive(Debug)]
pub struct Answered<'a> {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, where no function gave it.
    pub body: Option<Bytes>,
}

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

/// One request's trace; cheap to clone.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    traces: Weak<Shared>,
    number: u64,
    id: String,
    trace_id: String,
    root: Option<u128>,
    origin: Origin,
    started: SystemTime,
    began: Instant,
    version: AtomicU64,
    /// Held for a moment; no other lock is taken meanwhile.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    route: Option<String>,
    function: Option<String>,
    status: Option<u16>,
    duration: Option<Duration>,
    cold: bool,
    calls: usize,
    error: Option<String>,
    pub(crate) spans: Vec<Span>,
    bodies: Bodies,
    headers: Option<HeaderMap>,
    pub(crate) refusals: Vec<Refused>,
}

/// What takes room; given up before the rest is.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    request: Option<Kept>,
    event: Option<Kept>,
    pub(crate) result: Option<Kept>,
    answer: Option<Kept>,
    /// Bytes of all of them.
    bytes: usize,
    /// Nothing more is kept.
    forgotten: bool,
}

impl Trace {
    pub(crate) fn new(traces: Traces, number: u64, arrived: Arrived) -> Self {
        let Arrived {
            id,
            trace_id,
            origin,
            body,
        } = arrived;
        let root = trace_id::number_of(&trace_id);
        let trace = Self(Arc::new(Inner {
            traces: Arc::downgrade(&traces.0),
            number,
            id,
            trace_id,
            root,
            origin,
            started: SystemTime::now(),
            began: Instant::now(),
            version: AtomicU64::new(0),
            state: Mutex::default(),
        }));
        if let Origin::Api(_) = trace.0.origin {
            trace.keep(&body, false, |bodies| &mut bodies.request);
            let gateway = Span::new(SpanKind::Gateway, "", None, Duration::ZERO);
            trace.change(|state| state.spans.push(gateway));
        }
        trace
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    pub(crate) fn root(&self) -> Option<u128> {
        self.0.root
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether this is the id of the request, or of an invocation for it.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.0.id == id
            || self
                .state()
                .spans
                .iter()
                .any(|span| span.request_id.as_deref() == Some(id))
    }

    /// The X-Ray header that goes with the request.
    pub fn header(&self) -> &str {
        &self.0.trace_id
    }

    /// The count of changes, of all traces, with this one's last.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// It goes by this route, to the function of this name.
    pub fn route(&self, route: &str, function: Option<&str>) {
        self.change(|state| {
            state.route = Some(route.to_owned());
            state.function = function.map(str::to_owned);
            if let Some(gateway) = state.spans.first_mut() {
                route.clone_into(&mut gateway.name);
            }
        });
    }

    /// What went wrong; only the first is kept.
    pub fn fail(&self, why: &str) {
        self.change(|state| state.fail(why));
    }

    /// It was answered: it is over.
    pub fn answer(&self, answered: &Answered<'_>) {
        if let Some(body) = &answered.body {
            self.keep(body, false, |bodies| &mut bodies.answer);
        }
        let duration = self.age();
        self.change(|state| {
            state.status = Some(answered.status);
            state.duration = Some(duration);
            state.headers = Some(cut_headers(answered.headers).0);
            let outcome = match state.error.is_some() || answered.status >= 500 {
                true => Outcome::Error,
                false => Outcome::Ok,
            };
            if let Some(gateway) = state.spans.first_mut()
                && gateway.kind == SpanKind::Gateway
            {
                gateway.end(duration, outcome);
            }
        });
        if let (Origin::Api(request), Some(traces)) = (&self.0.origin, self.traces()) {
            traces
                .0
                .metrics
                .answered(&request.api, answered.status, duration, SystemTime::now());
        }
    }

    /// An invocation for it was refused: all concurrency is in use.
    pub fn throttle(&self, function: &str, submitted: Instant, why: &str) {
        let mut wait = Span::new(SpanKind::Wait, WAIT, Some(function), self.since(submitted));
        wait.end(self.age(), Outcome::Throttled);
        self.change(|state| {
            state.add(wait);
            state.fail(why);
        });
        if let Some(traces) = self.traces() {
            traces.throttled(function);
        }
    }

    /// An environment takes up an invocation for it.
    pub fn invoke(&self, invoked: &Invoked<'_>) -> Invocation {
        let now = self.age();
        let function = Some(invoked.function);
        let mut wait = Span::new(
            SpanKind::Wait,
            WAIT,
            function,
            self.since(invoked.submitted),
        );
        wait.end(now, Outcome::Ok);
        let init = invoked.init.map(|(began, duration)| {
            let mut init = Span::new(SpanKind::Init, "Init", function, self.since(began));
            // One that began earlier, for another, is this one's only from its arrival on.
            let end = (began + duration).saturating_duration_since(self.0.began);
            init.end(end, Outcome::Ok);
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
        if let Some(traces) = self.traces() {
            traces
                .0
                .metrics
                .began(invoked.function, self, SystemTime::now());
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

    /// What a list shows of it.
    pub fn summary(&self) -> Summary {
        self.summarize(&self.state())
    }

    /// All that is known of it.
    pub fn details(&self) -> Details {
        let state = self.state();
        let mut spans = state.spans.clone();
        spans.sort_by_key(|span| (span.kind != SpanKind::Gateway, span.start));
        Details {
            summary: self.summarize(&state),
            trace_id: self.0.trace_id.clone(),
            spans,
            body: state.bodies.request.clone(),
            event: state.bodies.event.clone(),
            result: state.bodies.result.clone(),
            answered: state
                .headers
                .clone()
                .map(|headers| (headers, state.bodies.answer.clone())),
            refusals: state.refusals.clone(),
        }
    }

    fn summarize(&self, state: &State) -> Summary {
        Summary {
            number: self.0.number,
            id: self.0.id.clone(),
            origin: self.0.origin.clone(),
            started: self.0.started,
            route: state.route.clone(),
            function: state.function.clone(),
            status: state.status,
            duration: state.duration,
            cold: state.cold,
            calls: state.calls,
            invocation_id: state
                .spans
                .iter()
                .rev()
                .find_map(|span| span.request_id.clone()),
            error: state.error.clone(),
        }
    }

    /// Keeps nothing of what takes room, from now on.
    pub(crate) fn forget_bodies(&self) {
        let bytes = {
            let mut state = self.state();
            let forgotten = Bodies {
                forgotten: true,
                ..Bodies::default()
            };
            std::mem::replace(&mut state.bodies, forgotten).bytes
        };
        if let Some(traces) = self.traces() {
            traces.0.store.release(bytes);
        }
    }

    pub(crate) fn keep(
        &self,
        body: &Bytes,
        owned: bool,
        place: impl Fn(&mut Bodies) -> &mut Option<Kept>,
    ) {
        let kept = Kept::new(body, owned);
        let new = kept.bytes.len();
        let more = {
            let mut state = self.state();
            if state.bodies.forgotten {
                return;
            }
            let before = place(&mut state.bodies).replace(kept);
            let before = before.map_or(0, |kept| kept.bytes.len());
            state.bodies.bytes = state.bodies.bytes + new - before;
            new.checked_sub(before).ok_or(before - new.min(before))
        };
        // Outside the lock: others may have to give up theirs.
        match (self.traces(), more) {
            (Some(traces), Ok(more)) => traces.0.store.keep(more),
            (Some(traces), Err(less)) => traces.0.store.release(less),
            (None, _) => {}
        }
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        if let Some(traces) = self.traces() {
            let version = traces.0.store.changed();
            self.0.version.fetch_max(version, Ordering::AcqRel);
        }
        changed
    }

    /// How long ago it began.
    pub(crate) fn age(&self) -> Duration {
        self.0.began.elapsed()
    }

    fn since(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.0.began)
    }

    /// `None` once samlet ends.
    pub(crate) fn traces(&self) -> Option<Traces> {
        self.0.traces.upgrade().map(Traces)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WAIT: &str = "Waiting for an environment";

impl State {
    /// Gives the span's place, unless there are too many.
    fn add(&mut self, span: Span) -> Option<usize> {
        if self.spans.len() >= MAX_SPANS {
            return None;
        }
        self.spans.push(span);
        Some(self.spans.len() - 1)
    }

    pub(crate) fn fail(&mut self, why: &str) {
        if self.error.is_none() {
            self.error = Some(cut(why).to_owned());
        }
    }
}
