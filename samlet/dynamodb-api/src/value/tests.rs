use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::strategies::{item, value};
use super::{MAX_ITEM_SIZE, check_item_size, item_from_json, item_size, read_item, write_item};
use crate::{AttributeValue, Refusal};

const EMPTY: &str =
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const SEVERAL: &str = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the \
                       supported datatypes";
const NESTED: &str = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                      supported limit";
const NOT_A_NUMBER: &str = "The parameter cannot be converted to a numeric value";

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"S": ""}), |value, level| {
        if level % 2 == 0 {
            json!({"L": [value]})
        } else {
            json!({"M": {"a": value}})
        }
    })
}

#[test]
fn values_are_refused_in_the_words_of_dynamodb() {
    let invalid = |reason: &str| format!("One or more parameter values were invalid: {reason}");
    let cases = [
        (json!({}), EMPTY.into()),
        (json!({"a": ""}), EMPTY.into()),
        (json!({"S": null}), EMPTY.into()),
        (json!({"M": {"a": {}}}), EMPTY.into()),
        (json!({"L": [{}]}), EMPTY.into()),
        (json!({"L": [{"S": "a"}, {"a": ""}]}), EMPTY.into()),
        (json!({"S": "a", "N": "1"}), SEVERAL.into()),
        (json!({"S": "a", "N": ""}), NOT_A_NUMBER.into()),
        (
            json!({"M": {"a": {}}, "N": "b"}),
            format!("{NOT_A_NUMBER}: b"),
        ),
        (
            json!({"SS": [], "L": [{}]}),
            invalid("An string set  may not be empty"),
        ),
        (
            json!({"NULL": false}),
            invalid("Null attribute value types must have the value of true"),
        ),
        (
            json!({"SS": []}),
            invalid("An string set  may not be empty"),
        ),
        (
            json!({"NS": []}),
            invalid("An number set  may not be empty"),
        ),
        (
            json!({"BS": []}),
            invalid("Binary sets should not be empty"),
        ),
        (
            json!({"SS": ["a", "b", "a"]}),
            invalid("Input collection [a, b, a] contains duplicates."),
        ),
        (
            json!({"BS": ["Yg==", "Yg=="]}),
            invalid("Input collection [Yg==, Yg==]of type BS contains duplicates."),
        ),
        (
            json!({"NS": ["1", "1.0"]}),
            "Input collection contains duplicates".into(),
        ),
        (json!({"NS": ["1", "b", "1"]}), format!("{NOT_A_NUMBER}: b")),
        (json!({"NS": ["1", ""]}), NOT_A_NUMBER.into()),
        (
            json!({"M": {"": {"S": "a"}}}),
            "Empty attribute name".into(),
        ),
        (nested(32), NESTED.into()),
        (nested(60), NESTED.into()),
    ];
    for (json, expected) in cases {
        let refused = AttributeValue::from_json(json.clone());
        assert_eq!(refused, Err(Refusal::Validation(expected)), "{json}");
    }
}

#[test]
fn values_that_are_empty_but_for_sets_are_read() {
    for json in [
        json!({"S": ""}),
        json!({"B": ""}),
        json!({"L": []}),
        json!({"M": {}}),
        json!({"SS": [""]}),
        json!({"BS": [""]}),
        json!({"BOOL": false}),
        nested(31),
    ] {
        let value = AttributeValue::read(&json).expect("it is read");
        assert_eq!(value.write(), json);
    }
    assert_eq!(
        AttributeValue::from_json(json!({"S": "a", "N": null, "x": 1})),
        Ok(AttributeValue::S("a".into()))
    );
}

#[test]
fn a_level_more_is_read_where_that_is_allowed() {
    assert!(AttributeValue::from_json_within(nested(32), 32).is_ok());
    assert!(AttributeValue::from_json_within(nested(33), 32).is_err());
    // What is refused is a value that is too deep, not a list that could hold one.
    let mut deep = json!({"L": []});
    for _ in 0..31 {
        deep = json!({"L": [deep]});
    }
    assert!(AttributeValue::from_json(deep).is_ok());
}

#[test]
fn members_of_other_types_are_refused_not_dropped() {
    for json in [
        json!(null),
        json!("S"),
        json!({"S": 1}),
        json!({"N": 1}),
        json!({"B": "not base64"}),
        json!({"B": "Yg"}),
        json!({"SS": "a"}),
        json!({"SS": [1]}),
        json!({"L": {}}),
        json!({"M": []}),
        json!({"BOOL": "x"}),
        json!({"NULL": 1}),
    ] {
        let refused = AttributeValue::from_json(json.clone());
        assert!(matches!(refused, Err(Refusal::Serialization(_))), "{json}");
    }
}

#[test]
fn sizes_are_those_that_dynamodb_counts() {
    let cases = [
        (json!({"S": "é1"}), 3),
        (json!({"B": "YWJj"}), 3),
        (json!({"BOOL": true}), 1),
        (json!({"NULL": true}), 1),
        (json!({"N": "0"}), 1),
        (json!({"N": "7"}), 2),
        (json!({"N": "42"}), 2),
        (json!({"N": "-42"}), 3),
        (json!({"N": "42000"}), 2),
        (json!({"N": "0.0042"}), 2),
        (json!({"N": "1.5"}), 3),
        (
            json!({"N": format!("{}{}", "1".repeat(38), "0".repeat(88))}),
            20,
        ),
        (json!({"SS": ["a", "bc"]}), 3),
        (json!({"NS": ["7", "42"]}), 4),
        (json!({"BS": ["YWJj", ""]}), 3),
        (json!({"L": []}), 3),
        (json!({"L": [{"S": "a"}, {"BOOL": true}]}), 3 + 2 + 2),
        (json!({"M": {}}), 3),
        (json!({"M": {"ab": {"S": "c"}}}), 3 + 1 + 3),
    ];
    for (json, expected) in cases {
        let value = AttributeValue::read(&json).expect("it is read");
        assert_eq!(value.size(), expected, "{json}");
    }
}

#[test]
fn an_item_has_at_most_400_kilobytes() {
    let item = |size: usize| {
        let mut members = Map::new();
        members.insert("ab".into(), json!({"S": "x".repeat(size - 2)}));
        item_from_json(members).expect("it is read")
    };
    assert_eq!(item_size(&item(MAX_ITEM_SIZE)), MAX_ITEM_SIZE);
    assert_eq!(check_item_size(&item(MAX_ITEM_SIZE)), Ok(()));
    assert_eq!(
        check_item_size(&item(MAX_ITEM_SIZE + 1)),
        Err(Refusal::validation(
            "Item size has exceeded the maximum allowed size"
        ))
    );
}

#[test]
fn attributes_have_names_of_less_than_64_kilobytes() {
    let read = |name: &str| {
        let attribute = (name.to_owned(), json!({"S": "a"}));
        let item = read_item(&Map::from_iter([attribute.clone()]));
        let map = AttributeValue::from_json(json!({"M": Map::from_iter([attribute])}));
        assert_eq!(item.clone().map(AttributeValue::M), map);
        item.map(|item| item.len())
    };
    let too_large = "Attribute name is too large, must be less than 65536 bytes";
    assert_eq!(read(""), Err(Refusal::validation("Empty attribute name")));
    assert_eq!(read(&"a".repeat(65_535)), Ok(1));
    assert_eq!(
        read(&"a".repeat(65_536)),
        Err(Refusal::invalid_values(too_large))
    );
}

/// JSON near to that of values.
fn near_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "[a-z0-9=]{0,4}".prop_map(Value::String),
        any::<i32>().prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 40, 3, |inner| {
        let name = prop::sample::select(vec![
            "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M", "a", "",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..3).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.into(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_printed_and_read_again_is_the_same(value in value()) {
        prop_assert_eq!(AttributeValue::from_json(value.write()), Ok(value));
    }

    #[test]
    fn an_item_printed_and_read_again_is_the_same(item in item()) {
        let Value::Object(members) = write_item(&item) else {
            return Err(TestCaseError::fail("an item is an object"));
        };
        prop_assert_eq!(item_from_json(members), Ok(item));
    }

    #[test]
    fn no_json_is_too_strange(json in near_values()) {
        if let Ok(value) = AttributeValue::from_json(json) {
            prop_assert_eq!(AttributeValue::from_json(value.write()), Ok(value));
        }
    }
}
