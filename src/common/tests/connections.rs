//! The table's client against a server that misbehaves.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use common::Table;
use tracing::Level;

const WAIT: Duration = Duration::from_secs(20);
const OK: (&str, &str) = ("200 OK", r#"{"Item":{"pk":{"S":"1"}}}"#);
const FAILED: (&str, &str) = ("500 Internal Server Error", "{}");

/// What a server does with one connection.
struct Script {
    /// The status and body of each request's answer.
    answers: &'static [(&'static str, &'static str)],
    /// Whether it then closes the connection, or goes on listening.
    closes: bool,
}

/// Serves one connection after another; gives the address, and the head of
/// each request as it comes, with the number of its connection.
fn serve(connections: &'static [Script]) -> (String, Receiver<(usize, String)>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (heads, received) = channel();
    std::thread::spawn(move || {
        for (number, script) in connections.iter().enumerate() {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(WAIT)).unwrap();
            for (status, body) in script.answers {
                heads.send((number, request(&mut stream))).unwrap();
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\r\n{body}"
                )
                .unwrap();
            }
            if !script.closes {
                let heads = heads.clone();
                std::thread::spawn(move || {
                    let head = request(&mut stream);
                    // Without one, the client has closed the connection; and
                    // nobody listens any more when a test is over.
                    if !head.is_empty() {
                        let _ = heads.send((number, head));
                    }
                });
            }
        }
    });
    (address, received)
}

/// Reads one request; gives its head.
fn request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    head
}

fn table(address: String) -> Table {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    Table::new("T".into(), "us-east-1".into(), credentials, Some(address))
}

async fn retrieve(table: &Table) -> bool {
    let get = table.client.get_item().table_name(&table.name);
    let get = get.set_key(Some(Table::key("1".into()))).send();
    let found = tokio::time::timeout(WAIT, get).await.unwrap();
    found.unwrap().item.is_some()
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_is_replaced() {
    let (address, heads) = serve(&[
        Script {
            answers: &[OK],
            closes: true,
        },
        Script {
            answers: &[OK],
            closes: true,
        },
    ]);
    let table = table(address);
    for number in 0..2 {
        assert!(retrieve(&table).await);
        assert_eq!(heads.recv_timeout(WAIT).unwrap().0, number);
    }
}

#[tokio::test]
async fn a_connection_is_kept_between_calls() {
    let (address, heads) = serve(&[Script {
        answers: &[OK, OK],
        closes: true,
    }]);
    let table = table(address);
    for _ in 0..2 {
        assert!(retrieve(&table).await);
        assert_eq!(heads.recv_timeout(WAIT).unwrap().0, 0);
    }
}

#[tokio::test]
async fn a_server_that_fails_is_not_tried_again_on_the_same_connection() {
    let (address, heads) = serve(&[
        Script {
            answers: &[FAILED],
            closes: false,
        },
        Script {
            answers: &[OK],
            closes: true,
        },
    ]);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    assert!(retrieve(&table(address)).await);
    drop(logging);
    let connections = [(); 2].map(|()| heads.recv_timeout(WAIT).unwrap().0);
    assert_eq!(connections, [0, 1]);
    assert_eq!(log.text(), "", "the SDK has something to complain about");
}

#[tokio::test]
async fn a_request_is_signed_and_tells_nothing_of_the_sdk() {
    let (address, heads) = serve(&[Script {
        answers: &[OK],
        closes: true,
    }]);
    assert!(retrieve(&table(address)).await);
    let (_, head) = heads.recv_timeout(WAIT).unwrap();
    assert!(head.contains("authorization: AWS4-HMAC-SHA256 "), "{head}");
    assert!(!head.contains("user-agent"), "{head}");
    assert!(!head.contains("amz-sdk"), "{head}");
}
