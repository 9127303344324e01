//! The one task that wakes what is due as time passes. It lives while there are timers.

use std::sync::Arc;
use std::time::Duration;

use crate::Shared;

/// How often the wall clock is looked at. tokio's time stands still while a computer is suspended, so what is due when
/// it wakes is noticed by the wall only.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

impl Shared {
    /// Sees to it that a timer that was added will be fired.
    pub(crate) fn drive(self: &Arc<Self>, is_first: bool) {
        let was_driven = std::mem::replace(&mut self.lock().is_driven, true);
        if !was_driven {
            let driver = Driver {
                shared: Arc::clone(self),
                is_needed: true,
            };
            tokio::spawn(driver.run());
        } else if is_first {
            self.changed.notify_one();
        }
    }
}

struct Driver {
    shared: Arc<Shared>,
    is_needed: bool,
}

impl Driver {
    async fn run(mut self) {
        loop {
            self.shared.fire();
            let Some(left) = self.left() else {
                return;
            };
            let changed = self.shared.changed.notified();
            tokio::time::timeout(left.min(LOOK_INTERVAL), changed)
                .await
                .ok();
        }
    }

    /// How long until the next timer is due; `None` when there are no timers any more.
    fn left(&mut self) -> Option<Duration> {
        let mut state = self.shared.lock();
        if state.timers.len() == 0 {
            state.is_driven = false;
            self.is_needed = false;
            return None;
        }
        let now = state.time.now();
        let next = state.timers.next().unwrap_or(Duration::MAX);
        Some(next.saturating_sub(now))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its runtime ends: the next timer, in another runtime, brings another driver.
        if self.is_needed {
            self.shared.lock().is_driven = false;
        }
    }
}
