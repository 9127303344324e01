//! The floor: the Runtime API over one blocking socket, with nothing but the
//! standard library. It answers each event with the same words.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const ANSWER: &str = r#"{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{\"success\":true}"}"#;

fn main() -> io::Result<()> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
    let mut stream = TcpStream::connect(&address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        write!(
            stream,
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {address}\r\n\r\n"
        )?;
        let Some(id) = response(&mut reader)? else {
            return Err(io::Error::other("an event without a request id"));
        };
        let request = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        stream.write_all(request.as_bytes())?;
        response(&mut reader)?;
    }
}

/// Reads a whole response; gives the request id that its head may have.
fn response(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let (mut id, mut length, mut line) = (None, 0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim_end().is_empty() {
            break;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            continue;
        };
        if name.eq_ignore_ascii_case("lambda-runtime-aws-request-id") {
            id = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(io::Error::other)?;
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(id)
}
