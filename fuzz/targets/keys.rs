//! Keys as bytes: they sort as the values that they encode, whatever follows them; so those of two values differ, and
//! none is the beginning of another.

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
    /// Differ by little: a string and one that is made of it.
    Near(Vec<u8>, Vec<Edit>),
    /// Differ by little, or not at all: by zeros that the exponent makes up for, or not.
    NearNumbers((bool, u64, u64, i16), u8, i8, i8),
}

/// A change of bytes at a place.
#[derive(Arbitrary, Debug)]
enum Edit {
    Insert(u8, u8),
    Remove(u8),
    Cut(u8),
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
    prefix(&right, &left, &left_key);
    let is_start = left_key.starts_with(&right_key) || right_key.starts_with(&left_key);
    assert_eq!(is_start, expected == Ordering::Equal);
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
        Pair::Near(bytes, edits) => {
            let near = edited(&bytes, edits);
            (AttributeValue::B(bytes), AttributeValue::B(near))
        }
        Pair::NearNumbers(parts, zeros, more, higher) => {
            let (is_negative, _, low, exponent) = parts;
            let zeros = u32::from(zeros % 18);
            let digits = u128::from(low) * 10_u128.pow(zeros);
            let digits = digits.saturating_add_signed(more.into());
            let exponent = i32::from(exponent % 140);
            let moved = exponent - zeros.cast_signed() + i32::from(higher % 2);
            (
                AttributeValue::N(parsed(is_negative, low.into(), exponent)?),
                AttributeValue::N(parsed(is_negative, digits, moved)?),
            )
        }
    })
}

fn number((is_negative, high, low, exponent): (bool, u64, u64, i16)) -> Option<Number> {
    let digits = (u128::from(high) << 64 | u128::from(low)) % 10_u128.pow(38);
    parsed(is_negative, digits, (exponent % 140).into())
}

fn parsed(is_negative: bool, digits: u128, exponent: i32) -> Option<Number> {
    let sign = if is_negative { "-" } else { "" };
    Number::parse(&format!("{sign}{digits}e{exponent}")).ok()
}

fn edited(bytes: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let mut near = bytes.to_vec();
    for edit in edits {
        let place = |at: u8| usize::from(at) % (near.len() + 1);
        match edit {
            Edit::Insert(at, byte) => near.insert(place(at), byte),
            Edit::Remove(at) if place(at) < near.len() => drop(near.remove(place(at))),
            Edit::Remove(_) => {}
            Edit::Cut(at) => near.truncate(place(at)),
        }
    }
    near
}
