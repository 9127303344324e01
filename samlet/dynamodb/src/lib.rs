//! DynamoDB and its streams over a SQLite file.
//!
//! Decides nothing about who may do what: it says what a request needs to be allowed. To the [`Store`] an operation's name and its JSON come in, its JSON or
//! DynamoDB's error goes out; [`DynamoDb`] makes a service of it.

mod capacity;
#[cfg(test)]
mod confinement;
mod damage;
mod database;
mod declared;
mod error;
mod errors;
mod expiry;
mod operations;
mod service;
mod store;
mod streams;
mod tables;

pub use errors::{ApiError, StoreError};
pub use service::{DynamoDb, IDENTITY};
pub use store::Store;
pub use tables::TableError;
