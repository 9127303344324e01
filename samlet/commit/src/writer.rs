//! The writing thread: what waits is one transaction, synced before it is acknowledged.

use std::fmt;
use std::io;

use rusqlite::Connection;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use crate::failure::{Failure, JobError};
use crate::group;
use crate::job::{self, Job};
use crate::thread::{QUEUE_LENGTH, Thread};

/// Jobs of one transaction.
const MAX_GROUP: usize = 256;

/// What jobs work on: a connection, and what is kept in memory beside it.
pub trait Session: Send + 'static {
    /// The connection of the writer. It must not be replaced while a job runs.
    fn connection(&self) -> &Connection;

    /// Commits the open transaction, and syncs it.
    fn commit(&mut self) -> rusqlite::Result<()> {
        group::execute(self.connection(), "COMMIT")
    }

    /// A group has ended, and no transaction is open: it is synced, or all of
    /// it is rolled back for the reason given. Its callers don't know yet.
    fn ended(&mut self, _failure: Option<&Failure>) {}

    /// Whether there is long work left, which is done in steps between groups.
    fn has_work(&self) -> bool {
        false
    }

    /// Does a step of the long work, in a transaction of its own. It must be short: those who write wait for it.
    fn step(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// A step has ended, and no transaction is open: it is synced, or all of it is rolled back for the reason given.
    /// Unless [`Self::has_work`] says otherwise then, the next one is done at once.
    fn step_ended(&mut self, failure: Option<&Failure>) {
        self.ended(failure);
    }
}

/// The writing thread of one database; cheap to clone.
pub struct Writer<S> {
    jobs: mpsc::Sender<Job<S>>,
    thread: Thread,
}

impl<S> fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<S> Clone for Writer<S> {
    fn clone(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
            thread: self.thread.clone(),
        }
    }
}

impl<S: Session> Writer<S> {
    /// Starts the thread, named `name`. It gives the database a write-ahead
    /// log, if there is none yet.
    pub fn start(name: &str, stack_bytes: usize, session: S) -> io::Result<Self> {
        let connection = session.connection();
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(io::Error::other)?;
        let (jobs, queue) = mpsc::channel(QUEUE_LENGTH);
        let thread = Thread::start(name, stack_bytes, move || serve(session, queue))?;
        Ok(Self { jobs, thread })
    }

    /// Runs a job. Once this returns, what it wrote is on disk, or it failed
    /// and wrote nothing. Jobs run in the order in which they come.
    ///
    /// The job must not begin or end a transaction.
    pub async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        self.send(false, job).await
    }

    /// Runs a job in a transaction of its own: one that changes tables, say.
    pub async fn run_alone<T, E>(
        &self,
        job: impl FnOnce(&mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        self.send(true, job).await
    }

    async fn send<T, E>(
        &self,
        is_alone: bool,
        job: impl FnOnce(&mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        let (reply, replied) = oneshot::channel();
        let work = job::boxed(job, reply);
        let sent = self.jobs.send(Job { is_alone, work }).await;
        sent.map_err(|_| Failure::Closed)?;
        replied.await.map_err(|_| Failure::Closed)?
    }

    /// Lets the thread finish what waits, and waits for it, once all other
    /// clones are gone. SQLite takes the write-ahead log into the file when the
    /// last connection is closed: readers are to be closed before.
    pub async fn close(self) {
        let Self { jobs, thread } = self;
        drop(jobs);
        thread.join().await;
    }
}

fn serve<S: Session>(mut session: S, mut queue: mpsc::Receiver<Job<S>>) {
    let mut waiting = Vec::with_capacity(MAX_GROUP);
    let mut has_stopped = false;
    while receive(&mut queue, &mut waiting, session.has_work() && !has_stopped) {
        for mut group in groups(&mut waiting) {
            if has_stopped {
                answer(group, Some(&Failure::NotSynced));
                continue;
            }
            let failure = group::run(&mut session, &mut group).err();
            session.ended(failure.as_ref());
            has_stopped = failure == Some(Failure::NotSynced);
            answer(group, failure.as_ref());
        }
        if session.has_work() && !has_stopped {
            let failure = group::work(&mut session).err();
            session.step_ended(failure.as_ref());
            has_stopped = failure == Some(Failure::NotSynced);
        }
    }
}

/// Takes the jobs that wait, and waits for one if there is nothing else to do; whether more may come.
fn receive<S>(
    queue: &mut mpsc::Receiver<Job<S>>,
    waiting: &mut Vec<Job<S>>,
    has_work: bool,
) -> bool {
    if !has_work {
        return queue.blocking_recv_many(waiting, MAX_GROUP) > 0;
    }
    while waiting.len() < MAX_GROUP {
        match queue.try_recv() {
            Ok(job) => waiting.push(job),
            Err(TryRecvError::Empty) => break,
            // Work that is left is done when there is a writer again.
            Err(TryRecvError::Disconnected) => return !waiting.is_empty(),
        }
    }
    true
}

/// Divides what waits, in its order: a job that must be alone is a group.
fn groups<S>(waiting: &mut Vec<Job<S>>) -> Vec<Vec<Job<S>>> {
    let mut groups: Vec<Vec<Job<S>>> = Vec::new();
    let mut is_open = false;
    for job in waiting.drain(..) {
        let is_alone = job.is_alone;
        match groups.last_mut() {
            Some(group) if is_open && !is_alone => group.push(job),
            _ => groups.push(vec![job]),
        }
        is_open = !is_alone;
    }
    groups
}

fn answer<S>(group: Vec<Job<S>>, failure: Option<&Failure>) {
    for job in group {
        job.work.answer(failure);
    }
}

#[cfg(test)]
mod tests;
