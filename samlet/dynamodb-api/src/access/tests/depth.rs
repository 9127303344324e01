//! What nests as deep as it can is authorised on the small stacks of a server's threads.

use samlet_aws::Place;
use serde_json::{Value, json};

use crate::{Operation, Request};

/// What tokio gives a thread.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// As many as any expression or statement could hold, and those around DynamoDB's limits.
const DEPTHS: [usize; 10] = [1, 30, 31, 32, 33, 60, 64, 150, 299, 2_000];

fn condition(expression: &str) -> Value {
    json!({"TableName": "orders", "Key": {"pk": {"S": "a"}}, "ConditionExpression": expression,
        "ExpressionAttributeValues": {":v": {"S": "x"}}})
}

/// Bodies that nest so deep.
fn nested(depth: usize) -> Vec<(Operation, Value)> {
    let around = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let select = |condition: &str| {
        let statement = format!("SELECT * FROM orders WHERE {condition}");
        (
            Operation::ExecuteStatement,
            json!({ "Statement": statement }),
        )
    };
    let insert = |value: &str| {
        let statement = format!("INSERT INTO orders VALUE {{'pk': 'a', 'v': {value}}}");
        (
            Operation::ExecuteStatement,
            json!({ "Statement": statement }),
        )
    };
    let mut value = json!({"S": "x"});
    // serde_json itself reads no deeper.
    for _ in 0..depth.min(60) {
        value = json!({"L": [value]});
    }
    let delete = |expression: &str| (Operation::DeleteItem, condition(expression));
    vec![
        delete(&around("(", "a = :v", ")")),
        delete(&around("NOT ", "a = :v", "")),
        delete(&around("NOT (a = :v OR ", "b = :v", ")")),
        delete(&format!("a{} = :v", "[0].b".repeat(depth))),
        select(&around("(", "pk = 'a'", ")")),
        select(&around("NOT ", "pk = 'a'", "")),
        select(&around("(pk = 'a' AND ", "b = 1", ")")),
        select(&around("(pk = 'a' OR ", "b = 1", ")")),
        select(&format!("{} pk = 'a'", "a = 1 OR ".repeat(depth))),
        insert(&around("[", "1", "]")),
        insert(&around("{'a': ", "1", "}")),
        insert(&around("<<", "1", ">>")),
        (
            Operation::PutItem,
            json!({"TableName": "orders", "Item": {"pk": {"S": "a"}, "v": value}}),
        ),
    ]
}

#[test]
fn deep_requests_are_authorised_on_small_stacks() {
    let all = || {
        let place = Place::new("us-east-1", "123456789012", "local");
        let (mut read, mut refused) = (0, 0);
        for (operation, body) in DEPTHS.into_iter().flat_map(nested) {
            match Request::read(operation, body.to_string().as_bytes(), &place) {
                Err(_) => refused += 1,
                Ok(request) => {
                    let needs = request.needs();
                    let keys = needs
                        .iter()
                        .map(|need| need.condition_keys(Some("pk")).len());
                    assert!(keys.sum::<usize>() > 0);
                    assert_eq!(
                        Request::from_json(operation, request.to_json(), &place).as_ref(),
                        Ok(&request)
                    );
                    read += 1;
                }
            }
        }
        (read, refused)
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let thread = thread.spawn(all).expect("a thread is started");
    let (read, refused) = thread.join().expect("nothing panics");
    assert!(read > 30 && refused > 10, "{read} read, {refused} refused");
}
