use serde_json::{Value, json};

use super::{database, item, key, named};
use crate::database::Database;
use crate::operations::testing;

fn request(statements: &[&str]) -> Value {
    let statements = statements.iter();
    let statements: Value = statements
        .map(|statement| json!({ "Statement": statement }))
        .collect();
    json!({ "TransactStatements": statements })
}

fn run(database: &mut Database, statements: &[&str]) -> Value {
    testing::run(database, "ExecuteTransaction", request(statements)).unwrap()
}

fn refusal(database: &mut Database, statements: &[&str]) -> String {
    named(&testing::refusal(
        database,
        "ExecuteTransaction",
        request(statements),
    ))
}

/// The reasons for which a transaction is cancelled: codes and messages.
fn reasons(database: &mut Database, statements: &[&str]) -> Vec<String> {
    let refusal = testing::refusal(database, "ExecuteTransaction", request(statements));
    assert_eq!(refusal.name, "TransactionCanceledException", "{refusal:?}");
    let reasons = refusal.members["CancellationReasons"].as_array().unwrap();
    let text =
        |reason: &Value, member: &str| reason[member].as_str().unwrap_or_default().to_owned();
    let codes: Vec<_> = reasons.iter().map(|reason| text(reason, "Code")).collect();
    assert_eq!(
        refusal.message,
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        )
    );
    let shown = reasons.iter().map(|reason| {
        let shown = format!("{} {}", text(reason, "Code"), text(reason, "Message"));
        shown.trim_end().to_owned()
    });
    shown.collect()
}

const FAILED: &str = "ConditionalCheckFailed The conditional request failed";

#[test]
fn reads() {
    let (_folder, mut database) = database();
    let answer = run(
        &mut database,
        &[
            "SELECT * FROM hub WHERE pk = 'a'",
            "SELECT * FROM hub WHERE pk = 'nobody'",
            "SELECT s FROM tab WHERE pk IN ['a'] AND sk = 1",
        ],
    );
    assert_eq!(
        answer,
        json!({"Responses": [
            {"Item": {"pk": {"S": "a"}, "v": {"N": "1"}}},
            {},
            {"Item": {"s": {"S": "one"}}},
        ]})
    );
}

#[test]
fn changes_are_all_made_or_none() {
    let (_folder, mut database) = database();
    let statements = |condition: &str| {
        [
            "INSERT INTO tab VALUE {'pk': 'new', 'sk': 1}".to_owned(),
            "UPDATE tab SET s = 'x' WHERE pk = 'a' AND sk = 1".to_owned(),
            "DELETE FROM tab WHERE pk = 'a' AND sk = 2".to_owned(),
            format!("EXISTS(SELECT * FROM hub WHERE pk = 'a' AND {condition})"),
        ]
    };
    let failing = statements("v = 2");
    let failing: Vec<&str> = failing.iter().map(String::as_str).collect();
    assert_eq!(
        reasons(&mut database, &failing),
        ["None", "None", "None", FAILED]
    );
    assert_eq!(item(&mut database, "new", 1), Value::Null);
    assert_eq!(item(&mut database, "a", 1)["s"], json!({"S": "one"}));
    let holding = statements("v < 2");
    let holding: Vec<&str> = holding.iter().map(String::as_str).collect();
    assert_eq!(run(&mut database, &holding), json!({"Responses": []}));
    assert_eq!(item(&mut database, "new", 1), key("new", 1));
    assert_eq!(item(&mut database, "a", 1)["s"], json!({"S": "x"}));
    assert_eq!(item(&mut database, "a", 2), Value::Null);
}

#[test]
fn reasons_of_all_statements() {
    let (_folder, mut database) = database();
    let does_not_match = "ValidationError The provided key element does not match the schema";
    for (statements, expected) in [
        (
            vec![
                "INSERT INTO hub VALUE {'pk': 'a'}",
                "UPDATE tab SET s = 'x' WHERE pk = 'nobody' AND sk = 1",
                "DELETE FROM tab WHERE pk = 'a' AND sk = 1",
                "DELETE FROM tab WHERE pk = 'nobody' AND sk = 2",
                "DELETE FROM tab WHERE pk = 'nobody' AND sk = 3 AND s = 'x'",
                "DELETE FROM u WHERE pk = 'a'",
                "EXISTS(SELECT * FROM tab WHERE pk = 'nobody' AND sk = 4 AND attribute_not_exists(s))",
            ],
            vec![
                "DuplicateItem Duplicate primary key exists in table",
                FAILED,
                "None",
                "None",
                FAILED,
                "ResourceNotFound Requested resource not found",
                FAILED,
            ],
        ),
        (
            vec![
                "INSERT INTO hub VALUE {'pk': 'a'}",
                "UPDATE tab SET s = 'x' WHERE pk = 1 AND sk = 1",
            ],
            vec!["None", does_not_match],
        ),
        (
            vec![
                "INSERT INTO hub VALUE {'pk': 1}",
                "UPDATE tab SET s = 'x' WHERE pk = 'a'",
                "UPDATE tab SET pk = 'x' WHERE pk = 'a' AND sk = 1",
            ],
            vec![
                "ValidationError One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
                "ValidationError Where clause does not contain a mandatory equality on all key attributes",
                "ValidationError One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
            ],
        ),
        (
            vec![
                "SELECT * FROM hub WHERE pk = 'a'",
                "SELECT * FROM u WHERE pk = 'a'",
            ],
            vec!["None", "ResourceNotFound Requested resource not found"],
        ),
        (
            vec![
                "SELECT * FROM hub WHERE pk = 'a'",
                "SELECT * FROM hub WHERE pk = null",
            ],
            vec!["None", does_not_match],
        ),
    ] {
        assert_eq!(
            reasons(&mut database, &statements),
            expected,
            "{statements:?}"
        );
    }
}

#[test]
fn transactions_that_are_refused() {
    let (_folder, mut database) = database();
    let at = |position: usize, message: &str| {
        format!("Validation failed in TransactStatements[{position}]: {message}")
    };
    let twice = "Transaction request cannot include multiple operations on one item".to_owned();
    let not_by_key = "Select statements within ExecuteTransaction must specify the primary key in the where clause.";
    for (statements, message) in [
        (
            [
                "SELECT * FROM hub WHERE pk = 'a'",
                "SELECT v FROM hub WHERE pk IN ['a']",
            ],
            twice.clone(),
        ),
        (
            [
                "DELETE FROM hub WHERE pk = 'a'",
                "EXISTS(SELECT * FROM hub WHERE pk = 'a' AND v = 1)",
            ],
            twice,
        ),
        (
            [
                "SELECT * FROM hub WHERE pk = 'b'",
                "SELECT * FROM hub WHERE pk = 'a' AND v = 1",
            ],
            at(1, not_by_key),
        ),
        (
            [
                "SELECT * FROM hub WHERE pk IN ['a', 'a']",
                "SELECT * FROM hub WHERE pk = 'b'",
            ],
            at(
                0,
                "Overlapping conditions with range keys are not supported in where clause",
            ),
        ),
        (
            [
                "DELETE FROM hub WHERE pk = 'a'",
                "DELETE FROM hub WHERE pk = true",
            ],
            at(
                1,
                "Key value must be of type S, N, or B. Key name: pk, Key type: BOOL",
            ),
        ),
    ] {
        assert_eq!(
            refusal(&mut database, &statements),
            message,
            "{statements:?}"
        );
    }
}

#[test]
fn the_item_is_answered_when_a_condition_fails() {
    let (_folder, mut database) = database();
    let request = json!({"TransactStatements": [{
        "Statement": "EXISTS(SELECT * FROM hub WHERE pk = 'a' AND v = 2)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }]});
    let refusal = testing::refusal(&mut database, "ExecuteTransaction", request);
    assert_eq!(
        refusal.members["CancellationReasons"],
        json!([{
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {"pk": {"S": "a"}, "v": {"N": "1"}},
        }])
    );
}

#[test]
fn a_token_makes_a_transaction_run_once() {
    let (_folder, mut database) = database();
    let send = |database: &mut Database, statement: &str| {
        let mut request = request(&[statement]);
        request["ClientRequestToken"] = "token".into();
        request["ReturnConsumedCapacity"] = "TOTAL".into();
        testing::run(database, "ExecuteTransaction", request)
    };
    let update = "UPDATE hub SET v = v + 1 WHERE pk = 'a'";
    let consumed = |kind: &str| {
        json!({
            "Responses": [],
            "ConsumedCapacity": [{"TableName": "hub", "CapacityUnits": 2.0, kind: 2.0}],
        })
    };
    assert_eq!(
        send(&mut database, update).unwrap(),
        consumed("WriteCapacityUnits")
    );
    assert_eq!(
        send(&mut database, update).unwrap(),
        consumed("ReadCapacityUnits")
    );
    let read = run(&mut database, &["SELECT v FROM hub WHERE pk = 'a'"]);
    assert_eq!(read, json!({"Responses": [{"Item": {"v": {"N": "2"}}}]}));
    let other = super::refused(send(&mut database, "DELETE FROM hub WHERE pk = 'a'").unwrap_err());
    assert_eq!(other.name, "IdempotentParameterMismatchException");
}
