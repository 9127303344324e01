//! Numbers of up to 38 digits, exact.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number>

mod arithmetic;
mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

/// Significant digits, at most.
const PRECISION: u32 = 38;
/// The smallest number that has more digits than that.
const TOO_LONG: u128 = 10_u128.pow(PRECISION);
/// The power of ten of the largest numbers' first digit.
const LARGEST: i64 = 125;
/// The power of ten of the smallest numbers' first digit.
const SMALLEST: i64 = -130;

/// A decimal number. Equal numbers are equal however they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    /// Never for zero.
    is_negative: bool,
    /// Without zeros at its end; 0 only for zero.
    digits: u128,
    /// The power of ten that `digits` is multiplied by; 0 for zero.
    exponent: i16,
}

/// Why a text is not a number that DynamoDB takes, or a result not one that it stores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It is empty.
    #[error("The parameter cannot be converted to a numeric value")]
    Empty,
    /// It is not a number.
    #[error("The parameter cannot be converted to a numeric value: {0}")]
    NotANumber(String),
    /// Its magnitude is too large.
    #[error(
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    )]
    Overflow,
    /// It is too close to zero.
    #[error(
        "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    )]
    Underflow,
    /// It has more than 38 digits.
    #[error("Attempting to store more than 38 significant digits in a Number")]
    TooPrecise,
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self {
        is_negative: false,
        digits: 0,
        exponent: 0,
    };

    /// Its digits that are not zeros at either end.
    fn digit_count(self) -> u32 {
        self.digits.checked_ilog10().map_or(0, |log| log + 1)
    }

    /// Its significant digits before and after the point, not counting zeros at either end.
    pub(super) fn digits_around_point(self) -> (usize, usize) {
        let count = i64::from(self.digit_count());
        let whole = (count + i64::from(self.exponent)).clamp(0, count);
        let as_size = |digits: i64| usize::try_from(digits).unwrap_or_default();
        (as_size(whole), as_size(count - whole))
    }

    /// Whether it is negative, its digits without zeros at their end, and the power of ten that these are multiplied by.
    pub fn parts(self) -> (bool, u128, i16) {
        (self.is_negative, self.digits, self.exponent)
    }

    /// The number of these parts; `None` if no number has them.
    pub fn from_parts(is_negative: bool, digits: u128, exponent: i16) -> Option<Self> {
        let number = Self {
            is_negative,
            digits,
            exponent,
        };
        if digits == 0 {
            return (number == Self::ZERO).then_some(number);
        }
        let first = i64::from(exponent) + i64::from(number.digit_count()) - 1;
        let is_written_so = digits < TOO_LONG && !digits.is_multiple_of(10);
        (is_written_so && (SMALLEST..=LARGEST).contains(&first)).then_some(number)
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.is_negative
    }

    /// How far it is from zero, compared with another.
    fn compare_magnitude(self, other: Self) -> Ordering {
        let (count, other_count) = (self.digit_count(), other.digit_count());
        if count == 0 || other_count == 0 {
            return count.cmp(&other_count);
        }
        let first = i64::from(self.exponent) + i64::from(count);
        let other_first = i64::from(other.exponent) + i64::from(other_count);
        // With the first digits in one place, the rest compare as if both had as many.
        let longer = count.max(other_count);
        let widen = |digits: u128, count: u32| digits * 10_u128.pow(longer - count);
        first
            .cmp(&other_first)
            .then_with(|| widen(self.digits, count).cmp(&widen(other.digits, other_count)))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_magnitude(*other),
            (true, true) => other.compare_magnitude(*self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Self {
        let mut number = Self {
            is_negative: false,
            digits: integer.into(),
            exponent: 0,
        };
        while number.digits != 0 && number.digits.is_multiple_of(10) {
            number.digits /= 10;
            number.exponent += 1;
        }
        number
    }
}

impl std::fmt::Display for Number {
    /// As DynamoDB answers it: digits, without an exponent.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let places = usize::from(self.exponent.unsigned_abs());
        if self.exponent >= 0 {
            let width = places + self.digit_count() as usize;
            return write!(f, "{:0<width$}", self.digits);
        }
        let point = 10_u128.checked_pow(places as u32);
        let (whole, fraction) = match point {
            Some(point) => (self.digits / point, self.digits % point),
            None => (0, self.digits),
        };
        write!(f, "{whole}.{fraction:0>places$}")
    }
}
