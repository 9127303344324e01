//! Names that the store can't have are refused by name: nothing is made, and nothing that is there is lost.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
use serde_json::{Value, json};

fn open(folder: &Path) -> Store {
    let place = Arc::new(Place::new("us-east-1", "123456789012", "local"));
    Store::open(folder, &place, &Clock::new()).unwrap()
}

/// A table with a global index.
fn table(name: &str, index: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [global_index(index)],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn global_index(name: &str) -> Value {
    json!({
        "IndexName": name,
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    })
}

/// The answer, or the message of a refusal, which is the client's fault.
async fn send(store: &Store, operation: &str, body: &Value) -> Result<Value, String> {
    match store.execute(operation, body.to_string().into()).await {
        Ok(answer) => Ok(serde_json::from_slice(&answer).unwrap()),
        Err(error) => {
            let body: Value = serde_json::from_slice(&error.body).unwrap();
            assert_eq!(error.status, 400, "{body}");
            let message = body["message"].as_str().or(body["Message"].as_str());
            Err(message.unwrap_or_default().to_owned())
        }
    }
}

async fn names(store: &Store) -> Value {
    let listed = send(store, "ListTables", &json!({})).await;
    listed.unwrap()["TableNames"].clone()
}

/// Holds that the table `abc` has its item, in it and in its index.
async fn assert_whole(store: &Store) {
    assert_eq!(names(store).await, json!(["abc"]));
    for body in [
        json!({"TableName": "abc"}),
        json!({"TableName": "abc", "IndexName": "byG"}),
    ] {
        let scanned = send(store, "Scan", &body).await.unwrap();
        assert_eq!(scanned["Count"], 1, "{body}");
    }
}

#[tokio::test]
async fn names_of_the_store_and_of_other_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    send(&store, "CreateTable", &table("abc", "byG"))
        .await
        .unwrap();
    let item = json!({"TableName": "abc", "Item": {"pk": {"S": "a"}, "g": {"S": "b"}}});
    send(&store, "PutItem", &item).await.unwrap();

    for (name, reason) in [
        ("_tables", "its store has a table of its own by this name"),
        (
            "_Stream_Records",
            "its store has a table of its own by this name",
        ),
        ("_config", "its store has a table of its own by this name"),
        ("sqlite_x", "names that begin with `sqlite_`"),
        ("SQLITE_master", "names that begin with `sqlite_`"),
        ("ABC", "names abc and ABC yet: they only differ in case"),
        ("aBc", "names abc and aBc yet: they only differ in case"),
    ] {
        let refusal = send(&store, "CreateTable", &table(name, "other")).await;
        let refusal = refusal.unwrap_err();
        assert!(refusal.contains(reason), "{name}: {refusal}");
        // No other request finds it by this name either.
        let by_name = json!({ "TableName": name });
        let key = json!({"TableName": name, "Key": {"pk": {"S": "a"}}});
        for (operation, body) in [
            ("DescribeTable", &by_name),
            ("DeleteTable", &by_name),
            ("Scan", &by_name),
            ("GetItem", &key),
            ("DeleteItem", &key),
        ] {
            let found = send(&store, operation, body).await;
            assert!(found.is_err(), "{operation} {name}: {found:?}");
        }
        let delete = format!("DELETE FROM \"{name}\" WHERE pk = 'a'");
        let found = send(&store, "ExecuteStatement", &json!({"Statement": delete})).await;
        assert!(found.is_err(), "{name}: {found:?}");
        assert_whole(&store).await;
    }
    store.close().await;
    assert_whole(&open(folder.path())).await;
}

#[tokio::test]
async fn names_of_indexes_that_only_differ_in_case_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut both = table("abc", "byG");
    both["GlobalSecondaryIndexes"] = json!([global_index("byG"), global_index("byg")]);
    let reason = "indexes of the names byG and byg on one table yet: they only differ in case";
    let refusal = send(&store, "CreateTable", &both).await.unwrap_err();
    assert!(refusal.contains(reason), "{refusal}");
    assert_eq!(names(&store).await, json!([]));

    send(&store, "CreateTable", &table("abc", "byG"))
        .await
        .unwrap();
    let item = json!({"TableName": "abc", "Item": {"pk": {"S": "a"}, "g": {"S": "b"}}});
    send(&store, "PutItem", &item).await.unwrap();
    let update = |index: &str| {
        json!({
            "TableName": "abc",
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": global_index(index)}],
        })
    };
    let refusal = send(&store, "UpdateTable", &update("byg")).await;
    let refusal = refusal.unwrap_err();
    assert!(refusal.contains(reason), "{refusal}");
    assert_whole(&store).await;
    send(&store, "UpdateTable", &update("byOther"))
        .await
        .unwrap();
    assert_whole(&store).await;
}

#[tokio::test]
async fn statements_that_cannot_be_read_are_answered_in_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    send(&store, "CreateTable", &table("abc", "byG"))
        .await
        .unwrap();
    let insert = |key: &str| format!("INSERT INTO abc VALUE {{'pk': '{key}'}}");
    let unreadable = "INSERT INTO abc".to_owned();
    let statements = |texts: &[String]| {
        let texts = texts.iter().map(|text| json!({ "Statement": text }));
        json!({"Statements": texts.collect::<Vec<_>>()})
    };
    let batch = statements(&[
        unreadable.clone(),
        insert("a"),
        unreadable.clone(),
        unreadable.clone(),
        insert("b"),
        unreadable.clone(),
    ]);
    let answer = send(&store, "BatchExecuteStatement", &batch).await.unwrap();
    let codes = answer["Responses"].as_array().unwrap().iter();
    let codes = codes.map(|response| response["Error"]["Code"].clone());
    let refused = || json!("ValidationError");
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [
            refused(),
            Value::Null,
            refused(),
            refused(),
            Value::Null,
            refused()
        ]
    );
    // Each answer is that of its own statement.
    let select = |key: &str| format!("SELECT pk FROM abc WHERE pk = '{key}'");
    let batch = statements(&[select("b"), unreadable.clone(), select("none"), select("a")]);
    let answer = send(&store, "BatchExecuteStatement", &batch).await.unwrap();
    let responses = &answer["Responses"];
    assert_eq!(responses[0]["Item"]["pk"]["S"], "b");
    assert_eq!(responses[1]["Error"]["Code"], "ValidationError");
    assert_eq!(responses[2]["Item"], Value::Null);
    assert_eq!(responses[3]["Item"]["pk"]["S"], "a");
    // None is run.
    let batch = statements(&[unreadable.clone(), unreadable]);
    let answer = send(&store, "BatchExecuteStatement", &batch).await.unwrap();
    assert_eq!(answer["Responses"].as_array().unwrap().len(), 2);
}
