//! What is always true of a service: its names, its protocols, and what it keeps on disk.

use crate::{DeclaredCheck, Protocol};

/// A service's fixed properties.
#[derive(Debug)]
pub struct Identity {
    /// What its requests are signed for, and what traces call it: `dynamodb`.
    pub signing_name: &'static str,
    /// What people call it: `DynamoDB`.
    pub title: &'static str,
    /// What its IAM actions and condition keys begin with, without the colon: `dynamodb`.
    pub iam_prefix: &'static str,
    /// Its IAM actions, one per line, in the spelling of the Service Authorization Reference; ` *` follows those that
    /// are not granted on single resources.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/>
    pub actions: &'static str,
    /// Its own condition keys, one per line, of the same reference; ` []` follows those that may have several values
    /// (`ArrayOf…`), and `${…}` stands for any text.
    pub condition_keys: &'static str,
    /// How clients may speak to it.
    pub protocols: &'static [Protocol],
    /// How a request's body is taken.
    pub body: BodyRule,
    /// Whether whole bodies of requests may be compressed (`Content-Encoding`), and those of answers are for clients
    /// that ask for it (`Accept-Encoding`).
    pub has_compression: bool,
    /// Checks what a template declares of its resources, when the template is read.
    pub check: Option<DeclaredCheck>,
    /// What it keeps in the data folder; `samlet reset` deletes it without opening it.
    pub stored: &'static [Stored],
}

/// How a request's body is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRule {
    /// It is read whole before the request is authenticated.
    Whole {
        /// The longest that is taken.
        max_bytes: usize,
    },
    /// The service reads it as it arrives. The signature covers the hash that the request declares; the body is checked
    /// against it as it arrives.
    Streamed {
        /// The longest that is taken.
        max_bytes: u64,
    },
}

/// A file or folder in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name there.
    pub path: &'static str,
    /// What is in it: `tables`.
    pub title: &'static str,
}
