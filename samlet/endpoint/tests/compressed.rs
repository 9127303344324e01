//! A service whose requests and answers may be compressed, as DynamoDB's may.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use aws_sigv4::http_request::{SignableBody, SigningSettings};
use bytes::Bytes;
use samlet_http::ContentEncoding::{Deflate, Gzip};
use samlet_service::protocol::{Json, JsonVersion};
use samlet_service::{
    Answer, BodyRule, Call, Caller, Fault, Identity, Need, Operation, Protocol, Service,
    async_trait,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use common::{PATIENCE, signed};

const MAX_BYTES: usize = 16 * 1024 * 1024;

const fn identity(name: &'static str, protocols: &'static [Protocol]) -> Identity {
    Identity {
        signing_name: name,
        title: name,
        iam_prefix: name,
        actions: "",
        condition_keys: "",
        protocols,
        body: BodyRule::Whole {
            max_bytes: MAX_BYTES,
        },
        has_compression: true,
        check: None,
        stored: &[],
    }
}

const fn protocol(targets: &'static [&'static str]) -> Protocol {
    Protocol::Json(Json {
        version: JsonVersion::V1_0,
        targets,
        namespace: "com.amazon.coral.service#",
        is_dynamodb_style: true,
    })
}

static ECHO: Identity = identity("echo", &[protocol(&["echo"])]);
static PLAIN: Identity = Identity {
    has_compression: false,
    check: None,
    ..identity("plain", &[protocol(&["plain"])])
};

/// Answers with what it is sent.
#[derive(Debug)]
struct Echo(&'static Identity);

#[async_trait]
impl Service for Echo {
    fn identity(&self) -> &'static Identity {
        self.0
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        Ok(Box::new(Say(call.bytes())))
    }
}

struct Say(Bytes);

#[async_trait]
impl Operation for Say {
    fn needs(&self) -> &[Need] {
        &[]
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        Ok(Answer::json(self.0))
    }
}

async fn start() -> String {
    common::start(vec![Arc::new(Echo(&ECHO)), Arc::new(Echo(&PLAIN))]).await
}

/// What came back.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends `body`, signed as if it were `signed_body`, with further headers.
async fn send_forged(
    address: &str,
    service: &str,
    headers: &[&str],
    body: &[u8],
    signed_body: &[u8],
) -> Got {
    let url = format!("http://{address}/");
    let signable = SignableBody::Bytes(signed_body);
    let target = format!("{service}.Say");
    let mut head = signed(
        ("POST", &url),
        service,
        &[("x-amz-target", &target)],
        SigningSettings::default(),
        signable,
    );
    for header in headers {
        head += &format!("{header}\r\n");
    }
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\n{head}\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.unwrap() + 4);
    let head = String::from_utf8_lossy(head).into_owned();
    Got {
        status: head[9..12].parse().unwrap(),
        head,
        body: body.to_vec(),
    }
}

async fn send(address: &str, headers: &[&str], body: &[u8]) -> Got {
    send_forged(address, "echo", headers, body, body).await
}

fn is_refused(got: &Got) -> bool {
    got.status == 500
        && got
            .text()
            .contains("\"__type\":\"com.amazon.coral.service#InternalServerError\"")
}

#[tokio::test]
async fn a_request_may_be_compressed() {
    let address = start().await;
    let text = br#"{"a": "text", "and": "the same text"}"#;
    let gzip = Gzip.compress(text).unwrap();
    let deflate = Deflate.compress(text).unwrap();
    let (first, second) = text.split_at(10);
    let members = [first, second].map(|part| Gzip.compress(part).unwrap());
    for (header, body) in [
        ("content-encoding: gzip", gzip.to_vec()),
        ("Content-Encoding: GZip", gzip.to_vec()),
        ("content-encoding: deflate", deflate.to_vec()),
        ("content-encoding: identity", text.to_vec()),
        ("content-encoding: gzip", members.concat()),
        // AWS ignores what follows.
        ("content-encoding: gzip", [&gzip[..], b"junk"].concat()),
    ] {
        let got = send(&address, &[header], &body).await;
        assert_eq!((got.status, &*got.body), (200, &text[..]), "{header}");
        assert_eq!(got.header("content-encoding"), None);
    }
}

#[tokio::test]
async fn large_requests_are_decompressed_too() {
    let address = start().await;
    let digits: String = (0..200_000).map(|number| number.to_string()).collect();
    for encoding in [Gzip, Deflate] {
        let header = format!("content-encoding: {}", encoding.name());
        for text in [digits.as_bytes(), &vec![b' '; MAX_BYTES]] {
            let compressed = encoding.compress(text).unwrap();
            let got = send(&address, &[&header], &compressed).await;
            assert!(got.status == 200 && got.body == text, "{header}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_decompressed_is_refused_as_by_aws() {
    let address = start().await;
    let gzip = Gzip.compress(b"{}").unwrap();
    let twice = Gzip.compress(&gzip).unwrap();
    for (headers, body) in [
        (&["content-encoding: garbage"][..], &b"{}"[..]),
        (&["content-encoding: gzip"], b"{}"),
        (&["content-encoding: gzip"], b""),
        (&["content-encoding: gzip"], &gzip[..gzip.len() - 1]),
        (&["content-encoding: deflate"], &gzip),
        (&["content-encoding: deflate"], b""),
        (&["content-encoding: br"], &gzip),
        (&["content-encoding: gzip, gzip"], &twice),
        (
            &["content-encoding: gzip", "content-encoding: gzip"],
            &twice,
        ),
    ] {
        let got = send(&address, headers, body).await;
        assert!(is_refused(&got), "{headers:?}: {}", got.text());
    }
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let address = start().await;
    let member = Gzip.compress(&vec![0; 10 * 1024 * 1024]).unwrap();
    let bombs = [
        ("gzip", Gzip.compress(&vec![0; MAX_BYTES + 1]).unwrap()),
        (
            "deflate",
            Deflate.compress(&vec![0; MAX_BYTES + 1]).unwrap(),
        ),
        // 3 GB.
        ("gzip", member.repeat(300).into()),
        // Nothing, 500,000 times.
        ("gzip", Gzip.compress(b"").unwrap().repeat(500_000).into()),
    ];
    for (encoding, bomb) in bombs {
        assert!(bomb.len() < MAX_BYTES, "{}", bomb.len());
        let header = format!("content-encoding: {encoding}");
        let got = send(&address, &[&header], &bomb).await;
        assert!(is_refused(&got), "{}", got.text());
    }
}

#[tokio::test]
async fn the_signature_is_of_the_bytes_as_sent() {
    let address = start().await;
    let text = b"{}";
    let gzip = Gzip.compress(text).unwrap();
    // The second would not be gzip either, which only its sender may know.
    for (body, signed_body) in [(&gzip[..], &text[..]), (text, &gzip)] {
        let headers = ["content-encoding: gzip"];
        let got = send_forged(&address, "echo", &headers, body, signed_body).await;
        assert_eq!(got.status, 400);
        assert!(
            got.text().contains("InvalidSignatureException"),
            "{}",
            got.text()
        );
    }
}

#[tokio::test]
async fn an_answer_is_compressed_where_it_is_long_and_the_client_accepts_it() {
    let address = start().await;
    let compressed = |got: &Got| got.header("content-encoding").map(str::to_owned);
    for length in [4097, 70_000, 1_000_000] {
        let text = vec![b'x'; length];
        for encoding in [Gzip, Deflate] {
            let header = format!("Accept-Encoding: {}", encoding.name());
            let got = send(&address, &[&header], &text).await;
            assert_eq!(compressed(&got).as_deref(), Some(encoding.name()));
            assert!(got.body.len() * 30 < text.len(), "{}", got.body.len());
            assert_eq!(encoding.decompress(&got.body, length).unwrap(), text);
            assert_eq!(
                got.header("content-length").unwrap(),
                got.body.len().to_string()
            );
            // botocore and others hold the checksum against the bytes as they come.
            let checksum = crc32fast::hash(&got.body).to_string();
            assert_eq!(got.header("x-amz-crc32").unwrap(), checksum);
        }
    }
    let text = vec![b'x'; 10_000];
    for headers in [
        &["accept-encoding: gzip;q=0"][..],
        &["accept-encoding: identity"],
        &[],
    ] {
        let got = send(&address, headers, &text).await;
        assert_eq!(
            (compressed(&got), got.body),
            (None, text.clone()),
            "{headers:?}"
        );
    }
    let got = send(&address, &["accept-encoding: gzip"], &text[..4096]).await;
    assert_eq!((compressed(&got), got.body.len()), (None, 4096));
}

#[tokio::test]
async fn compressed_requests_have_compressed_answers() {
    let address = start().await;
    let text = vec![b'x'; 10_000];
    let gzip = Gzip.compress(&text).unwrap();
    let headers = [
        "content-encoding: gzip",
        "accept-encoding: deflate, gzip;q=0.5",
    ];
    let got = send(&address, &headers, &gzip).await;
    assert_eq!(got.header("content-encoding"), Some("deflate"));
    assert_eq!(Deflate.decompress(&got.body, 10_000).unwrap(), text);
}

#[tokio::test]
async fn a_service_without_compression_takes_and_sends_bodies_as_they_are() {
    let address = start().await;
    let gzip = Gzip.compress(b"{}").unwrap();
    let headers = ["content-encoding: gzip", "accept-encoding: gzip"];
    for body in [&gzip[..], &vec![b'x'; 10_000]] {
        let got = send_forged(&address, "plain", &headers, body, body).await;
        assert_eq!((got.status, &*got.body), (200, body));
        assert_eq!(got.header("content-encoding"), None);
    }
}
