//! A refusal, before its protocol writes it down.

use std::borrow::Cow;

use samlet_iam::{AuthenticationError, Denied};
use serde_json::{Map, Value};

/// Why a request is refused: an exception of AWS's.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The HTTP status: below 500 it is the sender's fault, from 500 on the service's.
    pub status: u16,
    /// The exception's name: `ResourceNotFoundException`. In AWS JSON a namespace may stand before it (`com.x#Name`).
    pub code: Cow<'static, str>,
    /// The text for people; empty when there is none.
    pub message: Cow<'static, str>,
    /// In JSON the text's member is `Message`: AWS's services spell it either way.
    pub has_capital_message: bool,
    /// Further members, such as `Reason`.
    pub members: Map<String, Value>,
    /// What every service refuses alike, each protocol in its own words.
    pub common: Option<CommonError>,
}

/// What every service refuses alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonError {
    /// The caller could not be authenticated.
    Unauthenticated,
    /// The caller is not allowed to.
    Denied,
    /// The body can't be read.
    Malformed,
    /// The body is too long.
    TooLarge,
    /// The service has no such operation, or samlet doesn't provide it.
    UnknownOperation,
    /// samlet itself failed.
    Internal,
}

impl Fault {
    /// A refusal with its exception's name and text.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            has_capital_message: false,
            members: Map::new(),
            common: None,
        }
    }

    fn common(
        common: CommonError,
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            common: Some(common),
            ..Self::new(status, code, message)
        }
    }

    /// The caller could not be authenticated.
    pub fn unauthenticated(error: &AuthenticationError) -> Self {
        let text = error.to_string();
        Self::common(CommonError::Unauthenticated, 403, error.code(), text)
    }

    /// The caller is not allowed to.
    pub fn denied(denied: &Denied) -> Self {
        let text = denied.to_string();
        Self::common(CommonError::Denied, 403, "AccessDeniedException", text).with_capital_message()
    }

    /// The body is not what the protocol demands: JSON, a form or XML.
    pub fn malformed() -> Self {
        Self::common(CommonError::Malformed, 400, "SerializationException", "")
    }

    /// The body is longer than `max_bytes`.
    pub fn too_large(max_bytes: usize) -> Self {
        let text = format!("Request must be smaller than {max_bytes} bytes");
        let code = "RequestEntityTooLargeException";
        Self::common(CommonError::TooLarge, 413, code, text)
    }

    /// The body is not what its `Content-Encoding` says: AWS answers as if it had failed itself.
    pub fn undecodable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::common(CommonError::Internal, 500, "InternalServerError", message)
    }

    /// The service has no such operation, or samlet doesn't provide it.
    pub fn unknown_operation(message: impl Into<Cow<'static, str>>) -> Self {
        let code = "UnknownOperationException";
        Self::common(CommonError::UnknownOperation, 400, code, message)
    }

    /// samlet itself failed; the log says how.
    pub fn internal() -> Self {
        let text = "samlet failed to serve this request; its log says why";
        Self::common(CommonError::Internal, 500, "InternalFailure", text)
    }

    /// With another member beside the text.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With the text in `Message`.
    #[must_use]
    pub fn with_capital_message(mut self) -> Self {
        self.has_capital_message = true;
        self
    }

    /// The exception's name without a namespace.
    pub fn short_code(&self) -> &str {
        let named = self.code.rsplit_once('#');
        named.map_or(&*self.code, |(_, code)| code)
    }

    /// Its members in JSON, the text among them.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let mut members = self.members.clone();
        if !self.message.is_empty() {
            let name = if self.has_capital_message {
                "Message"
            } else {
                "message"
            };
            members.insert(name.into(), Value::from(&*self.message));
        }
        members
    }
}
