//! The names and values that requests define.

use super::*;

fn read(names: Value, values: Value) -> Result<Placeholders, Refusal> {
    Placeholders::read(names.as_object(), values.as_object())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn placeholders_are_checked_first() {
    let names = "ExpressionAttributeNames";
    let values = "ExpressionAttributeValues";
    let wrong = format!("{values} contains invalid value: ");
    let key = "contains invalid key: Syntax error; key:";
    let long = format!(":{}", "a".repeat(255));
    let table = [
        (json!({}), json!({}), format!("{names} must not be empty")),
        (json!({"a": "a"}), json!({}), format!("{names} {key} \"a\"")),
        (json!({"#": "a"}), json!({}), format!("{names} {key} \"#\"")),
        (
            json!({"#a-b": "a"}),
            json!({}),
            format!("{names} {key} \"#a-b\""),
        ),
        (
            json!({"#é": "a"}),
            json!({}),
            format!("{names} {key} \"#é\""),
        ),
        (
            json!({"#a": ""}),
            json!({}),
            format!("{names} contains invalid value: Empty attribute name for key #a"),
        ),
        (
            json!({"#a": "a".repeat(65_536)}),
            Value::Null,
            format!(
                "{names} contains invalid value: Attribute name is too large, must be less than 65536 bytes for key #a"
            ),
        ),
        (
            json!({"#a": "a"}),
            json!({}),
            format!("{values} must not be empty"),
        ),
        (
            Value::Null,
            json!({":b": {}, "b": {"S": "a"}}),
            format!("{values} {key} \"b\""),
        ),
        (
            Value::Null,
            json!({long: {"S": "a"}}),
            format!(
                "{values} contains invalid key: \
                 The expression attribute map contains a key that is too long;"
            ),
        ),
        (
            json!({format!("#-{}", "a".repeat(254)): "a"}),
            Value::Null,
            format!(
                "{names} contains invalid key: \
                 The expression attribute map contains a key that is too long; size of key: 256"
            ),
        ),
        (
            Value::Null,
            json!({":b": {}}),
            format!(
                "{wrong}Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b"
            ),
        ),
        (
            Value::Null,
            json!({":b": {"SS": []}}),
            format!(
                "{wrong}One or more parameter values were invalid: An string set  may not be empty for key :b"
            ),
        ),
        (
            Value::Null,
            json!({":a": {"N": "1"}, ":b": {"N": "b"}}),
            format!("{wrong}The parameter cannot be converted to a numeric value: b for key :b"),
        ),
    ];
    for (names, values, expected) in table {
        assert_eq!(message(read(names, values)), expected);
    }
    let long = format!("#{}", "a".repeat(254));
    assert!(
        read(
            json!({long: "a".repeat(65_535), "#_": " ", "#0": "."}),
            Value::Null
        )
        .is_ok()
    );
}

#[test]
fn all_of_them_must_be_used() {
    let finish = |expression: &str| {
        let names = json!({"#b": "b", "#a": "a"});
        let mut placeholders = read(names, json!({":c": {"S": "c"}, ":a": {"N": "1"}})).unwrap();
        placeholders
            .condition("ConditionExpression", expression)
            .unwrap();
        placeholders.finish()
    };
    let unused = |member: &str, keys: &str| {
        format!("Value provided in {member} unused in expressions: keys: {{{keys}}}")
    };
    assert_eq!(
        message(finish("a = b")),
        unused("ExpressionAttributeNames", "#a, #b")
    );
    assert_eq!(
        message(finish("#a = #b")),
        unused("ExpressionAttributeValues", ":a, :c")
    );
    assert_eq!(
        message(finish("#a = #b AND x = :a")),
        unused("ExpressionAttributeValues", ":c")
    );
    assert_eq!(
        finish("#a = #b AND attribute_exists(x) AND :a <> :c"),
        Ok(())
    );
}

#[test]
fn a_short_expression_does_not_become_endless() {
    let large = json!({":v": {"S": "x".repeat(1 << 20)}});
    let mut placeholders = read(Value::Null, large).unwrap();
    let many = format!("a IN ({}:v)", ":v,".repeat(79));
    let refusal = message(placeholders.condition("FilterExpression", &many));
    assert!(
        refusal.contains("Expression size has exceeded the maximum allowed size"),
        "{refusal}"
    );
}
