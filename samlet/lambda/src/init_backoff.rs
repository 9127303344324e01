//! Delays starts of a function that failed to start several times in a row.
//!
//! Until the next start, its invocations fail as the last start did.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::init::InitFailure;

/// How many failures in a row it takes to delay the next start.
const MIN_FAILURES: u32 = 8;

const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Short, so that a function whose cause of failure is gone starts again soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct InitBackoff(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    delay: Option<Delay>,
}

#[derive(Debug)]
struct Delay {
    until: Instant,
    failure: InitFailure,
}

impl InitBackoff {
    /// The last failure, while the function must not be started.
    pub(crate) fn current(&self) -> Option<InitFailure> {
        let mut state = self.state();
        let delay = state.delay.as_mut()?;
        let now = Instant::now();
        if now < delay.until {
            return Some(delay.failure.clone());
        }
        // The caller tries one start. Others wait for its result.
        delay.until = now + LONGEST_PAUSE;
        None
    }

    /// A start succeeded.
    pub(crate) fn started(&self) {
        *self.state() = State::default();
    }

    /// A start failed.
    pub(crate) fn failed(&self, function: &str, failure: &InitFailure) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let Some(doublings) = state.failures.checked_sub(MIN_FAILURES) else {
            return;
        };
        if doublings == 0 {
            tracing::warn!(
                "{function} failed to start {MIN_FAILURES} times in a row: it is started less often, and its invocations fail meanwhile"
            );
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(10));
        state.delay = Some(Delay {
            until: Instant::now() + pause.min(LONGEST_PAUSE),
            failure: failure.clone(),
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
