//! What was logged lately, and what is logged from now on, for who looks at several groups at once.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use crate::event::{LogEvent, Logged};
use crate::pattern::{Pattern, PatternError};
use crate::{Logs, files};

/// Which events are wanted.
#[derive(Debug)]
pub struct Wanted {
    /// Of these groups, by name.
    pub groups: Vec<String>,
    /// Of this stream only.
    pub stream: Option<String>,
    /// From this time on, in milliseconds since the epoch.
    pub since: u64,
    /// Up to this time, included.
    pub until: u64,
    /// That match.
    pub filter: Filter,
    /// The newest so many.
    pub limit: usize,
}

/// A filter pattern of CloudWatch Logs.
#[derive(Debug)]
pub struct Filter(Pattern);

impl Filter {
    /// Reads a pattern; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        Pattern::parse(text).map(Self)
    }

    /// Whether an event's text matches.
    pub fn matches(&self, message: &str) -> bool {
        self.0.matches(message)
    }
}

/// What is logged from now on.
#[derive(Debug)]
pub struct Follow(broadcast::Receiver<Arc<Logged>>);

impl Follow {
    /// The next event; `None` once the logs are closed. Who is too slow
    /// misses the oldest.
    pub async fn next(&mut self) -> Option<Arc<Logged>> {
        loop {
            match self.0.recv().await {
                Ok(logged) => return Some(logged),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Logs {
    /// Everything that is logged from now on.
    pub fn follow(&self) -> Follow {
        Follow(self.live.subscribe())
    }

    /// The newest events of those that are wanted, the oldest first.
    pub async fn newest(&self, wanted: Wanted) -> Vec<Logged> {
        // What was logged before is found.
        self.flush().await;
        let folder = Arc::clone(&self.folder);
        let read = tokio::task::spawn_blocking(move || read(&folder, &wanted));
        read.await.unwrap_or_default()
    }
}

fn read(folder: &Path, wanted: &Wanted) -> Vec<Logged> {
    let mut newest = Vec::new();
    for group in &wanted.groups {
        for (stream, path) in files::streams(folder, group) {
            let is_wanted = wanted
                .stream
                .as_ref()
                .is_none_or(|wanted| *wanted == stream);
            if !is_wanted || ended_before(&path, wanted.since) {
                continue;
            }
            let mut of_stream = VecDeque::new();
            for event in files::events(&path) {
                let in_time = (wanted.since..=wanted.until).contains(&event.timestamp);
                if in_time && wanted.filter.matches(&event.message) {
                    if of_stream.len() == wanted.limit {
                        of_stream.pop_front();
                    }
                    of_stream.push_back(event);
                }
            }
            newest.extend(
                of_stream
                    .into_iter()
                    .map(|event| logged(group, &stream, event)),
            );
            keep_newest(&mut newest, wanted.limit);
        }
    }
    newest
}

fn logged(group: &str, stream: &str, event: LogEvent) -> Logged {
    Logged {
        group: group.to_owned(),
        stream: stream.to_owned(),
        event,
    }
}

fn keep_newest(events: &mut Vec<Logged>, limit: usize) {
    // Stable: lines of one millisecond stay in their order.
    events.sort_by_key(|logged| logged.event.timestamp);
    let surplus = events.len().saturating_sub(limit);
    events.drain(..surplus);
}

/// Whether a file was written to for the last time before `since`: tools may
/// have put events with times of their own, but none that were later.
fn ended_before(path: &Path, since: u64) -> bool {
    let since = UNIX_EPOCH + Duration::from_millis(since);
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    // Clocks of files may be coarse.
    let coarse = Duration::from_secs(2);
    modified.is_ok_and(|modified: SystemTime| modified + coarse < since)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_newest_of_several_groups_come_in_the_order_of_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::open(folder.path(), Box::new(|_: &str, _: &LogEvent| {})).unwrap();
        let (one, two) = (logs.stream("one", "a"), logs.stream("two", "b"));
        let mut follow = logs.follow();
        for (stream, time) in [(&one, 10), (&two, 11), (&one, 12), (&two, 13), (&one, 14)] {
            stream.put_at(time, format!("at {time}")).await;
        }
        let newest = |limit, filter| Wanted {
            groups: vec!["one".into(), "two".into()],
            stream: None,
            since: 11,
            until: u64::MAX,
            filter: Filter::parse(filter).unwrap(),
            limit,
        };
        let texts = |logged: Vec<Logged>| -> Vec<String> {
            logged
                .into_iter()
                .map(|logged| logged.event.message)
                .collect()
        };
        let all = texts(logs.newest(newest(10, "")).await);
        assert_eq!(all, ["at 11", "at 12", "at 13", "at 14"]);
        assert_eq!(texts(logs.newest(newest(2, "")).await), ["at 13", "at 14"]);
        assert_eq!(texts(logs.newest(newest(2, "13")).await), ["at 13"]);
        let first = follow.next().await.unwrap();
        assert_eq!((first.group.as_str(), first.event.timestamp), ("one", 10));
        assert!(Filter::parse("{ nonsense").is_err());
    }
}
