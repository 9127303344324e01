//! Log groups and streams: made, described and deleted.

use std::path::{Path, PathBuf};

use samlet_service::Fault;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::LogsApi;
use crate::event::now_ms;
use crate::files::{self, Group};
use crate::parameters::{failed, invalid_parameter, limit, refusal, required};
use crate::writer::Command;

/// Groups or streams on a page.
const MAX_LISTED: usize = 50;

impl LogsApi {
    pub(super) async fn create_group(&self, request: &Value) -> Result<(), Fault> {
        let name = required(request, "logGroupName")?;
        let sound = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
        if name.is_empty() || name.len() > 512 || !name.chars().all(sound) {
            return Err(invalid_parameter(format!(
                "1 validation error detected: Value '{name:.100}' at 'logGroupName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
            )));
        }
        if files::read_group(&self.logs.folder, name).is_some() {
            let text = "The specified log group already exists";
            return Err(refusal("ResourceAlreadyExistsException", text));
        }
        self.create(name, None).await
    }

    pub(super) async fn create_stream(&self, request: &Value) -> Result<(), Fault> {
        let group = self.group(request)?.name;
        let stream = required(request, "logStreamName")?;
        if stream.is_empty() || stream.len() > 512 || stream.contains([':', '*', '\0']) {
            return Err(invalid_parameter(format!(
                "1 validation error detected: Value '{stream:.100}' at 'logStreamName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [^:*]*"
            )));
        }
        if self.stream_path(&group, stream).is_file() {
            let text = "The specified log stream already exists";
            return Err(refusal("ResourceAlreadyExistsException", text));
        }
        self.create(&group, Some(stream)).await
    }

    async fn create(&self, group: &str, stream: Option<&str>) -> Result<(), Fault> {
        let (group, stream) = (group.to_owned(), stream.map(str::to_owned));
        self.command(|done| Command::Create {
            group,
            stream,
            done,
        })
        .await
    }

    pub(super) async fn delete_group(&self, request: &Value) -> Result<(), Fault> {
        let group = self.group(request)?.name;
        self.command(|done| Command::DeleteGroup { group, done })
            .await
    }

    /// Has the writing thread do something, and waits until it is done.
    async fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<std::io::Result<()>>) -> Command,
    ) -> Result<(), Fault> {
        let (done, result) = oneshot::channel();
        self.logs.commands.send(command(done)).await.ok();
        let result = result
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|error| failed(&error))
    }

    pub(super) fn set_retention(&self, days: Option<u64>, request: &Value) -> Result<(), Fault> {
        let mut group = self.group(request)?;
        group.retention_in_days = days.and_then(|days| u32::try_from(days).ok());
        files::write_group(&self.logs.folder, &group).map_err(|error| failed(&error))
    }

    pub(super) fn describe_groups(&self, request: &Value) -> Result<Value, Fault> {
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
        let arn = self.group_arn(&group.name);
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

    pub(super) fn describe_streams(&self, request: &Value) -> Result<Value, Fault> {
        let group = self.group(request)?.name;
        let prefix = request["logStreamNamePrefix"].as_str().unwrap_or_default();
        let by_time = request["orderBy"].as_str() == Some("LastEventTime");
        if by_time && !prefix.is_empty() {
            let text = "Cannot order by LastEventTime with a logStreamNamePrefix.";
            return Err(invalid_parameter(text));
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
            "arn": format!("{}:log-stream:{name}", self.group_arn(group)),
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
