//! Clients that are slow, vanish, send too much or nonsense: memory stays bounded, and honest ones are served.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use acceptance::{Application, Samlet, skip, wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{BINARY, Client, amount, is_soak, memory_mb};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 25
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: ANY}}
";

/// Connections that are held open at once.
const CONNECTIONS: usize = 5000;

/// How long an honest request may take beside them: far less than those are
/// let wait.
const HONEST_PATIENCE: Duration = Duration::from_secs(20);

fn address(url: &str) -> String {
    url.strip_prefix("http://").unwrap().to_owned()
}

/// An honest client of each port is served.
fn assert_served(samlet: &Samlet, when: &str) {
    let began = Instant::now();
    let api = Client::new(&samlet.api).send("GET", "/who", "");
    assert_eq!(api.map(|answer| answer.0), Some(200), "{when}");
    let aws = Client::new(&samlet.aws).send("GET", "/", "");
    assert_eq!(aws.map(|answer| answer.0), Some(200), "{when}");
    let took = began.elapsed();
    assert!(took < HONEST_PATIENCE, "{when}: {took:?}");
}

fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address.parse().unwrap(), HONEST_PATIENCE).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(50)))
        .unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(50)))
        .unwrap();
    stream
}

/// A connection over which this was sent, however far that was taken.
fn sent(address: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = connected(address);
    stream.write_all(bytes).ok();
    stream
}

/// All that is answered until the connection ends; panics when it doesn't.
fn answered(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the connection is left open")
        }
        // Cut off while it still sent: what came before counts.
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Lets this process have as many files open as it may; says how many.
fn raise_open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, all).unwrap();
    usize::try_from(limit.maximum.unwrap_or(u64::MAX)).unwrap()
}

/// How many files and connections samlet's own process has open.
fn open_files(samlet: &Samlet) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", samlet.id()));
    files.unwrap().count()
}

#[test]
fn slow_clients_by_the_thousand_hold_nobody_up() {
    let wanted = CONNECTIONS.min(raise_open_files() / 3);
    if wanted < CONNECTIONS {
        skip(&format!(
            "only {wanted} of {CONNECTIONS} connections can be opened here"
        ));
    }
    let application = Application::fixture(BINARY, TEMPLATE);
    // As a shell has it that leaves little room.
    let samlet = application.start_with_open_files(1024);
    assert_served(&samlet, "at rest");
    let at_rest = memory_mb(&samlet, "VmRSS");
    for url in [&samlet.api, &samlet.aws] {
        let address = address(url);
        let held: Vec<TcpStream> = (0..wanted)
            .map(|number| match number % 3 {
                0 => sent(&address, b""),
                1 => sent(&address, b"GET /who HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow:"),
                _ => sent(
                    &address,
                    b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9000\r\n\r\nx",
                ),
            })
            .collect();
        assert_served(&samlet, "beside slow clients");
        let now = memory_mb(&samlet, "VmRSS");
        println!("clients: {wanted} slow connections took {at_rest} MB to {now} MB");
        assert!(now < at_rest + 200, "{at_rest} MB became {now} MB");
        drop(held);
        assert_served(&samlet, "when they have vanished");
    }
}

#[test]
fn a_slow_request_ends_at_its_time_limit() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let body = b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: 9000\r\n\r\nx";
    let mut slow = vec![
        (sent(&address(&samlet.api), body), "HTTP/1.1 400 "),
        (sent(&address(&samlet.aws), body), "HTTP/1.1 408 "),
    ];
    if is_soak() {
        let headers = b"GET /who HTTP/1.1\r\nhost:";
        slow.push((sent(&address(&samlet.api), headers), ""));
        slow.push((sent(&address(&samlet.aws), headers), ""));
    }
    for (stream, expected) in &mut slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(75)))
            .unwrap();
        let answer = answered(stream);
        assert!(answer.starts_with(*expected), "{answer}");
    }
}

#[test]
fn large_bodies_from_many_at_once_are_bounded_in_memory() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&["--max-environments", "4"]);
    assert_served(&samlet, "at rest");
    let at_rest = memory_mb(&samlet, "VmRSS");
    let clients = amount(48, 300);
    let largest = "x".repeat(10 * 1024 * 1024);
    let taken = "x".repeat(4_000_000);
    std::thread::scope(|scope| {
        for number in 0..clients {
            let (samlet, body, expected) = match number % 2 {
                0 => (&samlet, &largest, 413),
                _ => (&samlet, &taken, 200),
            };
            scope.spawn(move || {
                let answer = Client::new(&samlet.api).send("POST", "/who", body);
                assert_eq!(answer.map(|answer| answer.0), Some(expected));
            });
        }
        assert_served(&samlet, "beside large bodies");
    });
    let peak = memory_mb(&samlet, "VmHWM");
    println!("clients: {clients} bodies of 4 and 10 MB at once took {at_rest} MB to {peak} MB");
    assert!(peak < at_rest + 600, "{at_rest} MB became {peak} MB");
}

#[test]
fn clients_that_do_not_read_their_answers_are_bounded_in_memory() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&["--max-environments", "4"]);
    assert_served(&samlet, "at rest");
    let at_rest = memory_mb(&samlet, "VmRSS");
    let clients = amount(100, 300);
    let request = b"GET /big HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let mut held: Vec<TcpStream> = (0..clients)
        .map(|_| sent(&address(&samlet.api), request))
        .collect();
    // All have been answered, as far as they let us.
    samlet.wait_for_lines("mode big", clients / 2);
    let honest = Client::new(&samlet.api);
    wait_until("an honest client is served beside them", || {
        honest
            .send("GET", "/who", "")
            .is_some_and(|answer| answer.0 == 200)
    });
    let peak = memory_mb(&samlet, "VmHWM");
    println!("clients: {clients} answers of 5 MB that nobody read took {at_rest} MB to {peak} MB");
    assert!(peak < at_rest + 400, "{at_rest} MB became {peak} MB");
    if is_soak() {
        wait_until("those that read nothing are cut off", || {
            open_files(&samlet) < clients
        });
        for stream in &mut held {
            assert!(answered(stream).len() < 5_000_000);
        }
    }
}

#[test]
fn what_is_no_http_is_refused_and_the_connection_ended() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let flood = format!("GET /who HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200_000));
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1_000_000));
    let value = format!(
        "GET /who HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "a".repeat(1_000_000)
    );
    let nonsense: [&[u8]; 14] = [
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /who HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET /who HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /who HTTP/1.1\r\nx: \x00\r\n\r\n",
        b"GET /p\x7fid\x00 HTTP/1.1\r\n\r\n",
        b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        flood.as_bytes(),
        long.as_bytes(),
        value.as_bytes(),
    ];
    for url in [&samlet.api, &samlet.aws] {
        for bytes in nonsense {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
            let mut stream = sent(&address(url), bytes);
            // Who sends nothing more is not waited for.
            stream.shutdown(std::net::Shutdown::Write).ok();
            let answer = answered(&mut stream);
            let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(is_refused, "{shown:?}: {answer}");
        }
    }
    // Two lengths are one request's, or none's: never two requests.
    let smuggled = b"POST /who HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\nGET /event HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let answer = answered(&mut sent(&address(&samlet.api), smuggled));
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    assert_served(&samlet, "after nonsense");
    assert!(memory_mb(&samlet, "VmHWM") < 200);
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let count = amount(50, 1000);
    let requests: String = (0..count)
        .map(|number| {
            let close = if number + 1 == count {
                "connection: close\r\n"
            } else {
                ""
            };
            format!("GET /event?number={number}. HTTP/1.1\r\nhost: 127.0.0.1\r\n{close}\r\n")
        })
        .collect();
    let mut stream = connected(&address(&samlet.api));
    let mut writer = stream.try_clone().unwrap();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || writer.write_all(requests.as_bytes()).unwrap());
        answered(&mut stream)
    });
    let answers: Vec<&str> = answer.split("HTTP/1.1 200 OK").skip(1).collect();
    assert_eq!(answers.len(), count);
    for (number, answer) in answers.iter().enumerate() {
        assert!(
            answer.contains(&format!("\"number\":\"{number}.\"")),
            "{number}: {answer}"
        );
    }
}
