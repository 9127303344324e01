//! Lambda's own lines as JSON: one platform event a line.
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::function::Function;
use crate::report::{Report, Status, runtime_version};

pub(crate) fn init_start(function: &Function, instance_id: &str) -> String {
    let record = json!({
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": runtime_version(&function.runtime),
        "functionName": function.name,
        "functionVersion": "$LATEST",
        "instanceId": instance_id,
        "instanceMaxMemory": u64::from(function.memory_mb) * 1024 * 1024,
    });
    event("platform.initStart", record)
}

pub(crate) fn start(function: &Function, request_id: &str) -> String {
    let record = json!({
        "requestId": request_id,
        "functionArn": function.arn(),
        "version": "$LATEST",
    });
    event("platform.start", record)
}

pub(crate) fn report(report: &Report<'_>) -> String {
    let mut metrics = json!({
        "durationMs": milliseconds(report.duration),
        "billedDurationMs": report.billed_ms(),
        "memorySizeMB": report.memory_mb,
        "maxMemoryUsedMB": report.peak_memory_mb,
    });
    if let Some(init) = report.init {
        metrics["initDurationMs"] = milliseconds(init);
    }
    let record = json!({"requestId": report.request_id, "metrics": metrics});
    event("platform.report", with_status(record, report.status))
}

pub(crate) fn init_report(duration: Duration, phase: &str, status: &Status) -> String {
    let record = json!({
        "initializationType": "on-demand",
        "phase": phase,
        "metrics": {"durationMs": milliseconds(duration)},
    });
    event("platform.initReport", with_status(record, status))
}

fn with_status(mut record: Value, status: &Status) -> Value {
    let (name, error_type) = match status {
        Status::Success => ("success", None),
        Status::Timeout => ("timeout", None),
        Status::Error(error_type) => ("error", Some(error_type)),
    };
    record["status"] = json!(name);
    if let Some(error_type) = error_type {
        record["errorType"] = json!(error_type);
    }
    record
}

fn event(kind: &str, record: Value) -> String {
    let clock =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = OffsetDateTime::now_utc().format(clock).unwrap_or_default();
    json!({"time": time, "type": kind, "record": record}).to_string()
}

/// To three decimals.
fn milliseconds(duration: Duration) -> Value {
    json!((duration.as_secs_f64() * 1_000_000.0).round() / 1000.0)
}
