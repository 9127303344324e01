//! Requests that are signed in their query.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::Duration;

use http::header;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::AuthenticationError;
use crate::signature_fields::SignatureFields;

/// The longest that a presigned request may be used.
const MAX_LIFETIME: Duration = Duration::from_secs(604_800);

/// The query's parameters that belong to the signature. All others are signed, whatever they are called.
const FIELDS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// The signature of such a request.
pub(crate) struct Presigned {
    /// The fields of the signature, decoded.
    fields: Vec<(String, String)>,
    /// The query without them.
    pub(crate) rest: String,
}

impl Presigned {
    /// `None` for a request that isn't: a header is taken first.
    pub(crate) fn of(request: &Parts) -> Option<Self> {
        if request.headers.contains_key(header::AUTHORIZATION) {
            return None;
        }
        let (mut fields, mut rest) = (Vec::<(String, String)>::new(), Vec::new());
        for pair in request.uri.query()?.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // What is there twice is signed twice, too.
            let is_field = FIELDS.contains(&name) && !fields.iter().any(|(known, _)| known == name);
            match is_field {
                true => {
                    let value = percent_decode_str(value).decode_utf8_lossy();
                    fields.push((name.to_owned(), value.into_owned()));
                }
                false => rest.push(pair),
            }
        }
        let rest = rest.join("&");
        let presigned = Self { fields, rest };
        presigned.value("X-Amz-Algorithm")?;
        Some(presigned)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, AuthenticationError> {
        self.value(name).ok_or_else(|| {
            AuthenticationError::Incomplete(format!(
                "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
            ))
        })
    }

    pub(crate) fn fields(&self) -> Result<SignatureFields<'_>, AuthenticationError> {
        Ok(SignatureFields {
            algorithm: self.required("X-Amz-Algorithm")?,
            credential: self.required("X-Amz-Credential")?,
            signature: self.required("X-Amz-Signature")?,
            signed_headers: self.required("X-Amz-SignedHeaders")?,
            date_time: self.required("X-Amz-Date")?,
        })
    }

    /// How long it may be used.
    pub(crate) fn lifetime(&self) -> Result<Duration, AuthenticationError> {
        let text = self.required("X-Amz-Expires")?;
        let seconds: Option<u64> = text.parse().ok();
        // It is signed as a plain number.
        let seconds = seconds.filter(|seconds| seconds.to_string() == text && *seconds > 0);
        let lifetime = seconds.map(Duration::from_secs);
        lifetime
            .filter(|lifetime| *lifetime <= MAX_LIFETIME)
            .ok_or_else(|| {
                let text = "X-Amz-Expires must be between 1 and 604800 seconds";
                AuthenticationError::Incomplete(text.into())
            })
    }
}
