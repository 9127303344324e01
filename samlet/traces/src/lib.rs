//! What happened to each request, and how each function fares: kept in memory, within bounds.
//!
//! Those who serve a request report to its [`Trace`] what they do; nothing here
//! waits or does I/O. Each trace has a lock of its own, held for a moment.

mod body;
mod metrics;
mod origin;
mod shared;
mod span;
mod statistics;
mod store;
mod trace;
mod under_way;
mod view;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use samlet_aws::trace_id;

pub use body::{Kept, MAX_BODY_BYTES};
pub use metrics::{FunctionNumbers, Numbers, Rates};
pub use origin::{ApiRequest, Origin};
pub use span::{Outcome, Span, SpanKind};
pub use statistics::{KEPT_SECONDS, STEP_SECONDS};
pub use store::{MAX_BYTES, MAX_TRACES};
pub use trace::{Answered, Arrived, Trace};
pub use under_way::{Call, Invocation, Invoked, MAX_CALLS};
pub use view::{Details, Refused, Summary};

use shared::Shared;

/// Every IAM action of X-Ray, one a line; ` *` follows those that know no
/// resources, and so are granted on all.
///
/// The Service Authorization Reference as cfn-lint 1.58.0 has it (Policies.json,
/// read 2026-11-25), in botocore's spelling.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>
pub const ACTIONS: &str = include_str!("actions.txt");

/// Its condition keys, as services list theirs.
pub const CONDITION_KEYS: &str = include_str!("condition_keys.txt");

/// All traces and metrics of one application; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Arc<Shared>);

impl Traces {
    /// Begins the trace of a request, or of an invocation that nobody's request caused.
    pub fn begin(&self, arrived: Arrived) -> Trace {
        let number = self.0.store.next_number();
        let trace = Trace::new(&self.0, number, arrived);
        self.0.store.add(trace.clone());
        trace
    }

    /// The trace that a call by a function belongs to: the one that the X-Ray
    /// header names, else the one that `function` now runs for, if it runs
    /// for a single one.
    pub fn of_call(&self, header: Option<&str>, function: Option<&str>) -> Option<Trace> {
        let by_header = header
            .and_then(trace_id::number_of)
            .and_then(|root| self.0.store.by_root(root));
        by_header.or_else(|| self.0.store.only_running(function?))
    }

    /// How many there were since samlet started.
    pub fn total(&self) -> u64 {
        self.0.store.total()
    }

    /// Those that are kept, the newest first.
    pub fn newest(&self) -> Vec<Trace> {
        self.0.store.newest()
    }

    /// The newest of this id: a request's, or an invocation's within it.
    pub fn find(&self, id: &str) -> Option<Trace> {
        self.newest().into_iter().find(|trace| trace.has_id(id))
    }

    /// The newest whose X-Ray trace this is.
    pub fn find_by_header(&self, header: &str) -> Option<Trace> {
        self.0.store.by_root(trace_id::number_of(header)?)
    }

    /// The count of changes so far: what has changed since has a higher
    /// [`Trace::version`].
    pub fn version(&self) -> u64 {
        self.0.store.version()
    }

    /// An invocation was refused for want of concurrency.
    pub fn throttled(&self, function: &str) {
        self.0.throttled(function);
    }

    /// A request of an API was answered at once, for want of concurrency: it
    /// is counted, and has no trace.
    pub fn turned_away(&self, api: &str, function: &str, status: u16) {
        self.0.throttled(function);
        self.0.answered(api, status, Duration::ZERO);
    }

    /// Each function's numbers over the last `seconds`, by name.
    pub fn numbers(&self, seconds: u64) -> Numbers {
        self.0.metrics.numbers(seconds, SystemTime::now())
    }

    /// Each function's and each API's present rates, by name.
    pub fn rates(&self) -> Rates {
        self.0.metrics.rates(SystemTime::now())
    }

    /// All metrics as OpenMetrics text.
    pub fn open_metrics(&self) -> String {
        self.0.metrics.open_metrics()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use std::time::{Duration, Instant};

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

    fn request(traces: &Traces, number: u64, body: Bytes) -> Trace {
        traces.begin(Arrived {
            id: format!("request-{number}"),
            trace_id: format!("Root=1-5759e988-{number:024x}"),
            origin: Origin::api("Api", "POST", "/a?b=c", &HeaderMap::new()),
            body,
        })
    }

    fn invoke(trace: &Trace, id: &str) -> Invocation {
        trace.invoke(&Invoked {
            function: "f",
            request_id: id,
            environment: "stream",
            submitted: Instant::now(),
            init: Some((Instant::now(), Duration::from_millis(3))),
            event: &Bytes::from_static(b"{}"),
        })
    }

    fn end(invocation: Invocation, outcome: Outcome) {
        let result = Bytes::from_static(b"1");
        invocation.end(outcome, Duration::from_millis(2), &result, None, Some(12));
    }

    #[test]
    fn a_request_is_told_from_its_arrival_to_its_answer() {
        let traces = Traces::default();
        let trace = request(&traces, 1, Bytes::from_static(b"hello"));
        assert_eq!(trace.summary().status, None);
        trace.route("POST /a", Some("f"));
        let invocation = invoke(&trace, "invocation");
        let header = format!("{};Parent=1", trace.header());
        let call = traces.of_call(Some(&header), None).unwrap();
        let call = call.call("dynamodb", Some("PutItem"), Some("f"));
        call.needs("dynamodb:PutItem", "arn:aws:dynamodb:r:1:table/t");
        call.end(200, None);
        end(invocation, Outcome::Ok);
        trace.answer(&Answered {
            status: 201,
            headers: &HeaderMap::new(),
            body: None,
        });
        let details = trace.details();
        assert_eq!(details.summary.status, Some(201));
        assert!(details.summary.cold && details.summary.error.is_none());
        let spans = details.spans.iter();
        let spans: Vec<(SpanKind, &str)> =
            spans.map(|span| (span.kind, span.name.as_str())).collect();
        assert_eq!(
            spans,
            [
                (SpanKind::Gateway, "POST /a"),
                (SpanKind::Wait, "Waiting for an environment"),
                (SpanKind::Init, "Init"),
                (SpanKind::Invocation, "f"),
                (SpanKind::Aws, "dynamodb PutItem"),
            ]
        );
        assert!(details.spans.iter().all(|span| span.outcome == Outcome::Ok));
        assert_eq!(details.spans[4].resource.as_deref(), Some("t"));
        assert_eq!(details.body.unwrap().bytes, "hello");
        assert_eq!(details.result.unwrap().bytes, "1");
        // By its own id, and by its invocation's.
        for id in ["request-1", "invocation"] {
            assert_eq!(traces.find(id).unwrap().summary().number, 1);
        }
        assert!(traces.find("another").is_none());
    }

    #[test]
    fn a_call_without_a_header_belongs_to_the_only_invocation_there_is() {
        let traces = Traces::default();
        let (one, two) = (
            request(&traces, 1, Bytes::new()),
            request(&traces, 2, Bytes::new()),
        );
        let first = invoke(&one, "1");
        assert!(traces.of_call(None, Some("f")).unwrap().is(&one));
        assert!(traces.of_call(None, Some("g")).is_none());
        let second = invoke(&two, "2");
        assert!(traces.of_call(Some("nonsense"), Some("f")).is_none());
        end(first, Outcome::Ok);
        assert!(traces.of_call(Some(ROOT), Some("f")).unwrap().is(&two));
        // One that is cut off runs no longer either.
        drop(second);
        assert!(traces.of_call(None, Some("f")).is_none());
        assert_eq!(two.details().spans[3].outcome, Outcome::Error);
    }

    #[test]
    fn only_so_many_requests_and_so_many_bytes_are_kept() {
        let traces = Traces::default();
        for number in 0..MAX_TRACES as u64 + 10 {
            request(&traces, number, Bytes::from(vec![b'x'; 64 * 1024]));
        }
        let newest = traces.newest();
        assert_eq!(newest.len(), MAX_TRACES);
        assert_eq!(traces.total(), MAX_TRACES as u64 + 10);
        assert!(traces.find("request-9").is_none());
        assert!(
            traces
                .find_by_header("Root=1-5759e988-000000000000000000000009")
                .is_none()
        );
        let bodies = newest.iter().filter_map(|trace| trace.details().body);
        let bytes: usize = bodies.map(|body| body.bytes.len()).sum();
        assert_eq!(bytes, MAX_BYTES);
        assert!(newest[0].details().body.is_some());
        assert!(newest[MAX_TRACES - 1].details().body.is_none());
    }

    #[test]
    fn what_has_changed_is_told_from_what_has_not() {
        let traces = Traces::default();
        let (one, two) = (
            request(&traces, 1, Bytes::new()),
            request(&traces, 2, Bytes::new()),
        );
        let seen = traces.version();
        assert!(one.version() <= seen && two.version() <= seen);
        one.fail("it went wrong");
        one.fail("and then more");
        assert!(one.version() > seen && two.version() <= seen);
        assert_eq!(one.summary().error.as_deref(), Some("it went wrong"));
    }

    #[test]
    fn each_functions_numbers_are_counted_for_people_and_for_prometheus() {
        let traces = Traces::default();
        for number in 0..4 {
            let trace = request(&traces, number, Bytes::new());
            let outcome = if number == 0 {
                Outcome::Timeout
            } else {
                Outcome::Ok
            };
            end(invoke(&trace, "i"), outcome);
            trace.answer(&Answered {
                status: 502,
                headers: &HeaderMap::new(),
                body: None,
            });
        }
        traces.throttled("f");
        // One of too many to be told each.
        traces.turned_away("Api", "f", 500);
        let later = SystemTime::now() + Duration::from_secs(STEP_SECONDS);
        let numbers = traces.0.metrics.numbers(900, later);
        let f = &numbers.functions["f"];
        assert_eq!(f.invocations.len(), numbers.times.len());
        assert_eq!(f.invocations.iter().sum::<u64>(), 4);
        assert_eq!(f.errors.iter().sum::<u64>(), 1);
        assert_eq!(f.throttles.iter().sum::<u64>(), 2);
        assert_eq!(f.cold_starts.iter().sum::<u64>(), 4);
        assert_eq!(f.concurrency.iter().max(), Some(&1));
        assert_eq!(f.memory_mb.iter().max(), Some(&Some(12)));
        let rates = traces
            .0
            .metrics
            .rates(SystemTime::now() + Duration::from_secs(1));
        assert_eq!(rates.functions["f"], (0.8, 0.2, 0));
        assert_eq!(rates.apis["Api"], (1.0, 1.0));
        let text = traces.open_metrics();
        for line in [
            "aws_lambda_invocations_total{function_name=\"f\"} 4",
            "aws_lambda_duration_seconds_bucket{le=\"0.0025\",function_name=\"f\"} 4",
            "aws_lambda_concurrent_executions{function_name=\"f\"} 0",
            "aws_lambda_max_memory_used_bytes{function_name=\"f\"} 12582912",
            "aws_apigateway_requests_total{api_name=\"Api\",status=\"5xx\"} 5",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
