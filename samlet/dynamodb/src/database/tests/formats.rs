//! Files of each version of the format, which open with everything in them: tables of all keys, all types of values,
//! indexes, streams, times to live, tokens, and long work that is half done.
//!
//! `tests/formats/version-N.sqlite` was written by the first samlet that had version N, and stays as it is;
//! `version-N.json` is what is seen of it. `UPDATE_EXPECTED=1` writes the file of a new version, unless it is there, and
//! what is seen of all of them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use samlet_clock::Clock;
use serde_json::{Map, Value, json};

use super::super::Database;
use super::super::format::VERSION;
use super::{finish_work, place, refused};
use crate::errors::StoreError;
use crate::operations::testing::{run, table};

/// When the file of the first version was made: seconds since the epoch.
const MADE: u64 = 1_795_799_100;

/// When what is in it is looked at: before anything in it is too old.
const SEEN: u64 = MADE + 60;

const HOUR: u64 = 60 * 60;

fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    folder.join(name)
}

fn clock(seconds: u64) -> Clock {
    Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn is_updated() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some()
}

#[test]
fn files_of_all_versions_open_with_everything_in_them() {
    for version in 1..=VERSION {
        let path = file(&format!("version-{version}.sqlite"));
        if !path.exists() && is_updated() && version == VERSION {
            make(&path);
        }
        let seen = seen(&path);
        let expected = file(&format!("version-{version}.json"));
        if is_updated() {
            std::fs::write(&expected, lines(&seen)).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap();
        let expected: Map<String, Value> = serde_json::from_str(&expected).unwrap();
        for (part, expected) in &expected {
            assert_eq!(seen.get(part), Some(expected), "version {version}, {part}");
        }
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_file_of_before_the_first_version_is_refused_in_a_sentence() {
    let earlier = refused(|path| {
        std::fs::copy(file("before-versions.sqlite"), path).unwrap();
    });
    let said = earlier.to_string();
    let reason = ": it was written by an earlier version of samlet; `samlet reset` deletes it";
    assert!(
        said.starts_with("cannot open the store /") && said.ends_with(reason),
        "{said}"
    );
    let newer = refused(|path| {
        std::fs::copy(file(&format!("version-{VERSION}.sqlite")), path).unwrap();
        let version = format!("PRAGMA user_version = {}", VERSION + 1);
        Connection::open(path)
            .unwrap()
            .execute_batch(&version)
            .unwrap();
    });
    let reason = ": it was written by a newer version of samlet; `samlet reset` deletes it";
    assert!(newer.to_string().ends_with(reason), "{newer}");
}

#[test]
fn a_file_of_something_else_is_refused_and_not_to_be_deleted() {
    for other in [
        "CREATE TABLE bookmarks (address TEXT)",
        "PRAGMA application_id = 1",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 1; CREATE TABLE tables (number INTEGER)",
    ] {
        let refusal = refused(|path| {
            let connection = Connection::open(path).unwrap();
            connection.execute_batch(other).unwrap();
        });
        assert!(matches!(refusal, StoreError::Damaged { .. }), "{refusal}");
        let said = refusal.to_string();
        assert!(said.contains("not one that samlet has written"), "{said}");
        assert!(!said.contains("reset"), "{said}");
    }
}

/// An object with a line for each member.
fn lines(members: &Map<String, Value>) -> String {
    let members = members.iter();
    let lines: Vec<String> = members
        .map(|(name, value)| format!("{}: {value}", json!(name)))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Writes a file with some of everything.
fn make(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join("store");
    let clock = clock(MADE);
    let mut database = Database::open(&unfinished, &place(), &clock).unwrap();
    make_tables(&mut database);
    make_records(&mut database);
    make_indexed(&mut database);
    make_expiring(&mut database, &clock);
    run(&mut database, "TransactWriteItems", transaction()).unwrap();
    run(&mut database, "ExecuteTransaction", statements()).unwrap();
    make_work(&mut database);
    assert_eq!(database.find_damage(), None);
    // Small pages, for there are many tables with little in each.
    let shrink = "PRAGMA page_size = 1024; VACUUM; PRAGMA journal_mode = WAL";
    database.connection.execute_batch(shrink).unwrap();
    drop(database);
    std::fs::copy(&unfinished, path).unwrap();
}

fn put(database: &mut Database, table: &str, items: &[Value]) {
    for item in items {
        let request = json!({"TableName": table, "Item": item});
        run(database, "PutItem", request).unwrap();
    }
}

/// Tables with keys of all types, and their streams.
const KEYS: [(&str, &str, Option<&str>); 6] = [
    ("keys-S", "pk", Some("KEYS_ONLY")),
    ("keys-N", "pk:N", Some("OLD_IMAGE")),
    ("keys-B", "pk:B", Some("NEW_IMAGE")),
    ("keys-S-N", "pk sk:N", Some("NEW_AND_OLD_IMAGES")),
    ("keys-N-B", "pk:N sk:B", None),
    ("keys-B-S", "pk:B sk", None),
];

fn make_tables(database: &mut Database) {
    let values = [
        ("S", ["a", "a\u{0}b", "ä€😀"]),
        (
            "N",
            ["-1.5E-130", "0", "99999999999999999999999999999999999999"],
        ),
        ("B", ["AA==", "AP8B", "//8="]),
    ];
    let of = |kind: char| {
        let mut values = values.iter();
        values.find(|(name, _)| name.starts_with(kind)).unwrap().1
    };
    for (name, keys, view) in KEYS {
        let mut request = table(name, keys);
        if let Some(view) = view {
            request["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
        }
        run(database, "CreateTable", request).unwrap();
        let mut kinds = name.strip_prefix("keys-").unwrap().split('-');
        let kind = kinds.next().unwrap();
        let sort = kinds.next();
        for partition in of(kind.chars().next().unwrap()) {
            let mut item = json!({"pk": {kind: partition}, "is": {"BOOL": true}});
            let Some(sort) = sort else {
                put(database, name, &[item]);
                continue;
            };
            for value in of(sort.chars().next().unwrap()) {
                item["sk"] = json!({sort: value});
                put(database, name, &[item.clone()]);
            }
        }
    }
    run(database, "CreateTable", table("types", "pk")).unwrap();
    let nested = (0..15).fold(
        json!({"S": "deep"}),
        |value, _| json!({"L": [{"M": {"in": value}}]}),
    );
    put(
        database,
        "types",
        &[
            json!({
                "pk": {"S": "all"}, "S": {"S": "text"}, "empty": {"S": ""}, "N": {"N": "-12.5"}, "B": {"B": "AAEC"},
                "no-bytes": {"B": ""}, "yes": {"BOOL": true}, "no": {"BOOL": false}, "NULL": {"NULL": true},
                "SS": {"SS": ["b", "a"]}, "NS": {"NS": ["3", "-1", "2.5"]}, "BS": {"BS": ["/w==", "AA=="]},
                "L": {"L": [{"N": "1"}, {"S": "x"}, {"L": []}]}, "M": {"M": {"a": {"M": {}}, "b": {"NULL": true}}},
                "nested": nested,
            }),
            json!({"pk": {"S": "numbers"}, "N": {"L": [
                {"N": "0"}, {"N": "1E-130"}, {"N": "-1E-130"}, {"N": "9.9999999999999999999999999999999999999E+125"},
                {"N": "-9.9999999999999999999999999999999999999E+125"}, {"N": "1E+125"}, {"N": "0.1"}, {"N": "100"},
            ]}}),
            json!({"pk": {"S": "long"}, "text": {"S": "long ".repeat(600)}}),
        ],
    );
}

/// Records of all kinds in the streams; one stream that has ended, and another one of its table.
fn make_records(database: &mut Database) {
    let changed = [
        ("keys-S", json!({"pk": {"S": "a"}})),
        ("keys-N", json!({"pk": {"N": "0"}})),
        ("keys-B", json!({"pk": {"B": "AA=="}})),
        ("keys-S-N", json!({"pk": {"S": "a"}, "sk": {"N": "0"}})),
    ];
    for (name, key) in changed {
        let update = json!({
            "TableName": name, "Key": key, "UpdateExpression": "SET #n = :n",
            "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":n": {"N": "1"}},
        });
        run(database, "UpdateItem", update).unwrap();
        run(
            database,
            "DeleteItem",
            json!({"TableName": name, "Key": key}),
        )
        .unwrap();
    }
    for specification in [
        json!({"StreamEnabled": false}),
        json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}),
    ] {
        let update = json!({"TableName": "keys-B", "StreamSpecification": specification});
        run(database, "UpdateTable", update).unwrap();
    }
    put(database, "keys-B", &[json!({"pk": {"B": "AA=="}})]);
}

fn make_indexed(database: &mut Database) {
    let projections = [
        ("all", json!({"ProjectionType": "ALL"})),
        ("keys", json!({"ProjectionType": "KEYS_ONLY"})),
        (
            "include",
            json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["extra"]}),
        ),
    ];
    let throughput = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 4});
    let (mut local, mut global) = (Vec::new(), Vec::new());
    for (name, projection) in projections {
        local.push(json!({
            "IndexName": format!("local-{name}"), "Projection": projection,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "a", "KeyType": "RANGE"}],
        }));
        global.push(json!({
            "IndexName": format!("global-{name}"), "Projection": projection, "ProvisionedThroughput": throughput,
            "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}],
        }));
    }
    let attributes = [("pk", "S"), ("sk", "N"), ("a", "S"), ("b", "N"), ("c", "B")];
    let attributes =
        attributes.map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}));
    let request = json!({
        "TableName": "indexed",
        "AttributeDefinitions": attributes,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": local, "GlobalSecondaryIndexes": global,
        "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput,
        "Tags": [{"Key": "team", "Value": "blue"}, {"Key": "empty", "Value": ""}],
        "DeletionProtectionEnabled": true,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": {"Enabled": true, "SSEType": "KMS"},
    });
    run(database, "CreateTable", request).unwrap();
    let throughput = json!({"ReadCapacityUnits": 7, "WriteCapacityUnits": 2});
    let update = json!({"TableName": "indexed", "ProvisionedThroughput": throughput});
    run(database, "UpdateTable", update).unwrap();
    for n in 0..4 {
        let mut item = json!({
            "pk": {"S": "p"}, "sk": {"N": n.to_string()}, "a": {"S": format!("a{}", n % 3)},
            "b": {"N": (n % 2).to_string()}, "extra": {"S": "e"}, "other": {"S": "o"},
        });
        if n > 0 {
            item["c"] = json!({"B": "AQI="});
        }
        put(database, "indexed", &[item]);
    }
}

/// Items that expire an hour after the file was made, two hours after it, and never; and a record of one that has.
fn make_expiring(database: &mut Database, clock: &Clock) {
    let mut request = table("expiring", "pk");
    request["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "OLD_IMAGE"});
    run(database, "CreateTable", request).unwrap();
    let specification = json!({"Enabled": true, "AttributeName": "expires"});
    let update = json!({"TableName": "expiring", "TimeToLiveSpecification": specification});
    run(database, "UpdateTimeToLive", update).unwrap();
    finish_work(database);
    let expiring = |key: &str, at: u64| json!({"pk": {"S": key}, "expires": {"N": at.to_string()}});
    let items = [
        expiring("gone", MADE + 10),
        expiring("in an hour", MADE + HOUR),
        expiring("in two hours", MADE + 2 * HOUR),
        json!({"pk": {"S": "never"}}),
    ];
    put(database, "expiring", &items);
    clock.advance(Duration::from_secs(10));
    database.sweep();
    finish_work(database);
}

fn transaction() -> Value {
    let add = json!({
        "TableName": "types", "Key": {"pk": {"S": "counter"}}, "UpdateExpression": "ADD times :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    });
    json!({"ClientRequestToken": "once", "TransactItems": [{"Update": add}]})
}

fn statements() -> Value {
    let statement = "UPDATE \"types\" SET times = times + 1 WHERE pk = 'counter'";
    json!({"ClientRequestToken": "once", "TransactStatements": [{"Statement": statement}]})
}

/// An index that is half filled, a table with an index and a time to live that is half dropped, and times of expiry that
/// are not noted yet.
fn make_work(database: &mut Database) {
    let numbered = |count: usize| -> Vec<Value> {
        let item = |n: usize| json!({"pk": {"S": n.to_string()}, "a": {"S": (n % 2).to_string()}, "at": {"N": "1999999999"}});
        (0..count).map(item).collect()
    };
    let live = json!({"Enabled": true, "AttributeName": "at"});
    let index = json!([{
        "IndexName": "by-a", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    let attribute = json!({"AttributeName": "a", "AttributeType": "S"});
    let mut dropped = table("dropped", "pk");
    dropped["AttributeDefinitions"]
        .as_array_mut()
        .unwrap()
        .push(attribute.clone());
    dropped["GlobalSecondaryIndexes"] = index.clone();
    run(database, "CreateTable", dropped).unwrap();
    let update = json!({"TableName": "dropped", "TimeToLiveSpecification": live});
    run(database, "UpdateTimeToLive", update).unwrap();
    put(database, "dropped", &numbered(60));
    finish_work(database);
    run(database, "DeleteTable", json!({"TableName": "dropped"})).unwrap();
    step(database);
    // So that the next work is begun as well.
    let later = "UPDATE work SET number = number + 1000";
    database.connection.execute_batch(later).unwrap();
    run(database, "CreateTable", table("filling", "pk")).unwrap();
    put(database, "filling", &numbered(9));
    let update = json!({
        "TableName": "filling", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, attribute],
        "GlobalSecondaryIndexUpdates": [{"Create": index[0]}],
    });
    run(database, "UpdateTable", update).unwrap();
    let sooner = "UPDATE work SET number = 1 WHERE kind = 'fill index'";
    database.connection.execute_batch(sooner).unwrap();
    for _ in 0..3 {
        step(database);
    }
    let update = json!({"TableName": "filling", "TimeToLiveSpecification": live});
    run(database, "UpdateTimeToLive", update).unwrap();
}

fn step(database: &mut Database) {
    let is_more =
        crate::operations::testing::write(database, |database| database.work(Duration::ZERO));
    assert!(is_more.unwrap());
}

/// All that is seen of a file, and then what has changed: after transactions are sent again, when long work is done, when
/// items have expired, and a day later.
fn seen(path: &Path) -> Map<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("store");
    std::fs::copy(path, &copy).unwrap();
    let clock = clock(SEEN);
    let mut database = Database::open(&copy, &place(), &clock).unwrap();
    let (mut seen, mut before) = (Map::new(), Map::new());
    let mut look = |stage: &str, database: &mut Database| {
        assert_eq!(database.find_damage(), None, "{stage}");
        let now = everything(database);
        let gone = before.keys().filter(|part| !now.contains_key(*part));
        seen.extend(gone.map(|part| (format!("{stage}: {part}"), Value::Null)));
        let changed = now
            .iter()
            .filter(|(part, value)| before.get(*part) != Some(value));
        seen.extend(changed.map(|(part, value)| (format!("{stage}: {part}"), value.clone())));
        before = now;
    };
    look("1 as it is", &mut database);
    run(&mut database, "TransactWriteItems", transaction()).unwrap();
    run(&mut database, "ExecuteTransaction", statements()).unwrap();
    look("2 transactions sent again", &mut database);
    finish_work(&mut database);
    look("3 long work done", &mut database);
    clock.advance(Duration::from_secs(HOUR));
    database.sweep();
    finish_work(&mut database);
    look("4 after an hour", &mut database);
    clock.advance(Duration::from_secs(24 * HOUR));
    database.sweep();
    finish_work(&mut database);
    look("5 a day later", &mut database);
    run(&mut database, "TransactWriteItems", transaction()).unwrap();
    look("6 a transaction sent much later", &mut database);
    let begun = "SELECT count(*) FROM work";
    let left: i64 = database
        .connection
        .query_row(begun, [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    seen
}

fn everything(database: &mut Database) -> Map<String, Value> {
    let mut seen = Map::new();
    let listed = run(database, "ListTables", json!({})).unwrap();
    for name in listed["TableNames"].as_array().unwrap() {
        let request = json!({"TableName": name});
        let name = name.as_str().unwrap();
        let table = run(database, "DescribeTable", request.clone()).unwrap()["Table"].clone();
        let resource = json!({"ResourceArn": table["TableArn"]});
        let mut of = json!({
            "items": run(database, "Scan", request.clone()).unwrap()["Items"],
            "tags": run(database, "ListTagsOfResource", resource).unwrap()["Tags"],
            "time to live": run(database, "DescribeTimeToLive", request).unwrap(),
        });
        for kind in ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"] {
            for index in table[kind].as_array().into_iter().flatten() {
                let index_name = index["IndexName"].as_str().unwrap();
                if index["IndexStatus"] != "CREATING" {
                    let scan = json!({"TableName": name, "IndexName": index_name});
                    of[index_name] = run(database, "Scan", scan).unwrap()["Items"].clone();
                }
            }
        }
        of["table"] = table;
        seen.insert(name.into(), of);
    }
    let streams = run(database, "ListStreams", json!({})).unwrap();
    for stream in streams["Streams"].as_array().unwrap() {
        let arn = stream["StreamArn"].as_str().unwrap();
        let label = format!("{} {}", stream["TableName"], stream["StreamLabel"]);
        seen.insert(label, records(database, arn));
    }
    seen
}

/// A record that was made by the test itself, with the minute and not the second in which it was.
fn rounded(mut record: Value) -> Value {
    let at = &mut record["dynamodb"]["ApproximateCreationDateTime"];
    if let Some(second) = at.as_f64().filter(|second| *second > SEEN as f64) {
        *at = json!((second / 60.0).floor() * 60.0);
    }
    record
}

fn records(database: &mut Database, arn: &str) -> Value {
    let described = run(database, "DescribeStream", json!({"StreamArn": arn})).unwrap();
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let from_start =
        json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let mut iterator =
        run(database, "GetShardIterator", from_start).unwrap()["ShardIterator"].clone();
    let mut records = Vec::new();
    loop {
        let request = json!({"ShardIterator": iterator, "Limit": 2});
        let page = run(database, "GetRecords", request).unwrap();
        let found = page["Records"].as_array().unwrap();
        if found.is_empty() {
            break;
        }
        records.extend(found.iter().cloned().map(rounded));
        iterator = page["NextShardIterator"].clone();
        if iterator.is_null() {
            break;
        }
    }
    json!({"stream": described["StreamDescription"], "records": records})
}
