//! One request's way: when it waited, ran and called, and what came of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use samlet_aws::trace_id;

use crate::body::{Kept, cut, cut_headers};
use crate::origin::Origin;
use crate::shared::Shared;
use crate::span::{Outcome, Span, SpanKind};
use crate::view::{Details, Refused, Summary};

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

/// One request's trace; cheap to clone.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Weak<Shared>,
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
    pub(crate) function: Option<String>,
    status: Option<u16>,
    duration: Option<Duration>,
    pub(crate) cold: bool,
    pub(crate) calls: usize,
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
    pub(crate) event: Option<Kept>,
    pub(crate) result: Option<Kept>,
    answer: Option<Kept>,
    /// Bytes of all of them.
    bytes: usize,
    /// Nothing more is kept.
    forgotten: bool,
}

impl Trace {
    pub(crate) fn new(shared: &Arc<Shared>, number: u64, arrived: Arrived) -> Self {
        let Arrived {
            id,
            trace_id,
            origin,
            body,
        } = arrived;
        let root = trace_id::number_of(&trace_id);
        let trace = Self(Arc::new(Inner {
            shared: Arc::downgrade(shared),
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
        if let (Origin::Api(request), Some(shared)) = (&self.0.origin, self.shared()) {
            shared.answered(&request.api, answered.status, duration);
        }
    }

    /// An invocation for it was refused: all concurrency is in use.
    pub fn throttle(&self, function: &str, submitted: Instant, why: &str) {
        let mut wait = Span::wait(function, self.since(submitted));
        wait.end(self.age(), Outcome::Throttled);
        self.change(|state| {
            state.add(wait);
            state.fail(why);
        });
        if let Some(shared) = self.shared() {
            shared.throttled(function);
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
        if let Some(shared) = self.shared() {
            shared.store.release(bytes);
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
        match (self.shared(), more) {
            (Some(shared), Ok(more)) => shared.store.keep(more),
            (Some(shared), Err(less)) => shared.store.release(less),
            (None, _) => {}
        }
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        if let Some(shared) = self.shared() {
            let version = shared.store.changed();
            self.0.version.fetch_max(version, Ordering::AcqRel);
        }
        changed
    }

    /// How long ago it began.
    pub(crate) fn age(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// How long after its beginning that was.
    pub(crate) fn since(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.0.began)
    }

    /// `None` once samlet ends.
    pub(crate) fn shared(&self) -> Option<Arc<Shared>> {
        self.0.shared.upgrade()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds a span, unless there are too many; returns its index.
    pub(crate) fn add(&mut self, span: Span) -> Option<usize> {
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
