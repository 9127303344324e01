//! The queue of timers: who is to be woken when, the earliest first.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

use crate::time::END;

/// Names a timer: its deadline, and a number that keeps timers of one deadline in the order in which they were added.
pub(crate) type Key = (Duration, u64);

/// Wakers that are removed or replaced are returned: dropping one may drop whole tasks with timers of their own, which
/// must not happen while the queue is locked.
#[derive(Default)]
pub(crate) struct Timers {
    queue: BTreeMap<Key, Waker>,
    next_number: u64,
}

impl Timers {
    pub(crate) fn add(&mut self, deadline: Duration, waker: Waker) -> Key {
        let key = (deadline, self.next_number);
        self.next_number += 1;
        self.queue.insert(key, waker);
        key
    }

    pub(crate) fn replace(&mut self, key: Key, waker: Waker) -> Option<Waker> {
        self.queue.insert(key, waker)
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Waker> {
        self.queue.remove(&key)
    }

    /// Takes what is due, in the order in which it is to be woken.
    pub(crate) fn take_due(&mut self, now: Duration) -> Vec<Waker> {
        let mut due = Vec::new();
        while let Some(first) = self.queue.first_entry() {
            let (deadline, _) = *first.key();
            if deadline > now {
                break;
            }
            due.push(first.remove());
        }
        due
    }

    pub(crate) fn is_first(&self, key: Key) -> bool {
        self.queue
            .first_key_value()
            .is_some_and(|(first, _)| *first == key)
    }

    /// The earliest deadline, unless the clock stops before.
    pub(crate) fn next(&self) -> Option<Duration> {
        let ((deadline, _), _) = self.queue.first_key_value()?;
        (*deadline <= END).then_some(*deadline)
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}
