//! Key conditions.

use super::super::{KeyCondition, KeyTest};
use super::*;

/// Reads a key condition as the only expression of a request; values that it doesn't use are taken.
fn read(expression: &str) -> Result<KeyCondition, Refusal> {
    let values = json!({":s": {"S": "s"}, ":t": {"S": "t"}, ":n": {"N": "1"}, ":N": {"S": "N"}, ":l": {"L": []}});
    let used = |key: &str| {
        let sign = |at: usize| expression.as_bytes().get(at).copied().unwrap_or(b' ');
        let mut places = expression.match_indices(key);
        places.any(|(at, _)| !sign(at + key.len()).is_ascii_alphanumeric())
    };
    let values = object(values).into_iter().filter(|(key, _)| used(key));
    let values: Map<String, Value> = values.collect();
    let mut placeholders = Placeholders::read(None, (!values.is_empty()).then_some(&values))?;
    let condition = placeholders.key_condition(expression)?;
    placeholders.finish()?;
    Ok(condition)
}

#[test]
fn key_conditions_are_read() {
    let test = |name: &str, test: KeyTest| (name.to_owned(), test);
    let a = test("a", KeyTest::Equal(text("s")));
    let table = [
        ("a=:s", vec![a.clone()]),
        (
            "((a = :s) AND (:n < b))",
            vec![a.clone(), test("b", KeyTest::Greater(number("1")))],
        ),
        (
            "b >= :n and :s = a",
            vec![test("b", KeyTest::GreaterOrEqual(number("1"))), a.clone()],
        ),
        (
            "a=:s AND (b BETWEEN :s AND :t AND c <= :n)",
            vec![
                a.clone(),
                test("b", KeyTest::Between(text("s"), text("t"))),
                test("c", KeyTest::LessOrEqual(number("1"))),
            ],
        ),
        (
            "a=:s AND begins_with(b, :t)",
            vec![a, test("b", KeyTest::BeginsWith(text("t")))],
        ),
    ];
    for (expression, expected) in table {
        assert_eq!(read(expression), Ok(KeyCondition(expected)), "{expression}");
    }
}

#[test]
fn other_conditions_are_refused() {
    let operator = "Invalid operator used in KeyConditionExpression: ";
    let first = "operator must have the key attribute as its first operand";
    let invalid = "Invalid condition in KeyConditionExpression: ";
    let nested = "KeyConditionExpressions cannot contain nested operations";
    let path = "KeyConditionExpressions cannot have conditions on nested attributes";
    let several = "Multiple attribute names used in one condition";
    let table = [
        ("a > b and size(b) > c or a > c", format!("{operator}OR")),
        ("a in (b, size(c), d)", format!("{operator}IN")),
        ("attribute_exists(a)", format!("{operator}attribute_exists")),
        ("attribute_type(a, :N)", format!("{operator}attribute_type")),
        ("contains(a.d, b)", format!("{operator}contains")),
        ("NOT a=:s AND b=:s", format!("{operator}NOT")),
        ("a <> b", format!("{operator}<>")),
        (
            ":s between size(b) and size(a) and b > :s",
            format!("{invalid}BETWEEN {first}"),
        ),
        (
            "begins_with(:s, b) and a > :s",
            format!("{invalid}begins_with {first}"),
        ),
        ("size(b) > a AND a.b > b AND b > c", nested.into()),
        ("a > size(b.d)", nested.into()),
        ("a > size(:s)", nested.into()),
        ("b > a.b", format!("{invalid}{several}")),
        ("b between c[1] and d", format!("{invalid}{several}")),
        ("begins_with(a, b)", format!("{invalid}{several}")),
        ("b.d > a AND c.d > e.f", path.into()),
        ("b[0] > a", path.into()),
        (
            ":s > :t AND a < :s",
            format!("{invalid}No key attribute specified"),
        ),
        (
            "b > :n AND b < :n and c = :n and d = :n",
            "KeyConditionExpressions must only contain one condition per key".into(),
        ),
    ];
    for (expression, expected) in table {
        let expected = format!("Invalid KeyConditionExpression: {expected}");
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}

#[test]
fn they_are_conditions_first() {
    let table = [
        ("", "The expression can not be empty;".to_owned()),
        ("a > 4", syntax_error("4", "> 4")),
        (
            &"(".repeat(4097),
            "Expression size has exceeded the maximum allowed size;".into(),
        ),
        ("a=:s AND BEGINS_WITH(b, :s)", "Invalid function name; function: BEGINS_WITH".into()),
        ("((a=:s)) AND b=:s", "The expression has redundant parentheses;".into()),
        (
            "a=:s AND begins_with(b, :n)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N".into(),
        ),
        (
            ":l < a",
            "Incorrect operand type for operator or function; operator or function: <, operand type: L".into(),
        ),
        (
            "a between :n and :s",
            "The BETWEEN operator requires same data type for lower and upper bounds; \
             lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:s}".into(),
        ),
    ];
    for (expression, expected) in table {
        let expected = format!("Invalid KeyConditionExpression: {expected}");
        assert_eq!(message(read(expression)), expected, "{expression}");
    }
}

#[test]
fn their_own_rules_come_last() {
    let values = json!({":s": {"S": "s"}, ":t": {"S": "t"}});
    let mut placeholders = Placeholders::read(None, values.as_object()).unwrap();
    assert!(placeholders.key_condition("a <> :s").is_ok());
    assert_eq!(
        message(placeholders.condition("FilterExpression", "")),
        "Invalid FilterExpression: The expression can not be empty;"
    );
    assert_eq!(
        message(placeholders.finish()),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:t}"
    );
}
