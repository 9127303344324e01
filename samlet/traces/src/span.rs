//! The parts of a request's way.

use std::time::Duration;

/// What a part of a request's way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// In the gateway: all of it.
    Gateway,
    /// For an environment.
    Wait,
    /// The start of an environment.
    Init,
    /// In a function.
    Invocation,
    /// A call of an AWS service by a function.
    Aws,
}

/// How a part ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Pending,
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// A policy did not allow it.
    Refused,
    /// It took longer than it may.
    Timeout,
    /// There was no concurrency left for it.
    Throttled,
}

/// A part of a request's way.
#[derive(Clone, Debug)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// `POST /message`, `dynamodb PutItem`, a function's name.
    pub name: String,
    /// The name of the function that it belongs to.
    pub function: Option<String>,
    /// Since the request began.
    pub start: Duration,
    /// `None` while it goes on.
    pub duration: Option<Duration>,
    /// How it ended.
    pub outcome: Outcome,
    /// An invocation's log stream: its environment's.
    pub environment: Option<String>,
    /// An invocation's id.
    pub request_id: Option<String>,
    /// The most memory that an invocation's environment has used.
    pub memory_mb: Option<u64>,
    /// A call's HTTP status.
    pub status: Option<u16>,
    /// What a call was about: a table, a function, a log group.
    pub resource: Option<String>,
    /// What a call's error says.
    pub message: Option<String>,
}

impl Span {
    pub(crate) fn new(kind: SpanKind, name: &str, function: Option<&str>, start: Duration) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            function: function.map(str::to_owned),
            start,
            duration: None,
            outcome: Outcome::Pending,
            environment: None,
            request_id: None,
            memory_mb: None,
            status: None,
            resource: None,
            message: None,
        }
    }

    /// The wait for an environment of a function.
    pub(crate) fn wait(function: &str, start: Duration) -> Self {
        let name = "Waiting for an environment";
        Self::new(SpanKind::Wait, name, Some(function), start)
    }

    pub(crate) fn end(&mut self, at: Duration, outcome: Outcome) {
        self.duration = Some(at.saturating_sub(self.start));
        self.outcome = outcome;
    }
}
