//! A function for samlet's own tests: each request's path says how to behave.

use std::process::exit;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::var("FIXTURE_INIT").is_ok_and(|init| init == "crash") {
        exit(3);
    }
    let api = format!(
        "http://{}/2018-06-01/runtime",
        std::env::var("AWS_LAMBDA_RUNTIME_API")?
    );
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    loop {
        let mut next = agent.get(format!("{api}/invocation/next")).call()?;
        let header = next.headers().get("lambda-runtime-aws-request-id");
        let id = header.ok_or("no request id")?.to_str()?.to_owned();
        let event: Value = serde_json::from_str(&next.body_mut().read_to_string()?)?;
        let mode = event["pathParameters"]["mode"].as_str().unwrap_or_default();
        eprintln!("mode {mode}");
        let respond =
            |status: u16, body: String| json!({"statusCode": status, "body": body}).to_string();
        let response = match mode {
            "crash" => exit(1),
            "hang" => {
                std::thread::sleep(Duration::from_secs(60));
                String::new()
            }
            "error" => {
                let error = json!({"errorType": "Oops", "errorMessage": "on purpose"}).to_string();
                agent
                    .post(format!("{api}/invocation/{id}/error"))
                    .send(error)?;
                continue;
            }
            "garbage" => "nonsense".to_owned(),
            "malformed" => json!({"status": 200}).to_string(),
            "large" => respond(200, "x".repeat(7_000_000)),
            "environment" => {
                let variables: Value = std::env::vars()
                    .map(|(name, value)| (name, json!(value)))
                    .collect();
                respond(200, variables.to_string())
            }
            "slow" => {
                std::thread::sleep(Duration::from_millis(300));
                respond(200, std::process::id().to_string())
            }
            "event" => respond(200, event.to_string()),
            // An HTTP API infers the response.
            "raw" => event.to_string(),
            "binary" => json!({
                "statusCode": 200,
                "headers": {"content-type": "image/png"},
                "body": "iVBORw==",
                "isBase64Encoded": true,
            })
            .to_string(),
            _ => respond(200, std::process::id().to_string()),
        };
        agent
            .post(format!("{api}/invocation/{id}/response"))
            .send(response)?;
    }
}
