//! Lambda: functions, their execution environments, the Runtime API they speak, and how they are invoked.
//! (skeleton of the public interface; being written)
use bytes::Bytes;
/// One synchronous invocation to make.
#[derive(Clone, Debug)]
pub struct Invoke {
    /// The function's name (not its logical id).
    pub function_name: String,
    /// The event, as JSON.
    pub payload: Bytes,
    /// The X-Ray header of the request that caused it (`Root=1-…`); made anew when absent.
    pub trace_id: Option<String>,
}
/// What an invocation gave back.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The invocation's id, a UUID.
    pub request_id: String,
    /// The function's response, or the error object of a function error.
    pub payload: Bytes,
    /// Set when the function failed (it reported an error, crashed, timed out): Lambda's `X-Amz-Function-Error`.
    pub function_error: Option<&'static str>,
}
/// Why an invocation was not made.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No function has this name.
    #[error("Function not found: {0}")]
    FunctionNotFound(String),
    /// No environment came free in time.
    #[error("Rate Exceeded.")]
    Throttled,
    /// The event is over 6 MB.
    #[error("Request must be smaller than 6291456 bytes for the InvokeFunction operation")]
    RequestTooLarge,
    /// samlet is shutting down, or could not start the process.
    #[error("{0}")]
    Service(String),
}
/// A handle to all functions; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lambda;
impl Lambda {
    /// Invokes a function and waits for its response.
    pub async fn invoke(&self, _invoke: Invoke) -> Result<Invocation, InvokeError> {
        Err(InvokeError::Throttled)
    }
}
