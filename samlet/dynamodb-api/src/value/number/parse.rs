//! Numbers from text.

use super::{LARGEST, Number, NumberError, PRECISION, SMALLEST};

/// The digits of a text before its exponent.
#[derive(Default)]
struct Coefficient {
    /// The significant digits, as far as they are not too many.
    digits: u128,
    /// Significant digits, without zeros at the end.
    count: i64,
    /// Zeros after those.
    zeros: i64,
    /// Digits after the point.
    after_point: i64,
    has_digit: bool,
    has_point: bool,
}

impl Number {
    /// The number that `text` writes: digits with at most one point among or around them, a sign before and an
    /// exponent after them if need be. Nothing else, no space either.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        if text.is_empty() {
            return Err(NumberError::Empty);
        }
        let not_a_number = || NumberError::NotANumber(text.into());
        let (is_negative, unsigned) = sign(text.as_bytes());
        let (coefficient, rest) = Coefficient::read(unsigned);
        let written = match rest {
            [] => Some(0),
            [b'e' | b'E', exponent @ ..] => exponent_of(exponent),
            _ => None,
        };
        let exponent = written
            .filter(|_| coefficient.has_digit)
            .map(|exponent| exponent - coefficient.after_point)
            .filter(|exponent| i32::try_from(*exponent).is_ok())
            .ok_or_else(not_a_number)?;
        coefficient.number(is_negative, exponent)
    }
}

impl Coefficient {
    /// Reads digits and a point; returns what follows, too.
    fn read(text: &[u8]) -> (Self, &[u8]) {
        let mut read = Self::default();
        for (place, byte) in text.iter().enumerate() {
            match byte {
                b'0'..=b'9' => read.push(byte - b'0'),
                b'.' if !read.has_point => read.has_point = true,
                _ => return (read, &text[place..]),
            }
        }
        (read, &[])
    }

    fn push(&mut self, digit: u8) {
        self.has_digit = true;
        if self.has_point {
            self.after_point += 1;
        }
        if digit == 0 {
            // Zeros at the beginning say nothing; those at the end count once another digit follows.
            if self.count > 0 {
                self.zeros += 1;
            }
            return;
        }
        let places = self.zeros + 1;
        self.count += places;
        self.zeros = 0;
        if self.count <= i64::from(PRECISION) {
            self.digits = self.digits * 10_u128.pow(places as u32) + u128::from(digit);
        }
    }

    /// The number, checked in DynamoDB's order.
    fn number(self, is_negative: bool, exponent: i64) -> Result<Number, NumberError> {
        // Zero is held to the same range, as if its last digit were 1: `0e126` is too large, `0.0e126` is not.
        let exponent_of_first = exponent + self.zeros + (self.count - 1).max(0);
        if exponent_of_first > LARGEST {
            return Err(NumberError::Overflow);
        }
        if exponent_of_first < SMALLEST {
            return Err(NumberError::Underflow);
        }
        if self.count > i64::from(PRECISION) {
            return Err(NumberError::TooPrecise);
        }
        if self.count == 0 {
            return Ok(Number::ZERO);
        }
        Ok(Number {
            is_negative,
            digits: self.digits,
            // Within what the range and the digits leave: from -167 to 125.
            exponent: (exponent + self.zeros) as i16,
        })
    }
}

/// Splits a sign off: whether it is negative, and the rest.
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The exponent that a text writes; `None` if it writes none, or one beyond 32 bits.
fn exponent_of(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = sign(text);
    if digits.is_empty() {
        return None;
    }
    let mut exponent: i64 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        exponent = exponent * 10 + i64::from(byte - b'0');
        if i32::try_from(exponent).is_err() {
            return None;
        }
    }
    Some(if is_negative { -exponent } else { exponent })
}
