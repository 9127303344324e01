//! For how long streams and their records are there.

use std::time::{Duration, Instant};

use samlet_commit::Session;
use serde_json::{Value, json};

use super::super::trim;
use super::{HOUR, Tables, disabled, enabled, number, seen, text};
use crate::database::Database;
use crate::operations::testing;
use crate::operations::testing::place;

#[test]
fn a_disabled_stream_can_be_read_for_a_day_and_another_one_follows_it() {
    let mut tables = Tables::new("NEW_IMAGE");
    let first = tables.stream();
    tables.put("a", "1");
    tables.put("a", "2");
    let iterator = tables.iterator(&first, "TRIM_HORIZON", None);
    tables.set_stream(&disabled());
    tables.put("a", "3");
    let description = tables.describe(&first);
    assert_eq!(description["StreamStatus"], "DISABLED");
    let range = json!({
        "StartingSequenceNumber": "100000000000000000001",
        "EndingSequenceNumber": "100000000000000000003",
    });
    assert_eq!(description["Shards"][0]["SequenceNumberRange"], range);
    let page = tables.run("GetRecords", json!({"ShardIterator": iterator, "Limit": 1}));
    let (records, end) = tables.read(&text(&page["NextShardIterator"]));
    assert_eq!((records.len(), end), (1, None));
    let latest = tables.iterator(&first, "LATEST", None);
    assert_eq!(tables.read(&latest), (Vec::new(), None));

    // As if the clock were set back: its label is a later one nevertheless.
    let ahead = "UPDATE streams SET created = created + 3600";
    tables.database.connection().execute_batch(ahead).unwrap();
    tables.set_stream(&enabled("KEYS_ONLY"));
    let second = tables.stream();
    assert!(second.contains("/stream/2026-11-27T18:0"), "{second}");
    assert_eq!(tables.all(&second), Vec::<Value>::new());
    assert_eq!(tables.all(&first).len(), 2);
    let listed = tables.run("ListStreams", json!({"TableName": "messages"}));
    let arns: Vec<String> = listed["Streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| text(&stream["StreamArn"]))
        .collect();
    assert_eq!(arns, [first.clone(), second.clone()]);

    tables.clock.advance(24 * HOUR);
    let refusal = tables.refusal("DescribeStream", json!({"StreamArn": first}));
    assert_eq!(refusal.0, "ResourceNotFoundException");
    tables.trim();
    assert_eq!((tables.count("streams"), tables.count("records")), (1, 0));
    assert_eq!(tables.describe(&second)["StreamStatus"], "ENABLED");
}

#[test]
fn the_stream_of_a_dropped_table_can_be_read_for_a_day() {
    let mut tables = Tables::new("NEW_IMAGE");
    let first = tables.stream();
    tables.put("a", "1");
    tables.run("DeleteTable", json!({"TableName": "messages"}));
    assert_eq!(tables.describe(&first)["StreamStatus"], "DISABLED");
    assert_eq!(
        tables.describe(&first)["KeySchema"][1]["AttributeName"],
        "sk"
    );
    tables.create("messages", "KEYS_ONLY");
    let second = tables.stream();
    assert_ne!(first, second);
    assert_eq!(tables.all(&first).len(), 1);
    assert_eq!(tables.all(&second).len(), 0);
    tables.clock.advance(25 * HOUR);
    tables.trim();
    assert_eq!((tables.count("streams"), tables.count("records")), (1, 0));
}

#[test]
fn records_are_there_for_a_day() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    tables.put("a", "1");
    tables.put("a", "2");
    let numbers: Vec<String> = tables.all(&stream).iter().map(number).collect();
    tables.clock.advance(12 * HOUR);
    tables.put("a", "3");
    tables.clock.advance(12 * HOUR - Duration::from_secs(60));
    let iterator = tables.iterator(&stream, "TRIM_HORIZON", None);
    tables.clock.advance(Duration::from_secs(60));
    let trimmed = (
        "TrimmedDataAccessException",
        "The data you are trying to access has been trimmed".to_owned(),
    );
    // Whether or not the records are deleted already.
    for _ in 0..2 {
        let records = tables.all(&stream);
        assert_eq!(
            records.iter().map(seen).collect::<Vec<_>>(),
            [("MODIFY", None, Some("3"))]
        );
        let refusal = tables.refusal("GetRecords", json!({"ShardIterator": iterator}));
        assert_eq!(refusal, trimmed);
        let start = &tables.describe(&stream)["Shards"][0]["SequenceNumberRange"];
        assert_eq!(
            start["StartingSequenceNumber"].as_str(),
            Some(numbers[1].as_str())
        );
        for (kind, number, is_trimmed) in [
            ("AT_SEQUENCE_NUMBER", &numbers[0], true),
            ("AFTER_SEQUENCE_NUMBER", &numbers[0], true),
            ("AT_SEQUENCE_NUMBER", &numbers[1], false),
            ("AFTER_SEQUENCE_NUMBER", &numbers[1], false),
        ] {
            if is_trimmed {
                let request = tables.iterator_request(&stream, kind, Some(number));
                assert_eq!(tables.refusal("GetShardIterator", request), trimmed);
            } else {
                let iterator = tables.iterator(&stream, kind, Some(number));
                assert_eq!(tables.read(&iterator).0.len(), 1);
            }
        }
        tables.trim();
        assert_eq!(tables.count("records"), 1);
    }
    tables.clock.advance(12 * HOUR);
    tables.trim();
    assert_eq!((tables.count("streams"), tables.count("records")), (1, 0));
    tables.put("a", "4");
    assert_eq!(number(&tables.all(&stream)[0]), "100000000000000000005");
}

#[test]
fn what_is_too_old_is_deleted_in_steps() {
    let mut tables = Tables::new("NEW_IMAGE");
    for value in 0..100 {
        tables.put("a", &value.to_string());
    }
    tables.clock.advance(24 * HOUR);
    let mut steps = 1;
    while !testing::write(&mut tables.database, |database| {
        trim(database, Instant::now())
    })
    .unwrap()
    {
        steps += 1;
    }
    assert_eq!((steps, tables.count("records")), (26, 0));
}

#[test]
fn a_stream_is_the_same_after_a_restart() {
    let mut tables = Tables::new("NEW_IMAGE");
    let stream = tables.stream();
    tables.put("a", "1");
    let (description, records) = (tables.describe(&stream), tables.all(&stream));
    let iterator = tables.iterator(&stream, "LATEST", None);
    let path = tables.folder.path().join("store");
    tables.database = Database::open(&path, &place(), &tables.clock).unwrap();
    tables.put("a", "2");
    assert_eq!(tables.stream(), stream);
    assert_eq!(tables.describe(&stream), description);
    assert_eq!(tables.all(&stream)[..1], records);
    assert_eq!(tables.read(&iterator).0.len(), 1);
}
