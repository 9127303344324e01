//! DynamoDB's numbers: any texts, each held against another implementation, alone and in sums.

#![no_main]

use std::str::FromStr;

use bigdecimal::BigDecimal;
use libfuzzer_sys::fuzz_target;
use samlet_dynamodb_api::{Number, NumberError};

/// The power of ten of the first digit of the largest numbers and of the smallest.
const LARGEST: i64 = 125;
const SMALLEST: i64 = -130;
const PRECISION: usize = 38;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (left, right) = text.split_once('\n').unwrap_or((text, ""));
    if let (Some(left), Some(right)) = (read(left), read(right)) {
        both(left, right);
    }
});

/// The number that a text writes, if it writes one.
fn read(text: &str) -> Option<Number> {
    let number = match Number::parse(text) {
        Ok(number) => number,
        Err(why) => {
            refused(text, &why);
            return None;
        }
    };
    let plain = number.to_string();
    assert_eq!(big(&plain), big(text));
    assert_eq!(Number::parse(&plain), Ok(number));
    assert!(plain.bytes().all(|byte| b"-.0123456789".contains(&byte)));
    let digits = plain.trim_start_matches('-');
    assert!(
        !digits.starts_with("00") && !digits.starts_with('.'),
        "{plain}"
    );
    assert!(
        !plain.contains('.') || !plain.ends_with(['0', '.']),
        "{plain}"
    );
    Some(number)
}

fn refused(text: &str, why: &NumberError) {
    assert!(why.to_string().len() <= text.len() + 100);
    let is_number = !matches!(why, NumberError::Empty | NumberError::NotANumber(_));
    if !is_number || text.len() > 200 {
        return;
    }
    // The other one has no such large exponents.
    let exponent = text
        .split_once(['e', 'E'])
        .map_or("0", |(_, exponent)| exponent);
    if !exponent
        .parse::<i64>()
        .is_ok_and(|exponent| exponent.abs() < 10_000)
    {
        return;
    }
    let number = big(text);
    // Where the range of zero ends depends on how it is written.
    if number != 0 {
        assert!(is_beyond(&number, why, why), "{text}: {why}");
    }
}

/// Two numbers have the same order, and sums, as in the other implementation.
fn both(left: Number, right: Number) {
    let (big_left, big_right) = (big(&left.to_string()), big(&right.to_string()));
    assert_eq!(left.cmp(&right), big_left.cmp(&big_right));
    assert_eq!(left == right, big_left == big_right);
    assert_eq!(left.plus(right), right.plus(left));
    for (result, expected) in [
        (left.plus(right), &big_left + &big_right),
        (left.minus(right), &big_left - &big_right),
    ] {
        match result {
            Ok(number) => assert_eq!(big(&number.to_string()), expected),
            // A result with too many digits is refused as too large.
            Err(why) => assert!(
                is_beyond(&expected, &why, &NumberError::TooPrecise),
                "{left} and {right}: {why}"
            ),
        }
    }
}

/// Whether a number is out of bounds as `why` says, or as `other` does.
fn is_beyond(number: &BigDecimal, why: &NumberError, other: &NumberError) -> bool {
    let (digits, scale) = number.normalized().into_bigint_and_exponent();
    let count = digits.magnitude().to_string().len();
    let first = count as i64 - 1 - scale;
    [why, other].into_iter().any(|why| match why {
        NumberError::Overflow => first > LARGEST,
        NumberError::Underflow => first < SMALLEST,
        NumberError::TooPrecise => count > PRECISION,
        NumberError::Empty | NumberError::NotANumber(_) => false,
    })
}

fn big(text: &str) -> BigDecimal {
    // It takes no point at the end.
    let text = text.replace(".e", "e").replace(".E", "E");
    let text = text.strip_suffix('.').unwrap_or(&text);
    BigDecimal::from_str(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}
