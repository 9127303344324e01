//! Errors as DynamoDB writes them, and why a store can't be opened.

use std::path::PathBuf;

use bytes::Bytes;
use samlet_commit::Failure;
use samlet_dynamodb_api::Refusal;
use serde_json::{Value, json};

use crate::error::{Error, Exception};

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

/// Those of DynamoDB's exceptions that are not its own, but its framework's.
const VALIDATE: &str = "com.amazon.coral.validate#";
const SERVICE: &str = "com.amazon.coral.service#";
const DYNAMODB: &str = "com.amazonaws.dynamodb.v20120810#";

impl From<Exception> for ApiError {
    fn from(exception: Exception) -> Self {
        let namespace = match exception.name {
            "ValidationException" => VALIDATE,
            "AccessDeniedException" | "SerializationException" | "UnknownOperationException" => {
                SERVICE
            }
            _ => DYNAMODB,
        };
        let mut body = exception.members;
        body.insert(
            "__type".into(),
            format!("{namespace}{}", exception.name).into(),
        );
        let is_capital = matches!(
            exception.name,
            "SerializationException" | "TransactionCanceledException"
        );
        let member = if is_capital { "Message" } else { "message" };
        // DynamoDB doesn't always say what is wrong with what is not JSON. Who writes `Message` where DynamoDB
        // otherwise writes `message` has its reason.
        let is_said = exception.message.is_empty() || body.contains_key("Message");
        if !is_said {
            body.insert(member.into(), exception.message.into());
        }
        Self {
            status: 400,
            body: Value::Object(body).to_string().into(),
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(exception) => exception.into(),
            Error::Group(failure) => failure.into(),
            failure => Self::internal(&failure.to_string()),
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
    /// The file is of another format.
    #[error("cannot open the store {}: it was written by {} version of samlet; `samlet reset` deletes it", path.display(), if *is_newer { "a newer" } else { "an earlier" })]
    Format {
        /// The file.
        path: PathBuf,
        /// Whether it is of a version that is not known yet.
        is_newer: bool,
    },
    /// The file is damaged, or no store.
    #[error("cannot open the store {}: {reason}; restore it from a copy, or move it away to start afresh", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn exceptions_are_written_as_dynamodb_writes_them() {
        let with = |mut exception: Exception, name: &str, member: Value| {
            exception.members.insert(name.into(), member);
            exception
        };
        let new = Exception::new;
        let condition = "ConditionalCheckFailedException";
        for (exception, body) in [
            (
                new("ValidationException", "No"),
                json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "No"}),
            ),
            (
                new("SerializationException", ""),
                json!({"__type": "com.amazon.coral.service#SerializationException"}),
            ),
            (
                with(
                    new("TransactionCanceledException", "No"),
                    "CancellationReasons",
                    json!([]),
                ),
                json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "Message": "No",
                    "CancellationReasons": [],
                }),
            ),
            (
                with(new(condition, "No"), "Item", json!({})),
                json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                    "message": "No",
                    "Item": {},
                }),
            ),
            (
                with(new(condition, "No"), "Message", json!("No")),
                json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                    "Message": "No",
                }),
            ),
        ] {
            let error = ApiError::from(exception);
            assert_eq!(error.status, 400);
            assert_eq!(serde_json::from_slice::<Value>(&error.body).unwrap(), body);
        }
        let damaged = ApiError::from(Error::Damaged {
            table: "things".into(),
        });
        assert_eq!(
            damaged,
            ApiError::internal("the stored table things is damaged")
        );
    }
}
