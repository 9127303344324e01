use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::strategies::{conditions, updates};
use super::*;
use crate::expression::{Path, PathElement, Projection};
use crate::{AttributeValue, Refusal};

fn map(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(members) => members,
        _ => panic!("{json} is an object"),
    }
}

fn expected(json: &Value) -> Result<Option<Conditions>, Refusal> {
    Conditions::read_expected(Some(map(json!({"a": json}))), None)
}

fn filter(json: &Value) -> Result<Option<Conditions>, Refusal> {
    Conditions::read_scan_filter(Some(map(json!({"a": json}))), None)
}

fn test(operator: Operator, values: &[&str]) -> Result<Option<Conditions>, Refusal> {
    let values = values.iter().map(|text| AttributeValue::S((*text).into()));
    let test = Test {
        operator,
        values: values.collect(),
    };
    Ok(Some(Conditions {
        is_any: false,
        tests: vec![("a".into(), test)],
    }))
}

fn invalid(reason: &str) -> Result<Option<Conditions>, Refusal> {
    Err(Refusal::invalid_values(reason))
}

#[test]
fn an_expectation_is_a_value_an_absence_or_a_comparison() {
    use Operator::{Between, Equal, In, Less, NotNull, Null};
    let cases = [
        (json!({"Value": {"S": "x"}}), test(Equal, &["x"])),
        (
            json!({"Value": {"S": "x"}, "Exists": true}),
            test(Equal, &["x"]),
        ),
        (json!({"Exists": false}), test(Null, &[])),
        (json!({"ComparisonOperator": "NULL"}), test(Null, &[])),
        (
            json!({"ComparisonOperator": "NULL", "AttributeValueList": []}),
            test(Null, &[]),
        ),
        (
            json!({"ComparisonOperator": "NOT_NULL"}),
            test(NotNull, &[]),
        ),
        (
            json!({"ComparisonOperator": "LT", "Value": {"S": "x"}}),
            test(Less, &["x"]),
        ),
        (
            json!({"ComparisonOperator": "IN", "AttributeValueList": [{"S": "x"}, {"S": "y"}]}),
            test(In, &["x", "y"]),
        ),
        (
            json!({"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "x"}, {"S": "x"}]}),
            test(Between, &["x", "x"]),
        ),
    ];
    for (json, read) in cases {
        assert_eq!(expected(&json), read, "{json}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn expectations_that_contradict_themselves_are_refused() {
    let value = json!({"S": "x"});
    let list = json!([value]);
    let together = "Value and AttributeValueList cannot be used together for Attribute: a";
    let alone = "AttributeValueList can only be used with a ComparisonOperator for Attribute: a";
    let arguments = |operator: &str| {
        format!("Invalid number of argument(s) for the {operator} ComparisonOperator")
    };
    let cases = [
        (
            json!({}),
            "Value must be provided when Exists is null for Attribute: a".into(),
        ),
        (
            json!({"Exists": true}),
            "Value must be provided when Exists is true for Attribute: a".into(),
        ),
        (
            json!({"Exists": false, "Value": value}),
            "Value cannot be used when Exists is false for Attribute: a".into(),
        ),
        (
            json!({"ComparisonOperator": "LT"}),
            "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a"
                .to_owned(),
        ),
        (
            json!({"ComparisonOperator": "LT", "Exists": true}),
            "Exists and ComparisonOperator cannot be used together for Attribute: a".into(),
        ),
        (
            json!({"ComparisonOperator": "LT", "Value": value, "AttributeValueList": list}),
            together.into(),
        ),
        (
            json!({"Value": value, "AttributeValueList": list}),
            together.into(),
        ),
        (json!({"AttributeValueList": list}), alone.into()),
        (
            json!({"AttributeValueList": list, "Exists": true}),
            alone.into(),
        ),
        (
            json!({"ComparisonOperator": "NULL", "Value": value}),
            arguments("NULL"),
        ),
        (
            json!({"ComparisonOperator": "NULL", "AttributeValueList": list}),
            arguments("NULL"),
        ),
        (
            json!({"ComparisonOperator": "BETWEEN", "Value": value}),
            arguments("BETWEEN"),
        ),
        (
            json!({"ComparisonOperator": "EQ", "AttributeValueList": []}),
            arguments("EQ"),
        ),
        (
            json!({"ComparisonOperator": "IN", "AttributeValueList": []}),
            arguments("IN"),
        ),
        (
            json!({"ComparisonOperator": "LE", "Value": {"L": []}}),
            "ComparisonOperator LE is not valid for L AttributeValue type".into(),
        ),
        (
            json!({"Value": {"NS": []}}),
            "An number set  may not be empty".into(),
        ),
        (
            json!({"ComparisonOperator": "eq", "Value": value}),
            "Invalid comparison operator".into(),
        ),
    ];
    for (json, reason) in cases {
        assert_eq!(expected(&json), invalid(&reason), "{json}");
    }
}

#[test]
fn operators_take_as_many_values_as_they_need() {
    let list = |count: usize| json!(vec![json!({"S": "x"}); count]);
    for operator in Operator::ALL {
        let takes = match operator {
            Operator::Null | Operator::NotNull => 0..=0,
            Operator::In => 1..=4,
            Operator::Between => 2..=2,
            _ => 1..=1,
        };
        let name = operator.name();
        for count in 0..=4 {
            let json = json!({"ComparisonOperator": name, "AttributeValueList": list(count)});
            if takes.contains(&count) {
                assert_eq!(filter(&json), test(operator, &vec!["x"; count]), "{json}");
                continue;
            }
            let reason = format!("Invalid number of argument(s) for the {name} ComparisonOperator");
            assert_eq!(filter(&json), invalid(&reason), "{json}");
            assert_eq!(expected(&json), invalid(&reason), "{json}");
        }
    }
}

#[test]
fn operators_take_values_that_they_can_compare() {
    let values = [
        ("S", json!("x")),
        ("N", json!("1")),
        ("B", json!("YQ==")),
        ("BOOL", json!(true)),
        ("NULL", json!(true)),
        ("SS", json!(["x"])),
        ("NS", json!(["1"])),
        ("BS", json!(["YQ=="])),
        ("L", json!([])),
        ("M", json!({})),
    ];
    for operator in Operator::ALL {
        let name = operator.name();
        let takes: &[&str] = match operator {
            Operator::Null | Operator::NotNull => continue,
            Operator::Equal | Operator::NotEqual => {
                &["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]
            }
            Operator::Contains | Operator::NotContains => &["S", "N", "B", "BOOL", "NULL"],
            Operator::BeginsWith => &["S", "B"],
            _ => &["S", "N", "B"],
        };
        for (kind, value) in &values {
            let count = if operator == Operator::Between { 2 } else { 1 };
            let list = vec![json!({*kind: value}); count];
            let json = json!({"ComparisonOperator": name, "AttributeValueList": list});
            if takes.contains(kind) {
                assert!(filter(&json).is_ok(), "{json}");
                continue;
            }
            let reason =
                format!("ComparisonOperator {name} is not valid for {kind} AttributeValue type");
            assert_eq!(filter(&json), invalid(&reason), "{json}");
            assert_eq!(expected(&json), invalid(&reason), "{json}");
        }
    }
}

#[test]
fn lists_of_values_have_one_type_and_an_order() {
    let bounds = Err(Refusal::validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    ));
    let mixed = invalid("AttributeValues inside AttributeValueList must be of same type");
    let cases = [
        ("BETWEEN", json!([{"N": "10"}, {"N": "9"}]), bounds.clone()),
        ("BETWEEN", json!([{"S": "b"}, {"S": "a"}]), bounds.clone()),
        ("BETWEEN", json!([{"B": "gA=="}, {"B": "fw=="}]), bounds),
        ("BETWEEN", json!([{"N": "10"}, {"S": "a"}]), mixed.clone()),
        ("BETWEEN", json!([{"N": "10"}, {"L": []}]), mixed.clone()),
        ("IN", json!([{"N": "3"}, {"S": "dog"}]), mixed),
        (
            "IN",
            json!([{"N": "3"}, {"S": "dog"}, {"BOOL": true}]),
            invalid("ComparisonOperator IN is not valid for BOOL AttributeValue type"),
        ),
        (
            "EQ",
            json!([{"N": "1"}, {"S": "a", "N": "1"}]),
            Err(Refusal::validation(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported \
                 datatypes",
            )),
        ),
    ];
    for (operator, list, read) in cases {
        let json = json!({"ComparisonOperator": operator, "AttributeValueList": list});
        assert_eq!(filter(&json), read, "{json}");
        assert_eq!(expected(&json), read, "{json}");
    }
}

#[test]
fn an_operator_joins_two_conditions_or_more() {
    let one = json!({"a": {"ComparisonOperator": "NULL"}});
    let two = json!({"a": {"ComparisonOperator": "NULL"}, "b": {"ComparisonOperator": "NULL"}});
    let without = "ConditionalOperator cannot be used without Filter or Expected";
    let alone =
        "ConditionalOperator can only be used when Filter or Expected has two or more elements";
    let cases = [
        (None, None, Ok(None)),
        (Some(json!({})), None, Ok(None)),
        (None, Some("OR"), Err(without)),
        (Some(json!({})), Some("AND"), Err(without)),
        (Some(one.clone()), Some("AND"), Err(alone)),
        (Some(one), None, Ok(Some(false))),
        (Some(two.clone()), None, Ok(Some(false))),
        (Some(two.clone()), Some("AND"), Ok(Some(false))),
        (Some(two), Some("OR"), Ok(Some(true))),
    ];
    for (conditions, operator, is_any) in cases {
        for read in [
            Conditions::read_expected,
            Conditions::read_query_filter,
            Conditions::read_scan_filter,
        ] {
            let read = read(conditions.clone().map(map), operator);
            let read = read.map(|conditions| conditions.map(|conditions| conditions.is_any));
            assert_eq!(read, is_any.map_err(Refusal::validation), "{conditions:?}");
        }
    }
}

#[test]
fn keys_have_one_condition_or_two() {
    let absent = json!({"ComparisonOperator": "NULL"});
    let count = Err(Refusal::validation(
        "Conditions can be of length 1 or 2 only",
    ));
    for json in [json!({}), json!({"a": absent, "b": absent, "c": absent})] {
        assert_eq!(Conditions::read_key_conditions(map(json)), count);
    }
    let json = json!({"a": absent, "b": {"ComparisonOperator": "EQ"}, "c": absent});
    assert_eq!(
        Conditions::read_key_conditions(map(json)),
        Err(Refusal::invalid_values(
            "Invalid number of argument(s) for the EQ ComparisonOperator"
        ))
    );
    let json = json!({"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]}});
    let read = Conditions::read_key_conditions(map(json)).map(Some);
    assert_eq!(read, test(Operator::Equal, &["x"]));
}

#[test]
fn values_of_scan_filters_may_be_nested_a_level_more() {
    let nested = (0..32).fold(json!({"S": "x"}), |value, _| json!({"L": [value]}));
    let json = json!({"a": {"ComparisonOperator": "EQ", "AttributeValueList": [nested]}});
    assert!(Conditions::read_scan_filter(Some(map(json.clone())), None).is_ok());
    assert!(Conditions::read_query_filter(Some(map(json.clone())), None).is_err());
    assert!(Conditions::read_expected(Some(map(json)), None).is_err());
}

#[test]
fn updates_put_add_and_delete() {
    use AttributeUpdate::{Add, Delete, Put, Remove};
    let text = AttributeValue::S("x".into());
    let texts = AttributeValue::Ss(vec!["x".into()]);
    let cases = [
        (json!({"Value": {"S": "x"}}), Put(text.clone())),
        (json!({"Value": {"S": "x"}, "Action": "PUT"}), Put(text)),
        (
            json!({"Value": {"SS": ["x"]}, "Action": "ADD"}),
            Add(texts.clone()),
        ),
        (
            json!({"Value": {"L": []}, "Action": "ADD"}),
            Add(AttributeValue::L(Vec::new())),
        ),
        (
            json!({"Value": {"SS": ["x"]}, "Action": "DELETE"}),
            Remove(texts),
        ),
        (json!({"Action": "DELETE"}), Delete),
    ];
    for (json, update) in cases {
        let read = read_updates(map(json!({"a.b": json})));
        assert_eq!(read, Ok(vec![("a.b".into(), update)]), "{json}");
    }
    assert_eq!(read_updates(Map::new()), Ok(Vec::new()));
}

#[test]
fn updates_that_cannot_be_made_are_refused() {
    let kinds = [
        ("S", json!("x")),
        ("N", json!("1")),
        ("B", json!("YQ==")),
        ("BOOL", json!(true)),
        ("NULL", json!(true)),
        ("L", json!([])),
        ("M", json!({})),
    ];
    for (kind, value) in kinds {
        let value = json!({kind: value});
        let read = |action: &str| {
            let read = read_updates(map(json!({"a": {"Action": action, "Value": value}})));
            read.map(drop)
        };
        assert_eq!(read("PUT"), Ok(()));
        let reason = format!("DELETE action with value is not supported for the type {kind}");
        assert_eq!(read("DELETE"), Err(Refusal::invalid_values(reason)));
        let reason = format!("ADD action is not supported for the type {kind}");
        let added = match kind {
            "N" | "L" => Ok(()),
            _ => Err(Refusal::invalid_values(reason)),
        };
        assert_eq!(read("ADD"), added);
    }
    let valueless = Refusal::invalid_values(
        "Only DELETE action is allowed when no attribute value is specified",
    );
    let empty = Refusal::validation(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
    let cases = [
        (json!({"a": {}}), valueless.clone()),
        (json!({"a": {"Action": "ADD"}}), valueless),
        (json!({"a": {"Action": "DELETE", "Value": {}}}), empty),
        (
            json!({"": {"Value": {}}}),
            Refusal::validation("Empty attribute name"),
        ),
        (
            json!({"a": {"Action": "put", "Value": {"S": "x"}}}),
            Refusal::validation(
                "1 validation error detected: Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action",
            ),
        ),
    ];
    for (json, refusal) in cases {
        assert_eq!(read_updates(map(json.clone())), Err(refusal), "{json}");
    }
}

#[test]
fn attributes_to_get_are_named_once() {
    let read = |names: &[&str]| {
        let names: Vec<Value> = names.iter().map(|name| json!(name)).collect();
        read_attributes_to_get(&names)
    };
    let projection = Projection(vec!["b.c".into(), "a[0]".into()]);
    assert_eq!(read(&["b.c", "a[0]"]), Ok(projection.clone()));
    assert_eq!(
        write_attributes_to_get(&projection),
        Some(json!(["b.c", "a[0]"]))
    );
    let duplicate = Refusal::invalid_values("Duplicate value in attribute name: a");
    assert_eq!(read(&["b", "a", "c", "a", "b"]), Err(duplicate));
    assert_eq!(
        read(&["a", "a", ""]),
        Err(Refusal::validation("Empty attribute name"))
    );
    let part = Projection(vec![Path {
        attribute: "a".into(),
        elements: vec![PathElement::Index(0)],
    }]);
    assert_eq!(write_attributes_to_get(&part), None);
}

proptest! {
    #[test]
    fn conditions_printed_and_read_again_are_the_same(conditions in conditions()) {
        let mut request = Map::new();
        conditions.write("Expected", &mut request);
        let operator = request.remove("ConditionalOperator");
        let operator = operator.as_ref().and_then(Value::as_str);
        let members = request.remove("Expected").map(map);
        prop_assert!(request.is_empty());
        for read in [
            Conditions::read_expected,
            Conditions::read_query_filter,
            Conditions::read_scan_filter,
        ] {
            prop_assert_eq!(read(members.clone(), operator), Ok(Some(conditions.clone())));
        }
    }

    #[test]
    fn updates_printed_and_read_again_are_the_same(updates in updates()) {
        let json = write_updates(&updates);
        prop_assert_eq!(read_updates(map(json)), Ok(updates));
    }
}
