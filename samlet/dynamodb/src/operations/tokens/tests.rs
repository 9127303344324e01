#![allow(clippy::unwrap_used)]
use std::time::{Duration, SystemTime};

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::Session;
use samlet_dynamodb_api::{Operation, Request};
use serde_json::{Value, json};

use super::{MAX_BYTES, MAX_TOKENS, ROW_BYTES, Token};
use crate::database::Database;
use crate::operations::testing::place;
use crate::operations::testing::{create, database_with, refusal, run, table, write};

fn clock() -> Clock {
    Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
}

fn open(clock: &Clock) -> (tempfile::TempDir, Database) {
    let (folder, mut database) = database_with(clock);
    create(&mut database, table("things", "pk"));
    (folder, database)
}

/// Adds to a number, with a token.
fn add(token: &str, number: &str) -> Value {
    json!({
        "ClientRequestToken": token,
        "TransactItems": [{"Update": {
            "TableName": "things",
            "Key": {"pk": {"S": "a"}},
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": number}},
        }}],
    })
}

fn number(database: &mut Database) -> Value {
    let key = json!({"TableName": "things", "Key": {"pk": {"S": "a"}}});
    run(database, "GetItem", key).unwrap()["Item"]["n"]["N"].take()
}

#[test]
fn a_transaction_runs_once_for_ten_minutes() {
    let clock = clock();
    let (folder, mut database) = open(&clock);
    for _ in 0..2 {
        assert_eq!(
            run(&mut database, "TransactWriteItems", add("a", "1")).unwrap(),
            json!({})
        );
        assert_eq!(number(&mut database), json!("1"));
    }
    let refused = refusal(&mut database, "TransactWriteItems", add("a", "2"));
    assert_eq!(refused.name, "IdempotentParameterMismatchException");
    run(&mut database, "TransactWriteItems", add("b", "1")).unwrap();
    assert_eq!(number(&mut database), json!("2"));
    clock.advance(Duration::from_secs(599));
    // Another process, after the first was killed.
    drop(database);
    let path = folder.path().join("store");
    let mut database = Database::open(&path, &place(), &clock).unwrap();
    run(&mut database, "TransactWriteItems", add("a", "1")).unwrap();
    assert_eq!(number(&mut database), json!("2"));
    clock.advance(Duration::from_secs(1));
    run(&mut database, "TransactWriteItems", add("a", "2")).unwrap();
    assert_eq!(number(&mut database), json!("4"));
}

#[test]
fn a_transaction_that_is_cancelled_runs_again() {
    let (_folder, mut database) = open(&clock());
    let mut request = add("a", "1");
    request["TransactItems"][0]["Update"]["ConditionExpression"] = json!("attribute_exists(ready)");
    let refused = refusal(&mut database, "TransactWriteItems", request.clone());
    assert_eq!(refused.name, "TransactionCanceledException");
    let put = json!({"TableName": "things", "Item": {"pk": {"S": "a"}, "ready": {"BOOL": true}}});
    run(&mut database, "PutItem", put).unwrap();
    run(&mut database, "TransactWriteItems", request).unwrap();
    assert_eq!(number(&mut database), json!("1"));
}

#[test]
fn what_runs_again_consumes_reads() {
    let (_folder, mut database) = open(&clock());
    let mut request = json!({
        "ClientRequestToken": "a",
        "TransactItems": [
            {"Put": {"TableName": "things", "Item": {"pk": {"S": "a"}, "x": {"S": "x".repeat(5000)}}}},
            {"Delete": {"TableName": "things", "Key": {"pk": {"S": "b"}}}},
        ],
    });
    for (wanted, kind, units) in [
        ("TOTAL", "WriteCapacityUnits", 12.0),
        ("TOTAL", "ReadCapacityUnits", 6.0),
    ] {
        request["ReturnConsumedCapacity"] = json!(wanted);
        let answer = run(&mut database, "TransactWriteItems", request.clone()).unwrap();
        let expected = json!([{"TableName": "things", "CapacityUnits": units, kind: units}]);
        assert_eq!(answer, json!({"ConsumedCapacity": expected}));
    }
}

fn request(token: &str) -> Request {
    let place: &Place = &place();
    Request::from_json(Operation::TransactWriteItems, add(token, "1"), place).unwrap()
}

fn keep(database: &mut Database, token: &str, answer: &str) {
    let request = request(token);
    let token = Token::of(&request).unwrap();
    write(database, |database| token.keep(database, answer)).unwrap();
}

fn is_kept(database: &Database, token: &str) -> bool {
    let request = request(token);
    Token::of(&request)
        .unwrap()
        .kept(database)
        .unwrap()
        .is_some()
}

/// What is remembered, and what should be, by its totals.
fn totals(database: &Database) -> ((i64, i64), (i64, i64)) {
    let row = |select: &str| {
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        database.connection().query_row(select, [], pair).unwrap()
    };
    let rows = format!(
        "SELECT count(*), coalesce(sum(length(answer) + length(token) + {ROW_BYTES}), 0) FROM tokens"
    );
    (row(&rows), row("SELECT tokens, bytes FROM token_totals"))
}

#[test]
fn what_is_remembered_has_bounds() {
    let clock = clock();
    let (_folder, mut database) = open(&clock);
    let mebibyte = "x".repeat(1024 * 1024);
    for number in 0..40 {
        keep(&mut database, &format!("large{number}"), &mebibyte);
        clock.advance(Duration::from_secs(1));
        let (rows, totals) = totals(&database);
        assert_eq!(rows, totals);
        assert!(totals.1 <= MAX_BYTES);
    }
    assert!(is_kept(&database, "large39"));
    assert!(!is_kept(&database, "large0"));
    write(&mut database, |database| {
        for number in 0..MAX_TOKENS + 10 {
            let request = request(&number.to_string());
            Token::of(&request).unwrap().keep(database, "{}")?;
        }
        Ok(())
    })
    .unwrap();
    let (rows, totals) = totals(&database);
    assert_eq!(rows, totals);
    assert!(totals.0 <= MAX_TOKENS);
    assert!(is_kept(&database, &(MAX_TOKENS + 9).to_string()));
}

#[test]
fn old_tokens_go_with_new_ones() {
    let clock = clock();
    let (_folder, mut database) = open(&clock);
    for number in 0..100 {
        keep(&mut database, &number.to_string(), "{}");
    }
    clock.advance(Duration::from_secs(600));
    for number in 0..5 {
        // One that was kept before, too.
        keep(&mut database, &number.to_string(), "{}");
        let (rows, totals) = totals(&database);
        assert_eq!(rows, totals);
    }
    assert_eq!(totals(&database).0.0, 5);
}
