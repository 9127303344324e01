//! Streams as clients see them: what changes leave in them, how they are read, and for how long.
#![allow(clippy::unwrap_used)]

mod reading;
mod records;
mod retention;

use std::time::{Duration, Instant, SystemTime};

use samlet_clock::Clock;
use samlet_commit::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::trim;
use crate::database::Database;
use crate::operations::testing::{self, refusal, run};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// When tests begin: 27 November 2026, 17:05:00.123.
const START: Duration = Duration::from_millis(1_795_799_100_123);

/// A database that goes by a clock for tests, with a table.
struct Tables {
    folder: TempDir,
    database: Database,
    clock: Clock,
}

impl Tables {
    /// With a table `messages` of keys `pk` and `sk`, whose stream has what `view` says.
    fn new(view: &str) -> Self {
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH + START);
        let (folder, database) = testing::database_with(&clock);
        let mut tables = Self {
            folder,
            database,
            clock,
        };
        tables.create("messages", view);
        tables
    }

    fn create(&mut self, name: &str, view: &str) {
        let mut table = testing::table(name, "pk sk:N");
        table["StreamSpecification"] = enabled(view);
        self.run("CreateTable", table);
    }

    fn run(&mut self, operation: &str, request: Value) -> Value {
        run(&mut self.database, operation, request).unwrap()
    }

    /// The name and message of a refusal.
    fn refusal(&mut self, operation: &str, request: Value) -> (&'static str, String) {
        let refusal = refusal(&mut self.database, operation, request);
        (refusal.name, refusal.message)
    }

    fn put(&mut self, key: &str, value: &str) {
        let item = json!({"pk": {"S": key}, "sk": {"N": "1"}, "value": {"S": value}});
        self.run("PutItem", json!({"TableName": "messages", "Item": item}));
    }

    fn delete(&mut self, key: &str) {
        let key = json!({"pk": {"S": key}, "sk": {"N": "1"}});
        self.run("DeleteItem", json!({"TableName": "messages", "Key": key}));
    }

    fn set_stream(&mut self, specification: &Value) {
        let update = json!({"TableName": "messages", "StreamSpecification": specification});
        self.run("UpdateTable", update);
    }

    /// The newest stream of `messages`.
    fn stream(&mut self) -> String {
        let described = self.run("DescribeTable", json!({"TableName": "messages"}));
        text(&described["Table"]["LatestStreamArn"])
    }

    fn describe(&mut self, stream: &str) -> Value {
        let described = self.run("DescribeStream", json!({"StreamArn": stream}));
        described["StreamDescription"].clone()
    }

    fn shard(&mut self, stream: &str) -> String {
        text(&self.describe(stream)["Shards"][0]["ShardId"])
    }

    fn iterator_request(&mut self, stream: &str, kind: &str, number: Option<&str>) -> Value {
        let shard = self.shard(stream);
        let mut request = json!({"StreamArn": stream, "ShardId": shard, "ShardIteratorType": kind});
        if let Some(number) = number {
            request["SequenceNumber"] = number.into();
        }
        request
    }

    fn iterator(&mut self, stream: &str, kind: &str, number: Option<&str>) -> String {
        let request = self.iterator_request(stream, kind, number);
        text(&self.run("GetShardIterator", request)["ShardIterator"])
    }

    /// The records of an iterator, and the next iterator.
    fn read(&mut self, iterator: &str) -> (Vec<Value>, Option<String>) {
        let answer = self.run("GetRecords", json!({"ShardIterator": iterator}));
        let next = answer.get("NextShardIterator").map(text);
        (answer["Records"].as_array().unwrap().clone(), next)
    }

    fn all(&mut self, stream: &str) -> Vec<Value> {
        let iterator = self.iterator(stream, "TRIM_HORIZON", None);
        self.read(&iterator).0
    }

    /// Deletes what is too old, as the store does in steps.
    fn trim(&mut self) {
        let until = Instant::now() + Duration::from_secs(60);
        let done = testing::write(&mut self.database, |database| trim(database, until));
        assert!(done.unwrap());
    }

    fn count(&self, table: &str) -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        let connection = self.database.connection();
        connection.query_row(&count, [], |row| row.get(0)).unwrap()
    }
}

fn enabled(view: &str) -> Value {
    json!({"StreamEnabled": true, "StreamViewType": view})
}

fn disabled() -> Value {
    json!({"StreamEnabled": false})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn number(record: &Value) -> String {
    text(&record["dynamodb"]["SequenceNumber"])
}

/// A record's event, old and new values.
fn seen(record: &Value) -> (&str, Option<&str>, Option<&str>) {
    let value = |image: &str| record["dynamodb"][image]["value"]["S"].as_str();
    let event = record["eventName"].as_str().unwrap();
    (event, value("OldImage"), value("NewImage"))
}
