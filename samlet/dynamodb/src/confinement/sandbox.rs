//! The store that requests are run on: a few tables, whose items, indexes and streams are alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::Value as Column;
use samlet_clock::Clock;
use samlet_commit::Session;
use samlet_dynamodb_api::{Item, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::requests::{KEYS, Stream};
use crate::database::Database;
use crate::errors::ApiError;
use crate::operations;
use crate::operations::testing::{database_with, run, table, write};

/// The tables; another one is gone, of which there is a stream still.
pub(super) const TABLES: [&str; 3] = ["orders", "people", "a.b-C_1"];

/// The last second of the year 9999, at which clocks stop: answers with a time in them are the same each time.
const END: u64 = 253_402_300_799;

/// The rows of each of SQLite's tables.
pub(super) type Rows = BTreeMap<String, Vec<Vec<Column>>>;

/// A store, all of whose requests are in a transaction that is rolled back.
pub(super) struct Sandbox {
    pub(super) database: Database,
    /// As the store is before each request.
    pub(super) rows: Rows,
    _folder: TempDir,
}

/// What a request did.
pub(super) struct Outcome {
    pub(super) answer: Result<Value, ApiError>,
    /// The store's rows after it.
    pub(super) rows: Rows,
    /// What SQLite was asked to use of them.
    pub(super) touched: BTreeSet<Touch>,
}

/// A table of SQLite's that a statement uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub(super) table: String,
    pub(super) is_write: bool,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(END);
        let (folder, mut database) = database_with(&Clock::starting_at(end));
        for name in TABLES.into_iter().chain(["gone"]) {
            run(&mut database, "CreateTable", definition(name)).unwrap();
            if name == "people" {
                let expiry = json!({"Enabled": true, "AttributeName": "salary"});
                let update = json!({"TableName": name, "TimeToLiveSpecification": expiry});
                run(&mut database, "UpdateTimeToLive", update).unwrap();
            }
            if name == "orders" {
                put_all(&mut database, name, "early");
                for specification in [json!({"StreamEnabled": false}), stream("KEYS_ONLY")] {
                    let update = json!({"TableName": name, "StreamSpecification": specification});
                    run(&mut database, "UpdateTable", update).unwrap();
                }
            }
            put_all(&mut database, name, name);
        }
        run(&mut database, "DeleteTable", json!({"TableName": "gone"})).unwrap();
        while write(&mut database, |database| {
            database.work(Duration::from_secs(1))
        })
        .unwrap()
        {}
        Self {
            rows: rows(&database),
            database,
            _folder: folder,
        }
    }

    /// What requests about streams name.
    pub(super) fn streams(&mut self) -> Vec<Stream> {
        let mut run = |operation, request| run(&mut self.database, operation, request).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let listed = run("ListStreams", json!({}));
        let mut streams = Vec::new();
        for listed in listed["Streams"].as_array().unwrap() {
            let arn = &listed["StreamArn"];
            let described = run("DescribeStream", json!({"StreamArn": arn}));
            let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
            let request =
                json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
            let iterator = text(&run("GetShardIterator", request)["ShardIterator"]);
            let records = run("GetRecords", json!({"ShardIterator": iterator}));
            let record = &records["Records"][3]["dynamodb"];
            streams.push(Stream {
                arn: text(arn),
                shard: text(shard),
                iterator,
                number: text(&record["SequenceNumber"]),
            });
        }
        streams
    }

    /// Runs a request after `change` was made to the store.
    pub(super) fn run(&mut self, request: &Request, change: impl FnOnce(&mut Database)) -> Outcome {
        self.execute("BEGIN IMMEDIATE");
        change(&mut self.database);
        self.execute("SAVEPOINT job");
        // Definitions are looked up again, and statements prepared again, which is when SQLite says what they use.
        self.database.set_defined();
        let connection = self.database.connection_mut();
        connection.flush_prepared_statement_cache();
        let touched = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&touched);
        let watch = move |context: AuthContext<'_>| {
            seen.lock().unwrap().extend(touch(&context.action));
            Authorization::Allow
        };
        connection.authorizer(Some(watch)).unwrap();
        let answer = operations::run(&mut self.database, request);
        let connection = self.database.connection_mut();
        let none = None::<fn(AuthContext<'_>) -> Authorization>;
        connection.authorizer(none).unwrap();
        if answer.is_err() {
            self.execute("ROLLBACK TO job");
        }
        let rows = rows(&self.database);
        self.execute("ROLLBACK");
        self.database.ended(None);
        let touched = touched.lock().unwrap().clone();
        Outcome {
            answer: answer.map_err(ApiError::from),
            rows,
            touched,
        }
    }

    fn execute(&self, statement: &str) {
        self.database.connection().execute_batch(statement).unwrap();
    }
}

/// The table that a statement uses, but for SQLite's own.
fn touch(action: &AuthAction<'_>) -> Option<Touch> {
    let (table, is_write) = match *action {
        AuthAction::Read { table_name, .. } => (table_name, false),
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name } => (table_name, true),
        _ => return None,
    };
    let table = table.to_owned();
    (!table.starts_with("sqlite_")).then_some(Touch { table, is_write })
}

fn rows(database: &Database) -> Rows {
    let connection = database.connection();
    let select = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let mut select = connection.prepare_cached(select).unwrap();
    let names = select.query_map([], |row| row.get(0)).unwrap();
    let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
    let rows_of = |name: String| {
        let mut select = connection
            .prepare(&format!("SELECT * FROM {name}"))
            .unwrap();
        let columns = select.column_count();
        let rows = select
            .query_map([], |row| {
                (0..columns).map(|column| row.get(column)).collect()
            })
            .unwrap();
        (name, rows.collect::<Result<_, _>>().unwrap())
    };
    names.into_iter().map(rows_of).collect()
}

fn stream(view: &str) -> Value {
    json!({"StreamEnabled": true, "StreamViewType": view})
}

fn definition(name: &str) -> Value {
    let mut definition = table(name, "pk sk:N");
    let mut add = |attribute: &str, kind: &str| {
        let attributes = definition["AttributeDefinitions"].as_array_mut().unwrap();
        attributes.push(json!({"AttributeName": attribute, "AttributeType": kind}));
    };
    let index = |name: &str, keys: &[(&str, &str)], projection: Value| {
        let keys = keys
            .iter()
            .map(|(name, role)| json!({"AttributeName": name, "KeyType": role}));
        let keys: Vec<Value> = keys.collect();
        json!([{"IndexName": name, "KeySchema": keys, "Projection": projection}])
    };
    let (global, local) = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes");
    let all = json!({"ProjectionType": "ALL"});
    let keys = json!({"ProjectionType": "KEYS_ONLY"});
    match name {
        "orders" => {
            add("g", "S");
            definition[global] = index("by-g", &[("g", "HASH")], all);
            definition[local] = index("by-s", &[("pk", "HASH"), ("g", "RANGE")], keys);
            definition["StreamSpecification"] = stream("NEW_AND_OLD_IMAGES");
        }
        "people" => {
            add("salary", "N");
            let some = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["g"]});
            definition[global] = index("by-salary", &[("salary", "HASH"), ("sk", "RANGE")], some);
            definition["StreamSpecification"] = stream("NEW_IMAGE");
        }
        "gone" => definition["StreamSpecification"] = stream("OLD_IMAGE"),
        _ => {
            add("g", "S");
            add("label", "S");
            let both = [("g", "HASH"), ("label", "HASH")];
            definition[global] = index("by-both", &both, keys);
        }
    }
    definition
}

fn put_all(database: &mut Database, table: &str, name: &str) {
    for (number, key) in KEYS.into_iter().enumerate() {
        for sk in ["1", "2"] {
            let item = json!({
                "pk": {"S": key},
                "sk": {"N": sk},
                "g": {"S": KEYS[(number + 1) % KEYS.len()]},
                "label": {"S": format!("{name} {key} {sk}")},
                "salary": {"N": (number / 2 + 1).to_string()},
                "tags": {"L": [{"S": key}, {"S": name}]},
            });
            run(
                database,
                "PutItem",
                json!({"TableName": table, "Item": item}),
            )
            .unwrap();
        }
    }
}

/// The items of a table, by their keys.
pub(super) fn items(rows: &Rows, number: i64) -> BTreeMap<Vec<u8>, Item> {
    let rows = rows.get(&format!("items_{number}")).into_iter().flatten();
    let items = rows.map(|row| {
        let (key, item) = item(number, row);
        (key.to_vec(), item)
    });
    items.collect()
}

/// The item in a row of a table, and its key.
pub(super) fn item(table: i64, row: &[Column]) -> (&[u8], Item) {
    let [Column::Blob(key), Column::Blob(bytes)] = row else {
        panic!("an item is a key and its bytes: {row:?}");
    };
    (
        key,
        crate::database::items::decode(table, key, bytes).unwrap(),
    )
}
