//! Requests: the list, and all that is known of one.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use samlet_logs::{Filter, Logged, Wanted};
use samlet_traces::{Details, Kept, Origin, Outcome, Refused, Span, SpanKind, Summary, Trace};
use serde_json::{Value, json};

use crate::answer::{Problem, Query, problem};
use crate::application::Known;
use crate::logs::line;
use crate::{Console, epoch_ms, milliseconds};

/// Requests of a list, by default and at most.
const LISTED: u64 = 100;
const MAX_LISTED: u64 = 1000;

/// Lines of a log that are shown with a request.
const MAX_LINES: usize = 1000;

/// How much earlier or later than its invocation a line may have its time:
/// logs have whole milliseconds, and lines are read a moment after they were written.
const SLACK: Duration = Duration::from_millis(50);

impl Console {
    /// The newest requests, the newest first.
    pub(crate) fn requests(&self, query: &Query<'_>) -> Result<Value, Problem> {
        let limit = query.number("limit", LISTED, MAX_LISTED)?;
        let before = query.number("before", u64::MAX, u64::MAX)?;
        let known = self.known();
        let newest = self.sources.traces.newest();
        let wanted = newest
            .iter()
            .map(Trace::summary)
            .filter(|summary| summary.number < before && is_wanted(summary, query, &known))
            .take(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(listed(self.sources.traces.total(), wanted, &known))
    }

    /// One request.
    pub(crate) async fn request(&self, id: &str) -> Result<Value, Problem> {
        let details = self.trace(id)?.details();
        let known = self.known();
        let mut described = summarized(&details.summary, &known);
        let logs = self.logs_of(&details, &known).await;
        let logs = logs.iter().map(|(function, logged)| {
            let shown = known.with_places(Some(function), &logged.event.message);
            let mut described = line(logged, &shown);
            described["function"] = function.as_str().into();
            described
        });
        let refusals = details.refusals.iter();
        let refusals = refusals.map(|refused| self.refusal(refused, &known));
        let more = json!({
            "trace_id": trace_id(&details.trace_id),
            "spans": details.spans.iter().map(|span| spanned(span, &known)).collect::<Value>(),
            "request": request(&details),
            "event": details.event.as_ref().map(text),
            "response": details.answered.as_ref().map(|(headers, body)| {
                let body = body.as_ref().map(|body| String::from_utf8_lossy(&body.bytes));
                json!({"headers": header_pairs(headers), "body": body})
            }),
            "result": details.result.as_ref().map(|kept| result(kept, &details, &known)),
            "logs": logs.collect::<Value>(),
            "refusals": refusals.collect::<Value>(),
            "can_replay": can_replay(&details, &known),
        });
        if let (Value::Object(described), Value::Object(more)) = (&mut described, more) {
            described.extend(more);
        }
        Ok(described)
    }

    /// A request that is kept.
    pub(crate) fn trace(&self, id: &str) -> Result<Trace, Problem> {
        let found = self.sources.traces.find(id);
        found.ok_or_else(|| problem(StatusCode::NOT_FOUND, "this request is not kept any more"))
    }

    fn refusal(&self, refused: &Refused, known: &Known) -> Value {
        let function = refused.function.as_deref().unwrap_or_default();
        let explained = self.sources.access.explain(function, &refused.denied);
        json!({
            "function": known.id(function),
            "action": refused.denied.action,
            "resource": refused.denied.resource,
            "why": explained.why,
            "place": explained.place,
            "statement": explained.statement,
        })
    }

    /// What its invocations logged, each with the function's logical id.
    async fn logs_of(&self, details: &Details, known: &Known) -> Vec<(String, Logged)> {
        let mut lines = Vec::new();
        for span in &details.spans {
            let (Some(function), Some(stream), Some(id)) =
                (&span.function, &span.environment, &span.request_id)
            else {
                continue;
            };
            let function = known.id(function);
            let Some(group) = known.log_groups.get(function) else {
                continue;
            };
            let from = began(details, span);
            let until = match span.duration {
                Some(duration) => details.summary.started + span.start + duration + SLACK,
                None => SystemTime::now(),
            };
            let Ok(filter) = Filter::parse("") else {
                continue;
            };
            let wanted = Wanted {
                groups: vec![group.clone()],
                stream: Some(stream.clone()),
                since: epoch_ms(from) as u64,
                until: epoch_ms(until) as u64,
                filter,
                limit: MAX_LINES,
            };
            let logged = self.sources.logs.newest(wanted).await;
            let logged = of_invocation(logged, id);
            lines.extend(logged.into_iter().map(|line| (function.to_owned(), line)));
        }
        lines
    }
}

/// When the first line of an invocation may have been logged: on a cold start
/// the environment's first lines belong to it.
fn began(details: &Details, invocation: &Span) -> SystemTime {
    let mut spans = details.spans.iter();
    let init =
        spans.find(|span| span.kind == SpanKind::Init && span.function == invocation.function);
    let start = init.map_or(invocation.start, |init| init.start);
    (details.summary.started + start)
        .checked_sub(SLACK)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Cuts off what the environment logged for the invocations before and after.
fn of_invocation(mut logged: Vec<Logged>, id: &str) -> Vec<Logged> {
    let is_of_another = |logged: &Logged| {
        let message = logged.event.message.as_str();
        let is_bound = ["START ", "END ", "REPORT "]
            .iter()
            .any(|word| message.starts_with(word))
            || message.contains("\"platform.start\"")
            || message.contains("\"platform.report\"");
        is_bound && !message.contains(id)
    };
    let own = logged
        .iter()
        .position(|logged| logged.event.message.contains(id));
    let Some(own) = own else {
        return logged;
    };
    if let Some(next) = logged[own..].iter().position(is_of_another) {
        logged.truncate(own + next);
    }
    if let Some(last) = logged[..own].iter().rposition(is_of_another) {
        logged.drain(..=last);
    }
    logged
}

fn is_wanted(summary: &Summary, query: &Query<'_>, known: &Known) -> bool {
    let function = summary.function.as_deref().map(|name| known.id(name));
    if query
        .get("function")
        .is_some_and(|wanted| function != Some(wanted))
    {
        return false;
    }
    if query.is_set("failed") && summary.error.is_none() {
        return false;
    }
    let Some(search) = query.get("search").map(str::to_lowercase) else {
        return true;
    };
    let status = summary.status.map(|status| status.to_string());
    let error = shown_error(summary, known);
    let (method, target) = match &summary.origin {
        Origin::Api(request) => (Some(request.method.as_str()), Some(request.target.as_str())),
        Origin::Invoke | Origin::Event => (None, None),
    };
    [
        Some(summary.id.as_str()),
        summary.invocation_id.as_deref(),
        function,
        method,
        target,
        status.as_deref(),
        error.as_deref(),
    ]
    .into_iter()
    .flatten()
    .any(|text| text.to_lowercase().contains(&search))
}

/// A list, as the API and the stream have it.
pub(crate) fn listed(total: u64, requests: impl Iterator<Item = Summary>, known: &Known) -> Value {
    let requests = requests.map(|summary| summarized(&summary, known));
    json!({"total": total, "requests": requests.collect::<Value>()})
}

fn summarized(summary: &Summary, known: &Known) -> Value {
    let mut described = json!({
        "id": summary.id,
        "number": summary.number,
        "kind": match summary.origin {
            Origin::Api(_) => "api",
            Origin::Invoke => "invoke",
            Origin::Event => "event",
        },
        "started": epoch_ms(summary.started),
        "function": summary.function.as_deref().map(|name| known.id(name)),
        "status": summary.status,
        "duration_ms": summary.duration.map(milliseconds),
        "cold": summary.cold,
        "aws_calls": summary.calls,
        "invocation_id": summary.invocation_id,
        "error": shown_error(summary, known),
    });
    if let Origin::Api(request) = &summary.origin {
        described["method"] = json!(request.method);
        described["path"] = json!(request.target);
        described["api"] = json!(request.api);
        described["route"] = json!(summary.route);
    }
    described
}

/// What went wrong, with the places in the function's code as they are in its source.
fn shown_error<'s>(summary: &'s Summary, known: &Known) -> Option<Cow<'s, str>> {
    let error = summary.error.as_deref()?;
    let function = summary.function.as_deref().map(|name| known.id(name));
    Some(known.with_places(function, error))
}

fn spanned(span: &Span, known: &Known) -> Value {
    let mut described = json!({
        "kind": match span.kind {
            SpanKind::Gateway => "gateway",
            SpanKind::Wait => "wait",
            SpanKind::Init => "init",
            SpanKind::Invocation => "invocation",
            SpanKind::Aws => "aws",
        },
        "name": match span.kind {
            SpanKind::Invocation => known.id(&span.name),
            _ => &span.name,
        },
        "start_ms": milliseconds(span.start),
        "duration_ms": span.duration.map(milliseconds),
        "outcome": match span.outcome {
            Outcome::Pending => "pending",
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Refused => "refused",
            Outcome::Timeout => "timeout",
            Outcome::Throttled => "throttled",
        },
    });
    let function = span.function.as_deref().map(|name| known.id(name));
    let message = span.message.as_deref();
    let message = message.map(|text| known.with_places(function, text));
    for (name, value) in [
        ("function", function.map(Value::from)),
        ("environment", span.environment.as_deref().map(Value::from)),
        ("request_id", span.request_id.as_deref().map(Value::from)),
        ("memory_mb", span.memory_mb.map(Value::from)),
        ("status", span.status.map(Value::from)),
        ("resource", span.resource.as_deref().map(Value::from)),
        ("message", message.map(Value::from)),
    ] {
        if let Some(value) = value {
            described[name] = value;
        }
    }
    described
}

/// The `Root` of an X-Ray header, without its name.
fn trace_id(header: &str) -> &str {
    let mut parts = header.split(';').map(str::trim);
    let root = parts.find_map(|part| part.strip_prefix("Root="));
    root.unwrap_or(header)
}

fn request(details: &Details) -> Value {
    let Origin::Api(request) = &details.summary.origin else {
        return Value::Null;
    };
    let mut described = json!({"headers": header_pairs(&request.headers)});
    if let Some(body) = &details.body {
        let text = std::str::from_utf8(&body.bytes).ok();
        // A text may be cut within a character.
        let is_text = text.is_some() || body.is_cut();
        described["body"] = match is_text {
            true => String::from_utf8_lossy(&body.bytes).into(),
            false => STANDARD.encode(&body.bytes).into(),
        };
        described["base64"] = json!(!is_text);
        described["size"] = json!(body.size);
        described["cut"] = json!(body.is_cut());
    }
    described
}

/// What the function gave back. The trace in an error of its code is shown with places in its source; an answer is
/// what its caller was given.
fn result(kept: &Kept, details: &Details, known: &Known) -> Value {
    let mut described = text(kept);
    let mut spans = details.spans.iter();
    let has_failed =
        spans.any(|span| span.kind == SpanKind::Invocation && span.outcome == Outcome::Error);
    if has_failed {
        let written = String::from_utf8_lossy(&kept.bytes);
        let function = details.summary.function.as_deref();
        let function = function.map(|name| known.id(name));
        if let Cow::Owned(shown) = known.with_places(function, &written) {
            described["shown"] = shown.into();
        }
    }
    described
}

fn text(kept: &Kept) -> Value {
    let text = String::from_utf8_lossy(&kept.bytes);
    json!({"text": text, "size": kept.size, "cut": kept.is_cut()})
}

fn header_pairs(headers: &HeaderMap) -> Value {
    let pairs = headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]));
    pairs.collect()
}

/// Whether all is there that it takes to send it again.
pub(crate) fn can_replay(details: &Details, known: &Known) -> bool {
    let whole = |kept: &Option<Kept>| kept.as_ref().is_some_and(|kept| !kept.is_cut());
    match &details.summary.origin {
        Origin::Api(request) => {
            let is_there = known.urls.contains_key(&request.api);
            request.is_whole && is_there && whole(&details.body)
        }
        Origin::Invoke | Origin::Event => whole(&details.event),
    }
}
