//! The message service as its users meet it: over HTTP, on a real samlet.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use acceptance::{Application, Samlet, block_on};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn application() -> Application {
    Application::message_service(|template| template)
}

fn stored(samlet: &Samlet) -> i32 {
    let table = samlet.table("local", "local");
    let scanned = block_on(async {
        table
            .client
            .scan()
            .table_name(&table.name)
            .send()
            .await
            .unwrap()
    });
    scanned.count
}

#[test]
fn a_message_is_created_read_changed_and_deleted() {
    let application = application();
    let samlet = application.start(&[]);
    let (status, text) = samlet.request(
        "POST",
        "/message",
        Some(r#"{"title": "Hello", "n": 1.5, "pk": "x", "sk": 1, "timestamp": "y"}"#),
    );
    assert_eq!(status, 200);
    assert!(
        text.starts_with(r#"{"success":true,"message":{"message_id":""#),
        "{text}"
    );
    let created: Value = serde_json::from_str(&text).unwrap();
    let id = created["message"]["message_id"].as_str().unwrap();
    let path = format!("/message/{id}");

    let (status, read) = samlet.json("GET", &path, None);
    assert_eq!(status, 200);
    let message = &read["message"];
    assert_eq!(
        (&message["title"], &message["n"]),
        (&json!("Hello"), &json!(1.5))
    );
    assert_eq!((&message["pk"], &message["sk"]), (&json!(id), &json!("v0")));
    assert!(message["timestamp"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(samlet.json("GET", &format!("/Prod{path}"), None).1, read);

    let answer = json!({"success": true, "message": {"message_id": id}});
    let change = r#"{"title": "New", "size": [1], "pk": "x", "sk": 1, "timestamp": 0}"#;
    assert_eq!(
        samlet.json("PUT", &path, Some(change)),
        (200, answer.clone())
    );
    let changed = samlet.json("GET", &path, None).1["message"].clone();
    assert_eq!(changed["title"], "New");
    assert_eq!(
        (&changed["n"], &changed["size"]),
        (&json!(1.5), &json!([1]))
    );
    assert_eq!((&changed["pk"], &changed["sk"]), (&json!(id), &json!("v0")));
    assert!(changed["timestamp"].as_u64() >= message["timestamp"].as_u64());

    assert_eq!(samlet.json("DELETE", &path, None), (200, answer));
    assert_eq!(samlet.request("GET", &path, None).0, 404);
    assert_eq!(stored(&samlet), 0);
}

#[test]
fn a_message_that_is_not_there_is_not_found_and_not_made() {
    let application = application();
    let samlet = application.start(&[]);
    let long = "x".repeat(3000);
    for id in ["6d2ad1c8-0c4f-4d0e-8a44-000000000000", "%20", "..", &long] {
        for (method, body) in [
            ("GET", None),
            ("PUT", Some(r#"{"a": 1}"#)),
            ("DELETE", None),
        ] {
            let (status, answer) = samlet.json(method, &format!("/message/{id}"), body);
            // A key that DynamoDB can't hold is refused instead.
            assert_eq!(
                status,
                if id.len() > 2048 { 400 } else { 404 },
                "{method} {answer}"
            );
            assert_eq!(answer["success"], false);
        }
    }
    assert_eq!(stored(&samlet), 0);
}

#[test]
fn what_is_no_message_is_refused_with_the_reason_and_nothing_is_stored() {
    let application = application();
    let samlet = application.start(&[]);
    let nested =
        |levels: usize| format!(r#"{{"a": {}1{}}}"#, "[".repeat(levels), "]".repeat(levels));
    let big = |bytes: usize| json!({"a": "x".repeat(bytes)}).to_string();
    for (body, reason) in [
        (String::new(), "no body"),
        ("{".into(), "not valid JSON"),
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
        (nested(10_000), "32 levels"),
        (big(410_000), "400 KB"),
    ] {
        let (status, answer) = samlet.json("POST", "/message", Some(&body));
        assert_eq!(
            (status, &answer["success"]),
            (400, &json!(false)),
            "{body:.60}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(reason), "{body:.60}: {message}");
    }
    assert_eq!(stored(&samlet), 0);
    // Just within the limits it is a message.
    for body in [
        nested(31),
        big(400_000),
        format!(r#"{{"a": {}, "b": 1e125}}"#, "9".repeat(38)),
    ] {
        samlet.create(&body);
    }
}

#[test]
fn an_update_that_does_not_fit_is_refused_and_changes_nothing() {
    let application = application();
    let samlet = application.start(&[]);
    let id = samlet.create(&json!({"a": "x".repeat(300_000)}).to_string());
    let path = format!("/message/{id}");
    let before = samlet.json("GET", &path, None);
    let many: Value = (0..2000).map(|n| (format!("field{n}"), json!(n))).collect();
    let large = json!({"b": "x".repeat(200_000)});
    for (change, reason) in [(many, "4 KB"), (large, "400 KB")] {
        let (status, answer) = samlet.json("PUT", &path, Some(&change.to_string()));
        assert_eq!(status, 400, "{answer}");
        assert!(
            answer["message"].as_str().unwrap().contains(reason),
            "{answer}"
        );
    }
    assert_eq!(samlet.json("GET", &path, None), before);
    let several: Value = (0..200).map(|n| (format!("field{n}"), json!(n))).collect();
    assert_eq!(
        samlet.request("PUT", &path, Some(&several.to_string())).0,
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
    let application = application();
    let samlet = application.start(&[]);
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let checked = runner.run(&any_message(), |message| {
        let id = samlet.create(&message);
        let (_, text) = samlet.request("GET", &format!("/message/{id}"), None);
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

/// A store that gives every request the same answer; none at all for `None`.
fn failing_store(answer: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            if let Some(answer) = answer {
                let head = BufReader::new(&connection).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                connection.write_all(answer.as_bytes()).ok();
            } else {
                held.push(connection);
            }
        }
    });
    address
}

#[test]
fn a_store_that_fails_or_hangs_is_a_500_without_internals_and_the_cause_is_logged() {
    let unavailable =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 7\r\nconnection: close\r\n\r\nsecrets";
    for (answer, cause) in [(Some(unavailable), "503"), (None, "timeout")] {
        let address = failing_store(answer);
        let application = Application::message_service(|template| {
            template.replace(
                "DDB_TABLE_NAME: !Ref DynamoDBTable",
                &format!(
                    "DDB_TABLE_NAME: !Ref DynamoDBTable\n          AWS_ENDPOINT_URL_DYNAMODB: http://{address}"
                ),
            )
        });
        let samlet = application.start(&[]);
        for (method, path, body) in [
            ("POST", "/message", Some("{}")),
            ("GET", "/message/a", None),
            ("PUT", "/message/a", Some("{}")),
            ("DELETE", "/message/a", None),
        ] {
            let failed = json!({"success": false, "message": "Internal server error"});
            assert_eq!(
                samlet.json(method, path, body),
                (500, failed),
                "{method} {cause}"
            );
        }
        samlet.wait_for_log("the store failed");
        samlet.wait_for_log(cause);
    }
}

#[test]
fn messages_survive_a_restart() {
    let application = application();
    let mut samlet = application.start(&[]);
    let id = samlet.create(r#"{"a": 1}"#);
    assert!(samlet.terminate().success());
    let samlet = application.start(&[]);
    assert_eq!(
        samlet.json("GET", &format!("/message/{id}"), None).1["message"]["a"],
        1
    );
}

#[test]
fn every_acknowledged_message_survives_kill_9_under_writes() {
    let application = application();
    let mut acknowledged = Vec::new();
    for _round in 0..3 {
        let mut samlet = application.start(&[]);
        let stop = AtomicBool::new(false);
        let url = format!("{}/message", samlet.api);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut ids = Vec::new();
                        while !stop.load(Ordering::Relaxed) {
                            let Ok(mut answer) = ureq::post(&url).send(r#"{"a": 1}"#) else {
                                break;
                            };
                            let Ok(text) = answer.body_mut().read_to_string() else {
                                break;
                            };
                            let answer: Value = serde_json::from_str(&text).unwrap();
                            ids.push(answer["message"]["message_id"].as_str().unwrap().to_owned());
                        }
                        ids
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(700));
            samlet.kill();
            stop.store(true, Ordering::Relaxed);
            acknowledged.extend(
                writers
                    .into_iter()
                    .flat_map(|writer| writer.join().unwrap()),
            );
        });
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    let samlet = application.start(&[]);
    for id in &acknowledged {
        assert_eq!(
            samlet.request("GET", &format!("/message/{id}"), None).0,
            200,
            "{id}"
        );
    }
}

#[test]
fn without_its_permission_just_that_operation_fails() {
    let application = Application::message_service(|template| {
        assert!(template.contains("dynamodb:PutItem"));
        template.replace("dynamodb:PutItem", "dynamodb:GetItem")
    });
    let samlet = application.start(&[]);
    let (status, answer) = samlet.json("POST", "/message", Some(r#"{"a": 1}"#));
    assert_eq!(
        (status, answer),
        (
            500,
            json!({"success": false, "message": "Internal server error"})
        )
    );
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/local-DynamoDBTable";
    samlet.wait_for_log(&format!(
        "User: arn:aws:sts::123456789012:assumed-role/local-CreateMessageItemRole/local-CreateMessageItem \
         is not authorized to perform: dynamodb:PutItem on resource: {arn} because no identity-based policy \
         allows the dynamodb:PutItem action"
    ));
    // The function's own log has the cause, its answer has not.
    samlet.wait_for_log("AccessDeniedException");
    for method in ["GET", "DELETE"] {
        assert_eq!(samlet.request(method, "/message/none", None).0, 404);
    }
    assert_eq!(stored(&samlet), 0);
}

#[test]
fn credentials_that_were_not_issued_are_refused() {
    let application = application();
    let samlet = application.start(&[]);
    samlet.create(r#"{"a": 1}"#);
    assert_eq!(stored(&samlet), 1);
    for (key, secret, code) in [
        ("AKIAUNKNOWN", "local", "UnrecognizedClientException"),
        ("local", "guess", "InvalidSignatureException"),
    ] {
        let table = samlet.table(key, secret);
        let error = block_on(async {
            table
                .client
                .scan()
                .table_name(&table.name)
                .send()
                .await
                .unwrap_err()
        });
        let text = format!("{error:?}");
        assert!(text.contains(code), "{text}");
    }
}
