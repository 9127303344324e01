//! An environment's log stream, and the end of the present invocation's lines, for callers who ask for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use samlet_logs::LogStream;

use crate::function::Function;
use crate::platform;
use crate::report::{self, Report, Status};

/// What `X-Amz-Log-Result` holds at most, before its encoding.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const MAX_TAIL_BYTES: usize = 4096;

#[derive(Debug)]
pub(crate) struct Log {
    function: Arc<Function>,
    stream: LogStream,
    /// Locked for a moment only, by the environment's own task.
    tail: Mutex<String>,
}

impl Log {
    pub(crate) fn new(function: Arc<Function>, stream: LogStream) -> Self {
        Self {
            function,
            stream,
            tail: Mutex::default(),
        }
    }

    /// An environment begins; `instance_id` tells it from others.
    pub(crate) async fn init_start(&self, instance_id: &str) {
        let function = &self.function;
        if !function.logging.json {
            self.put(report::init_start(&function.runtime)).await;
        } else if self.is_logged(true) {
            self.put(platform::init_start(function, instance_id)).await;
        }
    }

    /// Begins an invocation.
    pub(crate) async fn start(&self, request_id: &str) {
        self.with_tail(String::clear);
        if !self.function.logging.json {
            self.put(report::start(request_id)).await;
        } else if self.is_logged(true) {
            self.put(platform::start(&self.function, request_id)).await;
        }
    }

    /// Ends an invocation.
    pub(crate) async fn report(&self, report: &Report<'_>) {
        if !self.function.logging.json {
            self.put(report::end(report.request_id)).await;
            self.put(report.line()).await;
        } else if self.is_logged(*report.status == Status::Success) {
            self.put(platform::report(report)).await;
        }
    }

    /// An init that failed, in the phase `init`, or `invoke` when it was
    /// repeated within an invocation.
    pub(crate) async fn init_report(&self, duration: Duration, phase: &str, status: &Status) {
        let line = match self.function.logging.json {
            true => platform::init_report(duration, phase, status),
            false => report::init_report(duration, phase, status),
        };
        self.put(line).await;
    }

    /// An invocation took too long. As JSON, its report says so.
    pub(crate) async fn timed_out(&self, request_id: &str) {
        if !self.function.logging.json {
            let line = report::timeout_line(request_id, self.function.timeout);
            self.put(line).await;
        }
    }

    /// Whether the system's log level lets through an event of success.
    fn is_logged(&self, success: bool) -> bool {
        !success || self.function.logging.system_level.as_deref() != Some("WARN")
    }

    /// Adds a line.
    pub(crate) async fn put(&self, line: impl Into<String>) {
        let line = line.into();
        self.with_tail(|tail| {
            let cut = line.len().saturating_sub(MAX_TAIL_BYTES);
            tail.push_str(&line[line.ceil_char_boundary(cut)..]);
            tail.push('\n');
            let cut = tail.len().saturating_sub(MAX_TAIL_BYTES);
            tail.drain(..tail.ceil_char_boundary(cut));
        });
        self.stream.put(line).await;
    }

    /// The last lines since the invocation began.
    pub(crate) fn tail(&self) -> String {
        self.with_tail(|tail| tail.clone())
    }

    fn with_tail<T>(&self, with: impl FnOnce(&mut String) -> T) -> T {
        with(&mut self.tail.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
