//! Operator × key → whether a condition holds; what is absent, what is unknown.

#![allow(clippy::unwrap_used)]
use super::*;
use serde_json::json;

fn context(keys: &[(&str, &[&str])]) -> Context {
    let mut context = Context::default();
    for (key, values) in keys {
        context.set_all(
            key,
            values.iter().map(|value| (*value).to_owned()).collect(),
        );
    }
    context
}

/// The cases of AWS's documentation of condition operators, and of
/// conditions with several keys and values.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn conditions_hold_as_documented() {
    let cases = [
        // (operator, key, policy values, values of the request, holds)
        ("StringEquals", json!("a"), &["a"][..], true),
        ("StringEquals", json!(["b", "a"]), &["a"], true),
        ("StringEquals", json!("a*"), &["ab"], false),
        ("StringEquals", json!("A"), &["a"], false),
        ("StringEquals", json!("a"), &[], false),
        ("StringEqualsIfExists", json!("a"), &[], true),
        ("StringEqualsIfExists", json!("a"), &["b"], false),
        ("StringNotEquals", json!("a"), &[], true),
        ("StringNotEquals", json!(["a", "b"]), &["b"], false),
        ("StringNotEquals", json!(["a", "b"]), &["c"], true),
        ("StringEqualsIgnoreCase", json!("A"), &["a"], true),
        ("StringNotEqualsIgnoreCase", json!("A"), &["a"], false),
        ("StringLike", json!("a?c*"), &["abcdef"], true),
        ("StringNotLike", json!("a*"), &["b"], true),
        ("NumericEquals", json!(10), &["10.0"], true),
        ("NumericLessThanEquals", json!("10"), &["10"], true),
        ("NumericLessThan", json!("10"), &["10"], false),
        ("NumericGreaterThan", json!("9"), &["10"], true),
        ("NumericGreaterThan", json!("9"), &["many"], false),
        (
            "DateGreaterThan",
            json!("2026-01-01T00:00:00Z"),
            &["2026-06-01T00:00:00Z"],
            true,
        ),
        (
            "DateLessThan",
            json!("2026-01-01"),
            &["2026-06-01T00:00:00Z"],
            false,
        ),
        ("DateEquals", json!("0"), &["1970-01-01T00:00:00Z"], true),
        ("Bool", json!(true), &["true"], true),
        ("Bool", json!("false"), &["true"], false),
        ("BoolIfExists", json!("false"), &[], true),
        ("BinaryEquals", json!("QmluYXJ5"), &["QmluYXJ5"], true),
        ("IpAddress", json!("203.0.113.0/24"), &["203.0.113.9"], true),
        ("IpAddress", json!("203.0.113.9"), &["203.0.113.9"], true),
        ("IpAddress", json!("2001:db8::/32"), &["203.0.113.9"], false),
        (
            "NotIpAddress",
            json!(["10.0.0.0/8"]),
            &["203.0.113.9"],
            true,
        ),
        (
            "ArnLike",
            json!("arn:aws:iam::*:role/a*"),
            &["arn:aws:iam::1:role/ab"],
            true,
        ),
        (
            "ArnEquals",
            json!("arn:aws:iam::*:role/a*"),
            &["arn:aws:iam::1:role/ab"],
            true,
        ),
        (
            "ArnLike",
            json!("arn:*"),
            &["arn:aws:iam::1:role/ab"],
            false,
        ),
        (
            "ArnNotLike",
            json!("arn:aws:iam::1:role/a"),
            &["arn:aws:iam::1:role/b"],
            true,
        ),
        ("Null", json!("true"), &[], true),
        ("Null", json!("true"), &["x"], false),
        ("Null", json!("false"), &["x"], true),
        (
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            &["a", "b"],
            true,
        ),
        (
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            &["a", "c"],
            false,
        ),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &[], true),
        (
            "ForAnyValue:StringEquals",
            json!(["a", "b"]),
            &["c", "a"],
            true,
        ),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c"], false),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &[], false),
        (
            "ForAllValues:StringNotEquals",
            json!(["a"]),
            &["b", "c"],
            true,
        ),
        (
            "ForAllValues:StringNotEquals",
            json!(["a"]),
            &["a", "c"],
            false,
        ),
        (
            "ForAnyValue:StringNotLike",
            json!(["a*"]),
            &["ab", "c"],
            true,
        ),
    ];
    for (operator, values, present, holds) in cases {
        let block = json!({operator: {"AWS:SourceIdentity": values}});
        let [condition] = &Condition::parse_all(&block).unwrap()[..] else {
            panic!("{block}");
        };
        let context = context(&[("aws:sourceidentity", present)]);
        assert_eq!(
            condition.holds(&context, true),
            Truth::from(holds),
            "{block} {present:?}"
        );
    }
}

#[test]
fn values_may_have_variables() {
    let block = json!({"StringEquals": {"key": "${aws:PrincipalTag/team}"}});
    let [condition] = &Condition::parse_all(&block).unwrap()[..] else {
        panic!();
    };
    let known = context(&[("aws:principaltag/Team", &["a"]), ("key", &["a"])]);
    assert_eq!(condition.holds(&known, true), Truth::True);
    assert_eq!(condition.holds(&known, false), Truth::False);
    let teamless = context(&[("key", &["a"])]);
    assert_eq!(condition.holds(&teamless, true), Truth::False);
}

#[test]
fn what_is_no_condition_is_told() {
    for (block, reason) in [
        (json!([]), "a Condition is a map of operators"),
        (
            json!({"StringEquals": "a"}),
            "StringEquals is a map of condition keys",
        ),
        (
            json!({"StringIs": {"a": "b"}}),
            "`StringIs` is no condition operator",
        ),
        (
            json!({"Bool": {"a": {}}}),
            "Bool of a is a value or a list of values",
        ),
    ] {
        let error = Condition::parse_all(&block).unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
}

fn condition(operator: &str, key: &str, values: &Value) -> Condition {
    let block = json!({operator: {key: values}});
    Condition::parse_all(&block).unwrap().remove(0)
}

/// Whatever an operator makes of a key that is absent, it makes nothing of one that is not known.
#[test]
fn no_operator_holds_or_fails_for_what_is_not_known() {
    for (name, ..) in OPERATORS {
        for set in ["", "ForAllValues:", "ForAnyValue:"] {
            for if_exists in ["", "IfExists"] {
                let operator = format!("{set}{name}{if_exists}");
                let condition = condition(&operator, "s3:prefix", &json!("true"));
                let mut context = Context::default();
                assert_eq!(
                    condition.holds(&context, true),
                    Truth::Unknown,
                    "{operator}"
                );
                context.know_service("s3");
                let absent = condition.holds(&context, true);
                assert_ne!(absent, Truth::Unknown, "{operator}");
                context.set_unknown("s3:Prefix");
                assert_eq!(
                    condition.holds(&context, true),
                    Truth::Unknown,
                    "{operator}"
                );
            }
        }
    }
    // Whether it is there or not, one of these is so.
    let either = condition("Null", "s3:prefix", &json!(["true", "false"]));
    assert_eq!(either.holds(&Context::default(), true), Truth::True);
    let neither = condition("Null", "s3:prefix", &json!("maybe"));
    assert_eq!(neither.holds(&Context::default(), true), Truth::False);
}

/// A variable may be absent, in which case it matches nothing, or not known.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_variable_that_is_not_known_decides_only_where_nothing_else_does() {
    use Truth::{False, True, Unknown};
    let mut known = context(&[("aws:SourceIdentity", &["a"])]);
    known.set_all("aws:TagKeys", vec!["a".into(), "b".into()]);
    let unknown = "${s3:prefix}";
    for (operator, key, values, expected) in [
        (
            "StringEquals",
            "aws:SourceIdentity",
            json!(unknown),
            Unknown,
        ),
        (
            "StringNotEquals",
            "aws:SourceIdentity",
            json!(unknown),
            Unknown,
        ),
        (
            "StringEqualsIgnoreCase",
            "aws:SourceIdentity",
            json!(unknown),
            Unknown,
        ),
        ("StringLike", "aws:SourceIdentity", json!(unknown), Unknown),
        (
            "StringLike",
            "aws:SourceIdentity",
            json!(format!("b{unknown}")),
            False,
        ),
        (
            "StringNotLike",
            "aws:SourceIdentity",
            json!(format!("b{unknown}")),
            True,
        ),
        (
            "StringEquals",
            "aws:SourceIdentity",
            json!([unknown, "a"]),
            True,
        ),
        (
            "StringNotEquals",
            "aws:SourceIdentity",
            json!([unknown, "a"]),
            False,
        ),
        (
            "StringEquals",
            "aws:SourceIdentity",
            json!([unknown, "b"]),
            Unknown,
        ),
        (
            "StringEqualsIfExists",
            "aws:SourceVpc",
            json!(unknown),
            True,
        ),
        ("StringEquals", "aws:SourceVpc", json!(unknown), False),
        ("StringNotEquals", "aws:SourceVpc", json!(unknown), True),
        (
            "StringEquals",
            "aws:SourceIdentity",
            json!("${aws:SourceVpc}"),
            False,
        ),
        (
            "StringNotEquals",
            "aws:SourceIdentity",
            json!("${aws:SourceVpc}"),
            True,
        ),
        (
            "ForAllValues:StringEquals",
            "aws:TagKeys",
            json!(["a", unknown]),
            Unknown,
        ),
        (
            "ForAllValues:StringEquals",
            "aws:TagKeys",
            json!(["a", "b", unknown]),
            True,
        ),
        (
            "ForAllValues:StringNotEquals",
            "aws:TagKeys",
            json!(["a", unknown]),
            False,
        ),
        (
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            json!(["a", unknown]),
            True,
        ),
        (
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            json!(["c", unknown]),
            Unknown,
        ),
        (
            "ForAnyValue:StringNotEquals",
            "aws:TagKeys",
            json!(["a", unknown]),
            Unknown,
        ),
        (
            "ArnLike",
            "aws:SourceIdentity",
            json!(format!("arn:{unknown}")),
            False,
        ),
    ] {
        let condition = condition(operator, key, &values);
        assert_eq!(
            condition.holds(&known, true),
            expected,
            "{operator} {key} {values}"
        );
    }
}

/// AWS requires a set operator for keys of several values, and says nothing of policies without one: they hold for
/// what holds either way.
#[test]
fn several_values_without_a_set_operator_have_to_agree() {
    use Truth::{False, True, Unknown};
    for (operator, values, present, expected) in [
        ("StringEquals", json!(["a", "b"]), &["a", "b"][..], True),
        ("StringEquals", json!("a"), &["a", "b"], Unknown),
        ("StringEquals", json!("a"), &["b", "c"], False),
        ("StringNotEquals", json!("a"), &["a", "b"], Unknown),
        ("StringNotEquals", json!("a"), &["b", "c"], True),
        ("StringNotEquals", json!(["a", "b"]), &["a", "b"], False),
    ] {
        let condition = condition(operator, "aws:TagKeys", &values);
        let context = context(&[("aws:TagKeys", present)]);
        assert_eq!(
            condition.holds(&context, true),
            expected,
            "{operator} {values}"
        );
    }
}
