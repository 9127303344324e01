//! Echoes the path that API Gateway matched.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn main() -> std::io::Result<()> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    loop {
        let (id, event) = call(&api, "GET", "invocation/next", "")?;
        let proxy = event.split_once(r#""proxy":""#).and_then(|(_, rest)| rest.split_once('"'));
        let body = proxy.map_or("nothing", |(path, _)| path);
        println!("asked for {body}");
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
