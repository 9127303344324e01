//! Why an operation on the store is refused, or fails.

use samlet_commit::{Failure, JobError, disk_failure};
use samlet_dynamodb_api::Refusal;
use serde_json::{Map, Value};

/// Why an operation didn't succeed. What it wrote is rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// DynamoDB refuses it.
    #[error("{}: {}", .0.name, .0.message)]
    Refused(Exception),
    /// SQLite failed.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// What is stored of a table is not as it was written.
    #[error("the stored table {table} is damaged")]
    Damaged {
        /// The table's name.
        table: String,
    },
    /// What is stored is of a kind that is never written.
    #[error("what is stored is damaged: {0}")]
    Unreadable(rusqlite::Error),
    /// The group of writes failed.
    #[error("{0}")]
    Group(Failure),
}

/// An exception of DynamoDB's, with status 400.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    /// Its name, without a namespace.
    pub(crate) name: &'static str,
    /// DynamoDB's words.
    pub(crate) message: String,
    /// Further members, such as `Item` and `CancellationReasons`.
    pub(crate) members: Map<String, Value>,
}

impl Exception {
    /// One without further members.
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
            members: Map::new(),
        }
    }
}

impl Error {
    /// A `ValidationException`.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::Refused(Exception::new("ValidationException", message))
    }

    /// A `ResourceNotFoundException`.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::Refused(Exception::new("ResourceNotFoundException", message))
    }

    /// A `ResourceInUseException`.
    pub(crate) fn in_use(message: impl Into<String>) -> Self {
        Self::Refused(Exception::new("ResourceInUseException", message))
    }

    /// A `LimitExceededException`.
    pub(crate) fn limit_exceeded(message: impl Into<String>) -> Self {
        Self::Refused(Exception::new("LimitExceededException", message))
    }

    /// Of an operation on items of a table that is not there.
    pub(crate) fn no_table() -> Self {
        Self::not_found("Requested resource not found")
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as Sqlite;
        match error {
            Sqlite::FromSqlConversionFailure(..)
            | Sqlite::IntegralValueOutOfRange(..)
            | Sqlite::InvalidColumnType(..)
            | Sqlite::Utf8Error(..) => Self::Unreadable(error),
            error => Self::Sqlite(error),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Group(failure)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (name, message) = match refusal {
            Refusal::Serialization(message) => ("SerializationException", message),
            Refusal::Validation(message) => ("ValidationException", message),
            Refusal::UnknownOperation(message) => ("UnknownOperationException", message),
            Refusal::ResourceNotFound(message) => ("ResourceNotFoundException", message),
            Refusal::AccessDenied(message) => ("AccessDeniedException", message),
            Refusal::LimitExceeded(message) => ("LimitExceededException", message),
        };
        Self::Refused(Exception::new(name, message))
    }
}

impl JobError for Error {
    fn disk_failure(&self) -> Option<String> {
        match self {
            Self::Sqlite(error) => disk_failure(error),
            Self::Group(Failure::Disk { reason }) => Some(reason.clone()),
            Self::Group(_) | Self::Refused(_) | Self::Damaged { .. } | Self::Unreadable(_) => None,
        }
    }
}
