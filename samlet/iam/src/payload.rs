//! Bodies that are streamed: a signature is verified over the hash that they declare, before they have come.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::fmt;

use aws_sigv4::http_request::SignableBody;
use http::request::Parts;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{PayloadError, PayloadMismatch};
use crate::presigned::Presigned;
use crate::signature_fields::header;

/// The header that declares a body's hash.
pub(crate) const HEADER: &str = "x-amz-content-sha256";

/// Declares that the signature doesn't cover the body.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Begins all declarations of bodies that are sent in chunks.
const CHUNKED: &str = "STREAMING-";

/// Bytes of a SHA-256 hash.
const HASH_BYTES: usize = 32;

/// What a request's signature is verified over, beside its head.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// The whole body.
    Whole(&'a [u8]),
    /// The hash in the request's `x-amz-content-sha256`. The body still has to
    /// be held against it, with [`PayloadHash`].
    Declared,
}

/// Holds a body, piece by piece, against the hash that its request declares.
pub struct PayloadHash {
    /// `None` when the body isn't signed.
    expected: Option<[u8; HASH_BYTES]>,
    hasher: Sha256,
}

impl fmt::Debug for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_signed = self.expected.is_some();
        write!(f, "PayloadHash {{ is_signed: {is_signed} }}")
    }
}

impl PayloadHash {
    /// Of a request that was authenticated with [`Payload::Declared`].
    pub fn of(request: &Parts) -> Result<Self, PayloadError> {
        let declared = Declared::of(request)?;
        Ok(Self {
            expected: match declared {
                Declared::Unsigned | Declared::Presigned => None,
                Declared::Hash(text) => Some(bytes(text).ok_or(PayloadError::Invalid)?),
            },
            hasher: Sha256::new(),
        })
    }

    /// Takes the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        if self.expected.is_some() {
            self.hasher.update(piece);
        }
    }

    /// Whether the body, which has ended, is the one that was signed. One that
    /// isn't signed always is.
    pub fn finish(self) -> Result<(), PayloadMismatch> {
        let Some(expected) = self.expected else {
            return Ok(());
        };
        let actual = self.hasher.finalize();
        if bool::from(actual.as_slice().ct_eq(&expected)) {
            Ok(())
        } else {
            Err(PayloadMismatch)
        }
    }
}

/// What a request says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared<'a> {
    /// The body has this hash: 64 hex digits in lower case.
    Hash(&'a str),
    /// The signature doesn't cover the body, as the header says.
    Unsigned,
    /// Neither does that of a presigned request without the header.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
    Presigned,
}

impl<'a> Declared<'a> {
    pub(crate) fn of(request: &'a Parts) -> Result<Self, PayloadError> {
        if !request.headers.contains_key(HEADER) {
            return match Presigned::of(request) {
                Some(_) => Ok(Self::Presigned),
                None => Err(PayloadError::Missing),
            };
        }
        let text = header(request, HEADER).ok_or(PayloadError::Invalid)?;
        if text == UNSIGNED {
            return Ok(Self::Unsigned);
        }
        if text.starts_with(CHUNKED) {
            return Err(PayloadError::Chunked);
        }
        bytes(text)
            .map(|_| Self::Hash(text))
            .ok_or(PayloadError::Invalid)
    }

    /// Whether a header says it, which has to be signed then.
    pub(crate) fn is_header(self) -> bool {
        self != Self::Presigned
    }

    pub(crate) fn signable(self) -> SignableBody<'static> {
        match self {
            Self::Hash(text) => SignableBody::Precomputed(text.to_owned()),
            Self::Unsigned | Self::Presigned => SignableBody::UnsignedPayload,
        }
    }
}

/// A hash's bytes, from its hex digits in lower case.
fn bytes(text: &str) -> Option<[u8; HASH_BYTES]> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * HASH_BYTES {
        return None;
    }
    let mut bytes = [0; HASH_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
