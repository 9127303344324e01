//! Stands in for DynamoDB: it answers every GetItem with one stored item, and
//! every write with success, and counts them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use crate::http::{Connection, Request};

/// What the stored message is recognised by.
pub(crate) const TITLE: &str = "Hello from the store";

pub(crate) struct DynamoDb {
    pub(crate) address: SocketAddr,
    calls: Arc<AtomicU64>,
}

impl DynamoDb {
    /// Serves on a free port until the program ends.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let calls = Arc::new(AtomicU64::new(0));
        let counter = calls.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let calls = counter.clone();
                std::thread::spawn(move || {
                    if let Err(error) = serve(stream, &calls) {
                        eprintln!("the stand-in for DynamoDB: {error:#}");
                    }
                });
            }
        });
        Ok(Self { address, calls })
    }

    /// How many signed requests were answered so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, calls: &AtomicU64) -> Result<()> {
    let mut connection = Connection::new(stream)?;
    // An idle function keeps its connection for as long as it lives.
    connection.stream.set_read_timeout(None)?;
    let item = format!(
        r#"{{"Item":{{"pk":{{"S":"7f3c0e9a-5b7e-4f57-9c55-0d2f6a1f3c11"}},"sk":{{"S":"v0"}},"title":{{"S":"{TITLE}"}},"stars":{{"N":"4.5"}},"timestamp":{{"N":"1795488309"}}}}}}"#
    );
    while let Some(request) = connection.request()? {
        let headers = "content-type: application/x-amz-json-1.0\r\nx-amzn-requestid: 4KVNAA66Q4ASUAAJG\r\nserver: Server\r\n";
        let answer = match signed_operation(&request) {
            Some("GetItem") => item.as_bytes(),
            Some("PutItem" | "UpdateItem" | "DeleteItem") => b"{}",
            _ => {
                connection.respond("400 Bad Request", headers, b"{}")?;
                continue;
            }
        };
        calls.fetch_add(1, Ordering::Relaxed);
        connection.respond("200 OK", headers, answer)?;
    }
    Ok(())
}

fn signed_operation(request: &Request) -> Option<&str> {
    request
        .header("authorization")
        .filter(|value| value.starts_with("AWS4-HMAC-SHA256 "))?;
    request
        .header("x-amz-target")?
        .strip_prefix("DynamoDB_20120810.")
}
