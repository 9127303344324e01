//! Answers requests to DynamoDB on a store of its own, so that another program can compare samlet with something else.
//!
//! Reads one `{"operation": …, "request": …}` a line, and writes one `{"status": …, "body": …}` a line. The store ends
//! with the program.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_dynamodb::Store;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let place = Arc::new(Place::new("us-east-1", "123456789012", "local"));
    let store = Store::open(folder.path(), &place, &Clock::new())?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let operation = line["operation"].as_str().unwrap_or_default();
        let request = line["request"].to_string().into();
        let (status, body) = match store.execute(operation, request).await {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body),
        };
        let body: Value = serde_json::from_slice(&body)?;
        writeln!(output, "{}", json!({"status": status, "body": body}))?;
    }
    store.close().await;
    Ok(())
}
