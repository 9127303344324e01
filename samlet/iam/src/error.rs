//! Why a policy can't be enforced, and why a request's signature or body is refused.

/// Why a policy can't be enforced.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A member is missing or has the wrong type.
    #[error("{0}")]
    Malformed(String),
    /// An element that is not evaluated here. Passing it over would grant
    /// more than AWS does.
    #[error("unknown element {0} in an identity-based policy")]
    Unsupported(String),
    /// As `Unsupported`, in a resource-based policy.
    #[error("unknown element {0} in a resource-based policy")]
    UnsupportedOfResource(String),
    /// It would allow everybody else.
    #[error("NotPrincipal is only supported with Effect: Deny")]
    NotPrincipalAllows,
}

impl PolicyError {
    /// The same error, of a resource-based policy.
    pub(crate) fn of_resource_policy(self) -> Self {
        match self {
            Self::Unsupported(element) => Self::UnsupportedOfResource(element),
            other => other,
        }
    }
}

/// Why a request isn't authenticated; AWS's wording.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// There is no signature at all.
    #[error("Request is missing Authentication Token")]
    MissingToken,
    /// The Authorization header lacks something.
    #[error("{0}")]
    Incomplete(String),
    /// The signature, its date or its scope is wrong.
    #[error("{0}")]
    InvalidSignature(String),
    /// The access key, or the session token, is not one that was issued.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The request doesn't declare its streamed body as it must.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl AuthenticationError {
    /// The exception's name on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::InvalidSignature(_) => "InvalidSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::Payload(error) => error.code(),
        }
    }
}

/// A request doesn't declare its body's hash as it must; S3's wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// There is no such header, or several.
    #[error("Missing required header for this request: x-amz-content-sha256")]
    Missing,
    /// It is neither a hash nor one of the names for bodies without.
    #[error("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.")]
    Invalid,
    /// The signature doesn't cover the header.
    #[error(
        "There were headers present in the request which were not signed: x-amz-content-sha256"
    )]
    NotSigned,
    /// The body comes in chunks with signatures or checksums of their own.
    #[error(
        "x-amz-content-sha256: bodies that are sent in signed chunks are not supported; send the body's sha256 or UNSIGNED-PAYLOAD"
    )]
    Chunked,
}

impl PayloadError {
    /// The error's name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "InvalidRequest",
            Self::Invalid => "InvalidArgument",
            Self::NotSigned => "AccessDenied",
            Self::Chunked => "NotImplemented",
        }
    }
}

/// The body isn't the one that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
pub struct PayloadMismatch;
