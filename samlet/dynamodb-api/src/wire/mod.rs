//! The first two checks of every request: do its members have the types of the API's model, and do their values keep to
//! its constraints. What the model doesn't know is dropped.
//!
//! The models are data ([`shapes`]), so that they can be held against AWS's own.

mod constraints;
mod java;
mod shape;
mod shapes;
#[cfg(test)]
mod tests;
mod types;

use serde_json::{Map, Value};

use crate::{Operation, Refusal};

/// The members of a request that samlet knows, all of the right types and within their constraints. Booleans that
/// were sent as strings are booleans; numbers without a place in their type are the nearest that has one.
pub(crate) fn check(operation: Operation, body: Value) -> Result<Map<String, Value>, Refusal> {
    let structure = shapes::input(operation);
    let Value::Object(mut members) = body else {
        return Err(Refusal::Serialization(String::new()));
    };
    types::check(structure, &mut members)?;
    constraints::check(operation, structure, &members)?;
    Ok(members)
}
