use std::str::FromStr;

use bigdecimal::BigDecimal;
use proptest::prelude::*;

use super::{Number, NumberError};
use crate::value::strategies::number;

const EMPTY: &str = "The parameter cannot be converted to a numeric value";
const OVERFLOW: &str =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW: &str =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const TOO_PRECISE: &str = "Attempting to store more than 38 significant digits in a Number";

fn parse(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn numbers_are_answered_as_plain_digits() {
    let cases = [
        ("0", "0"),
        ("00", "0"),
        ("-0", "0"),
        ("+0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("0e-5", "0"),
        ("0.0e126", "0"),
        ("1", "1"),
        ("-5", "-5"),
        ("+3", "3"),
        ("007", "7"),
        ("001.23", "1.23"),
        ("1.00", "1"),
        ("1.10", "1.1"),
        ("100.000", "100"),
        ("5.", "5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1e3", "1000"),
        ("1E+3", "1000"),
        ("1e0000000000000003", "1000"),
        ("-3e2", "-300"),
        ("1.23e4", "12300"),
        ("123e-2", "1.23"),
        ("1.23e-1", "0.123"),
        ("1e-3", "0.001"),
        ("1e-20", "0.00000000000000000001"),
        ("-273.15", "-273.15"),
        (
            "31415926535897932384626433832795028841e1",
            "314159265358979323846264338327950288410",
        ),
        (
            "3.1415926535897932384626433832795028841",
            "3.1415926535897932384626433832795028841",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).to_string(), expected, "{text}");
    }
    assert_eq!(parse("1e125").to_string(), format!("1{}", "0".repeat(125)));
    assert_eq!(parse("0.1e126"), parse("1e125"));
    assert_eq!(
        parse("-1e-130").to_string(),
        format!("-0.{}1", "0".repeat(129))
    );
    let zeros = "0".repeat(200);
    assert_eq!(parse(&format!("{zeros}12.5{zeros}")), parse("12.5"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_not_a_number_or_out_of_bounds_is_refused() {
    let not_a_number = |text: &str| format!("{EMPTY}: {text}");
    for text in [
        "NaN",
        "Infinity",
        "-Infinity",
        "dog",
        "-dog",
        " 1",
        "1 ",
        "1 2",
        "+",
        "-",
        ".",
        "-.",
        "e5",
        "+e2",
        "1e",
        "1e+",
        "1e1.5",
        "1+2",
        "1.2.3",
        "++5",
        "+-5",
        "1_000",
        "0x1f",
        "١",
        "1e2147483648",
        "1e99999999999999999999",
        "0.1e-2147483648",
        "1f",
        "1e5d",
    ] {
        let refused = Number::parse(text).map_err(|error| error.to_string());
        assert_eq!(refused, Err(not_a_number(text)));
    }
    let digits = |count: usize| "1".repeat(count);
    let cases = [
        ("".to_owned(), EMPTY),
        ("1e126".to_owned(), OVERFLOW),
        ("-1e126".to_owned(), OVERFLOW),
        ("11e125".to_owned(), OVERFLOW),
        ("0e126".to_owned(), OVERFLOW),
        ("1.0e100000000".to_owned(), OVERFLOW),
        ("1e2147483647".to_owned(), OVERFLOW),
        (digits(127), OVERFLOW),
        ("1e-131".to_owned(), UNDERFLOW),
        ("-0.9e-130".to_owned(), UNDERFLOW),
        ("0e-131".to_owned(), UNDERFLOW),
        (digits(39), TOO_PRECISE),
        (
            "-1.23456789012345678901234567890123456789".to_owned(),
            TOO_PRECISE,
        ),
        (format!("{}e30", digits(39)), TOO_PRECISE),
        (
            "1000000000000000000000000000000000000.01".to_owned(),
            TOO_PRECISE,
        ),
    ];
    for (text, expected) in cases {
        let refused = Number::parse(&text).map_err(|error| error.to_string());
        assert_eq!(refused, Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn sums_are_exact_or_refused() {
    let cases = [
        (
            "1",
            "10000000000000000000000",
            Ok("10000000000000000000001"),
        ),
        ("0.1", "0.2", Ok("0.3")),
        ("5", "-5", Ok("0")),
        ("-0.5", "0.4", Ok("-0.1")),
        (
            "99999999999999999999999999999999999999",
            "1",
            Ok("100000000000000000000000000000000000000"),
        ),
        ("1e38", "-1", Ok("99999999999999999999999999999999999999")),
        ("9e125", "9e124", Ok("9.9e125")),
        ("9e125", "9e125", Err(NumberError::Overflow)),
        ("1e38", "1", Err(NumberError::Overflow)),
        ("1e50", "-1", Err(NumberError::Overflow)),
        ("1e125", "1e-130", Err(NumberError::Overflow)),
        ("1.1e-130", "-1e-130", Err(NumberError::Underflow)),
    ];
    for (left, right, expected) in cases {
        let expected = expected.map(parse);
        assert_eq!(parse(left).plus(parse(right)), expected, "{left} + {right}");
        assert_eq!(parse(right).plus(parse(left)), expected, "{right} + {left}");
        assert_eq!(parse(left).minus(parse(right).negated()), expected);
    }
}

/// The number in another implementation.
fn big(text: &str) -> BigDecimal {
    BigDecimal::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What DynamoDB makes of a number that has all its digits: the power of ten of the first, and how many there are.
fn magnitude(number: &BigDecimal) -> (i64, usize) {
    let (digits, scale) = number.normalized().into_bigint_and_exponent();
    let count = digits.magnitude().to_string().len();
    (count as i64 - 1 - scale, count)
}

proptest! {
    #[test]
    fn integers_are_numbers(integer in any::<u64>(), zeros in 0..10_u32) {
        let integer = integer / 10_u64.pow(zeros) * 10_u64.pow(zeros);
        prop_assert_eq!(Number::parse(&integer.to_string()), Ok(Number::from(integer)));
    }

    #[test]
    fn a_number_printed_and_read_again_is_the_same(number in number()) {
        let text = number.to_string();
        prop_assert_eq!(Number::parse(&text), Ok(number));
        prop_assert!(!text.contains(['e', '+']));
        prop_assert!(text == "0" || !text.trim_start_matches('-').starts_with("00"));
    }

    #[test]
    fn numbers_are_read_as_another_implementation_reads_them(
        text in "[+-]?[0-9]{1,45}(\\.[0-9]{1,45})?([eE][+-]?[0-9]{1,3})?",
    ) {
        let expected = big(&text);
        let (first, count) = magnitude(&expected);
        match Number::parse(&text) {
            Ok(number) => prop_assert_eq!(big(&number.to_string()), expected),
            // Where the range of zero lies depends on how it is written.
            Err(NumberError::Overflow) => prop_assert!(first > 125 || expected == big("0")),
            Err(NumberError::Underflow) => prop_assert!(first < -130 || expected == big("0")),
            Err(NumberError::TooPrecise) => prop_assert!(count > 38),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "[-+.eE0-9 _]{0,12}|.{0,12}") {
        if let Ok(number) = Number::parse(&text) {
            prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
        }
    }

    #[test]
    fn numbers_are_in_order_of_value(left in number(), right in number()) {
        let expected = big(&left.to_string()).cmp(&big(&right.to_string()));
        prop_assert_eq!(left.cmp(&right), expected);
        prop_assert_eq!(left == right, expected.is_eq());
    }

    #[test]
    fn sums_are_those_of_another_implementation(
        left in number(), right in number(), places in -3..3_i64, is_near in any::<bool>(),
    ) {
        // Two numbers of any size are seldom near each other.
        let right = if is_near {
            Number::parse(&format!("{left}e{places}")).unwrap_or(right)
        } else {
            right
        };
        let expected = big(&left.to_string()) + big(&right.to_string());
        let (first, count) = magnitude(&expected);
        match left.plus(right) {
            Ok(sum) => prop_assert_eq!(big(&sum.to_string()), expected),
            Err(NumberError::Overflow) => prop_assert!(first > 125 || count > 38),
            Err(NumberError::Underflow) => prop_assert!(first < -130),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
