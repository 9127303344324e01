//! The newest traces, up to a number of them and of their bytes, and those that functions now run for.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::trace::Trace;

/// Requests that are kept.
pub const MAX_TRACES: usize = 1000;

/// Bytes of events, bodies and answers that are kept of them all together.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Held for a moment, never while a trace's own lock is.
    ring: Mutex<Ring>,
    /// By the function's name: the traces that it now runs for. Held for a
    /// moment, without another lock.
    running: Mutex<HashMap<String, Vec<Trace>>>,
    total: AtomicU64,
    /// How many changes there were to any trace.
    version: AtomicU64,
    /// Of all bodies that are kept.
    bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct Ring {
    /// The oldest first.
    traces: VecDeque<Trace>,
    by_root: HashMap<u128, Trace>,
    /// Traces before this number have no bodies any more.
    first_with_bodies: u64,
}

impl Store {
    pub(crate) fn next_number(&self) -> u64 {
        self.total.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// One more change; returns its number.
    pub(crate) fn changed(&self) -> u64 {
        self.version.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub(crate) fn add(&self, trace: Trace) {
        let mut ring = self.ring();
        if let Some(root) = trace.root() {
            ring.by_root.insert(root, trace.clone());
        }
        ring.traces.push_back(trace);
        let forgotten = match ring.traces.len() > MAX_TRACES {
            true => ring.traces.pop_front(),
            false => None,
        };
        if let Some(forgotten) = &forgotten
            && let Some(root) = forgotten.root()
            && ring
                .by_root
                .get(&root)
                .is_some_and(|known| known.is(forgotten))
        {
            ring.by_root.remove(&root);
        }
        drop(ring);
        // Outside the lock: it has a lock of its own.
        if let Some(forgotten) = forgotten {
            forgotten.forget_bodies();
        }
    }

    /// Counts bytes that are kept more than before, and has the oldest give
    /// up theirs when they are too many.
    pub(crate) fn keep(&self, bytes: usize) {
        let mut total = self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        while total > MAX_BYTES {
            let Some(oldest) = self.oldest_with_bodies() else {
                return;
            };
            oldest.forget_bodies();
            total = self.bytes.load(Ordering::Acquire);
        }
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    fn oldest_with_bodies(&self) -> Option<Trace> {
        let mut ring = self.ring();
        let first = ring.first_with_bodies;
        let oldest = ring.traces.iter().find(|trace| trace.number() >= first);
        let oldest = oldest.cloned()?;
        ring.first_with_bodies = oldest.number() + 1;
        Some(oldest)
    }

    pub(crate) fn by_root(&self, root: u128) -> Option<Trace> {
        self.ring().by_root.get(&root).cloned()
    }

    /// A function runs for this trace from now on.
    pub(crate) fn invocation_began(&self, function: &str, trace: &Trace) {
        let mut running = self.running();
        match running.get_mut(function) {
            Some(traces) => traces.push(trace.clone()),
            None => {
                running.insert(function.to_owned(), vec![trace.clone()]);
            }
        }
    }

    /// It no longer does.
    pub(crate) fn invocation_ended(&self, function: &str, trace: &Trace) {
        let mut running = self.running();
        let Some(traces) = running.get_mut(function) else {
            return;
        };
        if let Some(index) = traces.iter().position(|running| running.is(trace)) {
            traces.swap_remove(index);
        }
    }

    /// The trace that a function runs for, if it runs for one only.
    pub(crate) fn only_running(&self, function: &str) -> Option<Trace> {
        match self.running().get(function)?.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    pub(crate) fn newest(&self) -> Vec<Trace> {
        self.ring().traces.iter().rev().cloned().collect()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Vec<Trace>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
