//! How streams are listed, described and read.

use std::time::Duration;

use serde_json::{Value, json};

use super::{HOUR, Tables, seen, text};
use crate::operations::testing;

#[test]
fn a_stream_is_described() {
    let mut tables = Tables::new("KEYS_ONLY");
    let stream = tables.stream();
    let (_, label) = stream.rsplit_once('/').unwrap();
    assert!(label.starts_with("2026-11-27T17:0"), "{label}");
    assert_eq!(label.len(), "2026-11-27T17:05:00.123".len());
    let arn = format!("arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/{label}");
    assert_eq!(stream, arn);
    let description = tables.describe(&stream);
    let shard = text(&description["Shards"][0]["ShardId"]);
    assert!(shard.starts_with("shardId-0000000179579"), "{shard}");
    assert!((28..=65).contains(&shard.len()));
    let expected = json!({
        "StreamArn": arn,
        "StreamLabel": label,
        "StreamStatus": "ENABLED",
        "StreamViewType": "KEYS_ONLY",
        "CreationRequestDateTime": description["CreationRequestDateTime"],
        "TableName": "messages",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "Shards": [{
            "ShardId": shard,
            "SequenceNumberRange": {"StartingSequenceNumber": "100000000000000000001"},
        }],
    });
    assert_eq!(description, expected);
    let filter = json!({"Type": "CHILD_SHARDS", "ShardId": shard});
    for (member, value) in [
        ("ExclusiveStartShardId", json!(shard)),
        (
            "ExclusiveStartShardId",
            json!("zzzzzzzzzzzzzzzzzzzzzzzzsfasdgagadf"),
        ),
        ("ShardFilter", filter),
    ] {
        let described = tables.run(
            "DescribeStream",
            json!({"StreamArn": stream, member: value}),
        );
        assert_eq!(
            described["StreamDescription"]["Shards"],
            json!([]),
            "{member}"
        );
    }
}

#[test]
fn iterators_begin_where_they_are_asked_to() {
    let start = "100000000000000000001";
    let second = "100000000000000000003";
    for (kind, at, expected) in [
        ("TRIM_HORIZON", None, ["1", "2", "3", "4"].as_slice()),
        ("LATEST", None, &["4"]),
        ("AT_SEQUENCE_NUMBER", Some(start), &["1", "2", "3", "4"]),
        ("AFTER_SEQUENCE_NUMBER", Some(start), &["1", "2", "3", "4"]),
        ("AT_SEQUENCE_NUMBER", Some(second), &["2", "3", "4"]),
        ("AFTER_SEQUENCE_NUMBER", Some(second), &["3", "4"]),
    ] {
        let mut tables = Tables::new("NEW_IMAGE");
        let stream = tables.stream();
        for value in ["1", "2", "3"] {
            tables.put("a", value);
        }
        let iterator = tables.iterator(&stream, kind, at);
        tables.put("a", "4");
        let (records, next) = tables.read(&iterator);
        let values: Vec<_> = records.iter().filter_map(|record| seen(record).2).collect();
        assert_eq!(values, expected, "{kind} {at:?}");
        assert_eq!(tables.read(&next.unwrap()).0, Vec::<Value>::new());
    }
}

#[test]
fn what_is_not_there_is_refused() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    tables.put("a", "1");
    let other = stream.replace("messages", "others");
    let not_found = format!("Requested resource not found: Stream: {other} not found");
    let not_found = ("ResourceNotFoundException", not_found);
    let request = json!({"StreamArn": other});
    assert_eq!(tables.refusal("DescribeStream", request), not_found);
    let mut request = tables.iterator_request(&stream, "LATEST", None);
    request["StreamArn"] = json!(other);
    assert_eq!(tables.refusal("GetShardIterator", request), not_found);
    let mut request = tables.iterator_request(&stream, "LATEST", None);
    request["ShardId"] = json!("adfasdasdasdasdasdasdasdasdasasdasd");
    let message = "Requested resource not found: Shard does not exist".to_owned();
    let refusal = tables.refusal("GetShardIterator", request);
    assert_eq!(refusal, ("ResourceNotFoundException", message));
    for number in [
        "000000000000000000001",
        "100000000000000000000",
        "100000000000000000003",
        "9999999999999999999999999999999999999999",
    ] {
        let request = tables.iterator_request(&stream, "AT_SEQUENCE_NUMBER", Some(number));
        let refusal = tables.refusal("GetShardIterator", request);
        assert_eq!(
            refusal,
            ("ValidationException", "Invalid SequenceNumber".into())
        );
    }
    let request = json!({"ShardIterator": "sdfsdfsgagaddafgagasgasgasdfasdfasdf"});
    let refusal = tables.refusal("GetRecords", request);
    assert_eq!(
        refusal,
        ("ValidationException", "Invalid ShardIterator".into())
    );
}

#[test]
fn an_iterator_can_be_used_for_15_minutes() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    let iterator = tables.iterator(&stream, "LATEST", None);
    tables.clock.advance(HOUR / 4 - Duration::from_secs(60));
    let (_, next) = tables.read(&iterator);
    tables.clock.advance(Duration::from_secs(61));
    let refusal = tables.refusal("GetRecords", json!({"ShardIterator": iterator}));
    let message = "The provided iterator exceeds the maximum age allowed".to_owned();
    assert_eq!(refusal, ("ExpiredIteratorException", message));
    tables.read(&next.unwrap());
}

#[test]
fn a_page_has_a_thousand_records_or_a_megabyte() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    for value in 0..1003 {
        tables.put("a", &value.to_string());
    }
    let iterator = tables.iterator(&stream, "TRIM_HORIZON", None);
    let (records, next) = tables.read(&iterator);
    assert_eq!(records.len(), 1000);
    assert_eq!(tables.read(&next.unwrap()).0.len(), 3);
    let limited = tables.run("GetRecords", json!({"ShardIterator": iterator, "Limit": 2}));
    assert_eq!(limited["Records"].as_array().unwrap().len(), 2);
    let iterator = tables.iterator(&stream, "LATEST", None);
    for value in ["a", "b", "c", "d", "e"] {
        tables.put("b", &value.repeat(300 * 1024));
    }
    let (records, next) = tables.read(&iterator);
    assert_eq!(records.len(), 3);
    assert_eq!(tables.read(&next.unwrap()).0.len(), 2);
}

#[test]
fn streams_are_listed_in_pages() {
    let mut tables = Tables::new("NEW_IMAGE");
    for name in ["others", "aaa", "zzz"] {
        tables.create(name, "KEYS_ONLY");
    }
    testing::create(&mut tables.database, testing::table("without", "pk"));
    let mut names = Vec::new();
    let mut request = json!({"Limit": 1});
    loop {
        let page = tables.run("ListStreams", request.clone());
        let streams = page["Streams"].as_array().unwrap();
        assert_eq!(streams.len(), 1);
        names.push(text(&streams[0]["TableName"]));
        let Some(last) = page.get("LastEvaluatedStreamArn") else {
            break;
        };
        assert_eq!(*last, streams[0]["StreamArn"]);
        request["ExclusiveStartStreamArn"] = last.clone();
        // That it goes doesn't matter for where the list goes on.
        if names.len() == 2 {
            tables.run("DeleteTable", json!({"TableName": "messages"}));
            tables.clock.advance(25 * HOUR);
        }
    }
    assert_eq!(names, ["aaa", "messages", "others", "zzz"]);
    for (name, count) in [("zzz", 1), ("without", 0), ("unknown", 0)] {
        let listed = tables.run("ListStreams", json!({"TableName": name}));
        assert_eq!(listed["Streams"].as_array().unwrap().len(), count, "{name}");
    }
}
