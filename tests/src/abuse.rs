//! A function's side of the Runtime API, abused on purpose by the function itself.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Connections that are left waiting.
const SLOW: usize = 100;

/// Sends the Runtime API what no runtime sends, and leaves slow connections
/// open; gives how many answers it got to what was malformed.
pub(crate) fn runtime_api() -> std::io::Result<usize> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(std::io::Error::other)?;
    let flood = format!("GET / HTTP/1.1\r\n{}", "x: y\r\n".repeat(20_000));
    let malformed = ["\0\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", &flood];
    let mut answers = 0;
    for text in malformed {
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        // It may be cut off before all was sent.
        stream.write_all(text.as_bytes()).ok();
        let mut start = [0; 9];
        answers += usize::from(stream.read(&mut start).is_ok_and(|length| length > 0));
    }
    for number in 0..SLOW {
        let mut stream = TcpStream::connect(&address)?;
        let path = "/2018-06-01/runtime/invocation/x/response";
        let text = match number % 2 {
            0 => format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 6000000\r\n\r\nx"),
            _ => format!("POST {path} HTTP/1.1\r\nhost:"),
        };
        stream.write_all(text.as_bytes()).ok();
        // Open for as long as this process lives.
        std::mem::forget(stream);
    }
    Ok(answers)
}
