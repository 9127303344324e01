//! The DynamoDB API over an embedded, durable store.
//!
//! Knows nothing of HTTP, signatures or policies: an operation's name and its
//! JSON come in, its JSON or DynamoDB's error goes out.

mod arns;
mod conditions;
mod engine;
mod errors;
mod expressions;
mod limits;
mod pages;
mod removals;
mod requirements;
mod statements;
mod store;
mod streams;
mod tables;
mod tokens;
mod validation;
mod wal;

pub use errors::{ApiError, StoreError};
pub use requirements::{Requirement, requirements};
pub use store::Store;
pub use tables::TableError;
