//! Keeps a function that fails to start, again and again, from being started without pause.
//!
//! While it is held back, its invocations fail as the last start did.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::environment::InitFailure;

/// Failures in a row that may be followed by another start at once.
const AT_ONCE: u32 = 8;

const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// So soon is noticed that it can start again, whatever that hangs on.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Restraint(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    until: Instant,
    by: InitFailure,
}

impl Restraint {
    /// Why it is not to be started now.
    pub(crate) fn holds(&self) -> Option<InitFailure> {
        let mut state = self.state();
        let held = state.held.as_mut()?;
        let now = Instant::now();
        if now < held.until {
            return Some(held.by.clone());
        }
        // One start is tried, and until it is known what comes of that no other.
        held.until = now + LONGEST_PAUSE;
        None
    }

    pub(crate) fn started(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn failed(&self, function: &str, failure: &InitFailure) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let Some(doublings) = state.failures.checked_sub(AT_ONCE) else {
            return;
        };
        if doublings == 0 {
            tracing::warn!(
                "{function} failed to start {AT_ONCE} times in a row: it is started less often, and its invocations fail meanwhile"
            );
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(10));
        state.held = Some(Held {
            until: Instant::now() + pause.min(LONGEST_PAUSE),
            by: failure.clone(),
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
