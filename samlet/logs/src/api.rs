//! The CloudWatch Logs API over the files.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/>

mod events;
mod groups;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use samlet_aws::{Arn, Place};
use samlet_service::protocol::{Json, JsonVersion};
use samlet_service::{
    Answer, BodyRule, Call, Caller, Described, Fault, Identity, Need, Operation, Protocol, Service,
    Setup, Stored, async_trait,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::Logs;
use crate::event_stream;
use crate::files::{self, Group};
use crate::live::LiveTail;
use crate::parameters::{
    failed, group_name, group_of, invalid_parameter, no_group, refusal, strings,
};

/// CloudWatch Logs, as it is here.
pub static IDENTITY: Identity = Identity {
    signing_name: "logs",
    title: "CloudWatch Logs",
    iam_prefix: "logs",
    actions: include_str!("actions.txt"),
    condition_keys: include_str!("condition_keys.txt"),
    protocols: &[Protocol::Json(Json {
        version: JsonVersion::V1_1,
        targets: &["Logs_20140328"],
        namespace: "",
        is_dynamodb_style: false,
    })],
    // PutLogEvents has 1 MB of events, which JSON may write in up to six times as much.
    body: BodyRule::Whole {
        max_bytes: 8 * 1024 * 1024,
    },
    has_compression: false,
    check: None,
    stored: &[Stored {
        path: "logs",
        title: "logs",
    }],
};

/// The API of one application's logs; cheap to clone.
#[derive(Clone, Debug)]
pub struct LogsApi {
    logs: Logs,
    place: Arc<Place>,
    shutdown: CancellationToken,
}

impl LogsApi {
    /// The API over `logs`, until `shutdown`.
    pub fn new(logs: Logs, place: Arc<Place>, shutdown: CancellationToken) -> Self {
        Self {
            logs,
            place,
            shutdown,
        }
    }

    /// The service over `logs`.
    pub fn service(logs: Logs, setup: &Setup) -> Arc<dyn Service> {
        let place = Arc::clone(&setup.place);
        Arc::new(Self::new(logs, place, setup.shutdown.clone()))
    }
}

#[async_trait]
impl Service for LogsApi {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        let request: Value = call.read_json()?;
        let operation = call.operation().to_owned();
        Ok(Box::new(Request {
            needs: needs(&operation, &request, &self.place),
            operation,
            request,
            api: self.clone(),
        }))
    }

    async fn describe(&self) -> Vec<Described> {
        let api = self.clone();
        let described = tokio::task::spawn_blocking(move || {
            let groups = files::groups(&api.logs.folder).into_iter();
            let described = groups.take(MAX_DESCRIBED).map(|group| Described {
                kind: "log group",
                arn: api.group_arn(&group.name),
                details: match group.retention_in_days {
                    Some(days) => vec![("retention", format!("{days} days"))],
                    None => Vec::new(),
                },
                name: group.name,
            });
            described.collect()
        });
        described.await.unwrap_or_default()
    }
}

/// Log groups that are described.
const MAX_DESCRIBED: usize = 10_000;

/// A request, and what it needs to be allowed.
struct Request {
    operation: String,
    request: Value,
    needs: Vec<Need>,
    api: LogsApi,
}

#[async_trait]
impl Operation for Request {
    fn needs(&self) -> &[Need] {
        &self.needs
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        if self.operation == "StartLiveTail" {
            let session = self.api.live_tail(&self.request)?;
            let stop = self.api.shutdown.clone();
            return Ok(event_stream::answer(session, stop));
        }
        let answered = self.api.execute(&self.operation, self.request).await;
        answered.map(Answer::json)
    }
}

/// The action that a request needs to be allowed, on each log group or stream that it names.
fn needs(operation: &str, request: &Value, place: &Place) -> Vec<Need> {
    let action = format!("logs:{operation}");
    let on = |resource: String| {
        let arn = place.arn("logs", format_args!("log-group:{resource}"));
        Need::new(action.as_str(), arn)
    };
    let tailed = strings(&request["logGroupIdentifiers"]);
    if operation == "StartLiveTail" && !tailed.is_empty() {
        let tailed = tailed.into_iter();
        return tailed.map(|name| on(group_of(name).to_owned())).collect();
    }
    let group = group_name(request).unwrap_or("*");
    let resource = match (operation, request["logStreamName"].as_str()) {
        ("DescribeLogGroups", _) => "*".to_owned(),
        ("PutLogEvents" | "GetLogEvents", Some(stream)) => {
            format!("{group}:log-stream:{stream}")
        }
        ("FilterLogEvents", _) => format!("{group}:log-stream:*"),
        _ => format!("{group}:*"),
    };
    vec![on(resource)]
}

impl LogsApi {
    /// Runs an operation of somebody who is allowed to; all but StartLiveTail.
    pub async fn execute(&self, operation: &str, request: Value) -> Result<Bytes, Fault> {
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
            .map_err(|error| failed(&std::io::Error::other(error)))?;
        answer.map(|body| body.to_string().into())
    }

    /// Begins a live tail session.
    fn live_tail(&self, request: &Value) -> Result<LiveTail, Fault> {
        let account = &self.place.account;
        let session = LiveTail::new(self.logs.live.subscribe(), request, account)?;
        for name in strings(&request["logGroupIdentifiers"]) {
            files::read_group(&self.logs.folder, group_of(name)).ok_or_else(no_group)?;
        }
        Ok(session)
    }

    /// Operations that answer nothing; `None` when it is another.
    async fn write(&self, operation: &str, request: &Value) -> Option<Result<(), Fault>> {
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

    /// Operations that read; on a thread that may wait for the disk.
    fn read(&self, operation: &str, request: &Value) -> Result<Value, Fault> {
        match operation {
            "DescribeLogGroups" => self.describe_groups(request),
            "DescribeLogStreams" => self.describe_streams(request),
            "GetLogEvents" => self.get_events(request),
            "FilterLogEvents" => self.filter_events(request),
            _ => {
                let text =
                    format!("samlet does not provide the CloudWatch Logs operation {operation}");
                Err(Fault::unknown_operation(text))
            }
        }
    }

    fn group(&self, request: &Value) -> Result<Group, Fault> {
        let name = group_name(request)
            .ok_or_else(|| invalid_parameter("logGroupName or logGroupIdentifier is required"))?;
        files::read_group(&self.logs.folder, name).ok_or_else(no_group)
    }

    /// The file of a stream that is there.
    fn existing_stream(&self, group: &str, stream: &str) -> Result<PathBuf, Fault> {
        let path = self.stream_path(group, stream);
        let text = "The specified log stream does not exist.";
        match path.is_file() {
            true => Ok(path),
            false => Err(refusal("ResourceNotFoundException", text)),
        }
    }

    fn stream_path(&self, group: &str, stream: &str) -> PathBuf {
        self.logs.folder.join(files::stream_path(group, stream))
    }

    fn group_arn(&self, group: &str) -> Arn {
        self.place.arn("logs", format_args!("log-group:{group}"))
    }
}
