//! What is refused of requests about tables, in DynamoDB's words, and that they are read as they were written.

#![allow(clippy::unwrap_used)]

mod create;
mod printed;
mod small;
mod update;

use samlet_aws::Place;
use serde_json::{Map, Value};

use crate::{Operation, Refusal, wire};

fn place() -> Place {
    Place::new("eu-central-1", "123456789012", "local")
}

/// Reads a request as clients' are read.
fn read<T>(
    operation: Operation,
    read: fn(Map<String, Value>, &Place) -> Result<T, Refusal>,
    body: Value,
) -> Result<T, Refusal> {
    read(wire::check(operation, body)?, &place())
}

/// What is said after `One or more parameter values were invalid: `.
fn invalid(reason: &str) -> Refusal {
    Refusal::invalid_values(reason)
}
