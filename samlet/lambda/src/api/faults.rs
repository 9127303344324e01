//! The Lambda API's faults, as clients see them.

use samlet_service::Fault;

use crate::invocation::{InvokeError, ThrottleReason};

/// Why an invocation was not made.
pub(super) fn not_invoked(error: InvokeError) -> Fault {
    match error {
        InvokeError::FunctionNotFound(name) => not_found(&name),
        InvokeError::Throttled(reason) => {
            let reason = match reason {
                ThrottleReason::ConcurrentInvocationLimitExceeded => {
                    "ConcurrentInvocationLimitExceeded"
                }
                ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded => {
                    "ReservedFunctionConcurrentInvocationLimitExceeded"
                }
            };
            throttled(reason)
        }
        InvokeError::TooManyEvents => throttled("ConcurrentInvocationLimitExceeded"),
        InvokeError::RequestTooLarge => request_too_large(error.to_string()),
        InvokeError::Service(_) => Fault::new(500, "ServiceException", error.to_string())
            .with("Type", "Service")
            .with_capital_message(),
    }
}

/// A fault of the caller: Lambda's faults say whose they are.
pub(super) fn user_fault(status: u16, code: &'static str, message: String) -> Fault {
    Fault::new(status, code, message).with("Type", "User")
}

pub(super) fn request_too_large(message: String) -> Fault {
    user_fault(413, "RequestEntityTooLargeException", message)
}

fn throttled(reason: &str) -> Fault {
    user_fault(429, "TooManyRequestsException", "Rate Exceeded.".into()).with("Reason", reason)
}

pub(super) fn not_found(arn: &str) -> Fault {
    let text = format!("Function not found: {arn}");
    user_fault(404, "ResourceNotFoundException", text).with_capital_message()
}
