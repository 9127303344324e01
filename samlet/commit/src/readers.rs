//! Threads that read beside the writer, each with a session of its own.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;
use crate::thread::{QUEUE_LENGTH, Thread};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The reading threads of one database; cheap to clone.
pub struct Readers<S> {
    queues: Arc<[mpsc::Sender<Job<S>>]>,
    next: Arc<AtomicUsize>,
    threads: Vec<Thread>,
}

impl<S> fmt::Debug for Readers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

impl<S> Clone for Readers<S> {
    fn clone(&self) -> Self {
        Self {
            queues: Arc::clone(&self.queues),
            next: Arc::clone(&self.next),
            threads: self.threads.clone(),
        }
    }
}

impl<S: Send + 'static> Readers<S> {
    /// Starts a thread for each session, of which there must be one at least.
    pub fn start(
        name: &str,
        stack_bytes: usize,
        sessions: impl IntoIterator<Item = S>,
    ) -> io::Result<Self> {
        let (mut queues, mut threads) = (Vec::new(), Vec::new());
        for session in sessions {
            let (sender, queue) = mpsc::channel(QUEUE_LENGTH);
            threads.push(Thread::start(name, stack_bytes, move || {
                serve(session, queue);
            })?);
            queues.push(sender);
        }
        Ok(Self {
            queues: queues.into(),
            next: Arc::default(),
            threads,
        })
    }

    /// Runs a job on the next of the threads.
    pub async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len().max(1);
        let queue = self.queues.get(next).ok_or(Failure::Closed)?;
        let (reply, replied) = oneshot::channel();
        let job = move |session: &mut S| {
            let result = catch_unwind(AssertUnwindSafe(|| job(session)));
            let result = result.unwrap_or_else(|_| Err(Failure::Panicked.into()));
            reply.send(result).ok();
        };
        let sent = queue.send(Box::new(job)).await;
        sent.map_err(|_| Failure::Closed)?;
        replied.await.map_err(|_| Failure::Closed)?
    }

    /// Lets the threads finish what waits, and waits for them, once all other
    /// clones are gone.
    pub async fn close(self) {
        let Self {
            queues, threads, ..
        } = self;
        drop(queues);
        for thread in threads {
            thread.join().await;
        }
    }
}

fn serve<S>(mut session: S, mut queue: mpsc::Receiver<Job<S>>) {
    while let Some(job) = queue.blocking_recv() {
        job(&mut session);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn readers_take_turns_and_outlive_a_panic() {
        let readers = Readers::start("test-reader", 1024 * 1024, ["a", "b"]).unwrap();
        for expected in ["a", "b", "a"] {
            let name = readers.run(|name| Ok::<_, Failure>(*name)).await;
            assert_eq!(name, Ok(expected));
        }
        let panicked = readers.run(|_| -> Result<(), Failure> { panic!("a job of a test") });
        assert_eq!(panicked.await, Err(Failure::Panicked));
        for expected in ["a", "b"] {
            let name = readers.run(|name| Ok::<_, Failure>(*name)).await;
            assert_eq!(name, Ok(expected));
        }
        readers.close().await;
    }
}
