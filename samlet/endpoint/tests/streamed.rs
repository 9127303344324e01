//! A service that reads bodies as they arrive, as S3 does: REST with XML, signed by the hash that a request declares.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SigningSettings,
    UriPathNormalizationMode,
};
use samlet_service::protocol::RestXml;
use samlet_service::xml::Element;
use samlet_service::{
    Answer, Body, BodyRule, Call, Caller, Fault, Identity, Need, Operation, Protocol, Service,
    async_trait,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use common::{PATIENCE, signed};

static IDENTITY: Identity = Identity {
    signing_name: "s3",
    title: "Depot",
    iam_prefix: "s3",
    actions: "s3:PutObject",
    condition_keys: "",
    protocols: &[Protocol::RestXml(RestXml)],
    body: BodyRule::Streamed { max_bytes: 64 },
    has_compression: false,
    check: None,
    stored: &[],
};

/// Counts what arrives, and reports each part of it at once.
#[derive(Debug)]
struct Depot {
    parts: mpsc::UnboundedSender<usize>,
}

#[async_trait]
impl Service for Depot {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        Ok(Box::new(Put {
            need: [Need::new("s3:PutObject", "arn:aws:s3:::depot/key")],
            body: call.body,
            parts: self.parts.clone(),
        }))
    }
}

struct Put {
    need: [Need; 1],
    body: Body,
    parts: mpsc::UnboundedSender<usize>,
}

#[async_trait]
impl Operation for Put {
    fn needs(&self) -> &[Need] {
        &self.need
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        let Body::Stream(mut body) = self.body else {
            return Err(Fault::internal());
        };
        let mut count = 0;
        while let Some(part) = body.next().await {
            let part = part
                .map_err(|error| Fault::new(400, "XAmzContentSHA256Mismatch", error.to_string()))?;
            count += part.len();
            self.parts.send(part.len()).unwrap();
        }
        let result = Element::new("PutResult").with_text_child("Bytes", count);
        Ok(Answer::xml(result))
    }
}

/// An endpoint with a depot; its address, and the parts that the depot reports.
async fn start() -> (String, mpsc::UnboundedReceiver<usize>) {
    let (parts, reported) = mpsc::unbounded_channel();
    let address = common::start(vec![Arc::new(Depot { parts })]).await;
    (address, reported)
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The head of a request to store `length` bytes, signed for a body with this hash.
fn head(address: &str, hash: &str, length: usize) -> String {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let url = format!("http://{address}/depot/key");
    let body = SignableBody::Precomputed(hash.into());
    let headers = signed(("PUT", &url), "s3", &[], settings, body);
    format!(
        "PUT /depot/key HTTP/1.1\r\nhost: {address}\r\n{headers}\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    )
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_body_is_served_while_it_arrives() {
    let (address, mut reported) = start().await;
    let body = b"first, and second";
    let (first, second) = body.split_at(5);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = head(&address, &hash(body), body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first).await.unwrap();
    // The service has it, though the rest was never sent.
    let part = tokio::time::timeout(PATIENCE, reported.recv()).await;
    assert_eq!(part.unwrap(), Some(first.len()));
    stream.write_all(second).await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.ends_with("<PutResult><Bytes>17</Bytes></PutResult>"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_that_is_not_what_was_signed_ends_with_an_error() {
    let (address, _reported) = start().await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = head(&address, &hash(b"what was signed"), 15);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"what was forged").await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(
        answer.contains("<Code>XAmzContentSHA256Mismatch</Code>"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_that_is_longer_than_the_service_takes_ends_with_an_error() {
    let (address, _reported) = start().await;
    let body = vec![b'x'; 65];
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = head(&address, &hash(&body), body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(
        answer.contains("the body is longer than 64 bytes"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_forged_hash_is_refused_before_the_body_is_read() {
    let (address, mut reported) = start().await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = head(&address, &hash(b"what was signed"), 15);
    let head = head.replace(&hash(b"what was signed"), &hash(b"what was forged"));
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(
        answer.contains("<Code>SignatureDoesNotMatch</Code>"),
        "{answer}"
    );
    assert!(reported.try_recv().is_err());
}
