#![allow(clippy::unwrap_used)]

use std::path::Path;

use rusqlite::Connection;
use samlet_clock::Clock;

use super::*;
use crate::operations::testing::place;
use serde_json::json;

fn open(folder: &Path) -> Store {
    Store::open(folder, &place(), &Clock::new()).unwrap()
}

fn table(key: &str) -> Value {
    json!({
        "TableName": "messages",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

#[tokio::test]
async fn a_table_with_other_keys_is_neither_replaced_nor_taken() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    ensure(&store, &table("pk"), None).await.unwrap();
    ensure(&store, &table("pk"), None).await.unwrap();
    let error = ensure(&store, &table("id"), None).await.unwrap_err();
    assert!(
        matches!(
            error,
            TableError::Differs {
                what: "KeySchema",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_table_whose_definition_is_damaged_is_reported_as_that() {
    for damage in [
        "definition = '[{'",
        "definition = '{}'",
        "definition = CAST(x'ff' AS TEXT)",
        "definition = replace(definition, 'messages', 'massages')",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        ensure(&store, &table("pk"), None).await.unwrap();
        // At the next start it would be found before.
        let file = Connection::open(folder.path().join("dynamodb.sqlite")).unwrap();
        let update =
            format!("UPDATE tables SET {damage}; UPDATE numbers SET definitions = definitions + 1");
        file.execute_batch(&update).unwrap();
        let error = ensure(&store, &table("pk"), None).await.unwrap_err();
        let is_reported = matches!(error, TableError::Damaged { .. });
        assert!(is_reported, "{damage}: {error}");
    }
}

async fn ask(store: &Store, operation: &str, request: Value) -> Value {
    let answer = store.execute(operation, request.to_string().into()).await;
    serde_json::from_slice(&answer.unwrap()).unwrap_or_default()
}

fn index(name: &str, key: &str) -> Value {
    json!({
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    })
}

/// A table with items' attributes as the keys of global indexes.
fn with(keys: &[&str]) -> Value {
    let mut declared = table("pk");
    let attributes = declared["AttributeDefinitions"].as_array_mut().unwrap();
    let new = keys.iter();
    attributes.extend(new.map(|key| json!({"AttributeName": key, "AttributeType": "S"})));
    if !keys.is_empty() {
        let indexes = keys.iter().map(|key| index(&format!("by-{key}"), key));
        declared["GlobalSecondaryIndexes"] = indexes.collect();
    }
    declared
}

#[tokio::test]
async fn indexes_come_filled_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    ensure(&store, &with(&[]), None).await.unwrap();
    let item = json!({"pk": {"S": "1"}, "a": {"S": "x"}, "b": {"S": "y"}});
    let put = json!({"TableName": "messages", "Item": item});
    ask(&store, "PutItem", put).await;
    for keys in [
        &["a", "b"][..],
        &["b", "c"],
        &["b", "c"],
        &[],
        &["a", "b", "c"],
    ] {
        check(&store, &with(keys)).await.unwrap();
        ensure(&store, &with(keys), None).await.unwrap();
        let described = ask(&store, "DescribeTable", json!({"TableName": "messages"})).await;
        let indexes = described["Table"]["GlobalSecondaryIndexes"].as_array();
        let found: Vec<(String, i64)> = indexes
            .into_iter()
            .flatten()
            .map(|index| {
                assert_eq!(index["IndexStatus"], "ACTIVE");
                let name = index["IndexName"].as_str().unwrap();
                (name.to_owned(), index["ItemCount"].as_i64().unwrap())
            })
            .collect();
        let expected = keys.iter();
        let expected: Vec<_> = expected
            .map(|key| (format!("by-{key}"), i64::from(*key != "c")))
            .collect();
        assert_eq!(found, expected);
    }
}

/// A table is described as it is declared.
async fn assert_described(store: &Store, declared: &Value, expires_by: Option<&str>) {
    let name = json!({"TableName": "messages"});
    let described = ask(store, "DescribeTable", name.clone()).await["Table"].clone();
    let protected = declared["DeletionProtectionEnabled"].as_bool();
    assert_eq!(
        described["DeletionProtectionEnabled"],
        protected.unwrap_or(false)
    );
    assert_eq!(
        described["StreamSpecification"],
        declared["StreamSpecification"]
    );
    let units = declared["ProvisionedThroughput"]["WriteCapacityUnits"].as_i64();
    assert_eq!(
        described["ProvisionedThroughput"]["WriteCapacityUnits"],
        units.unwrap_or(0)
    );
    let class = declared["TableClass"].as_str().unwrap_or("STANDARD");
    let described_class = described["TableClassSummary"]["TableClass"].as_str();
    assert_eq!(described_class.unwrap_or("STANDARD"), class);
    let request = json!({"ResourceArn": described["TableArn"]});
    let tags = ask(store, "ListTagsOfResource", request).await;
    assert_eq!(
        tags["Tags"].as_array().unwrap().len(),
        declared["Tags"].as_array().map_or(0, Vec::len)
    );
    for tag in declared["Tags"].as_array().into_iter().flatten() {
        assert!(tags["Tags"].as_array().unwrap().contains(tag));
    }
    let expiry = ask(store, "DescribeTimeToLive", name.clone()).await;
    assert_eq!(
        expiry["TimeToLiveDescription"]["AttributeName"].as_str(),
        expires_by
    );
}

#[tokio::test]
async fn all_else_becomes_as_declared() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let stream = |view: &str| json!({"StreamEnabled": true, "StreamViewType": view});
    let mut first = table("pk");
    first["StreamSpecification"] = stream("KEYS_ONLY");
    first["Tags"] = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
    first["DeletionProtectionEnabled"] = true.into();
    let mut second = table("pk");
    second["BillingMode"] = "PROVISIONED".into();
    second["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 2});
    second["StreamSpecification"] = stream("NEW_IMAGE");
    second["Tags"] = json!([{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]);
    second["TableClass"] = "STANDARD_INFREQUENT_ACCESS".into();
    let mut streams = Vec::new();
    for (declared, expires_by) in [
        (&first, Some("at")),
        (&second, Some("other")),
        (&second, Some("other")),
        (&first, None),
        (&table("pk"), None),
    ] {
        ensure(&store, declared, expires_by).await.unwrap();
        assert_described(&store, declared, expires_by).await;
        let arn = store.stream_arn("messages").await;
        assert_eq!(arn.is_some(), !declared["StreamSpecification"].is_null());
        streams.push(arn);
    }
    assert_eq!(streams[1], streams[2]);
    assert_ne!(streams[0], streams[1]);
    assert_ne!(streams[0], streams[3]);
}

#[tokio::test]
async fn keys_and_local_indexes_are_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let key = |name: &str, role: &str| json!({"AttributeName": name, "KeyType": role});
    let mut declared = table("pk");
    declared["KeySchema"] = json!([key("pk", "HASH"), key("sk", "RANGE")]);
    let attributes = ["pk", "sk", "other"];
    let attributes = attributes.map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    declared["AttributeDefinitions"] = json!(attributes);
    declared["LocalSecondaryIndexes"] = json!([{
        "IndexName": "local",
        "KeySchema": [key("pk", "HASH"), key("other", "RANGE")],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    ensure(&store, &declared, None).await.unwrap();
    let mut kind = declared.clone();
    kind["AttributeDefinitions"][1]["AttributeType"] = "N".into();
    let mut projection = declared.clone();
    projection["LocalSecondaryIndexes"][0]["Projection"]["ProjectionType"] = "KEYS_ONLY".into();
    for (other, expected) in [
        (
            table("pk"),
            ("KeySchema", "pk S HASH, sk S RANGE", "pk S HASH"),
        ),
        (
            kind,
            (
                "KeySchema",
                "pk S HASH, sk S RANGE",
                "pk S HASH, sk N RANGE",
            ),
        ),
        (
            projection,
            (
                "LocalSecondaryIndexes",
                "local (other S RANGE; ALL)",
                "local (other S RANGE; KEYS_ONLY)",
            ),
        ),
    ] {
        for error in [
            check(&store, &other).await.unwrap_err(),
            ensure(&store, &other, None).await.unwrap_err(),
        ] {
            let TableError::Differs {
                what,
                stored,
                declared,
                ..
            } = error
            else {
                panic!("{error}");
            };
            assert_eq!((what, stored.as_str(), declared.as_str()), expected);
        }
    }
}

#[tokio::test]
async fn what_dynamodb_refuses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut declared = table("pk");
    declared["KeySchema"][0]["AttributeName"] = "other".into();
    let error = ensure(&store, &declared, None).await.unwrap_err();
    assert!(matches!(error, TableError::Refused(_)), "{error}");
    assert_eq!(store.stream_arn("messages").await, None);
}
