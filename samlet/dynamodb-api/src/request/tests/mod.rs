//! What each operation's requests are refused for, in DynamoDB's words, and that requests that are written are read
//! again as they were.

mod batches;
mod items;
mod searches;
mod transactions;
pub(crate) mod written;

use samlet_aws::Place;
use serde_json::{Value, json};

use super::{Fingerprint, Request};
use crate::{Operation, Refusal};

fn place() -> Place {
    Place::new("us-east-1", "123456789012", "local")
}

fn read(operation: Operation, body: &Value) -> Result<Request, Refusal> {
    Request::from_json(operation, body.clone(), &place())
}

/// Reads a request, and holds that it is the same once it was written.
fn request(operation: Operation, body: &Value) -> Request {
    let request = read(operation, body).unwrap_or_else(|refusal| panic!("{body}: {refusal}"));
    assert_eq!(request.operation(), operation);
    assert_eq!(
        read(operation, &request.to_json()).as_ref(),
        Ok(&request),
        "{}",
        request.to_json()
    );
    request
}

/// Holds that requests are refused as not valid, each with its message.
fn assert_refused(operation: Operation, cases: &[(Value, &str)]) {
    for (body, message) in cases {
        assert_eq!(
            read(operation, body),
            Err(Refusal::validation(*message)),
            "{body}"
        );
    }
}

/// Holds that a request is written as another one is.
fn assert_written(operation: Operation, body: &Value, written: &Value) {
    assert_eq!(&request(operation, body).to_json(), written, "{body}");
}

/// A request with more members, or others.
fn with(body: Value, more: Value) -> Value {
    let (Value::Object(mut members), Value::Object(more)) = (body, more) else {
        panic!("requests are objects");
    };
    members.extend(more);
    Value::Object(members)
}

#[test]
fn a_body_is_a_json_object() {
    for body in ["", "hi", "{", "null", "[]", "1", "\"\"", "{}{}"] {
        assert_eq!(
            Request::read(Operation::GetItem, body.as_bytes(), &place()),
            Err(Refusal::Serialization(String::new())),
            "{body}"
        );
    }
    let body = br#"{"TableName": "abc", "Key": {}}"#;
    assert!(Request::read(Operation::GetItem, body, &place()).is_ok());
}

#[test]
fn a_body_that_nests_too_deep_is_refused_for_it() {
    let deep = format!("{}{}", r#"{"M":{"a":"#.repeat(5_000), "}}".repeat(5_000));
    let body = format!(r#"{{"TableName":"abc","Key":{{"a":{deep}}}}}"#);
    assert_eq!(
        Request::read(Operation::GetItem, body.as_bytes(), &place()),
        Err(Refusal::validation(
            "Nesting Levels have exceeded supported limits: \
             Attributes in the item have nested levels beyond supported limit"
        ))
    );
}

#[test]
fn requests_about_a_table_are_its_name() {
    for operation in [
        Operation::DeleteTable,
        Operation::DescribeContinuousBackups,
        Operation::DescribeTable,
        Operation::DescribeTimeToLive,
    ] {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/abc";
        let request = request(operation, &json!({"TableName": arn}));
        assert_eq!(request.to_json(), json!({"TableName": "abc"}));
    }
    request(Operation::DescribeLimits, &json!({}));
    request(Operation::DescribeEndpoints, &json!({}));
}

fn fingerprint(body: &Value) -> Fingerprint {
    let request = request(Operation::TransactWriteItems, body);
    let Some(fingerprint) = request.fingerprint() else {
        panic!("it is a transaction");
    };
    fingerprint
}
