//! DynamoDB's expressions: what they may say, and what they say with their placeholders put in.
//!
//! [`Placeholders`] reads the five kinds of a request (condition, filter, key condition, update, projection);
//! [`Printer`] writes them again, with placeholders of its own.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

mod condition;
mod key_condition;
mod keys;
mod operands;
mod overlaps;
mod parse;
mod path;
mod placeholders;
mod print;
mod problem;
mod projection;
mod read;
mod reserved;
#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod update;
mod words;

pub use condition::{Comparator, Condition, Operand};
pub use key_condition::{KeyCondition, KeyTest};
pub use path::{Path, PathElement};
pub use placeholders::Placeholders;
pub use print::Printer;
pub use projection::Projection;
pub use update::{SetAction, SetOperand, SetValue, Update};

/// Bytes of an expression, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_BYTES: usize = 4096;
