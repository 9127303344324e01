//! The message service where its surroundings matter: its store, its permissions, its end. What holds
//! wherever it is deployed is in `smoke`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use acceptance::{Application, Samlet, block_on, send, wait_until};
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
fn the_stage_may_be_part_of_the_address() {
    let application = application();
    let samlet = application.start(&[]);
    let path = format!("/message/{}", samlet.create("{}"));
    let read = samlet.json("GET", &path, None);
    assert_eq!(samlet.json("GET", &format!("/Prod{path}"), None), read);
}

#[test]
fn what_is_no_json_object_reaches_no_function_and_a_function_takes_none_either() {
    let application = application();
    let samlet = application.start(&[]);
    let id = samlet.create("{}");
    samlet.wait_for_lines("CreateMessageItem   END RequestId", 1);
    let post = |method: &str, path: &str, content_type: &str, body: &str| {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", samlet.api))
            .header("content-type", content_type);
        let (status, _, answer) = send(request.body(body.into()).unwrap());
        (status, acceptance::json(&answer))
    };
    let refused = |message: &str| (400, json!({"success": false, "message": message}));
    for body in ["[1]", "1", "null", "{", "{\"a\": 1} x"] {
        for (method, path) in [("POST", "/message"), ("PUT", &format!("/message/{id}"))] {
            let answer = post(method, path, "application/json", body);
            assert_eq!(
                answer,
                refused("The body is not a JSON object"),
                "{method} {body}"
            );
        }
    }
    // A model is for JSON; what says it is something else, the function itself looks at.
    let answer = post("POST", "/message", "text/plain", "[1]");
    assert_eq!(answer, refused("The body is not a JSON object"));
    let (status, answer) = post("POST", "/message", "text/plain", "{");
    let message = answer["message"].as_str().unwrap();
    assert!(
        status == 400 && message.contains("not valid JSON"),
        "{message}"
    );
    samlet.wait_for_lines("CreateMessageItem   END RequestId", 3);
    let log = samlet.stderr();
    assert_eq!(
        log.matches("CreateMessageItem   START RequestId").count(),
        3,
        "{log}"
    );
    assert_eq!(
        log.matches("UpdateMessageItem   START RequestId").count(),
        0,
        "{log}"
    );
    assert_eq!(stored(&samlet), 1);
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
        let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
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
                            answers.fetch_add(1, Ordering::Relaxed);
                        }
                        ids
                    })
                })
                .collect();
            wait_until("enough messages are acknowledged", || {
                answers.load(Ordering::Relaxed) >= 20
            });
            samlet.kill();
            stop.store(true, Ordering::Relaxed);
            acknowledged.extend(
                writers
                    .into_iter()
                    .flat_map(|writer| writer.join().unwrap()),
            );
        });
    }
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
