//! The CloudWatch Logs API over the files.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use crate::files::{self, Group};
use crate::live::{LiveTail, texts};
use crate::pattern::Pattern;
use crate::writer::Command;
use crate::{LogEvent, Logs, now_ms};

/// Events, groups or streams on a page.
const MAX_EVENTS: usize = 10_000;
const MAX_LISTED: usize = 50;

/// Bytes of messages on a page.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// A refusal: an exception's name and text; always HTTP 400 but for failures of ours.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The exception's name.
    pub code: &'static str,
    /// The text.
    pub message: String,
}

impl ApiError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    fn no_group() -> Self {
        let text = "The specified log group does not exist.";
        Self::new("ResourceNotFoundException", text)
    }

    fn failed(error: &std::io::Error) -> Self {
        tracing::error!(%error, "the logs cannot be read or written");
        Self {
            status: 500,
            code: "ServiceUnavailableException",
            message: "The service cannot complete the request.".into(),
        }
    }
}

/// The action that a request needs to be allowed, and the ARNs on which.
pub fn requirements(
    operation: &str,
    request: &Value,
    region: &str,
    account_id: &str,
) -> (String, Vec<String>) {
    let group = group_name(request).unwrap_or("*");
    let prefix = format!("arn:aws:logs:{region}:{account_id}:log-group:");
    let action = format!("logs:{operation}");
    let tailed = texts(&request["logGroupIdentifiers"]);
    if operation == "StartLiveTail" && !tailed.is_empty() {
        let resources = tailed
            .iter()
            .map(|name| format!("{prefix}{}", group_of(name)));
        return (action, resources.collect());
    }
    let resource = match (operation, request["logStreamName"].as_str()) {
        ("DescribeLogGroups", _) => format!("{prefix}*"),
        ("PutLogEvents" | "GetLogEvents", Some(stream)) => {
            format!("{prefix}{group}:log-stream:{stream}")
        }
        ("FilterLogEvents", _) => format!("{prefix}{group}:log-stream:*"),
        _ => format!("{prefix}{group}:*"),
    };
    (action, vec![resource])
}

/// `logGroupName`, or `logGroupIdentifier`: a name or an ARN.
fn group_name(request: &Value) -> Option<&str> {
    let identifier = || request["logGroupIdentifier"].as_str().map(group_of);
    request["logGroupName"].as_str().or_else(identifier)
}

/// The group that an identifier means: a name, or an ARN.
pub(crate) fn group_of(identifier: &str) -> &str {
    let arn = identifier.split_once(":log-group:");
    arn.map_or(identifier, |(_, name)| name)
        .trim_end_matches(":*")
}

/// The API, in this region and account.
#[derive(Clone, Debug)]
pub struct LogsApi {
    logs: Logs,
    region: String,
    account_id: String,
}

impl LogsApi {
    /// The API over `logs`.
    pub fn new(logs: Logs, region: &str, account_id: &str) -> Self {
        Self {
            logs,
            region: region.into(),
            account_id: account_id.into(),
        }
    }

    /// Runs one operation.
    pub async fn execute(&self, operation: &str, request: Value) -> Result<Bytes, ApiError> {
        if let Some(answer) = self.write(operation, &request).await {
            return answer.map(|()| Bytes::new());
        }
        if operation == "PutLogEvents" {
            return self.put(&request).await.map(|body| body.to_string().into());
        }
        // What was logged before the request is found by it.
        self.logs.flush().await;
        let (api, operation) = (self.clone(), operation.to_owned());
        let read = tokio::task::spawn_blocking(move || api.read(&operation, &request));
        let answer = read
            .await
            .map_err(|error| ApiError::failed(&std::io::Error::other(error)))?;
        answer.map(|body| body.to_string().into())
    }

    /// Begins a live tail session.
    pub fn live_tail(&self, request: &Value) -> Result<LiveTail, ApiError> {
        let session = LiveTail::new(self.logs.live.subscribe(), request, &self.account_id)?;
        for name in texts(&request["logGroupIdentifiers"]) {
            files::read_group(&self.logs.folder, group_of(name)).ok_or_else(ApiError::no_group)?;
        }
        Ok(session)
    }

    /// Operations that answer nothing; `None` when it is another.
    async fn write(&self, operation: &str, request: &Value) -> Option<Result<(), ApiError>> {
        Some(match operation {
            "CreateLogGroup" => self.create_group(request).await,
            "CreateLogStream" => self.create_stream(request).await,
            "DeleteLogGroup" => self.delete_group(request).await,
            "PutRetentionPolicy" | "DeleteRetentionPolicy" => {
                self.set_retention(request["retentionInDays"].as_u64(), request)
            }
            _ => return None,
        })
    }

    async fn create_group(&self, request: &Value) -> Result<(), ApiError> {
        let name = required(request, "logGroupName")?;
        let sound = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
        if name.is_empty() || name.len() > 512 || !name.chars().all(sound) {
            return Err(ApiError::parameter(format!(
                "1 validation error detected: Value '{name:.100}' at 'logGroupName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
            )));
        }
        if files::read_group(&self.logs.folder, name).is_some() {
            let text = "The specified log group already exists";
            return Err(ApiError::new("ResourceAlreadyExistsException", text));
        }
        self.create(name, None).await
    }

    async fn create_stream(&self, request: &Value) -> Result<(), ApiError> {
        let group = self.group(request)?.name;
        let stream = required(request, "logStreamName")?;
        if stream.is_empty() || stream.len() > 512 || stream.contains([':', '*', '\0']) {
            return Err(ApiError::parameter(format!(
                "1 validation error detected: Value '{stream:.100}' at 'logStreamName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [^:*]*"
            )));
        }
        if self.stream_path(&group, stream).is_file() {
            let text = "The specified log stream already exists";
            return Err(ApiError::new("ResourceAlreadyExistsException", text));
        }
        self.create(&group, Some(stream)).await
    }

    async fn create(&self, group: &str, stream: Option<&str>) -> Result<(), ApiError> {
        let (group, stream) = (group.to_owned(), stream.map(str::to_owned));
        self.command(|done| Command::Create {
            group,
            stream,
            done,
        })
        .await
    }

    async fn delete_group(&self, request: &Value) -> Result<(), ApiError> {
        let group = self.group(request)?.name;
        self.command(|done| Command::DeleteGroup { group, done })
            .await
    }

    /// Has the writing thread do something, and waits until it is done.
    async fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<std::io::Result<()>>) -> Command,
    ) -> Result<(), ApiError> {
        let (done, result) = oneshot::channel();
        self.logs.commands.send(command(done)).await.ok();
        let result = result
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|error| ApiError::failed(&error))
    }

    fn set_retention(&self, days: Option<u64>, request: &Value) -> Result<(), ApiError> {
        let mut group = self.group(request)?;
        group.retention_in_days = days.and_then(|days| u32::try_from(days).ok());
        files::write_group(&self.logs.folder, &group).map_err(|error| ApiError::failed(&error))
    }

    async fn put(&self, request: &Value) -> Result<Value, ApiError> {
        let group = self.group(request)?.name;
        let stream = required(request, "logStreamName")?;
        self.existing_stream(&group, stream)?;
        let events = request["logEvents"].as_array().into_iter().flatten();
        let mut parsed = Vec::new();
        for event in events {
            let (Some(timestamp), Some(message)) =
                (event["timestamp"].as_u64(), event["message"].as_str())
            else {
                return Err(ApiError::parameter(
                    "a log event has a timestamp and a message",
                ));
            };
            parsed.push((timestamp, message.to_owned()));
        }
        let ordered = parsed.is_sorted_by_key(|(timestamp, _)| *timestamp);
        if parsed.is_empty() || parsed.len() > MAX_EVENTS || !ordered {
            let text =
                "Log events in a single PutLogEvents request must be in chronological order.";
            return Err(ApiError::parameter(text));
        }
        let stream = self.logs.stream(&group, stream);
        for (timestamp, message) in parsed {
            stream.put_at(timestamp, message).await;
        }
        Ok(json!({"nextSequenceToken": "0"}))
    }

    /// Operations that read; on a thread that may wait for the disk.
    fn read(&self, operation: &str, request: &Value) -> Result<Value, ApiError> {
        match operation {
            "DescribeLogGroups" => self.describe_groups(request),
            "DescribeLogStreams" => self.describe_streams(request),
            "GetLogEvents" => self.get_events(request),
            "FilterLogEvents" => self.filter_events(request),
            _ => Err(ApiError::new(
                "UnknownOperationException",
                format!("samlet does not provide the CloudWatch Logs operation {operation}"),
            )),
        }
    }

    fn describe_groups(&self, request: &Value) -> Result<Value, ApiError> {
        let prefix = request["logGroupNamePrefix"].as_str().unwrap_or_default();
        let part = request["logGroupNamePattern"].as_str().unwrap_or_default();
        let groups = files::groups(&self.logs.folder);
        let groups = groups.into_iter().filter(|group| {
            group.name.starts_with(prefix)
                && group.name.to_lowercase().contains(&part.to_lowercase())
        });
        let describe = |group: Group| self.describe(&group);
        Ok(page("logGroups", groups.collect(), describe, request))
    }

    fn describe(&self, group: &Group) -> Value {
        let streams = files::streams(&self.logs.folder, &group.name);
        let bytes: u64 = streams.iter().map(|(_, path)| length(path)).sum();
        let arn = self.arn(&group.name);
        let mut described = json!({
            "logGroupName": group.name,
            "creationTime": group.creation_time,
            "metricFilterCount": 0,
            "arn": format!("{arn}:*"),
            "logGroupArn": arn,
            "storedBytes": bytes,
            "logGroupClass": "STANDARD",
        });
        if let Some(days) = group.retention_in_days {
            described["retentionInDays"] = json!(days);
        }
        described
    }

    fn describe_streams(&self, request: &Value) -> Result<Value, ApiError> {
        let group = self.group(request)?.name;
        let prefix = request["logStreamNamePrefix"].as_str().unwrap_or_default();
        let by_time = request["orderBy"].as_str() == Some("LastEventTime");
        if by_time && !prefix.is_empty() {
            let text = "Cannot order by LastEventTime with a logStreamNamePrefix.";
            return Err(ApiError::parameter(text));
        }
        let mut streams = files::streams(&self.logs.folder, &group);
        streams.retain(|(name, _)| name.starts_with(prefix));
        if by_time {
            let last = |path: &Path| files::events(path).map(|event| event.timestamp).last();
            streams.sort_by_cached_key(|(_, path)| last(path));
        }
        if request["descending"].as_bool() == Some(true) {
            streams.reverse();
        }
        let describe = |(name, path): (String, PathBuf)| self.describe_stream(&group, &name, &path);
        Ok(page("logStreams", streams, describe, request))
    }

    fn describe_stream(&self, group: &str, name: &str, path: &Path) -> Value {
        let mut times = files::events(path).map(|event| event.timestamp);
        let first = times.next();
        let last = times.last().or(first);
        let mut stream = json!({
            "logStreamName": name,
            "creationTime": first.unwrap_or_else(now_ms),
            "arn": format!("{}:log-stream:{name}", self.arn(group)),
            "storedBytes": 0,
            "uploadSequenceToken": "0",
        });
        if let (Some(first), Some(last)) = (first, last) {
            stream["firstEventTimestamp"] = json!(first);
            stream["lastEventTimestamp"] = json!(last);
            stream["lastIngestionTime"] = json!(last);
        }
        stream
    }

    fn get_events(&self, request: &Value) -> Result<Value, ApiError> {
        let group = self.group(request)?.name;
        let path = self.existing_stream(&group, required(request, "logStreamName")?)?;
        let range = Range::read(request);
        let limit = limit(request, MAX_EVENTS);
        let token = request["nextToken"].as_str();
        let position = |prefix: &str| token?.strip_prefix(prefix)?.parse::<usize>().ok();
        if token.is_some() && position("f/").or(position("b/")).is_none() {
            return Err(ApiError::parameter("The specified nextToken is invalid."));
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

    fn filter_events(&self, request: &Value) -> Result<Value, ApiError> {
        let group = self.group(request)?.name;
        let pattern = pattern_of(&request["filterPattern"])?;
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

    fn group(&self, request: &Value) -> Result<Group, ApiError> {
        let name = group_name(request)
            .ok_or_else(|| ApiError::parameter("logGroupName or logGroupIdentifier is required"))?;
        files::read_group(&self.logs.folder, name).ok_or_else(ApiError::no_group)
    }

    /// The file of a stream that is there.
    fn existing_stream(&self, group: &str, stream: &str) -> Result<PathBuf, ApiError> {
        let path = self.stream_path(group, stream);
        let text = "The specified log stream does not exist.";
        match path.is_file() {
            true => Ok(path),
            false => Err(ApiError::new("ResourceNotFoundException", text)),
        }
    }

    fn stream_path(&self, group: &str, stream: &str) -> PathBuf {
        self.logs.folder.join(files::stream_path(group, stream))
    }

    fn arn(&self, group: &str) -> String {
        let Self {
            region, account_id, ..
        } = self;
        format!("arn:aws:logs:{region}:{account_id}:log-group:{group}")
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

/// A request's filter pattern; all events match when there is none.
pub(crate) fn pattern_of(text: &Value) -> Result<Pattern, ApiError> {
    Pattern::parse(text.as_str().unwrap_or_default())
        .map_err(|reason| ApiError::parameter(format!("Invalid filter pattern: {reason}")))
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

fn required<'a>(request: &'a Value, name: &str) -> Result<&'a str, ApiError> {
    request[name].as_str().ok_or_else(|| {
        ApiError::parameter(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

fn limit(request: &Value, most: usize) -> usize {
    let asked = request["limit"]
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok());
    asked.unwrap_or(most).clamp(1, most)
}

/// One page of a list, each entry as `describe` gives it.
fn page<T>(name: &str, listed: Vec<T>, describe: impl Fn(T) -> Value, request: &Value) -> Value {
    let start = request["nextToken"]
        .as_str()
        .and_then(|token| token.parse().ok());
    let start: usize = start.unwrap_or(0);
    let limit = limit(request, MAX_LISTED);
    let total = listed.len();
    let page = listed.into_iter().skip(start).take(limit);
    let page: Vec<Value> = page.map(describe).collect();
    let end = start.saturating_add(page.len());
    let mut answer = Map::new();
    answer.insert(name.to_owned(), page.into());
    if end < total {
        answer.insert("nextToken".into(), json!(end.to_string()));
    }
    answer.into()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}
