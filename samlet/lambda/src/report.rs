//! The lines Lambda itself writes to a function's log, and the errors it answers in a function's stead.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::limits::MAX_RESPONSE_BYTES;

/// A function error that Lambda words itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error_type: &'static str,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn timeout(request_id: &str, timeout: Duration) -> Self {
        let message = format!("RequestId: {request_id} Error: {}", timed_out(timeout));
        Self {
            error_type: "Sandbox.Timedout",
            message,
        }
    }

    pub(crate) fn exit(request_id: &str, reason: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: {reason}");
        Self {
            error_type: "Runtime.ExitError",
            message,
        }
    }

    /// The process was killed for using more memory than it has; managed
    /// runtimes name it.
    pub(crate) fn out_of_memory(request_id: &str, runtime: &str) -> Self {
        let error_type = match runtime.starts_with("provided") {
            true => "Runtime.ExitError",
            false => "Runtime.OutOfMemory",
        };
        Self {
            error_type,
            ..Self::exit(request_id, "Runtime exited with error: signal: killed")
        }
    }

    pub(crate) fn invalid_entrypoint(request_id: &str, reason: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: {reason}");
        Self {
            error_type: "Runtime.InvalidEntrypoint",
            message,
        }
    }

    pub(crate) fn response_too_large() -> Self {
        Self {
            error_type: "Function.ResponseSizeTooLarge",
            message: format!(
                "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            ),
        }
    }

    pub(crate) fn payload(&self) -> Bytes {
        json!({"errorType": self.error_type, "errorMessage": self.message})
            .to_string()
            .into()
    }
}

/// How an invocation ended, for its REPORT line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Timeout,
    Error(String),
}

/// The figures of one invocation.
#[derive(Clone, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) duration: Duration,
    pub(crate) init: Option<Duration>,
    pub(crate) memory_mb: u32,
    pub(crate) peak_memory_mb: u64,
    pub(crate) status: &'a Status,
}

impl Report<'_> {
    pub(crate) fn line(&self) -> String {
        let billed = self.billed_ms();
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            self.memory_mb,
            self.peak_memory_mb,
        );
        if let Some(init) = self.init {
            line += &format!("Init Duration: {:.2} ms\t", milliseconds(init));
        }
        line + &self.status.fields()
    }

    /// Duration and init, rounded up once.
    pub(crate) fn billed_ms(&self) -> u128 {
        let nanos = (self.duration + self.init.unwrap_or_default()).as_nanos();
        nanos.div_ceil(1_000_000)
    }
}

impl Status {
    fn fields(&self) -> String {
        match self {
            Self::Success => String::new(),
            Self::Timeout => "Status: timeout".into(),
            Self::Error(error_type) => format!("Status: error\tError Type: {error_type}"),
        }
    }
}

/// `provided.al2023` is logged as `provided:al2023`, `python3.12` as `python:3.12`.
pub(crate) fn runtime_version(runtime: &str) -> String {
    match runtime.split_once('.') {
        Some(("provided", system)) => format!("provided:{system}"),
        _ => runtime.replacen("python", "python:", 1),
    }
}

pub(crate) fn init_start(runtime: &str) -> String {
    format!("INIT_START Runtime Version: {}", runtime_version(runtime))
}

pub(crate) fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: $LATEST")
}

pub(crate) fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// `phase` is `init`, or `invoke` for one repeated within an invocation.
pub(crate) fn init_report(duration: Duration, phase: &str, status: &Status) -> String {
    let duration = milliseconds(duration);
    format!(
        "INIT_REPORT Init Duration: {duration:.2} ms\tPhase: {phase}\t{}",
        status.fields()
    )
}

/// The line a timeout leaves in the log.
pub(crate) fn timeout_line(request_id: &str, timeout: Duration) -> String {
    let now = OffsetDateTime::now_utc();
    // Lambda writes milliseconds.
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    let now = now.format(&Rfc3339).unwrap_or_default();
    format!("{now} {request_id} {}", timed_out(timeout))
}

fn timed_out(timeout: Duration) -> String {
    format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_report_has_its_init_and_is_billed_for_it() {
        let report = Report {
            request_id: "id",
            duration: Duration::from_micros(1_230),
            init: Some(Duration::from_micros(9_870)),
            memory_mb: 128,
            peak_memory_mb: 14,
            status: &Status::Success,
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 14 MB\tInit Duration: 9.87 ms\t"
        );
    }

    #[test]
    fn failures_are_worded_as_lambdas() {
        let timeout = Failure::timeout("id", Duration::from_secs(3));
        assert_eq!(
            timeout.message,
            "RequestId: id Error: Task timed out after 3.00 seconds"
        );
        let exit = Failure::exit("id", "Runtime exited with error: exit status 1");
        assert_eq!(
            exit.message,
            "RequestId: id Error: Runtime exited with error: exit status 1"
        );
        let status = Status::Error("Runtime.ExitError".into());
        assert_eq!(
            init_report(Duration::from_millis(12), "init", &status),
            "INIT_REPORT Init Duration: 12.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
        );
    }
}
