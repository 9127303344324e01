//! A database with tables, and requests run on it, for tests.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::Session;
use samlet_dynamodb_api::{Kind, Operation, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run as run_request;
use crate::database::Database;
use crate::error::{Error, Exception};

/// Where tests' tables are.
pub(crate) fn place() -> Arc<Place> {
    Arc::new(Place::new("us-east-1", "123456789012", "local"))
}

/// An empty database, and the folder that it is in.
pub(crate) fn database() -> (TempDir, Database) {
    database_with(&Clock::new())
}

/// An empty database that goes by a clock.
pub(crate) fn database_with(clock: &Clock) -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("store"), &place(), clock).unwrap();
    let write_ahead = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF";
    database.connection().execute_batch(write_ahead).unwrap();
    (folder, database)
}

/// Does something in a transaction of the writer's, which is rolled back if it fails.
pub(crate) fn write<T>(
    database: &mut Database,
    write: impl FnOnce(&mut Database) -> Result<T, Error>,
) -> Result<T, Error> {
    let execute = |database: &Database, text| database.connection().execute_batch(text).unwrap();
    execute(database, "BEGIN IMMEDIATE; SAVEPOINT job");
    let result = write(database);
    if result.is_err() {
        execute(database, "ROLLBACK TO job");
    }
    execute(database, "RELEASE job");
    database.commit().unwrap();
    database.ended(None);
    result
}

/// Runs a request as the store does.
pub(crate) fn run(
    database: &mut Database,
    operation: &str,
    request: Value,
) -> Result<Value, Error> {
    let operation = Operation::from_name(operation).unwrap();
    let request = Request::from_json(operation, request, &place())?;
    match request.kind() {
        Kind::Read => database.read(|database| run_request(database, &request)),
        Kind::Write | Kind::Definition => {
            write(database, |database| run_request(database, &request))
        }
    }
}

/// DynamoDB's refusal of a request.
pub(crate) fn refusal(database: &mut Database, operation: &str, request: Value) -> Exception {
    match run(database, operation, request).unwrap_err() {
        Error::Refused(exception) => exception,
        error => unreachable!("{error:?}"),
    }
}

/// A CreateTable request: keys as `pk` or `pk:N sk:S`, a type other than `S` after a colon.
pub(crate) fn table(name: &str, keys: &str) -> Value {
    let keys: Vec<(&str, &str)> = keys
        .split(' ')
        .map(|key| key.split_once(':').unwrap_or((key, "S")))
        .collect();
    let roles = ["HASH", "RANGE"];
    let schema = keys.iter().zip(roles);
    json!({
        "TableName": name,
        "AttributeDefinitions": keys.iter()
            .map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}))
            .collect::<Vec<_>>(),
        "KeySchema": schema
            .map(|((name, _), role)| json!({"AttributeName": name, "KeyType": role}))
            .collect::<Vec<_>>(),
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// Makes a table by its CreateTable request, whether or not that operation is there.
pub(crate) fn create(database: &mut Database, request: Value) {
    let request = Request::from_json(Operation::CreateTable, request, &place()).unwrap();
    let Request::CreateTable(definition) = request else {
        unreachable!()
    };
    write(database, |database| database.create_table(&definition)).unwrap();
}
