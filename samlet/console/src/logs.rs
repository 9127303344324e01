//! What functions logged, and log now.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use samlet_logs::{Filter, Follow, Logged, Wanted};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answer::{Answered, Problem, Query, bad_request, problem};
use crate::application::Known;
use crate::stream::Events;
use crate::{Console, epoch_ms};

/// How far back, unless asked otherwise.
const DEFAULT_SINCE: Duration = Duration::from_secs(900);

/// Lines of one answer.
const MAX_LINES: u64 = 1000;

/// Lines are told together that come within this time, at most so many.
const INTERVAL: Duration = Duration::from_millis(250);
const MAX_TOLD: usize = 500;

impl Console {
    /// The newest lines, the oldest first.
    pub(crate) async fn logged(&self, query: &Query<'_>) -> Result<Value, Problem> {
        let known = self.known();
        let since = SystemTime::now().checked_sub(DEFAULT_SINCE);
        let since = epoch_ms(since.unwrap_or(SystemTime::UNIX_EPOCH)) as u64;
        let wanted = Wanted {
            groups: groups(query, &known)?,
            stream: None,
            since: query.number("since", since, u64::MAX)?,
            until: u64::MAX,
            filter: filter(query)?,
            limit: query.number("limit", MAX_LINES, MAX_LINES)? as usize,
        };
        let logged = self.sources.logs.newest(wanted).await;
        Ok(events(logged.iter(), &known))
    }

    /// The lines that come from now on.
    pub(crate) fn log_stream(self: &Arc<Self>, query: &Query<'_>) -> Result<Answered, Problem> {
        let function = query.get("function").map(str::to_owned);
        // For what is wrong with it to be told.
        groups(query, &self.known())?;
        let filter = filter(query)?;
        let follow = self.sources.logs.follow();
        let console = Arc::clone(self);
        self.events(
            |events| async move { console.tell_lines(events, follow, &filter, function).await },
        )
    }

    async fn tell_lines(
        &self,
        mut sender: Events,
        mut follow: Follow,
        filter: &Filter,
        function: Option<String>,
    ) -> Option<()> {
        loop {
            let first = follow.next().await?;
            let known = self.known();
            let is_wanted = |logged: &Logged| {
                let of = known.of_group(&logged.group);
                of.is_some()
                    && function
                        .as_deref()
                        .is_none_or(|function| of == Some(function))
                    && filter.matches(&logged.event.message)
            };
            let until = Instant::now() + INTERVAL;
            let mut lines = vec![first];
            while let Ok(next) = tokio::time::timeout_at(until, follow.next()).await {
                lines.push(next?);
                if lines.len() >= MAX_TOLD {
                    break;
                }
            }
            lines.retain(|logged| is_wanted(logged));
            if !lines.is_empty() {
                let told = events(lines.iter().map(AsRef::as_ref), &known);
                sender.send("log", &told).await?;
            }
        }
    }
}

fn filter(query: &Query<'_>) -> Result<Filter, Problem> {
    let pattern = query.get("filter").unwrap_or_default();
    Filter::parse(pattern).map_err(|why| bad_request(format!("the filter pattern is wrong: {why}")))
}

/// The log groups that are asked for.
fn groups(query: &Query<'_>, known: &Known) -> Result<Vec<String>, Problem> {
    let Some(function) = query.get("function") else {
        return Ok(known.log_groups.values().cloned().collect());
    };
    let group = known.log_groups.get(function).cloned();
    let group = group.ok_or_else(|| {
        problem(
            StatusCode::NOT_FOUND,
            format!("there is no function {function}"),
        )
    })?;
    Ok(vec![group])
}

fn events<'a>(logged: impl Iterator<Item = &'a Logged>, known: &Known) -> Value {
    let events = logged.map(|logged| {
        let shown = known.logged_with_places(&logged.group, &logged.event.message);
        let mut described = line(logged, &shown);
        described["function"] = known.of_group(&logged.group).into();
        described["stream"] = logged.stream.as_str().into();
        described
    });
    json!({"events": events.collect::<Value>()})
}

/// One line: as the function wrote it and, where that differs, as it is shown.
pub(crate) fn line(logged: &Logged, shown: &str) -> Value {
    let event = &logged.event;
    let mut described = json!({"time": event.timestamp, "message": event.message});
    if shown != event.message {
        described["shown"] = shown.into();
    }
    described
}
