//! One running process with its Runtime API address and its log: what an environment is made of.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use samlet_container::{Container, Membership};
use samlet_http::Limits;
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::function::Function;
use crate::log::Log;
use crate::peer::socket_of;
use crate::runtime_api::{self, Call};

/// Calls of one runtime that may wait; it makes one at a time.
const CALL_QUEUE: usize = 4;

/// Connections one environment may hold to its Runtime API.
const MAX_CONNECTIONS: usize = 64;

/// What the bodies of a runtime's calls may take: it answers one invocation
/// at a time, with at most 6 MB.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// A log line is cut here when a function writes without line ends.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// How much of what a function wrote before its response is still read
/// before the END line is.
const MAX_DRAIN_BYTES: usize = 4 * 1024 * 1024;

/// How long a killed process may take to be gone.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a process did next.
#[derive(Debug)]
pub(crate) enum Event {
    Call(Call),
    Exited(ExitStatus),
    DeadlinePassed,
}

#[derive(Debug)]
pub(crate) struct Sandbox {
    container: Container,
    calls: mpsc::Receiver<Call>,
    lines: Lines,
    output_open: bool,
    exited: Option<ExitStatus>,
    memory: MemoryWatch,
    runtime_api: CancellationToken,
}

/// Why no process could be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("it has no Runtime API: {0}")]
    Listen(#[from] std::io::Error),
    #[error(transparent)]
    Container(#[from] samlet_container::Error),
}

/// Who may connect to a Runtime API: its environment's own processes. Anyone on the machine can connect to a loopback
/// port; this keeps one function from taking another's invocations.
struct Members {
    membership: Membership,
    address: SocketAddr,
    /// Whether one has been refused: that is said once.
    refused: AtomicBool,
}

impl Members {
    fn admit(&self, peer: SocketAddr) -> bool {
        let socket = socket_of(peer, self.address);
        if socket.is_some_and(|socket| self.membership.holds_socket(socket)) {
            return true;
        }
        // One that has just ended can't say what was its own.
        if !self.refused.load(Ordering::Relaxed)
            && self.membership.is_running()
            && !self.refused.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%peer, "a connection to the Runtime API from outside its environment was refused; further ones are not reported");
        }
        false
    }
}

/// Watches a process's memory, and ends it past its limit.
#[derive(Debug)]
struct MemoryWatch {
    next_look: Instant,
    exceeded: bool,
    /// The most it had when it was last looked at, and when that was.
    peak_mb: Option<u64>,
    looked: Instant,
}

/// How often memory is looked at while a function runs.
const MEMORY_INTERVAL: Duration = Duration::from_millis(50);

/// How often it is after invocations shorter than that: to look takes as long
/// as a tenth of such a one.
const SHORT_MEMORY_INTERVAL: Duration = Duration::from_millis(250);

/// How often while it waits: on AWS it would be frozen then.
const IDLE_MEMORY_INTERVAL: Duration = Duration::from_secs(1);

impl Sandbox {
    /// Starts the function's process with a Runtime API address of its own.
    pub(crate) async fn start(function: &Function, log_stream: &str) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let spec = function.container(&address.to_string(), log_stream);
        let container = Container::run(spec).await?;

        let runtime_api = CancellationToken::new();
        let (call, calls) = mpsc::channel(CALL_QUEUE);
        let limits = Limits {
            max_connections: MAX_CONNECTIONS,
            // `next` may be asked hours after the last response.
            header_timeout: Duration::from_secs(24 * 3600),
            max_body_bytes: MAX_BODY_BYTES,
            drain_timeout: Duration::ZERO,
            ..Limits::default()
        };
        let service = move |request, _peer| runtime_api::handle(request, call.clone());
        let members = Members {
            membership: container.membership(),
            address,
            refused: AtomicBool::new(false),
        };
        let admit = move |_: &TcpStream, peer| members.admit(peer);
        let stop = runtime_api.clone();
        tokio::spawn(samlet_http::serve(listener, limits, stop, admit, service));
        Ok(Self {
            container,
            calls,
            lines: Lines::default(),
            output_open: true,
            exited: None,
            memory: MemoryWatch {
                next_look: Instant::now() + MEMORY_INTERVAL,
                exceeded: false,
                peak_mb: None,
                looked: Instant::now(),
            },
            runtime_api,
        })
    }

    /// Waits for what the process does next, at most until `deadline`;
    /// meanwhile its output goes to `log`.
    pub(crate) async fn next_event(&mut self, deadline: Option<Instant>, log: &Log) -> Event {
        loop {
            for line in self.lines.take_complete() {
                log.put(line).await;
            }
            if let Some(status) = self.exited {
                return Event::Exited(status);
            }
            let passed = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(call) = self.calls.recv() => return Event::Call(call),
                status = &mut self.container.exited => {
                    self.drain(log).await;
                    self.exited = Some(status.unwrap_or_default());
                }
                () = passed => return Event::DeadlinePassed,
                () = tokio::time::sleep_until(self.memory.next_look) => {
                    self.look_at_memory(deadline.is_some());
                }
                readable = self.container.output.readable(), if self.output_open => {
                    self.output_open = readable.is_ok() && self.lines.read(&self.container.output);
                }
            }
        }
    }

    /// Reads what the process has written up to now.
    pub(crate) async fn drain(&mut self, log: &Log) {
        let mut left = MAX_DRAIN_BYTES / CHUNK_BYTES;
        while left > 0 && self.lines.read_ready(&self.container.output) {
            left -= 1;
            for line in self.lines.take_complete() {
                log.put(line).await;
            }
        }
        for line in self.lines.take_all() {
            log.put(line).await;
        }
    }

    /// Whether it was ended for using too much memory.
    pub(crate) fn out_of_memory(&self) -> bool {
        self.memory.exceeded
    }

    fn look_at_memory(&mut self, is_busy: bool) {
        let interval = match is_busy {
            true => MEMORY_INTERVAL,
            false => IDLE_MEMORY_INTERVAL,
        };
        let now = Instant::now();
        self.memory.looked = now;
        self.memory.next_look = now + interval;
        let Some(memory) = self.container.memory() else {
            return;
        };
        self.memory.peak_mb = Some(memory.peak_mb);
        if memory.is_over || memory.is_hidden {
            self.memory.exceeded = true;
            self.container.kill();
        }
    }

    /// An invocation begins: its memory is looked at once it has run for a while.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.memory.next_look = now + MEMORY_INTERVAL;
    }

    /// The invocation that began then is over: gives the most memory that the
    /// process has had so far, in MB; after short ones, as it was a moment ago.
    pub(crate) fn finish(&mut self, began: Instant) -> Option<u64> {
        let now = Instant::now();
        let interval = match now - began < MEMORY_INTERVAL {
            true => SHORT_MEMORY_INTERVAL,
            false => Duration::ZERO,
        };
        if self.memory.peak_mb.is_none() || now - self.memory.looked >= interval {
            self.look_at_memory(true);
        }
        self.memory.peak_mb
    }

    /// Ends the process, waits until it is gone, and logs its last words.
    pub(crate) async fn stop(mut self, log: &Log) {
        self.container.kill();
        if self.exited.is_none() {
            tokio::time::timeout(EXIT_TIMEOUT, &mut self.container.exited)
                .await
                .ok();
        }
        self.drain(log).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.runtime_api.cancel();
    }
}

/// How much is read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// Cuts output into lines.
#[derive(Debug, Default)]
struct Lines {
    partial: Vec<u8>,
    complete: VecDeque<String>,
}

impl Lines {
    /// Reads once; `false` when the output has ended.
    fn read(&mut self, output: &pipe::Receiver) -> bool {
        let mut chunk = [0; CHUNK_BYTES];
        match output.try_read(&mut chunk) {
            Ok(0) => false,
            Ok(length) => {
                self.push(&chunk[..length]);
                true
            }
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }

    /// Reads once; `false` when there is nothing to read now.
    fn read_ready(&mut self, output: &pipe::Receiver) -> bool {
        let mut chunk = [0; CHUNK_BYTES];
        match output.try_read(&mut chunk) {
            Ok(length) if length > 0 => {
                self.push(&chunk[..length]);
                true
            }
            _ => false,
        }
    }

    fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(&bytes[..end]);
            self.complete_line();
            bytes = &bytes[end + 1..];
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() > MAX_LINE_BYTES {
            self.complete_line();
        }
    }

    fn complete_line(&mut self) {
        let line = std::mem::take(&mut self.partial);
        self.complete
            .push_back(String::from_utf8_lossy(&line).into_owned());
    }

    fn take_complete(&mut self) -> VecDeque<String> {
        std::mem::take(&mut self.complete)
    }

    fn take_all(&mut self) -> VecDeque<String> {
        if !self.partial.is_empty() {
            self.complete_line();
        }
        self.take_complete()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_at_line_ends_and_the_rest_kept() {
        let mut lines = Lines::default();
        lines.push(b"one\ntw");
        lines.push(b"o\n\nthree");
        assert_eq!(lines.take_complete(), ["one", "two", ""]);
        assert_eq!(lines.take_all(), ["three"]);
    }
}
