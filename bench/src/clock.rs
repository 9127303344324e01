//! Waits that are exact to microseconds; the runtime's own are to a millisecond.

use std::os::fd::OwnedFd;
use std::time::Instant;

use anyhow::Result;
use rustix::io::read;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// One timer.
pub(crate) struct Clock(AsyncFd<OwnedFd>);

impl Clock {
    /// A timer of the kernel's.
    pub(crate) fn new() -> Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // What takes its place is unsafe; an owned handle is what it asks for.
        #[expect(deprecated)]
        let timer = AsyncFd::new(timer)?;
        Ok(Self(timer))
    }

    /// Returns at once when the time has passed.
    pub(crate) async fn sleep_until(&self, when: Instant) -> Result<()> {
        let left = when.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let none = Timespec::default();
        let timer = Itimerspec {
            it_interval: none,
            it_value: Timespec::try_from(left)?,
        };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &timer)?;
        let mut guard = self.0.readable().await?;
        let mut expirations = [0; 8];
        guard
            .try_io(|timer| Ok(read(timer.get_ref(), &mut expirations)?))
            .ok();
        guard.clear_ready();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_wait_is_never_too_short() {
        let clock = Clock::new().expect("a timer");
        for micros in [50, 500, 5_000] {
            let when = Instant::now() + Duration::from_micros(micros);
            clock.sleep_until(when).await.expect("a wait");
            assert!(Instant::now() >= when);
        }
    }
}
