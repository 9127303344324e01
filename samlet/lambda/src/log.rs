//! An environment's log stream, and the end of the present invocation's lines, for callers who ask for it.

use std::sync::{Mutex, PoisonError};

use samlet_logs::LogStream;

use crate::report;

/// What `X-Amz-Log-Result` holds at most, before its encoding.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const MAX_TAIL_BYTES: usize = 4096;

#[derive(Debug)]
pub(crate) struct Log {
    stream: LogStream,
    /// Locked for a moment only, by the environment's own task.
    tail: Mutex<String>,
}

impl Log {
    pub(crate) fn new(stream: LogStream) -> Self {
        Self {
            stream,
            tail: Mutex::default(),
        }
    }

    /// Begins an invocation.
    pub(crate) async fn start(&self, request_id: &str) {
        self.with_tail(String::clear);
        self.put(report::start(request_id)).await;
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
