//! JSON as DynamoDB items, and back, with nothing lost: what DynamoDB can't hold is refused.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value};

use crate::Error;

/// A DynamoDB item.
pub type Item = HashMap<String, AttributeValue>;

/// How many levels a message's field may have: its own value is the first.
const MAX_DEPTH: usize = 32;
/// The most significant digits of a number.
const MAX_DIGITS: usize = 38;
/// The powers of ten of a number's first digit.
const MAGNITUDE: std::ops::RangeInclusive<i64> = -130..=125;
/// The size of an item: its names and values.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// A JSON object as an item.
pub fn from_json(object: Map<String, Value>) -> Result<Item, Error> {
    let item = fields(object, 1)?;
    let size: usize = item
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    if size > MAX_ITEM_BYTES {
        return Err(Error::Invalid(format!(
            "The message takes {size} bytes; the limit is 400 KB"
        )));
    }
    Ok(item)
}

/// An item as a JSON object.
pub fn to_json(item: Item) -> Value {
    Value::Object(
        item.into_iter()
            .map(|(name, value)| (name, to_value(value)))
            .collect(),
    )
}

fn fields(object: Map<String, Value>, depth: usize) -> Result<Item, Error> {
    let field = |(name, value): (String, Value)| {
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

fn from_value(value: Value, depth: usize) -> Result<AttributeValue, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Invalid(format!(
            "The message nests deeper than {MAX_DEPTH} levels, the limit"
        )));
    }
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(value),
        Value::Number(number) => AttributeValue::N(within_limits(&number)?),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => {
            let values = values.into_iter().map(|value| from_value(value, depth + 1));
            AttributeValue::L(values.collect::<Result<_, _>>()?)
        }
        Value::Object(object) => AttributeValue::M(fields(object, depth + 1)?),
    })
}

/// A number's text, if DynamoDB can hold it by value.
fn within_limits(number: &Number) -> Result<String, Error> {
    let text = number.to_string();
    let invalid = |limit: &str| Err(Error::Invalid(format!("The number {:.60} {limit}", text)));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0');
    let leading_zeros = i64::try_from(digits.len() - significant.len()).unwrap_or(i64::MAX);
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Ok("0".to_owned());
    }
    if significant.len() > MAX_DIGITS {
        return invalid("has more than 38 significant digits, the limit");
    }
    let whole_digits = i64::try_from(digits.len() - fraction.len()).unwrap_or(i64::MAX);
    // An exponent that fits no integer is beyond any limit.
    let power = exponent
        .parse::<i64>()
        .ok()
        .and_then(|exponent| exponent.checked_add(whole_digits - leading_zeros - 1));
    if !power.is_some_and(|power| MAGNITUDE.contains(&power)) {
        return invalid("is beyond DynamoDB's limits: zero, or 1E-130 to 9.99…E+125");
    }
    Ok(text)
}

/// An attribute's size as DynamoDB counts it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(text) => text.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1,
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

fn to_value(value: AttributeValue) -> Value {
    match value {
        AttributeValue::Bool(value) => Value::Bool(value),
        AttributeValue::N(text) => text.parse().map_or(Value::String(text), Value::Number),
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(values) => values.into_iter().map(to_value).collect(),
        AttributeValue::M(fields) => to_json(fields),
        AttributeValue::Ss(texts) => texts.into_iter().map(Value::String).collect(),
        AttributeValue::Ns(numbers) => numbers
            .into_iter()
            .map(|number| to_value(AttributeValue::N(number)))
            .collect(),
        // Binary values are not made by this application.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn number(text: &str) -> Result<String, Error> {
        let value: Number = serde_json::from_str(text).unwrap();
        within_limits(&value)
    }

    #[test]
    fn numbers_are_held_to_38_digits_and_dynamodbs_magnitude() {
        let most = "9".repeat(38);
        for text in [
            "0",
            "-0.0",
            "1e125",
            "-1e-130",
            "0.1",
            "100e123",
            "0.001e128",
            &most,
        ] {
            assert!(number(text).is_ok(), "{text}");
        }
        let more = "9".repeat(39);
        for text in [
            "1e126",
            "1e-131",
            "1e99999999999999999999",
            "100e124",
            &more,
        ] {
            assert!(matches!(number(text), Err(Error::Invalid(_))), "{text}");
        }
    }

    #[test]
    fn nesting_is_held_to_32_levels() {
        let nested = |levels: usize| {
            let value = (0..levels).fold(json!(1), |inner, _| json!([inner]));
            from_json(json!({"a": value}).as_object().unwrap().clone())
        };
        assert!(nested(31).is_ok());
        assert!(nested(32).unwrap_err().to_string().contains("32 levels"));
    }

    #[test]
    fn what_an_item_cannot_hold_is_refused() {
        let refused = |value: Value| {
            from_json(value.as_object().unwrap().clone())
                .unwrap_err()
                .to_string()
        };
        assert!(refused(json!({"": 1})).contains("empty name"));
        assert!(refused(json!({"a": {"": 1}})).contains("empty name"));
        assert!(refused(json!({"a": "x".repeat(MAX_ITEM_BYTES)})).contains("400 KB"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| json!(number)),
            "[0-9]{1,19}\\.[0-9]{1,19}".prop_filter_map("a JSON number", |text| {
                Some(Value::Number(text.trim_start_matches('0').parse().ok()?))
            }),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                prop::collection::hash_map(".{1,12}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_survives_the_way_to_dynamodb_and_back(value in any_json()) {
            let object = json!({"value": value}).as_object().unwrap().clone();
            let item = from_json(object.clone()).unwrap();
            prop_assert_eq!(to_json(item), Value::Object(object));
        }
    }
}
