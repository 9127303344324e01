//! What every function shares: the DynamoDB client, items as JSON, responses and logging.
//!
//! Nothing here knows what any one function does.

#[cfg(test)]
mod contract;
mod http;
pub mod item;
mod logging;
mod request;
mod response;
mod table;

pub use logging::init_logging;
pub use request::{Request, message, message_id};
pub use response::{MessageId, respond};
pub use table::{SetupError, Table, timestamp};

/// Why an operation on a message did not succeed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What the caller sent can't be a message; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// There is no such message.
    #[error("Message not found")]
    NotFound,
    /// DynamoDB failed; the text is for the log only.
    #[error("{0}")]
    Store(String),
}
