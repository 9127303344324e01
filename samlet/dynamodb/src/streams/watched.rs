//! Who waits for a stream's next record is woken by it, and needn't ask again and again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The streams that there are, and who waits for their records.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    streams: Mutex<HashMap<i64, Watch>>,
}

#[derive(Debug)]
struct Watch {
    /// `table/TABLE/stream/LABEL`.
    resource: String,
    /// How often it was woken.
    count: watch::Sender<u64>,
}

impl Watched {
    /// Takes over which streams there are: numbers and ARNs' resources. Who waits for one that is gone learns that.
    pub(crate) fn replace(&self, streams: Vec<(i64, String)>) {
        let mut watched = self.lock();
        let mut old = std::mem::take(&mut *watched);
        for (number, resource) in streams {
            let watch = old.remove(&number).unwrap_or_else(|| Watch {
                resource,
                count: watch::Sender::default(),
            });
            watched.insert(number, watch);
        }
    }

    /// Wakes who waits for these streams: their records are committed, or they have ended.
    pub(crate) fn wake(&self, streams: &[i64]) {
        if streams.is_empty() {
            return;
        }
        let watched = self.lock();
        for watch in streams.iter().filter_map(|stream| watched.get(stream)) {
            watch.count.send_modify(|count| *count += 1);
        }
    }

    /// A count that goes up with a stream's records; `None` if there is no such stream.
    pub(crate) fn watch(&self, resource: &str) -> Option<watch::Receiver<u64>> {
        let watched = self.lock();
        let watch = watched.values().find(|watch| watch.resource == resource)?;
        Some(watch.count.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Watch>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn who_waits_for_a_stream_is_woken_by_that_one() {
        let watched = Watched::default();
        watched.replace(vec![(1, "a".into()), (2, "b".into())]);
        let mut a = watched.watch("a").unwrap();
        let mut b = watched.watch("b").unwrap();
        assert!(watched.watch("c").is_none());
        watched.wake(&[1, 3]);
        assert!(a.has_changed().unwrap());
        assert!(!b.has_changed().unwrap());
        assert_eq!(*a.borrow_and_update(), 1);
        watched.replace(vec![(2, "b".into()), (3, "c".into())]);
        assert!(a.has_changed().is_err(), "it is gone");
        watched.wake(&[2, 3]);
        assert_eq!(*b.borrow_and_update(), 1);
        assert_eq!(*watched.watch("c").unwrap().borrow(), 1);
    }
}
