//! A wait on the clock, as a future.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::Shared;
use crate::timers::Key;

/// Waits until the clock has reached a deadline.
///
/// It has one entry in the clock's queue from when it is first polled. Dropping it removes the entry.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    shared: Arc<Shared>,
    deadline: Duration,
    timer: Option<Key>,
}

impl Sleep {
    pub(crate) fn new(shared: Arc<Shared>, deadline: Duration) -> Self {
        Self {
            shared,
            deadline,
            timer: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.get_mut();
        let mut state = sleep.shared.lock();
        if state.time.now() >= sleep.deadline {
            let removed = sleep
                .timer
                .take()
                .and_then(|timer| state.timers.remove(timer));
            drop(state);
            drop(removed);
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        if let Some(timer) = sleep.timer {
            let replaced = state.timers.replace(timer, waker);
            drop(state);
            drop(replaced);
        } else {
            let timer = state.timers.add(sleep.deadline, waker);
            sleep.timer = Some(timer);
            let is_first = state.timers.is_first(timer);
            drop(state);
            sleep.shared.drive(is_first);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            // The lock is released before the waker is dropped.
            let removed = self.shared.lock().timers.remove(timer);
            drop(removed);
        }
    }
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sleep = formatter.debug_struct("Sleep");
        sleep
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
