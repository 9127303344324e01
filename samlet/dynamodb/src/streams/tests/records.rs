//! What changes leave in a stream.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use samlet_commit::{Failure, Session};
use serde_json::{Value, json};

use super::{HOUR, START, Tables, disabled, number, seen, text};
use crate::database::Database;
use crate::operations::testing::{self, run};

#[test]
fn changes_leave_records_with_the_images_of_the_view() {
    for (view, has_old, has_new) in [
        ("KEYS_ONLY", false, false),
        ("OLD_IMAGE", true, false),
        ("NEW_IMAGE", false, true),
        ("NEW_AND_OLD_IMAGES", true, true),
    ] {
        let mut tables = Tables::new(view);
        tables.put("a", "1");
        tables.put("a", "1");
        tables.put("a", "2");
        tables.delete("a");
        tables.delete("a");
        let stream = tables.stream();
        let records = tables.all(&stream);
        let old = |value| Some(value).filter(|_| has_old);
        let new = |value| Some(value).filter(|_| has_new);
        let expected = [
            ("INSERT", None, new("1")),
            ("MODIFY", old("1"), new("2")),
            ("REMOVE", old("2"), None),
        ];
        let records_seen: Vec<_> = records.iter().map(seen).collect();
        assert_eq!(records_seen, expected, "{view}");
        for record in &records {
            let change = &record["dynamodb"];
            assert_eq!(change["StreamViewType"], view);
            assert_eq!(change["Keys"], json!({"pk": {"S": "a"}, "sk": {"N": "1"}}));
        }
    }
}

#[test]
fn a_record_has_all_that_dynamodb_gives() {
    let mut tables = Tables::new("NEW_AND_OLD_IMAGES");
    tables.put("a", "1");
    let stream = tables.stream();
    let records = tables.all(&stream);
    let mut record = records[0].clone();
    let id = record.as_object_mut().unwrap().remove("eventID").unwrap();
    assert_eq!(text(&id).len(), 32);
    let at = record["dynamodb"]["ApproximateCreationDateTime"]
        .as_f64()
        .unwrap();
    assert_eq!(at, at.floor());
    assert!((START.as_secs_f64().floor()..START.as_secs_f64() + 60.0).contains(&at));
    let expected = json!({
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": at,
            "Keys": {"pk": {"S": "a"}, "sk": {"N": "1"}},
            "NewImage": {"pk": {"S": "a"}, "sk": {"N": "1"}, "value": {"S": "1"}},
            "SequenceNumber": "100000000000000000002",
            "SizeBytes": 7 + 13,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    });
    assert_eq!(record, expected);
    assert_eq!(tables.all(&stream), records);
}

#[test]
fn what_expires_says_so() {
    let mut tables = Tables::new("OLD_IMAGE");
    let specification = json!({"Enabled": true, "AttributeName": "expires"});
    let update = json!({"TableName": "messages", "TimeToLiveSpecification": specification});
    tables.run("UpdateTimeToLive", update);
    let expires = (START.as_secs() + 60).to_string();
    let item = json!({"pk": {"S": "a"}, "sk": {"N": "1"}, "expires": {"N": expires}});
    tables.run("PutItem", json!({"TableName": "messages", "Item": item}));
    tables.put("b", "1");
    tables.delete("b");
    tables.clock.advance(HOUR);
    let until = Instant::now() + Duration::from_secs(60);
    let delete = |database: &mut Database| crate::expiry::delete(database, until);
    assert!(testing::write(&mut tables.database, delete).unwrap());
    let stream = tables.stream();
    let records = tables.all(&stream);
    let identity = json!({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"});
    let by: Vec<_> = records
        .iter()
        .map(|record| (seen(record).0, record.get("userIdentity")))
        .collect();
    let expected = [
        ("INSERT", None),
        ("INSERT", None),
        ("REMOVE", None),
        ("REMOVE", Some(&identity)),
    ];
    assert_eq!(by, expected);
    assert_eq!(records[3]["dynamodb"]["OldImage"]["pk"]["S"], "a");
}

#[test]
fn what_is_rolled_back_leaves_no_record_and_wakes_nobody() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    let watch = |tables: &Tables| {
        let resource = stream.splitn(6, ':').nth(5).unwrap();
        tables.database.shared().streams.watch(resource).unwrap()
    };
    let mut waiting = watch(&tables);
    let conditioned = json!({
        "TableName": "messages",
        "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}},
        "ConditionExpression": "attribute_exists(pk)",
    });
    tables.refusal("PutItem", conditioned);
    assert!(!waiting.has_changed().unwrap());
    tables.database.connection().execute_batch("BEGIN").unwrap();
    for stream in 0..10 {
        tables.database.set_stream_changed(stream);
    }
    tables
        .database
        .connection()
        .execute_batch("ROLLBACK")
        .unwrap();
    tables.database.ended(Some(&Failure::Closed));
    assert!(!waiting.has_changed().unwrap());
    assert_eq!(tables.all(&stream), Vec::<Value>::new());
    tables.put("a", "1");
    assert!(waiting.has_changed().unwrap());
    assert_eq!(*waiting.borrow_and_update(), 1);
    tables.set_stream(&disabled());
    assert!(waiting.has_changed().unwrap(), "it has ended");
    assert!(
        tables
            .database
            .shared()
            .streams
            .watch("table/messages/stream/x")
            .is_none()
    );
}

#[test]
fn a_damaged_record_is_reported_by_its_table() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    tables.put("a", "1");
    let damage = "UPDATE records SET record = zeroblob(length(record))";
    tables.database.connection().execute_batch(damage).unwrap();
    let iterator = tables.iterator(&stream, "TRIM_HORIZON", None);
    let read = run(
        &mut tables.database,
        "GetRecords",
        json!({"ShardIterator": iterator}),
    );
    let error = read.unwrap_err();
    assert!(
        matches!(&error, crate::error::Error::Damaged { table } if table == "messages"),
        "{error:?}"
    );
}

/// A change of one of a few items: to a value, or its deletion.
fn step() -> impl Strategy<Value = (u8, Option<u8>)> {
    (0_u8..4, proptest::option::of(0_u8..3))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn records_replayed_give_the_tables_content(steps in proptest::collection::vec(step(), 1..40)) {
        let mut tables = Tables::new("NEW_AND_OLD_IMAGES");
        for (key, value) in steps {
            match value {
                Some(value) => tables.put(&key.to_string(), &value.to_string()),
                None => tables.delete(&key.to_string()),
            }
        }
        let stream = tables.stream();
        let mut items: BTreeMap<String, Value> = BTreeMap::new();
        let (mut last, mut ids) = (0, HashSet::new());
        for record in tables.all(&stream) {
            let change = &record["dynamodb"];
            let key = change["Keys"].to_string();
            let number: u128 = number(&record).parse().unwrap();
            prop_assert!(number > last);
            last = number;
            prop_assert!(ids.insert(text(&record["eventID"])));
            prop_assert_ne!(change.get("OldImage"), change.get("NewImage"));
            // What it was is what the record before says that it came to be.
            prop_assert_eq!(change.get("OldImage"), items.get(&key));
            let event = match (change.get("OldImage"), change.get("NewImage")) {
                (None, _) => "INSERT",
                (_, None) => "REMOVE",
                _ => "MODIFY",
            };
            prop_assert_eq!(&record["eventName"], event);
            match change.get("NewImage") {
                Some(new) => items.insert(key, new.clone()),
                None => items.remove(&key),
            };
        }
        for key in 0..4 {
            let key = json!({"pk": {"S": key.to_string()}, "sk": {"N": "1"}});
            let get = json!({"TableName": "messages", "Key": key});
            let item = tables.run("GetItem", get);
            prop_assert_eq!(item.get("Item"), items.get(&key.to_string()));
        }
    }
}
