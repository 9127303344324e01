//! What statements say, and which are refused in which words.
#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "tables of cases are long")]

mod printing;
mod reading;
mod refusals;
mod refused_values;
mod subjects;

use super::parse;
use crate::value::Number;
use crate::{AttributeValue, Refusal};

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: &str) -> AttributeValue {
    AttributeValue::N(Number::parse(number).unwrap())
}

/// What refusals of statements that are not PartiQL begin with.
const MALFORMED: &str = "Statement wasn't well formed, can't be processed: ";

#[track_caller]
fn refusal(statement: &str, parameters: &[AttributeValue]) -> String {
    match parse(statement, parameters.to_vec()) {
        Err(Refusal::Validation(message)) => message,
        other => panic!("{statement}: {other:?}"),
    }
}

#[track_caller]
fn all_malformed(cases: &[(&str, &str)]) {
    for (statement, reason) in cases {
        assert_eq!(
            refusal(statement, &[]),
            format!("{MALFORMED}{reason}"),
            "{statement}"
        );
    }
}

#[track_caller]
fn all_refused(cases: &[(&str, &str)]) {
    for (statement, message) in cases {
        assert_eq!(refusal(statement, &[]), *message, "{statement}");
    }
}
