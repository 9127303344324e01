//! DynamoDB's requests as values: read once from what a client sent, checked as DynamoDB checks them, and written
//! again.
//!
//! Pure: no I/O, no store, no clock.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>

mod refusal;
pub mod value;

pub use refusal::Refusal;
pub use value::{AttributeType, AttributeValue, Item, Number, NumberError};
