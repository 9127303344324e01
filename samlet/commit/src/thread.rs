//! A thread that serves a queue, and ends with it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Jobs that may wait for a thread; further callers wait for room.
pub(crate) const QUEUE_LENGTH: usize = 1024;

/// Shared by all who may send to the thread; the last of them joins it.
#[derive(Clone, Debug)]
pub(crate) struct Thread(Arc<Mutex<Option<std::thread::JoinHandle<()>>>>);

impl Thread {
    pub(crate) fn start(
        name: &str,
        stack_bytes: usize,
        serve: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let thread = std::thread::Builder::new()
            .name(name.into())
            .stack_size(stack_bytes)
            .spawn(serve)?;
        Ok(Self(Arc::new(Mutex::new(Some(thread)))))
    }

    /// Waits until the thread has ended, which it does once nobody can send to it.
    pub(crate) async fn join(self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("a thread of the database ended with a panic");
            }
        }
    }
}
