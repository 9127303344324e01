//! What is known of damage to the file: what is not found in a damaged table may be there, and is not answered to be
//! missing.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::Database;
use super::definition::{Index, Table};
use super::rows::damaged;
use crate::error::Error;

/// How long a read that finds nothing waits for the file to be looked over.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the look over the whole file has found, for all connections to it.
#[derive(Debug, Default)]
pub(crate) struct Soundness {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_checking: bool,
    /// The numbers of tables and indexes in which rows may be missing, or be where they are not found.
    unsound: BTreeSet<i64>,
}

impl Soundness {
    /// The file begins to be looked over.
    pub(super) fn begin(&self) {
        self.state().is_checking = true;
    }

    /// It has been looked over.
    pub(super) fn end(&self, unsound: BTreeSet<i64>) {
        *self.state() = State {
            is_checking: false,
            unsound,
        };
        self.ended.notify_all();
    }

    fn wait(&self) {
        let is_checking = |state: &mut State| state.is_checking;
        let waited = self
            .ended
            .wait_timeout_while(self.state(), PATIENCE, is_checking);
        // What takes longer is not waited for again.
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_checking = false;
    }

    fn has(&self, number: i64) -> bool {
        self.state().unsound.contains(&number)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database {
    /// Refuses to say what is in a table, or in an index of it, and what is not, if that can't be known. Who only reads
    /// waits until the file has been looked over.
    pub(super) fn ensure_sound(&self, table: &Table, index: Option<&Index>) -> Result<(), Error> {
        if self.is_reader {
            self.shared.soundness.wait();
        }
        let index = index.map(|index| index.number);
        let mut numbers = index.into_iter().chain([table.number]);
        if numbers.any(|number| self.shared.soundness.has(number)) {
            return Err(damaged(table));
        }
        Ok(())
    }

    /// Whether a table or one of its indexes is known to be damaged: it is not written to.
    pub(crate) fn is_unsound(&self, table: &Table) -> bool {
        let indexes = table.indexes.iter().map(|index| index.number);
        let mut numbers = indexes.chain([table.number]);
        numbers.any(|number| self.shared.soundness.has(number))
    }
}
