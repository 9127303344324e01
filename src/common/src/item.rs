//! JSON as DynamoDB items, and back, with nothing lost: what DynamoDB can't hold is refused.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
//!
//! JSON is read as raw text, level by level, so that a number keeps all its
//! digits and a message that nests too deep is refused before it is descended.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Error;

/// A DynamoDB item.
pub type Item = HashMap<String, AttributeValue>;

/// How many levels a message's field may have: its own value is the first.
pub(crate) const MAX_DEPTH: usize = 32;
/// The most significant digits of a number.
pub(crate) const MAX_DIGITS: usize = 38;
/// The powers of ten of a number's first digit.
pub(crate) const MAGNITUDE: std::ops::RangeInclusive<i64> = -130..=125;
/// The size of an item: its names and values.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// A JSON object as an item's fields.
pub fn from_json(text: &str) -> Result<Item, Error> {
    let whole: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    if !whole.get().starts_with('{') {
        return Err(Error::Invalid("The body is not a JSON object".into()));
    }
    fields(whole, 1)
}

/// Refuses an item that is larger than DynamoDB's are.
pub fn check_size(item: &Item) -> Result<(), Error> {
    let size: usize = item
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    if size > MAX_ITEM_BYTES {
        return Err(Error::Invalid(format!(
            "The message takes {size} bytes; the limit is 400 KB"
        )));
    }
    Ok(())
}

fn fields(object: &RawValue, depth: usize) -> Result<Item, Error> {
    let object: HashMap<String, &RawValue> = parse(object)?;
    let field = |(name, value): (String, &RawValue)| {
        if name.is_empty() {
            return Err(Error::Invalid(
                "A field has an empty name; DynamoDB does not allow that".into(),
            ));
        }
        if name.len() > usize::from(u16::MAX) {
            return Err(Error::Invalid(
                "A field's name is longer than 65535 bytes, the limit".into(),
            ));
        }
        Ok((name, from_value(value, depth)?))
    };
    object.into_iter().map(field).collect()
}

fn from_value(value: &RawValue, depth: usize) -> Result<AttributeValue, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Invalid(format!(
            "The message nests deeper than {MAX_DEPTH} levels, the limit"
        )));
    }
    // It is valid JSON: its first byte says what it is.
    Ok(match value.get().as_bytes().first() {
        Some(b'n') => AttributeValue::Null(true),
        Some(b't' | b'f') => AttributeValue::Bool(parse(value)?),
        Some(b'"') => AttributeValue::S(parse(value)?),
        Some(b'[') => {
            let values: Vec<&RawValue> = parse(value)?;
            let values = values
                .into_iter()
                .map(|value| from_value(value, depth + 1))
                .collect::<Result<_, _>>()?;
            AttributeValue::L(values)
        }
        Some(b'{') => AttributeValue::M(fields(value, depth + 1)?),
        _ => AttributeValue::N(within_limits(value.get())?),
    })
}

fn parse<'a, T: serde::Deserialize<'a>>(value: &'a RawValue) -> Result<T, Error> {
    serde_json::from_str(value.get()).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::Invalid(format!("The body is not valid JSON: {error}"))
}

/// A number taken apart: its digits, and the power of ten of the first.
struct Decimal {
    negative: bool,
    /// How many digits its text has before an exponent.
    written: usize,
    /// Without zeros on either end; none at all for zero.
    digits: String,
    /// `None` beyond 64 bits.
    power: Option<i64>,
}

impl Decimal {
    fn parse(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('-');
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading_zeros = all.len() - significant.len();
        // An exponent that fits no integer is beyond any limit.
        let power = exponent.parse::<i64>().ok().and_then(|exponent| {
            let first = i64::try_from(whole.len()).ok()? - i64::try_from(leading_zeros).ok()? - 1;
            exponent.checked_add(first)
        });
        Self {
            negative: text.starts_with('-'),
            written: all.len(),
            digits: significant.trim_end_matches('0').to_owned(),
            power,
        }
    }

    /// The shortest text of this value.
    fn shortest(&self, power: i64) -> String {
        let sign = if self.negative { "-" } else { "" };
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}E{power}")
    }
}

/// A number's text, if DynamoDB can hold it by value.
fn within_limits(text: &str) -> Result<String, Error> {
    let invalid = |limit: &str| Err(Error::Invalid(format!("The number {text:.60} {limit}")));
    let number = Decimal::parse(text);
    if number.digits.is_empty() {
        return Ok("0".to_owned());
    }
    if number.digits.len() > MAX_DIGITS {
        return invalid("has more than 38 significant digits, the limit");
    }
    match number.power.filter(|power| MAGNITUDE.contains(power)) {
        None => invalid("is beyond DynamoDB's limits: zero, or 1E-130 to 9.99…E+125"),
        // Zeros that mean nothing might be counted as digits.
        Some(power) if number.written > MAX_DIGITS => Ok(number.shortest(power)),
        Some(_) => Ok(text.to_owned()),
    }
}

/// An attribute's size as DynamoDB counts it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(text) => {
            let number = Decimal::parse(text);
            number.digits.len().div_ceil(2) + 1 + usize::from(number.negative)
        }
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(fields) => {
            3 + fields
                .iter()
                .map(|(name, value)| 1 + name.len() + size(value))
                .sum::<usize>()
        }
        _ => 1,
    }
}

/// An item that is written as a JSON object, its fields by name.
#[derive(Debug)]
pub struct Json(pub Item);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields_as_json(&self.0, serializer)
    }
}

fn fields_as_json<S: Serializer>(item: &Item, serializer: S) -> Result<S::Ok, S::Error> {
    let fields: BTreeMap<_, _> = item
        .iter()
        .map(|(name, value)| (name, ValueAsJson(value)))
        .collect();
    fields.serialize(serializer)
}

struct ValueAsJson<'a>(&'a AttributeValue);

impl Serialize for ValueAsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::Bool(value) => serializer.serialize_bool(*value),
            AttributeValue::N(text) => number_as_json(text, serializer),
            AttributeValue::S(text) => serializer.serialize_str(text),
            AttributeValue::L(values) => serializer.collect_seq(values.iter().map(ValueAsJson)),
            AttributeValue::M(fields) => fields_as_json(fields, serializer),
            // Sets and binary values are not made by this application.
            AttributeValue::Ss(texts) => serializer.collect_seq(texts),
            AttributeValue::Ns(numbers) => {
                let numbers = numbers.iter().cloned().map(AttributeValue::N);
                serializer.collect_seq(numbers.collect::<Vec<_>>().iter().map(ValueAsJson))
            }
            _ => serializer.serialize_unit(),
        }
    }
}

/// All digits, as DynamoDB gave them.
fn number_as_json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match RawValue::from_string(text.to_owned()) {
        Ok(number) => number.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_held_to_38_digits_and_dynamodbs_magnitude() {
        let most = "9".repeat(38);
        let zeros = "0".repeat(5000);
        let (outer, inner) = (format!("1{zeros}e-5000"), format!("0.{zeros}1e5001"));
        for text in [
            "0",
            "-0.0",
            "1e125",
            "-1e-130",
            "0.1",
            "100e123",
            "0.001e128",
            &most,
            &outer,
            &inner,
        ] {
            assert!(within_limits(text).is_ok(), "{text}");
        }
        assert_eq!(within_limits(&outer).unwrap(), "1E0");
        assert_eq!(within_limits(&inner).unwrap(), "1E0");
        let more = "9".repeat(39);
        for text in [
            "1e126",
            "1e-131",
            "1e99999999999999999999",
            "100e124",
            &more,
        ] {
            assert!(
                matches!(within_limits(text), Err(Error::Invalid(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_counts_its_significant_digits_and_sign() {
        for (text, bytes) in [("0", 1), ("7", 2), ("-123.4500", 5), ("1E+125", 2)] {
            assert_eq!(size(&AttributeValue::N(text.into())), bytes, "{text}");
        }
    }

    #[test]
    fn nesting_is_held_to_32_levels() {
        let nested =
            |levels: usize| format!(r#"{{"a": {}1{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(from_json(&nested(31)).is_ok());
        for levels in [32, 200, 100_000] {
            let error = from_json(&nested(levels)).unwrap_err().to_string();
            assert!(error.contains("32 levels"), "{error}");
        }
    }

    #[test]
    fn what_an_item_cannot_hold_is_refused() {
        let refused = |text: &str| {
            from_json(text)
                .and_then(|item| check_size(&item))
                .unwrap_err()
                .to_string()
        };
        assert!(refused(r#"{"": 1}"#).contains("empty name"));
        assert!(refused(r#"{"a": {"": 1}}"#).contains("empty name"));
        assert!(refused(r#"{"a": "\ud800"}"#).contains("not valid JSON"));
        let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(MAX_ITEM_BYTES));
        assert!(refused(&large).contains("400 KB"));
    }

    #[test]
    fn a_field_may_have_any_name() {
        // serde_json's own words, and DynamoDB's.
        let text =
            r#"{"$serde_json::private::Number":{"$serde_json::private::RawValue":"1"},"S":"N"}"#;
        let item = from_json(text).unwrap();
        assert_eq!(serde_json::to_string(&Json(item)).unwrap(), text);
    }

    /// JSON text whose names are in order, without white space.
    fn any_json() -> impl Strategy<Value = String> {
        let text = |text: String| serde_json::to_string(&text).unwrap();
        let leaf = prop_oneof![
            "null|true|false|0|-?[1-9][0-9]{0,37}",
            "-?[1-9][0-9]{0,17}\\.[0-9]{0,18}[1-9]",
            "-?[1-9]\\.[0-9]{1,30}[eE][-+]?[0-9]{1,2}",
            any::<String>().prop_map(text),
        ];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8)
                    .prop_map(|values| format!("[{}]", values.join(","))),
                prop::collection::btree_map(".{1,12}", inner, 0..8).prop_map(move |map| {
                    let fields: Vec<_> = map
                        .into_iter()
                        .map(|(name, value)| format!("{}:{value}", text(name)))
                        .collect();
                    format!("{{{}}}", fields.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_survives_the_way_to_dynamodb_and_back(value in any_json()) {
            let object = format!(r#"{{"value":{value}}}"#);
            let item = from_json(&object).unwrap();
            prop_assert_eq!(serde_json::to_string(&Json(item)).unwrap(), object);
        }
    }
}
