//! Sums and differences of numbers, exact or refused.

use super::{LARGEST, Number, NumberError, SMALLEST, TOO_LONG};

impl Number {
    /// The sum. One that takes more than 38 digits is refused as too large, as DynamoDB refuses it.
    pub fn plus(self, other: Self) -> Result<Self, NumberError> {
        if self.digits == 0 {
            return Ok(other);
        }
        if other.digits == 0 {
            return Ok(self);
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let places = u32::from(high.exponent.abs_diff(low.exponent));
        // The lower one's last digit is not 0, so the result reaches down to its place. If the higher one doesn't fit
        // 128 bits there, the result has more than 38 digits, even if 38 digits are subtracted.
        let digits = 10_u128
            .checked_pow(places)
            .and_then(|power| high.digits.checked_mul(power))
            .ok_or(NumberError::Overflow)?;
        if high.is_negative == low.is_negative {
            let sum = digits.checked_add(low.digits);
            return Self::fit(
                high.is_negative,
                sum.ok_or(NumberError::Overflow)?,
                low.exponent,
            );
        }
        let is_negative = if digits >= low.digits {
            high.is_negative
        } else {
            low.is_negative
        };
        Self::fit(is_negative, digits.abs_diff(low.digits), low.exponent)
    }

    /// The difference, with the bounds of [`Number::plus`].
    pub fn minus(self, other: Self) -> Result<Self, NumberError> {
        self.plus(other.negated())
    }

    /// The same number on the other side of zero.
    pub fn negated(self) -> Self {
        Self {
            is_negative: !self.is_negative && self.digits != 0,
            ..self
        }
    }

    fn fit(is_negative: bool, mut digits: u128, mut exponent: i16) -> Result<Self, NumberError> {
        if digits == 0 {
            return Ok(Self::ZERO);
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        if digits >= TOO_LONG {
            return Err(NumberError::Overflow);
        }
        let number = Self {
            is_negative,
            digits,
            exponent,
        };
        let exponent_of_first = i64::from(exponent) + i64::from(number.digit_count()) - 1;
        if exponent_of_first > LARGEST {
            return Err(NumberError::Overflow);
        }
        if exponent_of_first < SMALLEST {
            return Err(NumberError::Underflow);
        }
        Ok(number)
    }
}
