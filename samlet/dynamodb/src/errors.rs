//! Errors as DynamoDB writes them, and why a store can't be opened.

use std::path::PathBuf;

use bytes::Bytes;
use dynoxide::DynoxideError;
use samlet_commit::{Failure, JobError};
use samlet_dynamodb_api::Refusal;
use serde_json::json;

/// An error answer, complete as it goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// `{"__type": …, "message": …}`.
    pub body: Bytes,
}

impl ApiError {
    /// An error of `status` with its type's full name and DynamoDB's text.
    pub fn new(status: u16, type_name: &str, message: &str) -> Self {
        let body = json!({"__type": type_name, "message": message})
            .to_string()
            .into();
        Self { status, body }
    }

    /// The request is well-formed JSON that DynamoDB doesn't accept.
    pub fn validation(message: &str) -> Self {
        Self::new(
            400,
            "com.amazon.coral.validate#ValidationException",
            message,
        )
    }

    /// The request is not JSON, or has a member of a wrong type. DynamoDB doesn't always say what is wrong.
    fn serialization(message: &str) -> Self {
        let mut body = json!({"__type": "com.amazon.coral.service#SerializationException"});
        if !message.is_empty() {
            body["Message"] = message.into();
        }
        Self {
            status: 400,
            body: body.to_string().into(),
        }
    }

    /// No such operation, or one that samlet doesn't have.
    pub fn unknown_operation(operation: &str) -> Self {
        let message = format!("samlet does not support the DynamoDB operation {operation}");
        Self::new(
            400,
            "com.amazon.coral.service#UnknownOperationException",
            &message,
        )
    }

    /// The store failed. SDKs try again.
    pub fn internal(message: &str) -> Self {
        Self::new(
            500,
            "com.amazonaws.dynamodb.v20120810#InternalServerError",
            message,
        )
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Serialization(message) => Self::serialization(&message),
            Refusal::Validation(message) => Self::validation(&message),
            Refusal::UnknownOperation(message) => Self::new(
                400,
                "com.amazon.coral.service#UnknownOperationException",
                &message,
            ),
            Refusal::ResourceNotFound(message) => Self::new(
                400,
                "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
                &message,
            ),
            Refusal::AccessDenied(message) => Self::new(
                400,
                "com.amazon.coral.service#AccessDeniedException",
                &message,
            ),
            Refusal::LimitExceeded(message) => Self::new(
                400,
                "com.amazonaws.dynamodb.v20120810#LimitExceededException",
                &message,
            ),
        }
    }
}

impl From<DynoxideError> for ApiError {
    fn from(error: DynoxideError) -> Self {
        Self {
            status: error.status_code(),
            body: error.to_json().into(),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Closed => Self::internal("The store is closed"),
            Failure::Panicked => Self::internal("Internal server error"),
            Failure::NotSynced => Self::internal("The store could not be synced to disk"),
            Failure::Disk { reason } => Self::internal(&reason),
        }
    }
}

/// Those of SQLite's and the engine's words that say that the file could not be
/// read or written; the engine gives no codes.
const DISK_FAILURES: [&str; 8] = [
    "disk is full",
    "I/O error",
    "disk image is malformed",
    "not a database",
    "not a valid database",
    "unable to open database",
    "readonly database",
    "out of memory",
];

impl JobError for ApiError {
    fn disk_failure(&self) -> Option<String> {
        if self.status < 500 {
            return None;
        }
        let reason = String::from_utf8_lossy(&self.body);
        let is_of_the_disk = DISK_FAILURES.iter().any(|words| reason.contains(words));
        is_of_the_disk.then(|| reason.into_owned())
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or its files can't be read or written.
    #[error("cannot use the store {}: {source}; check its permissions and the disk's space", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is damaged, or no store.
    #[error("cannot open the store {}: {reason}; restore it from a copy, or move it away to start afresh", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// The engine's words.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::command::tests::{of, place};
    use crate::embedded::engine::Engine;
    use samlet_clock::Clock;
    use samlet_commit::Session;

    #[test]
    fn a_full_disk_is_a_failure_of_the_disk_and_a_refusal_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let mut engine = Engine::open(&path, &place(), &Clock::new()).unwrap();
        let table = json!({
            "TableName": "messages",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        engine.run(&of("CreateTable", &table)).unwrap();
        let refusal = engine.run(&of("CreateTable", &table)).unwrap_err();
        assert_eq!(refusal.disk_failure(), None);
        let full = "PRAGMA max_page_count = 1";
        engine.connection().execute_batch(full).unwrap();
        let item = json!({"pk": {"S": "a"}, "text": {"S": "x".repeat(100_000)}});
        let put = json!({"TableName": "messages", "Item": item});
        let failure = engine.run(&of("PutItem", &put)).unwrap_err();
        let reason = failure.disk_failure().unwrap();
        assert!(reason.contains("database or disk is full"), "{reason}");
        assert_eq!(ApiError::validation("disk is full").disk_failure(), None);
        assert_eq!(ApiError::internal("another error").disk_failure(), None);
    }
}
