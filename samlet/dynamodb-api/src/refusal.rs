//! Why a request is refused before anything stored is looked at.

use samlet_aws::{Arn, Place};

/// A refusal, in DynamoDB's words.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not JSON, or a member has another type than it should: a `SerializationException`.
    #[error("{0}")]
    Serialization(String),
    /// The request breaks one of DynamoDB's rules: a `ValidationException`.
    #[error("{0}")]
    Validation(String),
    /// DynamoDB has no such operation, or samlet doesn't provide it: an `UnknownOperationException`.
    #[error("{0}")]
    UnknownOperation(String),
    /// What the request names can't be there: a `ResourceNotFoundException`.
    #[error("{0}")]
    ResourceNotFound(String),
    /// What the request names is another account's: an `AccessDeniedException`.
    #[error("{0}")]
    AccessDenied(String),
    /// More is asked for than may be done at a time: a `LimitExceededException`.
    #[error("{0}")]
    LimitExceeded(String),
}

impl Refusal {
    /// A `ValidationException`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::Validation(message.into())
    }

    /// The refusal of a resource that is not of this place. What another account has is not said.
    pub(crate) fn elsewhere(arn: &Arn, place: &Place, not_found: String) -> Self {
        if arn.account() == place.account {
            return Self::ResourceNotFound(not_found);
        }
        Self::AccessDenied(format!(
            "The caller is not authorized to access {arn} because no resource-based policy allows it"
        ))
    }

    /// A `ValidationException` about the values of members: what most of DynamoDB's own checks begin with.
    pub fn invalid_values(reason: impl std::fmt::Display) -> Self {
        Self::Validation(format!(
            "One or more parameter values were invalid: {reason}"
        ))
    }
}
