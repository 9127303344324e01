//! Tells of refusals for want of room one by one, as long as they are few; of more only how many there were.
//!
//! Under a load of three times what can be served, telling each in the log and
//! as a request would take more of the processors than serving takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How many are told one by one in a second.
const TOLD: u64 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// The refusals of one API.
#[derive(Debug)]
pub(crate) struct Overload {
    began: Instant,
    /// The last second in which one was told, by its number since `began`, and
    /// how many were: `second << 8 | count`.
    told: AtomicU64,
    /// Those that were not told yet.
    untold: Arc<AtomicU64>,
}

impl Overload {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            told: AtomicU64::new(0),
            untold: Arc::default(),
        }
    }

    /// Whether so many were told within this second that no more are to be.
    pub(crate) fn is_much(&self, now: Instant) -> bool {
        let told = self.told.load(Ordering::Relaxed);
        told >> 8 == self.second(now) && told & 0xff >= TOLD
    }

    /// One was told.
    pub(crate) fn tell(&self, now: Instant) {
        let second = self.second(now);
        let more = |told: u64| match told >> 8 == second {
            true => second << 8 | (told & 0xff).saturating_add(1).min(0xff),
            false => second << 8 | 1,
        };
        let update = |told| Some(more(told));
        self.told
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, update)
            .ok();
    }

    /// One was not: it is counted, and within a second the log says how many.
    pub(crate) fn count(&self, api: &str) {
        if self.untold.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        let (api, untold) = (api.to_owned(), Arc::clone(&self.untold));
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            let count = untold.swap(0, Ordering::Relaxed);
            tracing::warn!(
                api,
                "{count} more requests were refused in a second: more come than can be served"
            );
        });
    }

    fn second(&self, now: Instant) -> u64 {
        now.duration_since(self.began).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_each_second_the_first_few_are_told() {
        let overload = Overload::new();
        let now = Instant::now();
        for _ in 0..TOLD {
            assert!(!overload.is_much(now));
            overload.tell(now);
        }
        assert!(overload.is_much(now));
        for _ in 0..1000 {
            overload.tell(now);
        }
        assert!(overload.is_much(now));
        let later = now + SECOND;
        assert!(!overload.is_much(later));
        overload.tell(later);
        assert!(!overload.is_much(later));
    }
}
