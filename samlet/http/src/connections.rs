//! Which connections are open, and which of them give way when there are too many.
//!
//! One that waits for a request, or for the rest of its headers, gives way to
//! a new one, the longest waiting first: else clients that send nothing could
//! keep out those that do. Not before it has waited for a while: under load, a
//! request may be on its way, or be here and not read yet.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many give way at once: so many new ones need not wait for it.
const GIVING_WAY: usize = 64;

/// How long one is left alone that waits.
const GRACE: Duration = Duration::from_secs(1);

/// How long one that has served may take to send what it still has.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The connections of one listener.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    slots: Arc<Semaphore>,
    /// Locked for a moment only.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next_place: u64,
    /// In the order in which they began to wait, and when.
    connections: BTreeMap<u64, (Instant, CancellationToken)>,
    /// All were serving when room was wanted: the next to wait gives way.
    is_wanted: bool,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Connection {
    all: Arc<Connections>,
    gives_way: CancellationToken,
    state: Mutex<State>,
    _slot: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct State {
    /// Among those that wait, if it does.
    place: Option<u64>,
    has_served: bool,
}

impl Connections {
    /// None yet, and never more than `most`.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            slots: Arc::new(Semaphore::new(most)),
            waiting: Mutex::default(),
        })
    }

    /// Room for one more, for which others give way when there is none.
    pub(crate) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let slot = Arc::clone(&self.slots).acquire_owned();
        let mut slot = pin!(slot);
        loop {
            let next = match self.slots.available_permits() {
                0 => self.make_room(),
                _ => GRACE,
            };
            if let Ok(slot) = tokio::time::timeout(next, slot.as_mut()).await {
                // Room came otherwise, perhaps: then none needs to give way, least of all this one.
                self.waiting().is_wanted = false;
                return slot.ok();
            }
        }
    }

    /// Lets those give way that have waited for long; gives when to look again.
    fn make_room(&self) -> Duration {
        let mut waiting = self.waiting();
        waiting.is_wanted = waiting.connections.is_empty();
        for _ in 0..GIVING_WAY.min(self.most.div_ceil(2)) {
            let Some(longest) = waiting.connections.first_entry() else {
                break;
            };
            let waited = longest.get().0.elapsed();
            if waited < GRACE {
                return GRACE - waited;
            }
            longest.remove().1.cancel();
        }
        GRACE
    }

    /// A new connection, which waits for its first request.
    pub(crate) fn open(self: &Arc<Self>, slot: OwnedSemaphorePermit) -> Arc<Connection> {
        let connection = Connection {
            all: Arc::clone(self),
            gives_way: CancellationToken::new(),
            state: Mutex::default(),
            _slot: slot,
        };
        connection.wait();
        Arc::new(connection)
    }

    /// Resolves when all have ended.
    pub(crate) async fn ended(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        self.slots.acquire_many(all).await.ok();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// A request is here: it doesn't give way until that is answered.
    pub(crate) fn serve(&self) {
        let mut state = self.state();
        state.has_served = true;
        if let Some(place) = state.place.take() {
            self.all.waiting().connections.remove(&place);
        }
    }

    /// It waits for a request, or gives way at once: then its client should
    /// be told by its last answer. Whether it waits.
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.state();
        let mut waiting = self.all.waiting();
        if std::mem::take(&mut waiting.is_wanted) {
            self.gives_way.cancel();
            return false;
        }
        let place = waiting.next_place;
        waiting.next_place += 1;
        let entry = (Instant::now(), self.gives_way.clone());
        waiting.connections.insert(place, entry);
        state.place = Some(place);
        true
    }

    /// Resolves when it has to give way; gives how long it still has.
    pub(crate) async fn giving_way(&self) -> Duration {
        self.gives_way.cancelled().await;
        match self.state().has_served {
            true => LAST_WORDS,
            false => Duration::ZERO,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.serve();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::task::JoinHandle;

    /// How late a timer of tokio's may be.
    const TIMER_STEP: Duration = Duration::from_millis(2);

    async fn opened(connections: &Arc<Connections>) -> Arc<Connection> {
        connections.open(connections.slot().await.unwrap())
    }

    /// One that may have to wait for its room.
    fn opening(connections: &Arc<Connections>) -> JoinHandle<Arc<Connection>> {
        let connections = Arc::clone(connections);
        tokio::spawn(async move { opened(&connections).await })
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_longest_give_way_and_none_that_serves() {
        let connections = Connections::new(3);
        let first = opened(&connections).await;
        let second = opened(&connections).await;
        let third = opened(&connections).await;
        first.serve();
        second.serve();
        tokio::time::sleep(GRACE).await;
        assert!(second.wait());
        let next = opening(&connections);
        let began = Instant::now();
        assert_eq!(third.giving_way().await, Duration::ZERO);
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(second.giving_way().await, LAST_WORDS);
        let waited = began.elapsed();
        assert!(waited >= GRACE && waited < GRACE + TIMER_STEP, "{waited:?}");
        assert!(!first.gives_way.is_cancelled());
        drop(third);
        drop(second);
        let next = next.await.unwrap();
        next.serve();
        let last = opened(&connections).await;
        last.serve();
        // None waits: the next that does gives way.
        let wanting = opening(&connections);
        tokio::task::yield_now().await;
        assert!(!first.gives_way.is_cancelled());
        assert!(!first.wait());
        assert!(first.gives_way.is_cancelled());
        drop(first);
        wanting.await.unwrap();
    }

    #[tokio::test]
    async fn none_gives_way_once_there_is_room() {
        let connections = Connections::new(1);
        let first = opened(&connections).await;
        first.serve();
        let next = opening(&connections);
        tokio::task::yield_now().await;
        drop(first);
        let next = next.await.unwrap();
        assert!(!next.gives_way.is_cancelled());
        next.serve();
        assert!(next.wait());
    }
}
