//! Log events: written, read and searched.

use std::collections::BTreeMap;

use samlet_service::Fault;
use serde_json::{Value, json};

use super::LogsApi;
use crate::event::LogEvent;
use crate::files;
use crate::parameters::{filter_pattern, invalid_parameter, limit, required};

/// Events on a page, or in a request.
const MAX_EVENTS: usize = 10_000;

/// Bytes of messages on a page.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

impl LogsApi {
    pub(super) async fn put(&self, request: &Value) -> Result<Value, Fault> {
        let group = self.group(request)?.name;
        let stream = required(request, "logStreamName")?;
        self.existing_stream(&group, stream)?;
        let events = request["logEvents"].as_array().into_iter().flatten();
        let mut parsed = Vec::new();
        for event in events {
            let (Some(timestamp), Some(message)) =
                (event["timestamp"].as_u64(), event["message"].as_str())
            else {
                return Err(invalid_parameter(
                    "a log event must have a timestamp and a message",
                ));
            };
            parsed.push((timestamp, message.to_owned()));
        }
        let ordered = parsed.is_sorted_by_key(|(timestamp, _)| *timestamp);
        if parsed.is_empty() || parsed.len() > MAX_EVENTS || !ordered {
            let text =
                "Log events in a single PutLogEvents request must be in chronological order.";
            return Err(invalid_parameter(text));
        }
        let stream = self.logs.stream(&group, stream);
        for (timestamp, message) in parsed {
            stream.put_at(timestamp, message).await;
        }
        Ok(json!({"nextSequenceToken": "0"}))
    }

    pub(super) fn get_events(&self, request: &Value) -> Result<Value, Fault> {
        let group = self.group(request)?.name;
        let path = self.existing_stream(&group, required(request, "logStreamName")?)?;
        let range = Range::read(request);
        let limit = limit(request, MAX_EVENTS);
        let token = request["nextToken"].as_str();
        let position = |prefix: &str| token?.strip_prefix(prefix)?.parse::<usize>().ok();
        if token.is_some() && position("f/").or(position("b/")).is_none() {
            return Err(invalid_parameter("The specified nextToken is invalid."));
        }
        let all = || files::events(&path).filter(|event| range.holds(event));
        // Where the page begins.
        let start = match (position("f/"), position("b/")) {
            (Some(start), _) => start,
            (_, Some(end)) => end.saturating_sub(limit),
            _ if request["startFromHead"].as_bool() == Some(true) => 0,
            _ => all().count().saturating_sub(limit),
        };
        let limit = position("b/").map_or(limit, |end| end - start);
        let mut room = Room::default();
        let events: Vec<Value> = all()
            .skip(start)
            .take(limit)
            .take_while(|event| room.takes(&event.message))
            .map(|event| {
                json!({
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": event.timestamp,
                })
            })
            .collect();
        let end = start + events.len();
        Ok(json!({
            "events": events,
            "nextForwardToken": format!("f/{end}"),
            "nextBackwardToken": format!("b/{start}"),
        }))
    }

    pub(super) fn filter_events(&self, request: &Value) -> Result<Value, Fault> {
        let group = self.group(request)?.name;
        let pattern = filter_pattern(&request["filterPattern"])?;
        let range = Range::read(request);
        let limit = limit(request, MAX_EVENTS);
        let names: Option<Vec<&str>> = request["logStreamNames"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect());
        let prefix = request["logStreamNamePrefix"].as_str().unwrap_or_default();
        let after = request["nextToken"].as_str().map(Key::parse);
        // The first of what is left, over all streams; never more than a page.
        let mut found: BTreeMap<Key, String> = BTreeMap::new();
        let mut more = false;
        for (name, path) in files::streams(&self.logs.folder, &group) {
            let wanted = names
                .as_ref()
                .is_none_or(|names| names.contains(&name.as_str()));
            if !wanted || !name.starts_with(prefix) {
                continue;
            }
            for (line, event) in files::events(&path).enumerate() {
                let key = Key {
                    timestamp: event.timestamp,
                    stream: name.clone(),
                    line,
                };
                let seen = after.as_ref().is_some_and(|after| key <= *after);
                if seen || !range.holds(&event) || !pattern.matches(&event.message) {
                    continue;
                }
                found.insert(key, event.message);
                if found.len() > limit {
                    found.pop_last();
                    more = true;
                }
            }
        }
        let mut room = Room::default();
        let whole = found.len();
        let kept: Vec<(Key, String)> = found
            .into_iter()
            .take_while(|(_, message)| room.takes(message))
            .collect();
        more |= kept.len() < whole;
        let last = kept.last().map(|(key, _)| key.token());
        let events: Vec<Value> = kept
            .into_iter()
            .map(|(key, text)| key.event(text))
            .collect();
        let mut answer = json!({"events": events, "searchedLogStreams": []});
        if let (true, Some(token)) = (more, last) {
            answer["nextToken"] = json!(token);
        }
        Ok(answer)
    }
}

/// What a page holds already, in bytes.
#[derive(Default)]
struct Room(usize);

impl Room {
    /// Whether another message fits; the first always does.
    fn takes(&mut self, message: &str) -> bool {
        self.0 += message.len();
        self.0 <= MAX_PAGE_BYTES || self.0 == message.len()
    }
}

/// An event's place among all of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    timestamp: u64,
    stream: String,
    line: usize,
}

impl Key {
    fn token(&self) -> String {
        format!("{}/{}/{}", self.timestamp, self.line, self.stream)
    }

    /// What is no token of ours begins from the start.
    fn parse(token: &str) -> Self {
        let mut parts = token.splitn(3, '/');
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
        let (timestamp, line) = (number().unwrap_or(0), number().unwrap_or(0));
        Self {
            timestamp,
            line: usize::try_from(line).unwrap_or(0),
            stream: parts.next().unwrap_or_default().to_owned(),
        }
    }

    fn event(self, message: String) -> Value {
        // 56 digits, in the order of events, different for each.
        let stream = self.stream.bytes().fold(0u64, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        });
        json!({
            "logStreamName": self.stream,
            "timestamp": self.timestamp,
            "message": message,
            "ingestionTime": self.timestamp,
            "eventId": format!("{:016}{stream:020}{:020}", self.timestamp, self.line),
        })
    }
}

/// From `startTime` on, before `endTime`.
struct Range(u64, u64);

impl Range {
    fn read(request: &Value) -> Self {
        let time = |name: &str, default| request[name].as_u64().unwrap_or(default);
        Self(time("startTime", 0), time("endTime", u64::MAX))
    }

    fn holds(&self, event: &LogEvent) -> bool {
        (self.0..self.1).contains(&event.timestamp)
    }
}
