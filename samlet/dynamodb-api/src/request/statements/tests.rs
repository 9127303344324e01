#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "tables of cases are long")]

use proptest::prelude::*;
use samlet_aws::Place;
use serde_json::{Value, json};

use super::{BatchExecuteStatement, ExecuteStatement, ExecuteTransaction, StatementEntry};
use crate::request::{Request, ReturnConsumedCapacity};
use crate::{Operation, Refusal};

const MALFORMED: &str = "Statement wasn't well formed, can't be processed: ";

fn read(operation: Operation, body: Value) -> Result<Request, Refusal> {
    let place = Place::new("eu-west-2", "123456789012", "app");
    Request::from_json(operation, body, &place)
}

#[track_caller]
fn refused(operation: Operation, body: Value, message: &str) {
    let refusal = read(operation, body.clone()).unwrap_err();
    assert_eq!(refusal, Refusal::validation(message), "{body}");
}

#[track_caller]
fn written(operation: Operation, body: Value, expected: Value) {
    let request = read(operation, body.clone()).unwrap_or_else(|why| panic!("{body}: {why}"));
    assert_eq!(request.to_json(), expected, "{body}");
    assert_eq!(read(operation, expected), Ok(request), "{body}");
}

#[test]
fn one_statement() {
    let operation = Operation::ExecuteStatement;
    written(
        operation,
        json!({"Statement": "select * from t"}),
        json!({"Statement": "SELECT * FROM \"t\""}),
    );
    written(
        operation,
        json!({
            "Statement": "SELECT * FROM \"t\" WHERE k = ? AND a = 'x'",
            "Parameters": [{"N": "1.0"}, {"S": "not used"}],
            "Limit": 5,
            "NextToken": "x",
            "ConsistentRead": true,
            "ReturnConsumedCapacity": "TOTAL",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "Unknown": 1,
        }),
        json!({
            "Statement": "SELECT * FROM \"t\" WHERE k=? AND a=?",
            "Parameters": [{"N": "1"}, {"S": "x"}],
            "Limit": 5,
            "NextToken": "x",
            "ConsistentRead": true,
            "ReturnConsumedCapacity": "TOTAL",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }),
    );
    written(
        operation,
        json!({"Statement": "INSERT INTO t VALUE {'a': [?, 1]}", "Parameters": [{"B": "AQ=="}]}),
        json!({
            "Statement": "INSERT INTO \"t\" VALUE {'a':?}",
            "Parameters": [{"L": [{"B": "AQ=="}, {"N": "1"}]}],
        }),
    );
}

#[test]
fn one_statement_that_can_not_be_run() {
    let refused = |body, message: &str| refused(Operation::ExecuteStatement, body, message);
    refused(
        json!({"Statement": ""}),
        "1 validation error detected: Value '' at 'statement' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    refused(
        json!({"Statement": "SELECT * FROM t", "Parameters": []}),
        "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    let long = format!("SELECT * FROM t{}", " ".repeat(8178));
    refused(
        json!({"Statement": long}),
        &format!(
            "1 validation error detected: Value '{long}' at 'statement' failed to satisfy constraint: Member must have length less than or equal to 8192"
        ),
    );
    refused(
        json!({"Statement": "SLECT * FROM t"}),
        &format!("{MALFORMED}Expected data manipulation"),
    );
    // A parameter is looked at before the statement.
    refused(
        json!({"Statement": "SLECT * FROM t", "Parameters": [{"N": "1e126"}]}),
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    );
    refused(
        json!({"Statement": "SELECT * FROM t WHERE a = ?"}),
        "Number of parameters in request and statement don't match.",
    );
    refused(
        json!({"Statement": "EXISTS(SELECT * FROM t WHERE k = 1)"}),
        "EXISTS can only be used in ExecuteTransaction write requests.",
    );
}

#[test]
fn several_statements() {
    let operation = Operation::BatchExecuteStatement;
    let body = json!({
        "Statements": [
            {"Statement": "SELECT * FROM t WHERE k = 1", "ConsistentRead": true},
            {"Statement": "SLECT * FROM t"},
            {"Statement": "SELECT * FROM u WHERE k = ?", "Parameters": [{"N": "x"}]},
            {"Statement": "SELECT * FROM u WHERE k = ?", "Parameters": [{"N": "2"}]},
        ],
        "ReturnConsumedCapacity": "INDEXES",
    });
    let request = read(operation, body).unwrap();
    assert_eq!(
        request.to_json(),
        json!({
            "Statements": [
                {"Statement": "SELECT * FROM \"t\" WHERE k=?", "Parameters": [{"N": "1"}], "ConsistentRead": true},
                {"Statement": "SELECT * FROM \"u\" WHERE k=?", "Parameters": [{"N": "2"}]},
            ],
            "ReturnConsumedCapacity": "INDEXES",
        })
    );
    let Request::BatchExecuteStatement(batch) = request else {
        panic!("{request:?}");
    };
    let error = |message: &str| json!({"Error": {"Code": "ValidationError", "Message": message}});
    assert_eq!(
        batch.answers(vec![json!({"TableName": "t"}), json!({"TableName": "u"})]),
        [
            json!({"TableName": "t"}),
            error(&format!("{MALFORMED}Expected data manipulation")),
            error("The parameter cannot be converted to a numeric value: x"),
            json!({"TableName": "u"}),
        ]
    );
    let select = json!({"Statement": "SELECT * FROM t WHERE k = 1"});
    let delete = json!({"Statement": "DELETE FROM t WHERE k = 1"});
    let refused = |statements, message: &str| {
        refused(operation, json!({"Statements": statements}), message);
    };
    refused(
        json!([select, delete]),
        "Read and write requests together in the same batch is not supported.",
    );
    refused(
        json!([]),
        "1 validation error detected: Value '[]' at 'statements' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    // One that can't be read is neither.
    let unreadable = json!({"Statement": "SELECT * FROM"});
    assert!(read(operation, json!({"Statements": [delete, unreadable]})).is_ok());
    assert!(read(operation, json!({"Statements": [unreadable]})).is_ok());
}

#[test]
fn transactions() {
    let operation = Operation::ExecuteTransaction;
    written(
        operation,
        json!({
            "TransactStatements": [
                {"Statement": "INSERT INTO t VALUE {'k': 1}"},
                {
                    "Statement": "UPDATE t SET a = ? WHERE k = 2",
                    "Parameters": [{"S": "x"}],
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            ],
            "ClientRequestToken": "token",
        }),
        json!({
            "TransactStatements": [
                {"Statement": "INSERT INTO \"t\" VALUE {'k':?}", "Parameters": [{"N": "1"}]},
                {
                    "Statement": "UPDATE \"t\" SET a=? WHERE k=?",
                    "Parameters": [{"S": "x"}, {"N": "2"}],
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            ],
            "ClientRequestToken": "token",
        }),
    );
    let refused = |statements: &[&str], message: &str| {
        let statements: Value = statements
            .iter()
            .map(|text| json!({"Statement": text}))
            .collect();
        refused(
            operation,
            json!({"TransactStatements": statements}),
            message,
        );
    };
    let insert = "INSERT INTO t VALUE {'k': 1}";
    let select = "SELECT * FROM t WHERE k = 1";
    refused(
        &[insert, "SLECT * FROM t"],
        &format!(
            "Validation failed in TransactStatements[1]: {MALFORMED}Expected data manipulation"
        ),
    );
    refused(
        &["INSERT INTO t VALUE {'k': 1e126}"],
        "Validation failed in TransactStatements[0]: Number overflow. Attempting to store a number with magnitude larger than supported range under root",
    );
    refused(
        &["DELETE FROM t WHERE k = 1 RETURNING ALL OLD *"],
        "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.",
    );
    refused(
        &["SELECT * FROM t.i WHERE k = 1"],
        "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
    );
    refused(
        &["SELECT COUNT(*) FROM t WHERE k = 1"],
        "Validation failed in TransactStatements[0]: Unexpected path component at 1:8:5",
    );
    refused(
        &[insert, select],
        "ExecuteTransaction API does not support both read and write operations in the same request.",
    );
    refused(
        &["EXISTS(SELECT * FROM t.i WHERE k = 1 AND a = 2)", insert],
        "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
    );
    refused(
        &[],
        "1 validation error detected: Value '[]' at 'transactStatements' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    let body = json!({"TransactStatements": [
        {"Statement": "SELECT * FROM", "Parameters": [{"N": "1"}]},
        {"Statement": select, "Parameters": [{"N": "x"}]},
    ]});
    let refusal = read(operation, body).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "The parameter cannot be converted to a numeric value: x"
    );
}

proptest! {
    #[test]
    fn requests_that_are_written_and_read_again_are_the_same(
        statements in prop::collection::vec(statement(), 1..4),
        limit in prop::option::of(1..1000_u32),
        next_token in prop::option::of("[a-z]{1,9}"),
        consistent_read in any::<bool>(),
        values_on_failure in any::<bool>(),
    ) {
        let entries: Vec<StatementEntry> = statements
            .iter()
            .filter_map(|statement| crate::partiql::parse(statement, Vec::new()).ok())
            .map(|statement| StatementEntry { statement, consistent_read: false, values_on_failure })
            .collect();
        let return_consumed_capacity = ReturnConsumedCapacity::Total;
        let requests = [
            Request::ExecuteStatement(ExecuteStatement {
                statement: entries[0].statement.clone(),
                limit,
                next_token: next_token.clone(),
                consistent_read,
                return_consumed_capacity,
                values_on_failure,
            }),
            Request::BatchExecuteStatement(BatchExecuteStatement {
                statements: entries
                    .iter()
                    .map(|entry| Ok(StatementEntry { consistent_read, ..entry.clone() }))
                    .collect(),
                return_consumed_capacity,
            }),
            Request::ExecuteTransaction(ExecuteTransaction {
                statements: entries,
                token: next_token,
                return_consumed_capacity,
            }),
        ];
        for request in requests {
            let body = request.to_json();
            prop_assert_eq!(read(request.operation(), body), Ok(request));
        }
    }
}

fn statement() -> impl Strategy<Value = String> {
    ("[a-z]{3}", "[a-z' ]{0,5}", 0..9_u32, 0..3).prop_map(|(table, text, number, kind)| {
        let text = text.replace('\'', "''");
        match kind {
            0 => format!("INSERT INTO {table}9 VALUE {{'k': '{text}', 'n': [{number}]}}"),
            1 => format!("UPDATE {table}9 SET a = '{text}', n = n + {number} WHERE k = '{text}'"),
            _ => format!("DELETE FROM {table}9 WHERE k = '{text}' AND n < {number}"),
        }
    })
}
