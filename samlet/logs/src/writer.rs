//! The thread that writes events to their files.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot};

use crate::live::Logged;
use crate::{LogEvent, Observer, files};

/// How many events are taken at once; files are flushed after each such batch.
const BATCH: usize = 256;

pub(crate) enum Command {
    Put {
        group: String,
        path: PathBuf,
        event: LogEvent,
        /// What the event takes of its stream's share of the queue.
        room: OwnedSemaphorePermit,
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
    files: HashMap<PathBuf, LogFile>,
    /// Events that could not be written since it was last said that all are.
    lost: u64,
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
            lost: 0,
        }
    }

    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut waiting = Vec::new();
            for command in batch.drain(..) {
                match command {
                    Command::Put {
                        group,
                        path,
                        event,
                        room,
                    } => {
                        if let Err(error) = self.write(&group, &path, &event) {
                            self.note_lost(1, &error);
                        }
                        (self.observer)(&group, &event);
                        drop(room);
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
                        if let Some(mut file) = self.files.remove(&path)
                            && let Err((lost, error)) = file.flush()
                        {
                            self.note_lost(lost, &error);
                        }
                    }
                    Command::Flush(done) => waiting.push(done),
                }
            }
            self.flush();
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
            self.files.insert(path.to_owned(), LogFile::new(file));
        }
        let Some(file) = self.files.get_mut(path) else {
            return Ok(());
        };
        serde_json::to_writer(&mut file.pending, event)?;
        file.pending.push(b'\n');
        if file.pending.len() >= FLUSH_BYTES
            && let Err((lost, error)) = file.flush()
        {
            self.note_lost(lost, &error);
        }
        Ok(())
    }

    fn flush(&mut self) {
        let mut wrote = false;
        let mut failures = Vec::new();
        for file in self
            .files
            .values_mut()
            .filter(|file| !file.pending.is_empty())
        {
            match file.flush() {
                Ok(()) => wrote = true,
                Err(failure) => failures.push(failure),
            }
        }
        for (lost, error) in &failures {
            self.note_lost(*lost, error);
        }
        if wrote && failures.is_empty() && self.lost > 0 {
            tracing::warn!("logs are written again; {} events were lost", self.lost);
            self.lost = 0;
        }
    }

    /// Said once, and again when it is over, not for every event.
    fn note_lost(&mut self, events: u64, error: &io::Error) {
        if self.lost == 0 {
            tracing::error!(folder = %self.folder.display(), %error, "cannot write logs");
        }
        self.lost += events;
    }
}

/// What is gathered for one file before it is written.
const FLUSH_BYTES: usize = 64 * 1024;

/// A stream's file: each event a line, whole or not at all.
struct LogFile {
    file: File,
    /// Lines that are still to be written.
    pending: Vec<u8>,
    /// It ends in the middle of a line.
    is_torn: bool,
}

impl LogFile {
    fn new(file: File) -> Self {
        Self {
            file,
            pending: Vec::new(),
            is_torn: false,
        }
    }

    /// Writes what is pending; an error says how many events were lost.
    fn flush(&mut self) -> Result<(), (u64, io::Error)> {
        let mut left = &self.pending[..];
        let result = loop {
            if left.is_empty() {
                break Ok(());
            }
            // What comes after a torn line must not become part of it.
            let line_end: &[u8] = if self.is_torn { b"\n" } else { left };
            match self.file.write(line_end) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(_) if self.is_torn => self.is_torn = false,
                Ok(length) => left = &left[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let written = self.pending.len() - left.len();
        if !left.is_empty() && written > 0 {
            self.is_torn = self.pending[written - 1] != b'\n';
        }
        let lost = left.iter().filter(|byte| **byte == b'\n').count();
        self.pending.clear();
        result.map_err(|error| (lost.try_into().unwrap_or(u64::MAX), error))
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}
