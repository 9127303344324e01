//! Keys as bytes that sort as DynamoDB sorts keys: numbers as numbers, binary as bytes, strings as UTF-8.
//!
//! The format is part of the file's: a change of it is a new version of the file.

use samlet_dynamodb_api::{AttributeValue, Number};

/// Stands for what is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAKey;

/// Appends a key's value; what is appended after it doesn't change the order.
pub(crate) fn append(key: &mut Vec<u8>, value: &AttributeValue) -> Result<(), NotAKey> {
    match value {
        AttributeValue::S(text) => append_bytes(key, text.as_bytes()),
        AttributeValue::B(bytes) => append_bytes(key, bytes),
        AttributeValue::N(number) => append_number(key, *number),
        _ => return Err(NotAKey),
    }
    Ok(())
}

/// Appends what the values that begin so begin with: a string's or bytes' prefix.
pub(crate) fn append_prefix(key: &mut Vec<u8>, value: &AttributeValue) -> Result<(), NotAKey> {
    match value {
        AttributeValue::S(text) => escape(key, text.as_bytes()),
        AttributeValue::B(bytes) => escape(key, bytes),
        _ => return Err(NotAKey),
    }
    Ok(())
}

/// The first key after all that begin with `prefix`; `None` if there is none.
pub(crate) fn after(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Some(prefix);
        }
    }
    None
}

/// A zero within is two bytes, so that what ends with two other ones sorts before all that goes on.
const ESCAPED: [u8; 2] = [0, 0xff];
const END: [u8; 2] = [0, 1];

fn append_bytes(key: &mut Vec<u8>, bytes: &[u8]) {
    escape(key, bytes);
    key.extend(END);
}

fn escape(key: &mut Vec<u8>, bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    key.extend(parts.next().unwrap_or_default());
    for part in parts {
        key.extend(ESCAPED);
        key.extend(part);
    }
}

const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;

/// The power of ten of the smallest numbers' first digit: 0 in a byte.
const SMALLEST: i32 = -130;

/// A byte for the sign, one for the power of ten of the first digit, one for each two digits from there on, none of
/// which is zero, and a zero. Of negative numbers all but the first are inverted.
fn append_number(key: &mut Vec<u8>, number: Number) {
    let (is_negative, digits, exponent) = number.parts();
    if digits == 0 {
        key.push(ZERO);
        return;
    }
    key.push(if is_negative { NEGATIVE } else { POSITIVE });
    let start = key.len();
    let count = digits.ilog10() + 1;
    let first = i32::from(exponent) + i32::try_from(count).unwrap_or_default() - 1;
    key.push(u8::try_from(first - SMALLEST).unwrap_or(u8::MAX));
    // An even number of digits, the most significant ones first.
    let mut left = count.next_multiple_of(2);
    let mut rest = if count == left { digits } else { digits * 10 };
    while rest > 0 {
        left -= 2;
        let pair = rest / 10_u128.pow(left);
        rest %= 10_u128.pow(left);
        key.push(u8::try_from(pair).unwrap_or_default() + 1);
    }
    key.push(0);
    if is_negative {
        for byte in &mut key[start..] {
            *byte = !*byte;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn of(value: &AttributeValue) -> Vec<u8> {
        let mut key = Vec::new();
        append(&mut key, value).unwrap();
        key
    }

    fn number(text: &str) -> AttributeValue {
        AttributeValue::N(Number::parse(text).unwrap())
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let sorted = [
            "-9.9999999999999999999999999999999999999E+125",
            "-1000",
            "-101",
            "-100.5",
            "-100",
            "-12",
            "-10",
            "-9",
            "-1.5",
            "-1",
            "-0.1",
            "-1E-130",
            "0",
            "1E-130",
            "0.001",
            "0.01",
            "0.1",
            "0.12",
            "1",
            "1.05",
            "1.5",
            "9",
            "10",
            "11",
            "99",
            "100",
            "100.00000000000000000000000000000000001",
            "101",
            "1E+125",
            "9.9999999999999999999999999999999999999E+125",
        ];
        for pair in sorted.windows(2) {
            let [a, b] = pair else { unreachable!() };
            assert!(of(&number(a)) < of(&number(b)), "{a} {b}");
        }
    }

    #[test]
    fn what_follows_a_key_does_not_change_the_order() {
        let text = |text: &str| AttributeValue::S(text.into());
        let sorted = [
            "", "\0", "\0\0", "\0a", "\u{1}", "a", "a\0", "a\0b", "aa", "ä",
        ];
        for pair in sorted.windows(2) {
            let [a, b] = pair else { unreachable!() };
            for (after_a, after_b) in [(0, 0xff), (0xff, 0)] {
                let (mut a, mut b) = (of(&text(a)), of(&text(b)));
                a.push(after_a);
                b.push(after_b);
                assert!(a < b, "{pair:?}");
            }
        }
    }

    #[test]
    fn all_that_begins_so_lies_before_what_is_after() {
        assert_eq!(after(vec![1, 2]), Some(vec![1, 3]));
        assert_eq!(after(vec![1, 0xff]), Some(vec![2]));
        assert_eq!(after(vec![0xff]), None);
    }

    proptest! {
        #[test]
        fn bytes_sort_as_bytes(a: Vec<u8>, b: Vec<u8>, tail: Vec<u8>) {
            let key = |bytes: &[u8]| of(&AttributeValue::B(bytes.to_vec()));
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            let mut prefix = Vec::new();
            append_prefix(&mut prefix, &AttributeValue::B(a.clone())).unwrap();
            prop_assert_eq!(key(&b).starts_with(&prefix), b.starts_with(&a));
            let longer = [a.as_slice(), tail.as_slice()].concat();
            prop_assert!(key(&longer).starts_with(&prefix));
        }

        #[test]
        fn any_two_numbers_sort_as_they_do(a in 0..u64::MAX, b in 0..u64::MAX, e in -60_i32..60, f in -60_i32..60, signs: (bool, bool)) {
            let text = |n: u64, exponent: i32, negative: bool| format!("{}{n}E{exponent}", if negative { "-" } else { "" });
            let (a, b) = (Number::parse(&text(a, e, signs.0)).unwrap(), Number::parse(&text(b, f, signs.1)).unwrap());
            let key = |number| of(&AttributeValue::N(number));
            prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
        }
    }
}
