//! A request as it is shown: in a list, and with everything that is kept of it.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use samlet_iam::Denied;

use crate::body::Kept;
use crate::origin::Origin;
use crate::span::Span;

/// What a policy did not allow.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The name of the function that asked.
    pub function: Option<String>,
    /// What, and why not.
    pub denied: Denied,
}

/// What a list shows of a request.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Counted from 1, in the order of arrival.
    pub number: u64,
    /// See [`crate::Arrived`].
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// When it arrived.
    pub started: SystemTime,
    /// Such as `GET /message/{id}`; `None` where there was none for it.
    pub route: Option<String>,
    /// The name of the function that it is for.
    pub function: Option<String>,
    /// `None` while it goes on.
    pub status: Option<u16>,
    /// `None` while it goes on.
    pub duration: Option<Duration>,
    /// Whether an environment had to be started for it.
    pub cold: bool,
    /// Calls of AWS services, those included that aren't kept.
    pub calls: usize,
    /// The id of the last invocation for it.
    pub invocation_id: Option<String>,
    /// What went wrong first.
    pub error: Option<String>,
}

/// All that is kept of a request.
#[derive(Clone, Debug)]
pub struct Details {
    /// What a list shows.
    pub summary: Summary,
    /// See [`crate::Arrived`].
    pub trace_id: String,
    /// In the order of their start.
    pub spans: Vec<Span>,
    /// The request's body.
    pub body: Option<Kept>,
    /// What the function was given.
    pub event: Option<Kept>,
    /// What it gave back.
    pub result: Option<Kept>,
    /// The headers that were answered, and the body where the gateway answered by itself.
    pub answered: Option<(HeaderMap, Option<Kept>)>,
    /// What was not allowed.
    pub refusals: Vec<Refused>,
}
