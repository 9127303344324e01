//! The least that a function of an API does: it answers with the path it was asked for.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(echo)).await
}

async fn echo(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let path = event.payload["path"].as_str().unwrap_or_default();
    Ok(json!({"statusCode": 200, "body": path}))
}
