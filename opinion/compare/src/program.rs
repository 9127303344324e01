//! A program that answers requests, one line each, and whose end is noticed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::request::{Answer, Request};

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A running program; ended when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn start(path: &Path) -> Result<Self> {
        let mut command = Command::new(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn();
        let mut child = child.with_context(|| format!("cannot start {}", path.display()))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
        })
    }

    /// Asks one request; an answer is also how the program ended.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Answer> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        if let Some(input) = &mut self.input {
            // Where this fails, the program has ended, and so have its lines.
            let _ = input.write_all(line.as_bytes());
        }
        match self.lines.recv_timeout(ANSWER_TIMEOUT) {
            Ok(line) => serde_json::from_str(&line).with_context(|| format!("answered {line}")),
            Err(RecvTimeoutError::Timeout) => Ok(Answer::ended("no answer within a minute")),
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait()?;
                Ok(Answer::ended(&status.to_string()))
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // At the end of its input a program ends by itself, and leaves nothing behind. One that hangs doesn't.
        self.input = None;
        let end = self.lines.recv_timeout(ANSWER_TIMEOUT);
        if end != Err(RecvTimeoutError::Disconnected) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
