//! What a request answers depends on, and what it changes is, only what it was authorised for: random requests are run
//! on a store, and on one that has nothing else.

#![allow(clippy::unwrap_used)]

mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use proptest::prelude::*;
use rusqlite::hooks::{AuthAction, AuthContext};
use samlet_clock::Clock;
use samlet_commit::Session;
use samlet_dynamodb_api::access::{Need, Resource, UNKNOWN};
use samlet_dynamodb_api::{Kind, Operation, Request};
use serde_json::{Value, json};

use self::requests::{KEYS, request};
use crate::command::Command;
use crate::command::tests::{of, place};
use crate::embedded::engine::Engine;
use crate::errors::ApiError;
use crate::tables;

const TABLES: [&str; 3] = ["orders", "people", "a.b-C_1"];

/// A store, all of whose requests are in a transaction that is rolled back.
struct Sandbox {
    engine: Engine,
    _folder: tempfile::TempDir,
}

/// What a request did.
#[derive(Debug, PartialEq)]
struct Outcome {
    answer: Result<Value, Value>,
    items: BTreeMap<&'static str, Vec<Value>>,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let mut engine = Engine::open(&path, &place(), &Clock::new()).unwrap();
        for table in TABLES {
            engine.run(&of("CreateTable", &definition(table))).unwrap();
            for item in items(table) {
                put(&mut engine, table, &item);
            }
        }
        let engine = engine.nested();
        Self {
            engine,
            _folder: folder,
        }
    }

    /// Runs a request after `change` was made to the store; also gives the tables that it had SQLite read and write.
    fn run(
        &mut self,
        request: &Request,
        change: impl FnOnce(&mut Engine),
    ) -> (Outcome, BTreeSet<String>) {
        let begin = "BEGIN IMMEDIATE";
        self.engine.connection().execute_batch(begin).unwrap();
        change(&mut self.engine);
        let touched = Arc::new(Mutex::new(BTreeSet::new()));
        let (nesting, seen) = (self.engine.nesting(), Arc::clone(&touched));
        let watch = move |context: AuthContext<'_>| {
            let table = table_of(&context.action).map(str::to_owned);
            seen.lock().unwrap().extend(table);
            nesting.authorize(&context)
        };
        // SQLite also forgets what it has prepared.
        self.engine.connection().authorizer(Some(watch));
        let answer = self.engine.run(&Command::request(request.clone()));
        self.engine.nesting().install(self.engine.connection());
        let items = TABLES.map(|table| (table, scan(&mut self.engine, table)));
        let outcome = Outcome {
            answer: parsed(answer),
            items: items.into(),
        };
        let end = "ROLLBACK";
        self.engine.connection().execute_batch(end).unwrap();
        self.engine.ended(None);
        let touched = touched.lock().unwrap().clone();
        (outcome, touched)
    }

    fn partition_key(&mut self, table: &str, index: Option<&str>) -> Option<String> {
        let definition = Command::Definition(table.to_owned());
        let definition = self.engine.run(&definition).unwrap();
        tables::hash_key(&serde_json::from_slice(&definition).unwrap(), index)
    }
}

/// The table that a statement reads or writes, but for those of the engine and of SQLite.
fn table_of<'a>(action: &AuthAction<'a>) -> Option<&'a str> {
    let table = match *action {
        AuthAction::Read { table_name, .. }
        | AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name } => table_name,
        _ => return None,
    };
    let is_own = ["_tables", "_stream_records", "_config"].contains(&table);
    (!is_own && !table.starts_with("sqlite_")).then_some(table)
}

fn parsed(answer: Result<Bytes, ApiError>) -> Result<Value, Value> {
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    match answer {
        Ok(answer) => Ok(json(&answer)),
        Err(error) => Err(json!({"status": error.status, "body": json(&error.body)})),
    }
}

fn definition(table: &str) -> Value {
    let mut definition = json!({
        "TableName": table,
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    });
    if table == "orders" {
        let attributes = definition["AttributeDefinitions"].as_array_mut().unwrap();
        attributes.push(json!({"AttributeName": "g", "AttributeType": "S"}));
        let all = json!({"ProjectionType": "ALL"});
        definition["GlobalSecondaryIndexes"] = json!([{
            "IndexName": "by-g",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": all,
        }]);
        definition["LocalSecondaryIndexes"] = json!([{
            "IndexName": "by-s",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "g", "KeyType": "RANGE"},
            ],
            "Projection": all,
        }]);
    }
    definition
}

fn items(table: &str) -> Vec<Value> {
    let mut items = Vec::new();
    for (number, key) in KEYS.into_iter().enumerate() {
        for sk in ["1", "2"] {
            items.push(json!({
                "pk": {"S": key},
                "sk": {"N": sk},
                "g": {"S": KEYS[(number + 1) % KEYS.len()]},
                "name": {"S": format!("{table} {key} {sk}")},
                "salary": {"N": (number + 1).to_string()},
            }));
        }
    }
    items
}

fn put(engine: &mut Engine, table: &str, item: &Value) {
    let put = json!({"TableName": table, "Item": item});
    engine.run(&of("PutItem", &put)).unwrap();
}

fn delete(engine: &mut Engine, table: &str, item: &Value) {
    let key = json!({"pk": item["pk"], "sk": item["sk"]});
    let delete = json!({"TableName": table, "Key": key});
    engine.run(&of("DeleteItem", &delete)).unwrap();
}

fn scan(engine: &mut Engine, table: &str) -> Vec<Value> {
    let scanned = engine.run(&of("Scan", &json!({"TableName": table})));
    let mut scanned: Value = serde_json::from_slice(&scanned.unwrap()).unwrap();
    let Value::Array(mut items) = scanned["Items"].take() else {
        panic!("a Scan has items");
    };
    items.sort_by_key(ToString::to_string);
    items
}

/// What a request was authorised for, in one table.
#[derive(Debug, Default)]
struct Allowed {
    /// The items that have one of these values; all if `None`.
    keys: Option<Vec<(String, BTreeSet<String>)>>,
    /// The attributes; all if `None`.
    attributes: Option<BTreeSet<String>>,
}

impl Allowed {
    fn has(&self, item: &Value) -> bool {
        self.keys.as_ref().is_none_or(|keys| {
            keys.iter().any(|(attribute, values)| {
                let value = &item[attribute];
                let text = value["S"].as_str().or_else(|| value["N"].as_str());
                text.is_some_and(|text| values.contains(text))
            })
        })
    }
}

/// What the condition keys of each need say, by table.
fn allowed(request: &Request, sandbox: &mut Sandbox) -> BTreeMap<String, Allowed> {
    let mut tables: BTreeMap<String, Vec<Need<'_>>> = BTreeMap::new();
    for need in request.needs() {
        let (table, _) = need.resource.table().unwrap();
        tables.entry(table.to_owned()).or_default().push(need);
    }
    let mut allowed = BTreeMap::new();
    for (table, needs) in tables {
        let mut keys = Some(Vec::new());
        let mut attributes = None;
        for need in &needs {
            let (table, index) = need.resource.table().unwrap();
            let partition_key = sandbox.partition_key(table, index);
            let conditions = need.condition_keys(partition_key.as_deref());
            let conditions: BTreeMap<_, BTreeSet<String>> = conditions
                .into_iter()
                .map(|(key, values)| (key, values.into_iter().collect()))
                .collect();
            let leading = conditions.get("dynamodb:LeadingKeys");
            let leading = leading.filter(|values| !values.contains(UNKNOWN));
            keys = keys
                .zip(leading.zip(partition_key))
                .map(|(mut keys, (values, attribute))| {
                    keys.push((attribute, values.clone()));
                    keys
                });
            let select = conditions.get("dynamodb:Select");
            let is_specific = select.is_some_and(|select| select.contains("SPECIFIC_ATTRIBUTES"));
            if is_specific && needs.len() == 1 {
                attributes = conditions.get("dynamodb:Attributes").cloned();
            }
        }
        allowed.insert(table, Allowed { keys, attributes });
    }
    allowed
}

/// Takes everything out of the store but what is allowed.
fn reduce(engine: &mut Engine, allowed: &BTreeMap<String, Allowed>) {
    for table in TABLES {
        for mut item in items(table) {
            let Some(allowed) = allowed.get(table).filter(|allowed| allowed.has(&item)) else {
                delete(engine, table, &item);
                continue;
            };
            let Some(attributes) = &allowed.attributes else {
                continue;
            };
            // Keys must be there; the attribute may decide whether an item is in an index.
            for attribute in ["name", "salary"] {
                if !attributes.contains(attribute) {
                    item[attribute] = json!({"S": "not asked for"});
                }
            }
            put(engine, table, &item);
        }
    }
}

/// The tables that a request may have SQLite read and write.
fn tables_of(request: &Request) -> impl Fn(&str) -> bool {
    let is_read = request.operation().kind() == Kind::Read;
    let mut exact = BTreeSet::new();
    let mut with_indexes = Vec::new();
    for need in request.needs() {
        match need.resource {
            Resource::Index { table, index } => {
                exact.insert(format!("{table}::gsi::{index}"));
                exact.insert(format!("{table}::lsi::{index}"));
            }
            Resource::Table(table) => {
                exact.insert(table.to_owned());
                // Those of a table are written with it.
                if !is_read {
                    with_indexes.push(format!("{table}::"));
                }
            }
            _ => panic!("a request about items has tables"),
        }
    }
    move |touched| {
        let mut prefixes = with_indexes.iter();
        exact.contains(touched) || prefixes.any(|prefix| touched.starts_with(prefix))
    }
}

/// Holds that a request touches nothing that it wasn't authorised for. `false` if it can't be read.
fn is_confined(sandbox: &mut Sandbox, operation: &str, body: &str) -> bool {
    let operation = Operation::from_name(operation).unwrap();
    let Ok(request) = Request::read(operation, body.as_bytes(), &place()) else {
        return false;
    };
    let allowed = allowed(&request, sandbox);
    let (whole, touched) = sandbox.run(&request, |_| {});
    let may_touch = tables_of(&request);
    for table in &touched {
        assert!(may_touch(table), "{table} was touched by {body}");
    }
    let (reduced, _) = sandbox.run(&request, |engine| reduce(engine, &allowed));
    // Which of a batch's tables the engine looks at first, and refuses the batch for, is not always the same.
    let is_batch = matches!(
        operation,
        Operation::BatchGetItem | Operation::BatchWriteItem
    );
    let are_refused = whole.answer.is_err() && reduced.answer.is_err();
    if !(is_batch && are_refused) {
        assert_eq!(whole.answer, reduced.answer, "{body}");
    }
    for table in TABLES {
        let allowed = allowed.get(table);
        let may_change = |item: &&Value| allowed.is_some_and(|allowed| allowed.has(item));
        let (mine, others): (Vec<&Value>, Vec<_>) = whole.items[table].iter().partition(may_change);
        let before = items(table);
        let mut before: Vec<_> = before.iter().filter(|item| !may_change(item)).collect();
        before.sort_by_key(ToString::to_string);
        assert_eq!(others, before, "{body}");
        if allowed.is_some_and(|allowed| allowed.attributes.is_none()) {
            let left: Vec<_> = reduced.items[table].iter().collect();
            assert_eq!(mine, left, "{body}");
        }
    }
    true
}

#[test]
fn a_request_touches_nothing_that_it_is_not_authorised_for() {
    let mut sandbox = Sandbox::new();
    let (mut read, mut all) = (0, 0);
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sandbox = std::cell::RefCell::new(&mut sandbox);
    let counts = std::cell::RefCell::new((&mut read, &mut all));
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&request(), |(operation, body)| {
            let is_read = is_confined(&mut sandbox.borrow_mut(), operation, &body);
            let (read, all) = &mut *counts.borrow_mut();
            **read += u32::from(is_read);
            **all += 1;
            Ok(())
        })
        .unwrap();
    // Most of them say something.
    assert!(read * 2 > all, "{read} of {all}");
}

/// More are run by `PROPTEST_CASES`.
fn cases() -> u32 {
    let more = std::env::var("PROPTEST_CASES").ok();
    more.and_then(|more| more.parse().ok()).unwrap_or(256)
}
