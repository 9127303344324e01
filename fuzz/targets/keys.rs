//! Keys as bytes: they sort as the values that they encode, whatever follows them.

#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use samlet_dynamodb_api::evaluate::order;
use samlet_dynamodb_api::{AttributeValue, Number};

#[path = "../../samlet/dynamodb/src/database/keys.rs"]
mod keys;

/// Two values of one type, and what follows each.
#[derive(Arbitrary, Debug)]
enum Pair {
    Strings(String, String),
    Bytes(Vec<u8>, Vec<u8>),
    Numbers([(bool, u64, u64, i16); 2]),
}

#[derive(Arbitrary, Debug)]
struct Input {
    pair: Pair,
    after: [Vec<u8>; 2],
}

fuzz_target!(|input: Input| {
    let Some((left, right)) = values(input.pair) else {
        return;
    };
    let expected = order(&left, &right).expect("values of one type have an order");
    let [mut left_key, mut right_key] = [&left, &right].map(|value| {
        let mut key = Vec::new();
        assert_eq!(keys::append(&mut key, value), Ok(()));
        key
    });
    assert_eq!(left_key.cmp(&right_key), expected);
    prefix(&left, &right, &right_key);
    left_key.extend(&input.after[0]);
    right_key.extend(&input.after[1]);
    if expected != Ordering::Equal {
        assert_eq!(left_key.cmp(&right_key), expected);
    }
});

/// What begins with a value has a key that begins with the value's prefix, and is before what is after that.
fn prefix(value: &AttributeValue, other: &AttributeValue, other_key: &[u8]) {
    let begins = match (value, other) {
        (AttributeValue::S(value), AttributeValue::S(other)) => other.starts_with(value.as_str()),
        (AttributeValue::B(value), AttributeValue::B(other)) => other.starts_with(value),
        _ => return,
    };
    let mut prefix = Vec::new();
    assert_eq!(keys::append_prefix(&mut prefix, value), Ok(()));
    assert_eq!(other_key.starts_with(&prefix), begins);
    let after = keys::after(prefix.clone());
    let is_within =
        other_key >= prefix.as_slice() && after.is_none_or(|after| other_key < after.as_slice());
    assert_eq!(is_within, begins);
}

fn values(pair: Pair) -> Option<(AttributeValue, AttributeValue)> {
    Some(match pair {
        Pair::Strings(left, right) => (AttributeValue::S(left), AttributeValue::S(right)),
        Pair::Bytes(left, right) => (AttributeValue::B(left), AttributeValue::B(right)),
        Pair::Numbers([left, right]) => (
            AttributeValue::N(number(left)?),
            AttributeValue::N(number(right)?),
        ),
    })
}

fn number((is_negative, high, low, exponent): (bool, u64, u64, i16)) -> Option<Number> {
    let sign = if is_negative { "-" } else { "" };
    let digits = (u128::from(high) << 64 | u128::from(low)) % 10_u128.pow(38);
    Number::parse(&format!("{sign}{digits}e{}", exponent % 140)).ok()
}
