//! A function called with nothing between: the least that a Runtime API can be.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use hdrhistogram::Histogram;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use crate::process::Server;

/// How long an invocation may take.
const INVOKE_TIMEOUT: Duration = Duration::from_secs(10);

struct Function {
    events: Mutex<mpsc::Receiver<String>>,
    answers: mpsc::Sender<Instant>,
}

/// Latencies in nanoseconds from an event's handing over until the response
/// has come, one invocation after the other.
pub(crate) async fn latencies(
    program: &Path,
    event: &str,
    duration: Duration,
    folder: &Path,
) -> Result<Histogram<u64>> {
    let (send_event, events) = mpsc::channel(1);
    let (answers, mut answered) = mpsc::channel(1);
    let events = Mutex::new(events);
    let function = Arc::new(Function { events, answers });
    let api = "/2018-06-01/runtime/invocation";
    let routes = Router::new()
        .route(&format!("{api}/next"), get(next))
        .route(&format!("{api}/{{id}}/response"), post(response))
        .with_state(function);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async { axum::serve(listener, routes).await });
    let mut command = Command::new(program);
    command
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "echo")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    let server = Server::start(&mut command, &folder.join("direct.txt"))?;
    let mut latency = Histogram::new(3)?;
    let warm = Instant::now() + duration / 4;
    let end = warm + duration;
    while Instant::now() < end {
        let began = Instant::now();
        send_event.send(event.to_owned()).await?;
        let answer = timeout(INVOKE_TIMEOUT, answered.recv()).await?;
        let answer = answer.context("the function has ended")?;
        if began >= warm {
            latency.record(u64::try_from((answer - began).as_nanos())?)?;
        }
    }
    drop(server);
    serving.abort();
    Ok(latency)
}

async fn next(
    State(function): State<Arc<Function>>,
) -> ([(&'static str, &'static str); 3], String) {
    let event = function.events.lock().await.recv().await;
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "51eef759-f0a6-4547-b226-7d29ccb057f4",
        ),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:echo",
        ),
    ];
    (headers, event.unwrap_or_default())
}

async fn response(State(function): State<Arc<Function>>, _: bytes::Bytes) {
    function.answers.send(Instant::now()).await.ok();
}
