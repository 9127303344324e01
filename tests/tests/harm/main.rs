//! Harm: crashes, bad disks, functions and clients that misbehave, more load than there is room for.
//!
//! Each test takes seconds; `SOAK=1` (`make soak-harm`) runs the full versions and
//! prints the figures that docs/reliability.md has.

#![allow(clippy::unwrap_used, missing_docs)]
// The tests print what they have measured.
#![allow(clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod clients;
mod crash;
mod disk;
mod functions;
mod overload;

use acceptance::{PATIENCE, Samlet};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

/// Whether the full versions are to run.
fn is_soak() -> bool {
    std::env::var_os("SOAK").is_some()
}

/// How much of something there is to be, in seconds and in full.
fn amount<T>(quick: T, full: T) -> T {
    match is_soak() {
        true => full,
        false => quick,
    }
}

/// A client with connections of its own, which are kept.
struct Client {
    agent: ureq::Agent,
    url: String,
}

impl Client {
    fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let url = url.to_owned();
        Self { agent, url }
    }

    /// Sends a request; `None` when no whole answer came.
    fn send(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let url = format!("{}{path}", self.url);
        let request = ureq::http::Request::builder().method(method).uri(url);
        let request = request.header("content-type", "application/json");
        let sent = self.agent.run(request.body(body.to_owned()).unwrap());
        let mut answer = sent.ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), text))
    }
}

/// What a function answered, as JSON.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Memory of samlet's own process in MB: `VmRSS` is what it has now, `VmHWM`
/// the most it has had.
fn memory_mb(samlet: &Samlet, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", samlet.id())).unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib: u64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib / 1024
}
