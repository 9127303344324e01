//! The message service as its users meet it, wherever it is deployed: at `API_URL` (with `API_KEY`,
//! if it wants one), else on a samlet that each test starts. `make smoke API_URL=https://…` runs them.

#![allow(clippy::unwrap_used, missing_docs)]

mod service;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use service::Service;

#[test]
fn a_message_is_created_read_changed_and_deleted() {
    let service = Service::new();
    let (status, text) = service.request(
        "POST",
        "/message",
        Some(r#"{"title": "Hello", "n": 1.5, "pk": "x", "sk": 1, "timestamp": "y"}"#),
    );
    assert_eq!(status, 200);
    assert!(
        text.starts_with(r#"{"success":true,"message":{"message_id":""#),
        "{text}"
    );
    let id = &service.clean_up_after(&text);
    let path = format!("/message/{id}");

    let (status, read) = service.json("GET", &path, None);
    assert_eq!(status, 200);
    let message = &read["message"];
    assert_eq!(
        (&message["title"], &message["n"]),
        (&json!("Hello"), &json!(1.5))
    );
    assert_eq!((&message["pk"], &message["sk"]), (&json!(id), &json!("v0")));
    assert!(message["timestamp"].as_u64().unwrap() > 1_700_000_000);

    let answer = json!({"success": true, "message": {"message_id": id}});
    let change = r#"{"title": "New", "size": [1], "pk": "x", "sk": 1, "timestamp": 0}"#;
    assert_eq!(
        service.json("PUT", &path, Some(change)),
        (200, answer.clone())
    );
    let changed = service.json("GET", &path, None).1["message"].clone();
    assert_eq!(changed["title"], "New");
    assert_eq!(
        (&changed["n"], &changed["size"]),
        (&json!(1.5), &json!([1]))
    );
    assert_eq!((&changed["pk"], &changed["sk"]), (&json!(id), &json!("v0")));
    assert!(changed["timestamp"].as_u64() >= message["timestamp"].as_u64());

    assert_eq!(service.json("DELETE", &path, None), (200, answer));
    assert_eq!(service.request("GET", &path, None).0, 404);
    service.assert_holds_nothing();
}

#[test]
fn a_message_that_is_not_there_is_not_found() {
    let service = Service::new();
    let none = "6d2ad1c8-0c4f-4d0e-8a44-000000000000";
    for (method, body) in [
        ("GET", None),
        ("PUT", Some(r#"{"a": 1}"#)),
        ("DELETE", None),
    ] {
        let (status, answer) = service.json(method, &format!("/message/{none}"), body);
        assert_eq!(
            (status, &answer["success"]),
            (404, &json!(false)),
            "{method}"
        );
    }
    service.assert_holds_nothing();
}

#[test]
fn what_is_no_message_is_refused_with_the_reason_and_nothing_is_stored() {
    let service = Service::new();
    let nested =
        |levels: usize| format!(r#"{{"a": {}1{}}}"#, "[".repeat(levels), "]".repeat(levels));
    let big = |bytes: usize| json!({"a": "x".repeat(bytes)}).to_string();
    for (body, reason) in [
        (String::new(), "no body"),
        // These the gateway refuses, and no function hears of them.
        ("{".into(), "not a JSON object"),
        ("[1]".into(), "not a JSON object"),
        ("\"text\"".into(), "not a JSON object"),
        (
            format!(r#"{{"a": {}}}"#, "9".repeat(39)),
            "38 significant digits",
        ),
        (r#"{"a": 1e126}"#.into(), "1E-130"),
        (r#"{"a": 1e-131}"#.into(), "1E-130"),
        (r#"{"": 1}"#.into(), "empty name"),
        (r#"{"a": {"": 1}}"#.into(), "empty name"),
        (nested(32), "32 levels"),
        (nested(100), "32 levels"),
        // Deeper than a gateway reads.
        (nested(10_000), "not a JSON object"),
        (big(410_000), "400 KB"),
    ] {
        let (status, answer) = service.json("POST", "/message", Some(&body));
        assert_eq!(
            (status, &answer["success"]),
            (400, &json!(false)),
            "{body:.60}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(reason), "{body:.60}: {message}");
    }
    service.assert_holds_nothing();
    // Just within the limits it is a message.
    for body in [
        nested(31),
        big(400_000),
        format!(r#"{{"a": {}, "b": 1e125}}"#, "9".repeat(38)),
    ] {
        service.create(&body);
    }
}

#[test]
fn an_update_that_does_not_fit_is_refused_and_changes_nothing() {
    let service = Service::new();
    let id = service.create(&json!({"a": "x".repeat(300_000)}).to_string());
    let path = format!("/message/{id}");
    let before = service.json("GET", &path, None);
    let many: Value = (0..2000).map(|n| (format!("field{n}"), json!(n))).collect();
    let large = json!({"b": "x".repeat(200_000)});
    for (change, reason) in [(many, "4 KB"), (large, "400 KB")] {
        let (status, answer) = service.json("PUT", &path, Some(&change.to_string()));
        assert_eq!(status, 400, "{answer}");
        assert!(
            answer["message"].as_str().unwrap().contains(reason),
            "{answer}"
        );
    }
    assert_eq!(service.json("GET", &path, None), before);
    let several: Value = (0..200).map(|n| (format!("field{n}"), json!(n))).collect();
    assert_eq!(
        service.request("PUT", &path, Some(&several.to_string())).0,
        200
    );
}

/// A JSON object, as text: names and values of every kind, numbers up to 38
/// digits and of any exponent that DynamoDB has.
fn any_message() -> impl Strategy<Value = String> {
    let text = |text: String| serde_json::to_string(&text).unwrap();
    let object = move |fields: BTreeMap<String, String>| {
        let fields: Vec<_> = fields
            .into_iter()
            .map(|(name, value)| format!("{}: {value}", text(name)))
            .collect();
        format!("{{{}}}", fields.join(", "))
    };
    let leaf = prop_oneof![
        "null|true|false|0|-?[1-9][0-9]{0,37}",
        "-?[1-9][0-9]{0,17}\\.[0-9]{0,20}",
        "-?0\\.0{0,60}[1-9][0-9]{0,37}",
        "-?[1-9]\\.[0-9]{1,37}[eE](-1[0-2]|[-+]?[1-9]|1[0-1])[0-9]",
        any::<String>().prop_map(text),
    ]
    .prop_map(|number| {
        if number.ends_with('.') {
            number + "0"
        } else {
            number
        }
    });
    let value = leaf.prop_recursive(4, 48, 6, move |inner| {
        let name = any::<String>().prop_filter("a name", |name| !name.is_empty());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::btree_map(name, inner, 0..6).prop_map(object),
        ]
    });
    prop::collection::btree_map("[a-zA-Z0-9 é\u{1F600}#:.$-]{1,12}", value, 0..6).prop_map(object)
}

/// The same text for JSON that is equal by value: names in order, numbers as
/// digits and the exponent of the first.
fn canonical(value: &RawValue) -> String {
    let text = value.get();
    match text.as_bytes()[0] {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            let field =
                |(name, value): (String, &RawValue)| format!("{name:?}:{}", canonical(value));
            format!(
                "{{{}}}",
                fields.into_iter().map(field).collect::<Vec<_>>().join(",")
            )
        }
        b'[' => {
            let values: Vec<&RawValue> = serde_json::from_str(text).unwrap();
            let values: Vec<_> = values.into_iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        b'"' => format!("{:?}", serde_json::from_str::<String>(text).unwrap()),
        b'-' | b'0'..=b'9' => canonical_number(text),
        _ => text.to_owned(),
    }
}

fn canonical_number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return "0".into();
    }
    let last = i64::try_from(significant.len()).unwrap() - i64::try_from(fraction.len()).unwrap();
    let exponent = exponent.parse::<i64>().unwrap() + last;
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!("{sign}0.{}e{exponent}", significant.trim_end_matches('0'))
}

#[test]
fn any_message_comes_back_as_it_was_sent() {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        message: BTreeMap<String, &'a RawValue>,
    }
    let service = Service::new();
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let checked = runner.run(&any_message(), |message| {
        let id = service.create(&message);
        let (_, text) = service.request("GET", &format!("/message/{id}"), None);
        let mut answer: Answer = serde_json::from_str(&text).unwrap();
        for added in ["pk", "sk", "timestamp"] {
            prop_assert!(answer.message.remove(added).is_some());
        }
        let read = serde_json::value::to_raw_value(&answer.message).unwrap();
        let sent: &RawValue = serde_json::from_str(&message).unwrap();
        prop_assert_eq!(canonical(&read), canonical(sent));
        Ok(())
    });
    checked.unwrap();
}
