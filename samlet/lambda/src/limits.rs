//! What bounds functions and their invocations.

use std::time::Duration;

/// The largest event of a synchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const MAX_REQUEST_BYTES: usize = 6_291_456;

/// The largest response of a function.
pub const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// Bounds of all functions together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Environments that may exist at once.
    pub max_environments: usize,
    /// Invocations that may wait for an environment.
    pub max_waiting: usize,
    /// How long an environment is kept without work.
    pub idle_timeout: Duration,
    /// What the delays between an event's attempts are multiplied by.
    pub retry_delay_scale: f64,
}
