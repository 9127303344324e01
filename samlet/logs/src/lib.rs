//! Log groups and log streams on disk, as CloudWatch Logs names them.
//!
//! A group is a folder with a `group.json`, a stream a file in it with one JSON
//! object a line: `{"timestamp":<ms since the epoch>,"message":"…"}`. Names are not paths (`names.rs`).
//! Everything is written by one thread; a caller waits only when that thread is
//! a full queue behind. Reading (`api`, the CloudWatch Logs API) is done from the
//! files.

mod api;
mod earlier;
mod event;
mod event_stream;
mod files;
mod live;
mod names;
mod parameters;
mod pattern;
mod recent;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

pub use api::{IDENTITY, LogsApi};
use event::now_ms;
pub use event::{LogEvent, Logged};
pub use files::each_event;
pub use live::LiveTail;
pub use pattern::PatternError;
pub use recent::{Filter, Follow, Wanted};
pub use writer::Observer;
use writer::{Command, Place, Writer};

/// Events that may wait for the writing thread; then senders wait too, so
/// that a function that floods its log is slowed and not our memory filled.
const QUEUE_LENGTH: usize = 4096;

/// What one stream's events may take in the queue: one that floods waits for
/// itself, and leaves room for others.
const MAX_QUEUED_BYTES: usize = 256 * 1024;

/// What each event counts for beside its text.
const EVENT_BYTES: usize = 256;

/// The longest event, in bytes, as CloudWatch Logs has it; longer ones are cut.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
pub const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// How long closing may take to write what still waits.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the logs could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep logs under {}: {source}", path.display())]
pub struct LogsError {
    /// The folder.
    pub path: PathBuf,
    /// The cause.
    pub source: std::io::Error,
}

/// All log groups under one folder; cheap to clone.
#[derive(Clone, Debug)]
pub struct Logs {
    folder: Arc<Path>,
    commands: mpsc::Sender<Command>,
    live: broadcast::Sender<Arc<Logged>>,
}

impl Logs {
    /// Opens (and makes) the folder, and starts the writing thread.
    ///
    /// `observer` is given each event with its group's name.
    pub fn open(folder: &Path, observer: Box<dyn Observer>) -> Result<Self, LogsError> {
        let fail = |source| LogsError {
            path: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(fail)?;
        earlier::convert(folder);
        let (commands, queue) = mpsc::channel(QUEUE_LENGTH);
        let (live, _) = broadcast::channel(live::MAX_WAITING);
        let writer = Writer::new(folder.to_owned(), observer, live.clone());
        std::thread::Builder::new()
            .name("logs".into())
            .spawn(move || writer.run(queue))
            .map_err(fail)?;
        Ok(Self {
            folder: folder.into(),
            commands,
            live,
        })
    }

    /// A stream to write to; its file is made with the first event.
    pub fn stream(&self, group: &str, stream: &str) -> LogStream {
        LogStream {
            place: Arc::new(Place {
                group: group.to_owned(),
                stream: stream.to_owned(),
                path: files::stream_path(group, stream),
            }),
            room: Arc::new(Semaphore::new(MAX_QUEUED_BYTES)),
            commands: self.commands.clone(),
        }
    }

    /// Waits until everything put so far is written.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            self.commands.send(Command::Flush(done)).await.ok()?;
            written.await.ok()
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, flushed).await.is_err() {
            tracing::warn!("the logs were not all written within {CLOSE_TIMEOUT:?}");
        }
    }
}

/// One log stream; dropping it closes its file.
#[derive(Debug)]
pub struct LogStream {
    place: Arc<Place>,
    room: Arc<Semaphore>,
    commands: mpsc::Sender<Command>,
}

impl LogStream {
    /// Adds an event with the present time.
    pub async fn put(&self, message: impl Into<String>) {
        self.put_at(now_ms(), message.into()).await;
    }

    async fn put_at(&self, timestamp: u64, mut message: String) {
        if message.len() > MAX_EVENT_BYTES {
            message.truncate(message.floor_char_boundary(MAX_EVENT_BYTES));
        }
        let size = (message.len() + EVENT_BYTES).min(MAX_QUEUED_BYTES);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        // Fails only when it is closed, which it never is.
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(size).await else {
            return;
        };
        let event = LogEvent { timestamp, message };
        let put = Command::Put {
            place: Arc::clone(&self.place),
            event,
            room,
        };
        // Fails only once the writing thread has ended, with the process.
        self.commands.send(put).await.ok();
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        // When the queue is full the file stays open until the process ends: harmless.
        self.commands
            .try_send(Command::Close(Arc::clone(&self.place)))
            .ok();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn events_are_written_in_order_and_shown_to_the_observer() {
        let folder = tempfile::tempdir().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let observed = Arc::clone(&seen);
        let observer = Box::new(move |group: &str, event: &LogEvent| {
            observed
                .lock()
                .unwrap()
                .push((group.to_owned(), event.message.clone()));
        });
        let logs = Logs::open(folder.path(), observer).unwrap();
        let stream = logs.stream("/aws/lambda/hello", "2026/11/24/[$LATEST]00");
        stream.put("one").await;
        stream.put("two\nlines").await;
        logs.flush().await;

        let file = folder
            .path()
            .join("+aws+lambda+hello/2026+11+24+[$LATEST]00.jsonl");
        let text = std::fs::read_to_string(file).unwrap();
        let messages: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<LogEvent>(line).unwrap().message)
            .collect();
        assert_eq!(messages, ["one", "two\nlines"]);
        let group = "/aws/lambda/hello".to_owned();
        let expected = [
            (group.clone(), "one".to_owned()),
            (group, "two\nlines".to_owned()),
        ];
        assert_eq!(*seen.lock().unwrap(), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_logged_is_read_again_as_it_was(
            messages in proptest::collection::vec(any::<String>(), 1..20),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let read: Vec<String> = runtime.block_on(async {
                let logs = Logs::open(folder.path(), Box::new(|_: &str, _: &LogEvent| {})).unwrap();
                let stream = logs.stream("group", "stream");
                for message in &messages {
                    stream.put(message).await;
                }
                logs.flush().await;
                let path = folder.path().join(files::stream_path("group", "stream"));
                files::events(&path).map(|event| event.message).collect()
            });
            prop_assert_eq!(read, messages);
        }
    }
}
