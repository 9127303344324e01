//! What a function's log says of its invocations: durations, cold starts, bytes.

use serde_json::Value;

use crate::{Durations, LOG_EVENT_BYTES};

/// All invocations in a log group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Of each, without init, ms.
    durations: Vec<f64>,
    /// Of each cold start, ms.
    inits: Vec<f64>,
    bytes: u64,
}

impl Measured {
    /// Adds an event of the group.
    pub fn add(&mut self, message: &str) {
        self.bytes += message.len() as u64 + LOG_EVENT_BYTES;
        if let Some((duration, init)) = report(message) {
            self.durations.push(duration);
            self.inits.extend(init);
        }
    }

    pub(crate) fn invocations(&self) -> usize {
        self.durations.len()
    }

    pub(crate) fn cold_starts(&self) -> usize {
        self.inits.len()
    }

    /// Bytes for each invocation.
    pub(crate) fn log_bytes(&self) -> Option<f64> {
        let count = self.invocations();
        (count > 0).then(|| self.bytes as f64 / count as f64)
    }

    pub(crate) fn durations(&self) -> Option<Durations> {
        Durations::measured(&mut self.durations.clone(), &self.inits)
    }
}

/// The duration and, of a cold start, the init that a line reports, ms.
fn report(message: &str) -> Option<(f64, Option<f64>)> {
    if message.starts_with("REPORT RequestId: ") {
        let field = |name: &str| {
            let mut fields = message.split('\t');
            let text = fields.find_map(|field| field.strip_prefix(name))?;
            text.strip_suffix(" ms")?.parse::<f64>().ok()
        };
        return Some((field("Duration: ")?, field("Init Duration: ")));
    }
    // `LogFormat: JSON`. Most lines are no reports: they are not parsed.
    if !message.starts_with('{') || !message.contains("platform.report") {
        return None;
    }
    let event: Value = serde_json::from_str(message).ok()?;
    let metrics = &event["record"]["metrics"];
    (event["type"] == "platform.report").then_some(())?;
    Some((
        metrics["durationMs"].as_f64()?,
        metrics["initDurationMs"].as_f64(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_in_both_formats() {
        let cold = "REPORT RequestId: a\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 14 MB\tInit Duration: 9.87 ms\t";
        let warm = "REPORT RequestId: a\tDuration: 0.50 ms\tBilled Duration: 1 ms\t";
        let json = r#"{"time":"t","type":"platform.report","record":{"metrics":{"durationMs":3000,"initDurationMs":2.5}}}"#;
        assert_eq!(report(cold), Some((1.23, Some(9.87))));
        assert_eq!(report(warm), Some((0.5, None)));
        assert_eq!(report(json), Some((3000.0, Some(2.5))));
        for other in [
            "START RequestId: a",
            "a REPORT RequestId: a\tDuration: 1 ms",
            r#"{"type":"other","text":"platform.report"}"#,
            "{platform.report",
        ] {
            assert_eq!(report(other), None, "{other}");
        }
    }

    #[test]
    fn bytes_are_those_of_all_lines_with_what_is_charged_beside_them() {
        let mut measured = Measured::default();
        assert_eq!(measured.log_bytes(), None);
        for message in ["START RequestId: a", "REPORT RequestId: a\tDuration: 2 ms"] {
            measured.add(message);
        }
        assert_eq!(measured.log_bytes(), Some(18.0 + 34.0 + 52.0));
        assert_eq!((measured.invocations(), measured.cold_starts()), (1, 0));
        assert_eq!(measured.durations().map(|found| found.p99_ms), Some(2.0));
    }
}
