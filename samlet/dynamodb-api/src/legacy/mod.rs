//! The parameters from before there were expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter,
//! ScanFilter, AttributesToGet.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>

mod conditions;
mod expected;
mod operator;
mod projection;
#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;
mod updates;

pub use conditions::{Conditions, Test, check_conditional_operator};
pub use operator::Operator;
pub use projection::{read_attributes_to_get, write_attributes_to_get};
pub use updates::{AttributeUpdate, read_updates, write_updates};
