//! An event of a log, and where it was logged.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// Milliseconds since the Unix epoch.
    pub timestamp: u64,
    /// The text, without its line end.
    pub message: String,
}

/// An event, and where it was logged.
#[derive(Debug)]
pub struct Logged {
    /// The group's name.
    pub group: String,
    /// The stream's name.
    pub stream: String,
    /// The event.
    pub event: LogEvent,
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            elapsed.as_millis().try_into().unwrap_or(u64::MAX)
        })
}
