//! Live tail: what is logged from now on, once a second.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use std::sync::Arc;
use std::time::Duration;

use samlet_service::Fault;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::event::Logged;
use crate::parameters::{filter_pattern, group_of, invalid_parameter, strings};
use crate::pattern::Pattern;

/// How often a session reports what is new.
const INTERVAL: Duration = Duration::from_secs(1);

/// Events reported at once; of more, those that came first.
const MAX_EVENTS: usize = 500;

/// How long a session lasts.
const MAX_SESSION: Duration = Duration::from_secs(3 * 3600);

/// Events that may wait for a session; of more, the oldest are dropped.
pub(crate) const MAX_WAITING: usize = 5000;

/// A session.
#[derive(Debug)]
pub struct LiveTail {
    logged: broadcast::Receiver<Arc<Logged>>,
    pattern: Pattern,
    request: Value,
    groups: Vec<String>,
    account_id: String,
    ends: Instant,
    next: Instant,
}

impl LiveTail {
    /// A session for what `request` asks, which has been found to be there.
    pub(crate) fn new(
        logged: broadcast::Receiver<Arc<Logged>>,
        request: &Value,
        account_id: &str,
    ) -> Result<Self, Fault> {
        let identifiers = strings(&request["logGroupIdentifiers"]);
        let groups: Vec<String> = identifiers
            .iter()
            .map(|name| group_of(name).to_owned())
            .collect();
        if groups.is_empty() || groups.len() > 10 {
            let text = "logGroupIdentifiers has 1 to 10 log groups";
            return Err(invalid_parameter(text));
        }
        let narrowed = ["logStreamNames", "logStreamNamePrefixes"]
            .iter()
            .filter(|name| !strings(&request[**name]).is_empty())
            .count();
        if narrowed > 1 || (narrowed == 1 && groups.len() > 1) {
            let text = "logStreamNames or logStreamNamePrefixes can be given for a single log group only, \
                        and not together";
            return Err(invalid_parameter(text));
        }
        let now = Instant::now();
        Ok(Self {
            logged,
            pattern: filter_pattern(&request["logEventFilterPattern"])?,
            request: request.clone(),
            groups,
            account_id: account_id.to_owned(),
            ends: now + MAX_SESSION,
            next: now + INTERVAL,
        })
    }

    /// What the client receives first.
    pub fn start(&self, session_id: &str) -> Value {
        let mut start = json!({"requestId": session_id, "sessionId": session_id});
        for name in [
            "logGroupIdentifiers",
            "logStreamNames",
            "logStreamNamePrefixes",
            "logEventFilterPattern",
        ] {
            if !self.request[name].is_null() {
                start[name] = self.request[name].clone();
            }
        }
        start
    }

    /// Waits for the next second's end, and returns what was logged meanwhile;
    /// `None` when the session has lasted as long as it may.
    pub async fn update(&mut self) -> Option<Value> {
        let mut results = Vec::new();
        let mut sampled = false;
        if self.next > self.ends {
            return None;
        }
        while let Ok(received) = tokio::time::timeout_at(self.next, self.logged.recv()).await {
            match received {
                Ok(logged) if !self.wants(&logged) => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_))
                    if results.len() >= MAX_EVENTS =>
                {
                    sampled = true;
                }
                Ok(logged) => results.push(self.result(&logged)),
                Err(broadcast::error::RecvError::Lagged(_)) => sampled = true,
                // The logs are closed: nothing more will come.
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
        self.next = Instant::now() + INTERVAL;
        Some(json!({"sessionMetadata": {"sampled": sampled}, "sessionResults": results}))
    }

    fn wants(&self, logged: &Logged) -> bool {
        let names = strings(&self.request["logStreamNames"]);
        let prefixes = strings(&self.request["logStreamNamePrefixes"]);
        let stream = logged.stream.as_str();
        self.groups.contains(&logged.group)
            && (names.is_empty() || names.contains(&stream))
            && (prefixes.is_empty() || prefixes.iter().any(|prefix| stream.starts_with(prefix)))
            && self.pattern.matches(&logged.event.message)
    }

    fn result(&self, logged: &Logged) -> Value {
        json!({
            "logGroupIdentifier": format!("{}:{}", self.account_id, logged.group),
            "logStreamName": logged.stream,
            "message": logged.event.message,
            "timestamp": logged.event.timestamp,
            "ingestionTime": logged.event.timestamp,
        })
    }
}
