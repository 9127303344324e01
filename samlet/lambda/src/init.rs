//! An environment's init: how long it took, or why the runtime never asked for an invocation.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::report::{Failure, Status};

/// When an init began, and how long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Init {
    pub(crate) began: Instant,
    pub(crate) duration: Duration,
}

/// An init that failed.
#[derive(Clone, Debug)]
pub(crate) struct InitFailure {
    pub(crate) error: InitError,
    pub(crate) duration: Duration,
    /// No process was started: this is the failure of an earlier start.
    pub(crate) is_repeated: bool,
}

impl InitFailure {
    /// The failure of a start that is not made, since the last one failed so.
    pub(crate) fn repeated(self) -> Self {
        Self {
            error: self.error,
            duration: Duration::ZERO,
            is_repeated: true,
        }
    }
}

/// Why a runtime never asked for its first invocation.
#[derive(Clone, Debug)]
pub(crate) enum InitError {
    /// The process could not be started, for this reason.
    CannotRun(String),
    /// The process ended, in this way.
    Exited(String),
    /// The runtime reported an error.
    Reported { error_type: String, payload: Bytes },
    /// It took too long; the function's timeout is this.
    TimedOut(Duration),
    /// samlet is ending.
    ShutDown,
}

impl InitError {
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::CannotRun(_) => Status::Error("Runtime.InvalidEntrypoint".into()),
            Self::Exited(_) => Status::Error("Runtime.ExitError".into()),
            Self::Reported { error_type, .. } => Status::Error(error_type.clone()),
            Self::TimedOut(_) => Status::Timeout,
            Self::ShutDown => Status::Error("Sandbox.Failure".into()),
        }
    }

    /// What an invocation that waited for the init is answered.
    pub(crate) fn payload(&self, request_id: &str) -> Bytes {
        match self {
            Self::CannotRun(reason) => Failure::invalid_entrypoint(request_id, reason).payload(),
            Self::Exited(reason) => Failure::exit(request_id, reason).payload(),
            Self::Reported { payload, .. } => payload.clone(),
            Self::TimedOut(timeout) => Failure::timeout(request_id, *timeout).payload(),
            Self::ShutDown => Failure::exit(request_id, "the environment was shut down").payload(),
        }
    }
}
