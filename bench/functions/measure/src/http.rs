//! Just enough of an HTTP/1.1 server to stand in for two services: blocking,
//! keep-alive, bodies with a length.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A peer that stops in the middle of a request has failed.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_HEADERS: usize = 64;

pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// The next request; `None` when the peer has closed the connection.
    pub(crate) fn request(&mut self) -> Result<Option<Request>> {
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(request) = self.parse()? {
                return Ok(Some(request));
            }
            match self.stream.read(&mut chunk)? {
                0 if self.received.is_empty() => return Ok(None),
                0 => bail!("the peer left in the middle of a request"),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// A request, once all of it is here.
    fn parse(&mut self) -> Result<Option<Request>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(body_at) = head.parse(&self.received)? else {
            return Ok(None);
        };
        let headers: Vec<_> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_owned(), value)
            })
            .collect();
        let mut request = Request {
            path: head.path.context("a request without a path")?.to_owned(),
            headers,
            body: Vec::new(),
        };
        if request.header("transfer-encoding").is_some() {
            bail!("{}: a body without a length", request.path);
        }
        let length: usize = request
            .header("content-length")
            .map_or(Ok(0), str::parse)
            .context("a content-length that is no number")?;
        if self.received.len() < body_at + length {
            return Ok(None);
        }
        request.body = self.received[body_at..body_at + length].to_vec();
        self.received.drain(..body_at + length);
        Ok(Some(request))
    }

    /// Answers in one write.
    pub(crate) fn respond(&mut self, status: &str, headers: &str, body: &[u8]) -> Result<()> {
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        Ok(())
    }
}
