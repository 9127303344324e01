use serde_json::{Value, json};

use super::{database, item, key};
use crate::database::Database;
use crate::operations::testing;

fn batch(database: &mut Database, statements: &[&str]) -> Value {
    testing::run(database, "BatchExecuteStatement", request(statements)).unwrap()
}

fn request(statements: &[&str]) -> Value {
    let statements = statements.iter();
    let statements: Value = statements
        .map(|statement| json!({ "Statement": statement }))
        .collect();
    json!({ "Statements": statements })
}

fn error(code: &str, message: &str) -> Value {
    json!({"Error": {"Code": code, "Message": message}})
}

fn error_of_t(code: &str, message: &str) -> Value {
    json!({"Error": {"Code": code, "Message": message}, "TableName": "tab"})
}

#[test]
fn reads_are_answered_each_for_itself() {
    let (_folder, mut database) = database();
    let not_by_key = "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
    let answer = batch(
        &mut database,
        &[
            "SELECT * FROM hub WHERE pk = 'a'",
            "SELECT s, m.x FROM tab WHERE pk = 'a' AND sk = 1",
            "SELECT * FROM tab WHERE pk IN ['nobody'] AND sk = 1",
            "SELECT * FROM tab WHERE pk = 'a'",
            "SELECT * FROM tab WHERE pk = 'a' AND sk = 2 AND s = 'two'",
            "SELECT * FROM tab.by_g WHERE g = 'x'",
            "SELECT * FROM tab WHERE pk = 'a' AND sk = 'x'",
            "SELECT * FROM tab WHERE pk IN ['a', 'a'] AND sk = 3",
            "SELECT * FROM u WHERE pk = 'a'",
            "SLECT",
        ],
    );
    assert_eq!(
        answer["Responses"],
        json!([
            {"TableName": "hub", "Item": {"pk": {"S": "a"}, "v": {"N": "1"}}},
            {"TableName": "tab", "Item": {"s": {"S": "one"}, "x": {"N": "1"}}},
            {"TableName": "tab"},
            error("ValidationError", not_by_key),
            error("ValidationError", not_by_key),
            error("ValidationError", not_by_key),
            error("ValidationError", "Key attribute's data type should match its data type in table's schema: Key sk"),
            error("ValidationError", "Overlapping conditions with range keys are not supported in where clause"),
            {
                "Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"},
                "TableName": "u",
            },
            error("ValidationError", "Unsupported operation: Id"),
        ])
    );
}

#[test]
fn changes_are_made_each_for_itself() {
    let (_folder, mut database) = database();
    let answer = batch(
        &mut database,
        &[
            "INSERT INTO tab VALUE {'pk': 'new', 'sk': 1}",
            "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}",
            "UPDATE tab SET s = 'x' WHERE pk = 'a' AND sk = 2 RETURNING MODIFIED NEW *",
            "UPDATE tab SET s = 'x' WHERE pk = 'a' AND sk = 3 AND s = 'other'",
            "UPDATE tab SET s = 'x' WHERE pk = 'b'",
            "UPDATE tab SET pk = 'x' WHERE pk = 'b' AND sk = 1",
            "DELETE FROM tab WHERE pk = 'b' AND sk = 2 RETURNING ALL OLD *",
            "DELETE FROM tab WHERE pk = 'nobody' AND sk = 2 AND s = 'x'",
            "INSERT INTO tab VALUE {'pk': 'new2', 'sk': 1, 'g': 1}",
        ],
    );
    let mut old = key("b", 2);
    old["s"] = json!({"S": "on"});
    old["other"] = json!({"S": "one"});
    assert_eq!(
        answer["Responses"],
        json!([
            {"TableName": "tab"},
            error_of_t("DuplicateItem", "Duplicate primary key exists in table"),
            {"TableName": "tab", "Item": {"s": {"S": "x"}}},
            error_of_t("ConditionalCheckFailed", "The conditional request failed"),
            error("ValidationError", "Where clause does not contain a mandatory equality on all key attributes"),
            error_of_t(
                "ValidationError",
                "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
            ),
            {"TableName": "tab", "Item": old},
            {"TableName": "tab"},
            error(
                "ValidationError",
                "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g",
            ),
        ])
    );
    assert_eq!(item(&mut database, "new", 1), key("new", 1));
    assert_eq!(item(&mut database, "new2", 1), Value::Null);
}

#[test]
fn one_item_is_in_a_batch_once() {
    let (_folder, mut database) = database();
    for statements in [
        [
            "SELECT * FROM hub WHERE pk = 'a'",
            "SELECT v FROM hub WHERE pk IN ['a']",
        ],
        [
            "DELETE FROM hub WHERE pk = 'a'",
            "INSERT INTO hub VALUE {'pk': 'a'}",
        ],
        [
            "DELETE FROM hub WHERE pk = 'a'",
            "UPDATE hub SET v = 2 WHERE pk = 'a' AND v = 3",
        ],
    ] {
        let refusal =
            testing::refusal(&mut database, "BatchExecuteStatement", request(&statements));
        assert_eq!(
            refusal.message,
            "Provided list of item keys contains duplicates"
        );
    }
}

#[test]
fn the_item_is_answered_when_a_condition_fails() {
    let (_folder, mut database) = database();
    let request = json!({"Statements": [{
        "Statement": "DELETE FROM hub WHERE pk = 'a' AND v = 2",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }]});
    let answer = testing::run(&mut database, "BatchExecuteStatement", request).unwrap();
    assert_eq!(
        answer["Responses"],
        json!([{
            "TableName": "hub",
            "Error": {
                "Code": "ConditionalCheckFailed",
                "Message": "The conditional request failed",
                "Item": {"pk": {"S": "a"}, "v": {"N": "1"}},
            },
        }])
    );
}

#[test]
fn what_batches_consume() {
    let (_folder, mut database) = database();
    let mut consumed = |statements: &[&str]| {
        let mut request = request(statements);
        request["ReturnConsumedCapacity"] = "INDEXES".into();
        let mut answer = testing::run(&mut database, "BatchExecuteStatement", request).unwrap();
        answer["ConsumedCapacity"].take()
    };
    let of = |units: f64, all: f64| json!([{"TableName": "hub", "CapacityUnits": all, "Table": {"CapacityUnits": units}}]);
    assert_eq!(
        consumed(&[
            "SELECT * FROM hub WHERE pk = 'a'",
            "SELECT * FROM hub WHERE pk = 'b'"
        ]),
        of(1.0, 1.0)
    );
    let large = "x".repeat(2500);
    let duplicate = format!("INSERT INTO hub VALUE {{'pk': 'a', 'v': '{large}'}}");
    assert_eq!(
        consumed(&["INSERT INTO hub VALUE {'pk': 'b'}", &duplicate]),
        of(1.0, 4.0)
    );
    assert_eq!(consumed(&[&duplicate]), Value::Null);
}
