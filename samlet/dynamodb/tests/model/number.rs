//! Decimal numbers as lists of digits: slow, and plain enough to be seen to be right.

use std::cmp::Ordering;
use std::fmt;

/// A number, and how it was written. Equal ones are equal however they were written.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    /// As it is sent.
    pub(crate) text: String,
    is_negative: bool,
    /// Its digits, without zeros at either end; none of zero.
    digits: Vec<u8>,
    /// Where the point is: that many digits are before it.
    point: i32,
}

/// Digits that DynamoDB keeps.
const PRECISION: usize = 38;

impl Decimal {
    /// Reads a text that is a number.
    pub(crate) fn new(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.trim_start_matches('+')),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        let digits = digits.map(|digit| digit - b'0').collect();
        let exponent: i32 = exponent.parse().unwrap();
        let point = i32::try_from(whole.len()).unwrap() + exponent;
        Self {
            text: text.to_owned(),
            ..Self::of(is_negative, digits, point)
        }
    }

    fn of(is_negative: bool, mut digits: Vec<u8>, mut point: i32) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        while digits.first() == Some(&0) {
            digits.remove(0);
            point -= 1;
        }
        if digits.is_empty() {
            point = 0;
        }
        let mut number = Self {
            text: String::new(),
            is_negative: is_negative && !digits.is_empty(),
            digits,
            point,
        };
        number.text = number.to_string();
        number
    }

    /// The bytes that DynamoDB counts.
    pub(crate) fn size(&self) -> usize {
        let before = usize::try_from(self.point).unwrap_or(0);
        let before = before.min(self.digits.len());
        let after = self.digits.len() - before;
        1 + before.div_ceil(2) + after.div_ceil(2) + usize::from(self.is_negative)
    }

    /// The sum; `None` if it takes too many digits, or is too large.
    pub(crate) fn plus(&self, other: &Self) -> Option<Self> {
        if self.digits.is_empty() {
            return Some(other.clone());
        }
        if other.digits.is_empty() {
            return Some(self.clone());
        }
        let top = self.point.max(other.point) + 1;
        let end = |number: &Self| number.point - i32::try_from(number.digits.len()).unwrap();
        let bottom = end(self).min(end(other));
        let widened = |number: &Self| {
            let places = (bottom..top).rev();
            let digit = |place: i32| {
                let index = usize::try_from(number.point - 1 - place);
                let digit = index.ok().and_then(|index| number.digits.get(index));
                digit.copied().map_or(0, i32::from)
            };
            places.map(digit).collect::<Vec<i32>>()
        };
        let (mine, others) = (widened(self), widened(other));
        let (larger, smaller, is_negative) = if mine >= others {
            (mine, others, self.is_negative)
        } else {
            (others, mine, other.is_negative)
        };
        let sign = if self.is_negative == other.is_negative {
            1
        } else {
            -1
        };
        let mut carry = 0;
        let mut digits = Vec::new();
        for (one, two) in larger.iter().zip(&smaller).rev() {
            let sum = one + sign * two + carry;
            carry = sum.div_euclid(10);
            digits.insert(0, u8::try_from(sum.rem_euclid(10)).unwrap());
        }
        let sum = Self::of(is_negative, digits, top);
        let fits = sum.digits.len() <= PRECISION && sum.point <= 126;
        fits.then_some(sum)
    }

    /// The number on the other side of zero.
    pub(crate) fn negated(&self) -> Self {
        Self::of(!self.is_negative, self.digits.clone(), self.point)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = |left: &Self, right: &Self| {
            let by_emptiness = (!left.digits.is_empty()).cmp(&!right.digits.is_empty());
            if left.digits.is_empty() || right.digits.is_empty() {
                return by_emptiness;
            }
            let by_point = left.point.cmp(&right.point);
            by_point.then_with(|| left.digits.cmp(&right.digits))
        };
        match (self.is_negative, other.is_negative) {
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    /// As DynamoDB answers it: without an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.is_negative {
            f.write_str("-")?;
        }
        let last = i32::try_from(self.digits.len()).unwrap();
        if self.point <= 0 {
            f.write_str("0.")?;
        }
        for place in self.point.min(0)..last.max(self.point) {
            if place == self.point && place > 0 {
                f.write_str(".")?;
            }
            let digit = usize::try_from(place).ok();
            let digit = digit.and_then(|place| self.digits.get(place));
            write!(f, "{}", digit.unwrap_or(&0))?;
        }
        Ok(())
    }
}

#[test]
fn the_models_numbers_are_read_written_and_added() {
    for (text, written, size) in [
        ("0", "0", 1),
        ("-0.00", "0", 1),
        ("1.50", "1.5", 3),
        ("-15e-1", "-1.5", 4),
        ("1e3", "1000", 2),
        ("0.001", "0.001", 2),
        ("123.456", "123.456", 5),
    ] {
        let number = Decimal::new(text);
        assert_eq!(number.to_string(), written, "{text}");
        assert_eq!(number.size(), size, "{text}");
        assert_eq!(number, Decimal::new(written));
    }
    for (left, right, sum) in [
        ("1", "-1", "0"),
        ("999", "1", "1000"),
        ("-0.5", "0.25", "-0.25"),
        ("1e10", "-1", "9999999999"),
        ("5", "-12", "-7"),
    ] {
        let sum_found = Decimal::new(left).plus(&Decimal::new(right)).unwrap();
        assert_eq!(sum_found.to_string(), sum, "{left} + {right}");
    }
    assert_eq!(Decimal::new("1e100").plus(&Decimal::new("1")), None);
    let sorted = [
        "-1e125", "-2", "-1.5", "-1e-130", "0", "1e-130", "0.1", "1", "1.5", "12", "1e125",
    ];
    for pair in sorted.windows(2) {
        assert!(Decimal::new(pair[0]) < Decimal::new(pair[1]), "{pair:?}");
    }
}
