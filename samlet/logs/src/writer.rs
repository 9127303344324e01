//! The thread that writes events to their files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot};

use crate::event::{LogEvent, Logged};
use crate::files;

/// How many events are taken at once; files are flushed after each such batch.
const BATCH: usize = 256;

/// How long events are gathered while they come one by one: to be woken for
/// each costs more than to write it.
const GATHERING: Duration = Duration::from_millis(5);

/// Sees every event once it is written, on the writing thread.
pub trait Observer: Send {
    /// An event, and its group's name.
    fn event(&mut self, group: &str, event: &LogEvent);

    /// There are no more of them for now.
    fn pause(&mut self) {}
}

impl<F: FnMut(&str, &LogEvent) + Send> Observer for F {
    fn event(&mut self, group: &str, event: &LogEvent) {
        self(group, event);
    }
}

/// Where a stream's events go.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) group: String,
    pub(crate) stream: String,
    /// Its file, below the folder of all logs.
    pub(crate) path: PathBuf,
}

pub(crate) enum Command {
    Put {
        place: Arc<Place>,
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
    Close(Arc<Place>),
    Flush(oneshot::Sender<()>),
}

pub(crate) struct Writer {
    folder: PathBuf,
    observer: Box<dyn Observer>,
    /// To live tail sessions, if there are any.
    live: broadcast::Sender<Arc<Logged>>,
    files: HashMap<PathBuf, LogFile>,
    /// Bytes of the present batch.
    written: usize,
    /// Events that could not be written since it was last said that all are.
    lost: u64,
}

impl Writer {
    pub(crate) fn new(
        folder: PathBuf,
        observer: Box<dyn Observer>,
        live: broadcast::Sender<Arc<Logged>>,
    ) -> Self {
        Self {
            folder,
            observer,
            live,
            files: HashMap::new(),
            written: 0,
            lost: 0,
        }
    }

    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut waiting = Vec::new();
            for command in batch.drain(..) {
                match command {
                    Command::Put { place, event, room } => {
                        self.put(&place, event);
                        drop(room);
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
                    Command::Close(place) => self.close(&place),
                    Command::Flush(done) => waiting.push(done),
                }
            }
            self.flush();
            self.observer.pause();
            for done in waiting {
                done.send(()).ok();
            }
            if queue.len() < BATCH && self.written < FLUSH_BYTES {
                std::thread::sleep(GATHERING);
            }
            self.written = 0;
        }
    }

    fn put(&mut self, place: &Place, event: LogEvent) {
        if let Err(error) = self.write(place, &event) {
            self.note_lost(1, &error);
        }
        self.observer.event(&place.group, &event);
        if self.live.receiver_count() > 0 {
            let logged = Logged {
                group: place.group.clone(),
                stream: place.stream.clone(),
                event,
            };
            self.live.send(Arc::new(logged)).ok();
        }
    }

    fn close(&mut self, place: &Place) {
        if let Some(mut file) = self.files.remove(&place.path)
            && let Err((lost, error)) = file.flush()
        {
            self.note_lost(lost, &error);
        }
    }

    fn create(&self, group: &str, stream: Option<&str>) -> io::Result<()> {
        files::ensure_group(&self.folder, group)?;
        if let Some(stream) = stream {
            files::open_stream(&self.folder, group, stream)?;
        }
        Ok(())
    }

    fn delete_group(&mut self, group: &str) -> io::Result<()> {
        let path = files::group_path(group);
        // Those that still write begin a new file.
        self.files.retain(|file, _| !file.starts_with(&path));
        std::fs::remove_dir_all(self.folder.join(path))
    }

    fn write(&mut self, place: &Place, event: &LogEvent) -> io::Result<()> {
        let path = &place.path;
        if !self.files.contains_key(path) {
            files::ensure_group(&self.folder, &place.group)?;
            let file = files::open_stream(&self.folder, &place.group, &place.stream)?;
            self.files.insert(path.to_owned(), LogFile::new(file));
        }
        let Some(file) = self.files.get_mut(path) else {
            return Ok(());
        };
        let before = file.pending.len();
        serde_json::to_writer(&mut file.pending, event)?;
        file.pending.push(b'\n');
        self.written += file.pending.len() - before;
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
