//! Tables and indexes can have any name that DynamoDB allows; and a batch's statements keep their places.

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

/// Holds that a table has its one item, in it and in its index.
async fn assert_whole(store: &Store, table: &str, index: &str) {
    for body in [
        json!({ "TableName": table }),
        json!({"TableName": table, "IndexName": index}),
    ] {
        let scanned = send(store, "Scan", &body).await.unwrap();
        assert_eq!(scanned["Count"], 1, "{body}");
        assert_eq!(scanned["Items"][0]["pk"]["S"], table, "{body}");
    }
}

/// Names of SQLite's and of the store's own tables, in whatever case, and what is special in SQL.
const NAMES: [&str; 14] = [
    "abc",
    "ABC",
    "aBc",
    "_tables",
    "tables",
    "Indexes",
    "numbers",
    "items_1",
    "index_2",
    "sqlite_master",
    "SQLITE_schema",
    "a-b.c_d",
    "---",
    "select",
];

#[tokio::test]
async fn every_name_is_a_table_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for name in NAMES {
        let create = table(name, name);
        send(&store, "CreateTable", &create).await.unwrap();
        let item = json!({"pk": {"S": name}, "g": {"S": "b"}});
        let put = json!({"TableName": name, "Item": item});
        send(&store, "PutItem", &put).await.unwrap();
    }
    store.close().await;
    let store = open(folder.path());
    for name in NAMES {
        assert_whole(&store, name, name).await;
    }
    // One goes, and all others stay.
    for (gone, name) in NAMES.iter().enumerate() {
        let delete = json!({ "TableName": name });
        send(&store, "DeleteTable", &delete).await.unwrap();
        let refusal = send(&store, "Scan", &delete).await.unwrap_err();
        assert!(refusal.contains("not found"), "{name}: {refusal}");
        for left in &NAMES[gone + 1..] {
            assert_whole(&store, left, left).await;
        }
    }
}

#[tokio::test]
async fn every_name_is_an_index_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut create = table("messages", "byg");
    create["GlobalSecondaryIndexes"] = NAMES.map(global_index).into();
    send(&store, "CreateTable", &create).await.unwrap();
    let item = json!({"pk": {"S": "messages"}, "g": {"S": "b"}});
    let put = json!({"TableName": "messages", "Item": item});
    send(&store, "PutItem", &put).await.unwrap();
    for name in NAMES {
        assert_whole(&store, "messages", name).await;
        let update = json!({
            "TableName": "messages",
            "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}],
        });
        send(&store, "UpdateTable", &update).await.unwrap();
        let gone = json!({"TableName": "messages", "IndexName": name});
        send(&store, "Scan", &gone).await.unwrap_err();
    }
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
