//! What an invocation came to, as its caller, its report and its trace see it.

use bytes::Bytes;
use samlet_traces::Outcome as TraceOutcome;

use crate::init::InitError;
use crate::report::{Failure, Status};

/// Lambda's word for every error that a function or its runtime made.
const UNHANDLED: &str = "Unhandled";

/// What an invocation came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) payload: Bytes,
    pub(crate) function_error: Option<&'static str>,
    pub(crate) status: Status,
}

impl Outcome {
    /// The function's response.
    pub(crate) fn response(payload: Bytes) -> Self {
        Self {
            payload,
            function_error: None,
            status: Status::Success,
        }
    }

    /// An error that the runtime reports of the function. The invocation itself succeeded.
    pub(crate) fn function_error(payload: Bytes) -> Self {
        Self {
            payload,
            function_error: Some(UNHANDLED),
            status: Status::Success,
        }
    }

    /// An init that was repeated for the invocation, and failed.
    pub(crate) fn init_failed(error: &InitError, request_id: &str) -> Self {
        Self {
            payload: error.payload(request_id),
            function_error: Some(UNHANDLED),
            status: error.status(),
        }
    }

    /// An error in Lambda's own words.
    pub(crate) fn failure(failure: &Failure) -> Self {
        let status = match failure.error_type {
            "Sandbox.Timedout" => Status::Timeout,
            error_type => Status::Error(error_type.to_owned()),
        };
        Self {
            payload: failure.payload(),
            function_error: Some(UNHANDLED),
            status,
        }
    }

    /// How its trace records it.
    pub(crate) fn traced(&self) -> TraceOutcome {
        match (&self.status, self.function_error) {
            (Status::Timeout, _) => TraceOutcome::Timeout,
            (Status::Success, None) => TraceOutcome::Ok,
            _ => TraceOutcome::Error,
        }
    }

    /// `errorType: errorMessage` of a function error.
    pub(crate) fn error(&self) -> Option<String> {
        #[derive(Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct FunctionError {
            error_type: String,
            error_message: String,
        }
        self.function_error?;
        let error: FunctionError = serde_json::from_slice(&self.payload).unwrap_or_default();
        Some(format!("{}: {}", error.error_type, error.error_message))
    }
}
