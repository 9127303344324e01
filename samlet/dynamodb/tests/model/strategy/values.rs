//! Random values, many of them at the borders of their kinds.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::number::Decimal;
use crate::value::{Item, Value};

/// Numbers as they are written; some of them are equal.
pub(crate) const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "-1",
    "1.0",
    "2",
    "10",
    "1e1",
    "-0",
    "-1.5",
    "0.1",
    "100e-2",
    "9",
    "-10",
    "-9",
    "1e125",
    "-1e125",
    "1e-130",
    "-1e-130",
    "1.0000000000000000000000000000000000001",
    "99999999999999999999999999999999999999",
    "0.001",
    "-0.001",
    "12345.6789",
    "1E+2",
];

pub(crate) const TEXTS: [&str; 20] = [
    "a",
    "A",
    "b",
    "ab",
    "a\0",
    "\0",
    "a\0b",
    "\0\0",
    "a\u{1}",
    "é",
    "e\u{301}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{10000}",
    "\u{d7ff}",
    " ",
    "aa",
    "'",
    "\"",
    "B",
];

pub(crate) const BYTES: [&[u8]; 14] = [
    &[0],
    &[0, 0],
    &[1],
    &[255],
    &[255, 255],
    &[0, 255],
    &[255, 0],
    &[1, 0],
    &[0, 1],
    b"a",
    b"ab",
    &[254],
    &[0, 0, 1],
    &[128],
];

pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        8 => select(&TEXTS[..]).prop_map(str::to_owned),
        2 => Just(String::new()),
        1 => any::<String>(),
    ]
    .boxed()
}

pub(crate) fn number() -> BoxedStrategy<Decimal> {
    prop_oneof![
        6 => select(&NUMBERS[..]).prop_map(Decimal::new),
        1 => (any::<i32>(), -40..40_i32).prop_map(|(digits, exponent)| Decimal::new(&format!("{digits}e{exponent}"))),
    ].boxed()
}

pub(crate) fn bytes() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        8 => select(&BYTES[..]).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..5),
    ]
    .boxed()
}

/// A string, a number or bytes.
pub(crate) fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        text().prop_map(Value::S),
        number().prop_map(Value::N),
        bytes().prop_map(Value::B),
    ]
    .boxed()
}

pub(crate) fn set() -> BoxedStrategy<Value> {
    prop_oneof![
        vec(
            text().prop_filter("no empty one", |text| !text.is_empty()),
            1..4
        )
        .prop_map(|texts| Value::Ss(texts.into_iter().collect())),
        vec(number(), 1..4).prop_map(|numbers| Value::Ns(numbers.into_iter().collect())),
        vec(
            bytes().prop_filter("no empty one", |bytes| !bytes.is_empty()),
            1..4
        )
        .prop_map(|values| Value::Bs(values.into_iter().collect())),
    ]
    .boxed()
}

pub(crate) fn leaf() -> BoxedStrategy<Value> {
    prop_oneof![
        6 => scalar(),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        2 => set(),
    ]
    .boxed()
}

fn map() -> BoxedStrategy<Value> {
    let member = (select(&["x", "y", "X"][..]), leaf());
    vec(member, 0..3)
        .prop_map(|members| {
            let members = members.into_iter();
            let members = members.map(|(name, value)| (name.to_owned(), value));
            Value::M(members.collect::<Item>())
        })
        .boxed()
}

fn list() -> BoxedStrategy<Value> {
    vec(leaf(), 0..4).prop_map(Value::L).boxed()
}

/// Any value; few are long.
pub(crate) fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        20 => leaf(),
        6 => map(),
        6 => list(),
        1 => (1..60_000_usize).prop_map(|length| Value::S("x".repeat(length))),
    ]
    .boxed()
}

/// A value that suits an attribute's name, mostly.
pub(crate) fn suited(name: &'static str) -> BoxedStrategy<Value> {
    match name {
        "n" => prop_oneof![5 => number().prop_map(Value::N), 1 => value()].boxed(),
        "m" => prop_oneof![5 => map(), 1 => value()].boxed(),
        "l" => prop_oneof![5 => list(), 1 => value()].boxed(),
        "t" => prop_oneof![5 => set(), 1 => value()].boxed(),
        _ => value().boxed(),
    }
}
