//! DynamoDB's requests as values: read once from what a client sent, checked as DynamoDB checks them, and written
//! again.
//!
//! Pure: no I/O, no store, no clock. What a request needs to be allowed ([`access`]) and what it does are both derived
//! from its value ([`Request`]), never from the client's text, so they cannot disagree.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>

pub mod access;
pub mod evaluate;
pub mod expression;
pub mod legacy;
mod operation;
pub mod partiql;
mod refusal;
pub mod request;
pub mod value;
mod wire;

pub use operation::{Kind, Operation};
pub use refusal::Refusal;
pub use request::Request;
pub use value::{AttributeType, AttributeValue, Item, Number, NumberError};
