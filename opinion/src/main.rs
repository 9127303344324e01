//! Answers requests to DynamoDB by another implementation than samlet's, so that a comparison finds where one of the
//! two is wrong.
//!
//! Reads one `{"operation": …, "request": …}` a line, and writes one `{"status": …, "body": …}` a line. The database is
//! in memory, and ends with the program.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let database = Database::memory()?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let operation = line["operation"].as_str().unwrap_or_default();
        let answer = match execute(&database, operation, &line["request"]) {
            Ok(body) => json!({"status": 200, "body": body}),
            Err(error) => {
                let body: Value = serde_json::from_str(&error.to_json())?;
                json!({"status": error.status_code(), "body": body})
            }
        };
        writeln!(output, "{answer}")?;
    }
    Ok(())
}

fn execute(database: &Database, operation: &str, request: &Value) -> Result<Value> {
    match operation {
        "CreateTable" => write(database.create_table(read(request)?)),
        "DeleteTable" => write(database.delete_table(read(request)?)),
        "DescribeTable" => write(database.describe_table(read(request)?)),
        "UpdateTable" => write(database.update_table(read(request)?)),
        "ListTables" => write(database.list_tables(read(request)?)),
        "PutItem" => write(database.put_item(read(request)?)),
        "GetItem" => write(database.get_item(read(request)?)),
        "UpdateItem" => write(database.update_item(read(request)?)),
        "DeleteItem" => write(database.delete_item(read(request)?)),
        "Query" => write(database.query(read(request)?)),
        "Scan" => write(database.scan(read(request)?)),
        "BatchGetItem" => write(database.batch_get_item(read(request)?)),
        "BatchWriteItem" => write(database.batch_write_item(read(request)?)),
        "TransactGetItems" => write(database.transact_get_items(read(request)?)),
        "TransactWriteItems" => write(database.transact_write_items(read(request)?)),
        "ExecuteStatement" => write(database.execute_statement(read(request)?)),
        "BatchExecuteStatement" => write(database.batch_execute_statement(read(request)?)),
        "ExecuteTransaction" => write(database.execute_transaction(read(request)?)),
        _ => {
            let message = format!("the second opinion does not have the operation {operation}");
            Err(DynoxideError::ValidationException(message))
        }
    }
}

/// The library marks in serde's messages what it refuses by itself; the rest is what serde makes of a wrong type.
fn read<T: DeserializeOwned>(request: &Value) -> Result<T> {
    serde_json::from_str(&request.to_string()).map_err(|error| {
        let message = error.to_string();
        let text = message.rsplit_once(" at line ");
        let text = text.map_or(message.as_str(), |(text, _)| text);
        match text.split_once("VALIDATION:") {
            Some((_, text)) => DynoxideError::ValidationException(text.into()),
            None => DynoxideError::SerializationException(text.into()),
        }
    })
}

fn write<T: Serialize>(answer: Result<T>) -> Result<Value> {
    serde_json::to_value(answer?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
