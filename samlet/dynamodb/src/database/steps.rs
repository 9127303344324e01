//! How far the writer is with its long work, beside what the file says: a part of it that fails is passed over, so that
//! the parts behind it are done.

use std::collections::BTreeSet;

/// A part of the long work that succeeds or fails by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Work that stands in the file, by its number.
    Work(i64),
    /// Deleting a table's expired items, by the number of the rows that say when they expire.
    Expiry(i64),
    /// Deleting what is too old in streams.
    Streams,
}

/// The state of the writer's long work.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// There is work in the file.
    pub(super) has_work: bool,
    /// What is too old is being looked for.
    pub(super) is_sweeping: bool,
    /// What the open transaction is at.
    current: Option<Part>,
    /// What has failed, and is passed over.
    failed: BTreeSet<Part>,
    /// What has failed when it was done last: logged once.
    logged: BTreeSet<Part>,
}

impl Steps {
    /// Begins a part; false if it is to be passed over.
    pub(super) fn begin(&mut self, part: Part) -> bool {
        if self.has_failed(part) {
            return false;
        }
        self.current = Some(part);
        true
    }

    /// Whether a part is to be passed over.
    pub(super) fn has_failed(&self, part: Part) -> bool {
        self.failed.contains(&part)
    }

    /// The part that was begun has not failed.
    pub(super) fn end(&mut self) {
        if let Some(part) = self.current.take() {
            self.logged.remove(&part);
        }
    }

    /// Tries again what has failed.
    pub(super) fn retry(&mut self) {
        self.failed.clear();
    }

    /// A step has failed, and nothing of it is in the file; whether that is new.
    pub(super) fn fail(&mut self) -> bool {
        if let Some(part) = self.current.take() {
            self.failed.insert(part);
            return self.logged.insert(part);
        }
        // No part is to blame: the disk is full, say. All waits until the next sweep or definition.
        self.has_work = false;
        self.is_sweeping = false;
        true
    }

    /// Whether there is something to do.
    pub(super) fn are_left(&self) -> bool {
        self.has_work || self.is_sweeping
    }
}
