//! The thread that writes events to their files.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot};

use crate::live::Logged;
use crate::{LogEvent, Observer, files};

/// How many events are taken at once; files are flushed after each such batch.
const BATCH: usize = 256;

pub(crate) enum Command {
    Put {
        group: String,
        path: PathBuf,
        event: LogEvent,
    },
    /// Makes a group, and a stream in it.
    Create {
        group: String,
        stream: Option<String>,
        done: oneshot::Sender<io::Result<()>>,
    },
    /// Ends a group with all its streams.
    DeleteGroup {
        group: String,
        done: oneshot::Sender<io::Result<()>>,
    },
    Close(PathBuf),
    Flush(oneshot::Sender<()>),
}

pub(crate) struct Writer {
    folder: PathBuf,
    observer: Observer,
    /// To live tail sessions, if there are any.
    live: broadcast::Sender<Arc<Logged>>,
    files: HashMap<PathBuf, BufWriter<File>>,
    /// Said once, not for every event.
    failed: bool,
}

impl Writer {
    pub(crate) fn new(
        folder: PathBuf,
        observer: Observer,
        live: broadcast::Sender<Arc<Logged>>,
    ) -> Self {
        Self {
            folder,
            observer,
            live,
            files: HashMap::new(),
            failed: false,
        }
    }

    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut waiting = Vec::new();
            for command in batch.drain(..) {
                match command {
                    Command::Put { group, path, event } => {
                        let written = self.write(&group, &path, &event);
                        self.note(written);
                        (self.observer)(&group, &event);
                        if self.live.receiver_count() > 0 {
                            let stream = files::stream_name(&group, &path);
                            let logged = Logged {
                                group,
                                stream,
                                event,
                            };
                            self.live.send(Arc::new(logged)).ok();
                        }
                    }
                    Command::Create {
                        group,
                        stream,
                        done,
                    } => {
                        done.send(self.create(&group, stream.as_deref())).ok();
                    }
                    Command::DeleteGroup { group, done } => {
                        done.send(self.delete_group(&group)).ok();
                    }
                    Command::Close(path) => {
                        self.files.remove(&path);
                    }
                    Command::Flush(done) => waiting.push(done),
                }
            }
            let flushed = self.files.values_mut().try_for_each(BufWriter::flush);
            self.note(flushed);
            for done in waiting {
                done.send(()).ok();
            }
        }
    }

    fn create(&self, group: &str, stream: Option<&str>) -> io::Result<()> {
        files::ensure_group(&self.folder, group)?;
        if let Some(stream) = stream {
            open(&self.folder.join(files::stream_path(group, stream)))?;
        }
        Ok(())
    }

    fn delete_group(&mut self, group: &str) -> io::Result<()> {
        let path = files::group_path(group);
        // Those that still write begin a new file.
        self.files.retain(|file, _| !file.starts_with(&path));
        std::fs::remove_dir_all(self.folder.join(path))
    }

    fn write(&mut self, group: &str, path: &Path, event: &LogEvent) -> io::Result<()> {
        if !self.files.contains_key(path) {
            files::ensure_group(&self.folder, group)?;
            let file = open(&self.folder.join(path))?;
            self.files.insert(path.to_owned(), BufWriter::new(file));
        }
        let Some(file) = self.files.get_mut(path) else {
            return Ok(());
        };
        serde_json::to_writer(&mut *file, event)?;
        file.write_all(b"\n")
    }

    fn note(&mut self, result: io::Result<()>) {
        match result {
            Err(error) if !self.failed => {
                self.failed = true;
                tracing::error!(folder = %self.folder.display(), %error, "cannot write logs");
            }
            Err(_) => {}
            Ok(()) => self.failed = false,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}
