#![allow(clippy::unwrap_used)]
use super::*;
use crate::database::BeforeCommit;
use crate::database::tests::finish_work;
use crate::operations::testing::place;
use rusqlite::{Connection, ffi};
use samlet_commit::Failure;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

fn table() -> Value {
    json!({
        "TableName": "messages",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn put(key: &str) -> Bytes {
    json!({"TableName": "messages", "Item": {"pk": {"S": key}}})
        .to_string()
        .into()
}

fn get(key: &str) -> Bytes {
    json!({"TableName": "messages", "Key": {"pk": {"S": key}}})
        .to_string()
        .into()
}

async fn open(folder: &Path) -> Store {
    let store = Store::open(folder, &place(), &Clock::new()).unwrap();
    store.ensure_table(&table(), None).await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writes_are_all_kept_and_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..64 {
        let store = store.clone();
        puts.spawn(async move { store.execute("PutItem", put(&n.to_string())).await.unwrap() });
    }
    puts.join_all().await;
    store.close().await;
    let store = open(folder.path()).await;
    for n in 0..64 {
        let item = store.execute("GetItem", get(&n.to_string())).await.unwrap();
        assert_eq!(item, format!(r#"{{"Item":{{"pk":{{"S":"{n}"}}}}}}"#));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dynamodb.sqlite");
    for _ in 0..20 {
        // Without the check at start, which has a connection as well.
        let database = Database::open(&path, &place(), &Clock::new()).unwrap();
        let store = Store::start(database, &path).unwrap();
        store.ensure_table(&table(), None).await.unwrap();
        store.execute("PutItem", put("a")).await.unwrap();
        for _ in 0..READERS {
            store.execute("GetItem", get("a")).await.unwrap();
        }
        store.close().await;
        let files = std::fs::read_dir(folder.path()).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["dynamodb.sqlite"]);
    }
}

/// A store with a table, which does something before it commits.
async fn open_with(folder: &Path, before_commit: BeforeCommit) -> Store {
    open(folder).await.close().await;
    let path = folder.join("dynamodb.sqlite");
    let mut database = Database::open(&path, &place(), &Clock::new()).unwrap();
    finish_work(&mut database);
    database.before_commit = Some(before_commit);
    Store::start(database, &path).unwrap()
}

fn failed_sync() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), None)
}

#[tokio::test]
async fn a_write_is_not_acknowledged_when_the_disk_does_not_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), Box::new(|_| Err(failed_sync()))).await;
    for _ in 0..2 {
        let refusal = store.execute("PutItem", put("a")).await.unwrap_err();
        assert_eq!(refusal, Failure::NotSynced.into());
    }
    assert_eq!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
}

#[tokio::test]
async fn every_group_of_writes_is_synced_before_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let synced = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&synced);
    let commit = move |connection: &Connection| {
        let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
        assert_eq!(level, 2, "FULL: the commit syncs");
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    let store = open_with(folder.path(), Box::new(commit)).await;
    for n in 1..=3 {
        store.execute("PutItem", put("a")).await.unwrap();
        assert_eq!(synced.load(Ordering::SeqCst), n);
    }
}

/// Commits, but for the first time, when the disk is full.
fn full_at_first() -> BeforeCommit {
    let mut commits = 0;
    Box::new(move |_| {
        commits += 1;
        if commits == 1 {
            let full = ffi::Error::new(ffi::SQLITE_FULL);
            return Err(rusqlite::Error::SqliteFailure(full, None));
        }
        Ok(())
    })
}

#[tokio::test]
async fn a_definition_that_is_rolled_back_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), full_at_first()).await;
    let delete = json!({"TableName": "messages"}).to_string();
    let refusal = store.execute("DeleteTable", delete.into()).await;
    assert_eq!(refusal.unwrap_err().status, 500);
    store.execute("PutItem", put("a")).await.unwrap();
    assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");

    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), full_at_first()).await;
    let mut other = table();
    other["TableName"] = json!("other");
    let create = Bytes::from(other.to_string());
    let refusal = store.execute("CreateTable", create.clone()).await;
    assert_eq!(refusal.unwrap_err().status, 500);
    let item = json!({"TableName": "other", "Item": {"pk": {"S": "a"}}}).to_string();
    let refusal = store.execute("PutItem", item.clone().into()).await;
    let refusal = refusal.unwrap_err();
    assert!(String::from_utf8_lossy(&refusal.body).contains("ResourceNotFound"));
    store.execute("CreateTable", create).await.unwrap();
    store.execute("PutItem", item.into()).await.unwrap();
    let scan = json!({"TableName": "other"}).to_string();
    for _ in 0..READERS {
        let found = store.execute("Scan", scan.clone().into()).await.unwrap();
        assert!(String::from_utf8_lossy(&found).contains(r#""Count":1"#));
    }
}

#[tokio::test]
async fn a_request_with_a_token_that_is_rolled_back_is_done_when_it_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_with(folder.path(), full_at_first()).await;
    let item = json!({"TableName": "messages", "Item": {"pk": {"S": "a"}}});
    let request = json!({"ClientRequestToken": "t", "TransactItems": [{"Put": item}]});
    let send = || store.execute("TransactWriteItems", request.to_string().into());
    assert_eq!(send().await.unwrap_err().status, 500);
    assert_eq!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
    send().await.unwrap();
    assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
}

#[tokio::test]
async fn statements_of_a_batch_that_succeed_are_kept_beside_one_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let insert = |key: &str| {
        let statement = format!("INSERT INTO \"messages\" VALUE {{'pk': '{key}'}}");
        json!({ "Statement": statement })
    };
    let batch = json!({"Statements": [insert("a"), insert("b")]}).to_string();
    store.execute("PutItem", put("b")).await.unwrap();
    let answer = store.execute("BatchExecuteStatement", batch.into()).await;
    let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
    assert_eq!(answer["Responses"][0]["Error"], Value::Null);
    assert_eq!(answer["Responses"][1]["Error"]["Code"], "DuplicateItem");
    assert_ne!(store.execute("GetItem", get("a")).await.unwrap(), "{}");
}

#[tokio::test]
async fn a_nested_expression_is_an_error_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let condition = "(".repeat(2000) + "attribute_exists(pk)" + &")".repeat(2000);
    let request = json!({"TableName": "messages", "Key": {"pk": {"S": "a"}}, "ConditionExpression": condition});
    let refusal = store
        .execute("DeleteItem", request.to_string().into())
        .await
        .unwrap_err();
    assert_eq!(refusal.status, 400);
    let deep = "[".repeat(5000);
    assert_eq!(
        store
            .execute("PutItem", deep.into())
            .await
            .unwrap_err()
            .status,
        400
    );
}

/// Requests with a condition that nests as deep as one that is read.
fn deepest() -> Vec<(&'static str, Value)> {
    let negated = "NOT ".repeat(299) + "attribute_exists(pk)";
    let nested = (0..140).fold("a = :v".to_owned(), |inner, depth| {
        let operator = if depth % 2 == 0 { "AND" } else { "OR" };
        format!("a = :v {operator} ({inner})")
    });
    let path = (0..31).map(|_| ".a").collect::<String>();
    let value = (0..30).fold(json!({"S": "x"}), |inner, _| json!({"L": [inner]}));
    let of = |condition: &str, values: Value| {
        let mut request = json!({
            "TableName": "messages",
            "Key": {"pk": {"S": "a"}},
            "ConditionExpression": condition,
        });
        if !values.is_null() {
            request["ExpressionAttributeValues"] = values;
        }
        ("DeleteItem", request)
    };
    let statement = (0..60).fold("a = 1".to_owned(), |inner, _| format!("(a = 1 OR {inner})"));
    vec![
        of(&negated, Value::Null),
        of(&nested, json!({":v": {"S": "x"}})),
        of(&format!("attribute_exists(a{path})"), Value::Null),
        (
            "PutItem",
            json!({"TableName": "messages", "Item": {"pk": {"S": "a"}, "v": value}}),
        ),
        (
            "ExecuteStatement",
            json!({"Statement": format!("SELECT * FROM messages WHERE {statement}")}),
        ),
    ]
}

#[tokio::test]
async fn the_deepest_requests_fit_the_threads_stacks() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for (operation, request) in deepest() {
        let answer = store.execute(operation, request.to_string().into()).await;
        if let Err(refusal) = answer {
            let text = String::from_utf8_lossy(&refusal.body).into_owned();
            assert!(
                text.contains("ConditionalCheckFailed"),
                "{operation}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dynamodb.sqlite");
    let content = "not a database, but somebody's text".repeat(100);
    std::fs::write(&path, &content).unwrap();
    let error = Store::open(folder.path(), &place(), &Clock::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("dynamodb.sqlite"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[tokio::test]
async fn descriptions_name_the_applications_account() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";
    let request = json!({"TableName": arn}).to_string();
    let description = store
        .execute("DescribeTable", request.into())
        .await
        .unwrap();
    let description: Value = serde_json::from_slice(&description).unwrap();
    assert_eq!(description["Table"]["TableArn"], arn);
    assert_eq!(
        store
            .execute("CreateBackup", "{}".into())
            .await
            .unwrap_err()
            .status,
        400
    );
}

/// How long to wait for long work.
const PATIENCE: Duration = Duration::from_secs(60);

/// As a kill at this moment would leave it.
fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let path = folder.join("dynamodb.sqlite");
    for file in [log_path(&path), path] {
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

async fn ask(store: &Store, operation: &str, request: Value) -> Value {
    let answer = store.execute(operation, request.to_string().into()).await;
    serde_json::from_slice(&answer.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for key in 0..64 {
        store
            .execute("PutItem", put(&key.to_string()))
            .await
            .unwrap();
    }
    let copied = copied(folder.path());
    let killed = open(copied.path()).await;
    for key in 0..64 {
        let found = killed.execute("GetItem", get(&key.to_string())).await;
        assert_ne!(found.unwrap(), "{}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_work_goes_on_after_a_kill_and_ends_with_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let items = (0..5000).map(|key| {
        let item = json!({"pk": {"S": key.to_string()}, "a": {"S": "x"}});
        samlet_dynamodb_api::value::item_from_json(item.as_object().unwrap().clone()).unwrap()
    });
    store.load("messages", items).await.unwrap();
    let index = json!({
        "IndexName": "by-a",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    });
    let update = json!({
        "TableName": "messages",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    });
    ask(&store, "UpdateTable", update).await;
    let copied = copied(folder.path());
    // Whatever is left of it.
    store.close().await;
    let killed = Store::open(copied.path(), &place(), &Clock::new()).unwrap();
    let filled = async {
        loop {
            let described = ask(&killed, "DescribeTable", json!({"TableName": "messages"})).await;
            let index = described["Table"]["GlobalSecondaryIndexes"][0].clone();
            if index["IndexStatus"] == "ACTIVE" {
                return index;
            }
            tokio::task::yield_now().await;
        }
    };
    let index = tokio::time::timeout(PATIENCE, filled).await.unwrap();
    assert_eq!(index["ItemCount"], 5000);
    killed.close().await;
}
