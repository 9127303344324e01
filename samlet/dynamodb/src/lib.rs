//! The DynamoDB API over an embedded, durable store.
//!
//! Decides nothing about who may do what: it says what a request needs to be allowed. To the [`Store`] an operation's name and its JSON come in, its JSON or
//! DynamoDB's error goes out; [`DynamoDb`] makes a service of it.

mod arns;
mod command;
#[cfg(test)]
mod confinement;
mod damage;
mod declared;
mod engine;
mod errors;
mod expiry;
mod key_changes;
mod names;
mod nesting;
mod pages;
mod removals;
mod service;
mod store;
mod streams;
mod tables;
mod tokens;

pub use errors::{ApiError, StoreError};
pub use service::{DynamoDb, IDENTITY};
pub use store::Store;
pub use tables::TableError;
