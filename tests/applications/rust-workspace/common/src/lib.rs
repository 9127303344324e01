//! The Runtime API with the standard library alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const VERSION: u32 = 0;

/// Answers every request with versions and its environment, and with STAGE and memory as it was given them.
pub fn serve(name: &str, version: u32) -> std::io::Result<()> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let api = variable("AWS_LAMBDA_RUNTIME_API");
    let (stage, memory) = (variable("STAGE"), variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    let environment = variable("AWS_LAMBDA_LOG_STREAM_NAME");
    loop {
        let (id, event) = call(&api, "GET", "invocation/next", "")?;
        if event.contains(r#""slowly":""#) {
            std::thread::sleep(std::time::Duration::from_secs(2));
        }
        let body = format!("{name} {version} {VERSION} {environment} {stage} {memory}");
        let response = format!(r#"{{"statusCode": 200, "body": "{body}"}}"#);
        call(&api, "POST", &format!("invocation/{id}/response"), &response)?;
    }
}

/// One request, on a connection of its own; gives the request id and the body.
fn call(api: &str, method: &str, path: &str, body: &str) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(api)?;
    write!(
        stream,
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reader = BufReader::new(stream);
    let mut id = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("lambda-runtime-aws-request-id")
        {
            id = value.trim().to_owned();
        }
    }
    let mut body = String::new();
    reader.read_to_string(&mut body)?;
    Ok((id, body))
}
