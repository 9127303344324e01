//! The time that samlet's own waits go by, and one queue of timers. No I/O: who wants the offset to outlive a restart
//! stores it.
//!
//! # What goes by this clock, and what by the wall
//!
//! By this clock goes every wait that AWS does for an application, so that a test of a day's events need not take a
//! day: the delays before an asynchronous invocation is retried and its greatest age, the time to live of items,
//! DynamoDB's idempotency tokens, the time for which an authorizer's answer holds; and the timestamps that AWS writes
//! beside them: a request's time in an API's event, the times of stream records.
//!
//! By the wall goes what involves somebody outside samlet, for whom time doesn't jump: timeouts of functions, of
//! networks and of clients, long polls, how long an environment idles, signatures and their expiry, `aws:CurrentTime`
//! in policies, and what functions see. So do measurements (traces, metrics, durations in logs, the times of log
//! events), which compare with a function's own. Throttles and quotas of APIs count requests against the time in which
//! clients can send them.
//!
//! # How it runs
//!
//! A clock shows `max(wall, last reading + time that passed for tokio) + offset`:
//!
//! - It never runs backwards. When the system clock is set back it goes on at its pace, ahead of the wall.
//! - When the wall jumps ahead, as after a computer was suspended, the clock jumps too, and what is due is fired within
//!   a second.
//! - In tests it follows tokio's paused time. [`Clock::starting_at`] makes one that goes by nothing else, so that such
//!   tests always see the same times. Threads that are not of the runtime don't see its paused time; tests that wait
//!   for such threads leave time running, and move the clock by [`Clock::advance`].
//!
//! Its end is that of the year 9999, where it stops; what would be due later is never due.

mod driver;
mod sleep;
mod time;
mod timers;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

pub use sleep::Sleep;
use time::{Time, Wall, since_epoch, system_time};
use timers::Timers;

/// A clock that waits can be made on. Its clones are one and the same clock.
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

struct Shared {
    /// Held for a moment only: never across an await, nor while a task is woken.
    state: Mutex<State>,
    /// Wakes the driver when the next deadline is earlier than it was.
    changed: Notify,
}

struct State {
    time: Time,
    timers: Timers,
    /// Whether there is a driver; at most one.
    is_driven: bool,
}

impl Clock {
    /// A clock that shows the time of the system.
    pub fn new() -> Self {
        Self::with_offset(Duration::ZERO)
    }

    /// A clock that is ahead of the system's, as after [`Clock::advance`].
    pub fn with_offset(offset: Duration) -> Self {
        Self::with_wall(Box::new(SystemTime::now), offset)
    }

    /// A clock for tests: it begins at `time` and goes by tokio's time alone.
    pub fn starting_at(time: SystemTime) -> Self {
        Self::with_wall(Box::new(move || time), Duration::ZERO)
    }

    fn with_wall(wall: Wall, offset: Duration) -> Self {
        let state = State {
            time: Time::new(wall, offset),
            timers: Timers::default(),
            is_driven: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Notify::new(),
            }),
        }
    }

    /// The time, for deadlines and for timestamps that AWS would write; never earlier than before, and never later
    /// than the year 9999.
    pub fn now(&self) -> SystemTime {
        system_time(self.shared.lock().time.now())
    }

    /// Waits for `duration`, counted from now.
    ///
    /// The future must be polled within a tokio runtime, as tokio's own. Dropping it ends the wait.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let now = self.shared.lock().time.now();
        Sleep::new(Arc::clone(&self.shared), now.saturating_add(duration))
    }

    /// Waits until the clock shows `deadline`; not at all when that is past.
    pub fn sleep_until(&self, deadline: SystemTime) -> Sleep {
        Sleep::new(Arc::clone(&self.shared), since_epoch(deadline))
    }

    /// Moves the clock ahead, and wakes all that is due then, in the order of its deadlines.
    ///
    /// What those who are woken do next begins at the time that the clock is moved to. To see each of several waits in
    /// a row end in its time, advance to [`Clock::next`] again and again.
    pub fn advance(&self, duration: Duration) {
        self.shared.lock().time.advance(duration);
        self.shared.fire();
        // What is left is due earlier by the wall.
        self.shared.changed.notify_one();
    }

    /// How far this clock was moved ahead in all.
    pub fn offset(&self) -> Duration {
        self.shared.lock().time.offset()
    }

    /// When the next wait ends; `None` when nothing waits, or only for what is never due.
    pub fn next(&self) -> Option<SystemTime> {
        self.shared.lock().timers.next().map(system_time)
    }

    /// How many wait.
    pub fn pending(&self) -> usize {
        self.shared.lock().timers.len()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clock = formatter.debug_struct("Clock");
        clock
            .field("offset", &self.offset())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all that is due.
    fn fire(&self) {
        let due = {
            let mut state = self.lock();
            let now = state.time.now();
            state.timers.take_due(now)
        };
        for waker in due {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
