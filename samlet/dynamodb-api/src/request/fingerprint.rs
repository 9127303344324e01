//! What tells requests apart that are sent with the same token.

use std::fmt;
use std::io::{self, Write};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Operation;

/// A hash of what a request does. It is the same in every process and version of samlet that writes requests alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of a request with some actions. Members of `actions` are in an order of their own, whatever the client's
    /// was, and so are their expressions' placeholders.
    pub(super) fn of(operation: Operation, actions: &Value) -> Self {
        let mut hash = Hash(Sha256::new_with_prefix(operation.name()));
        // Neither writing to a hash nor writing a JSON value fails.
        let _ = serde_json::to_writer(&mut hash, actions);
        Self(hash.0.finalize().into())
    }

    /// One that was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To keep it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hashes what is written to it.
struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
