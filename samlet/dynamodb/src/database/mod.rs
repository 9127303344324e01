//! The file that tables are stored in: SQLite's, with a table of ours for each of DynamoDB's tables and indexes, under
//! a number. No name of a user's is a name of SQLite's.
//!
//! A [`Database`] is one connection: the writer's, or a reader's beside it. The way of an item to the disk is
//! [`Database::change`], whatever operation changes it.

mod catalogue;
mod change;
mod check;
mod definition;
mod format;
mod history;
pub(crate) mod items;
pub(crate) mod keys;
mod load;
mod rows;
mod seals;
mod soundness;
mod steps;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_commit::{Failure, Session};

pub(crate) use change::{Cause, Change};
pub(crate) use definition::{
    HASH_BYTES, Index, IndexKind, IndexState, Key, KeyAttribute, MAX_PARTITION_KEY, MAX_SORT_KEY,
    Stream, Table, encode,
};
pub(crate) use history::{Event, History};
pub(crate) use rows::{KeyRange, Position, Row, Walk};
pub(crate) use seals::Sealed;
pub(crate) use steps::Part;
pub(crate) use tables::{Count, Counts};

use self::catalogue::Catalogue;
use self::soundness::Soundness;
use self::steps::Steps;
use crate::damage;
use crate::error::Error;
use crate::errors::StoreError;
use crate::streams::{self, Watched};

/// How long a step of long work may take: those who write wait for it.
const STEP: Duration = Duration::from_millis(10);

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// One connection to the file.
pub(crate) struct Database {
    connection: Connection,
    catalogue: Catalogue,
    shared: Arc<Shared>,
    /// It is one that only reads.
    is_reader: bool,
    /// The open transaction has changed definitions.
    has_defined: bool,
    /// The writer's long work.
    steps: Steps,
    /// When a sweep last found nothing more that had expired, in seconds since the epoch.
    pub(crate) swept: Option<i64>,
    /// Logged once, not for every operation.
    is_failing: bool,
    /// The streams that the open transaction has put records into, or ended.
    changed_streams: Vec<i64>,
    /// What tests have a commit do first.
    #[cfg(test)]
    pub(crate) before_commit: Option<BeforeCommit>,
}

#[cfg(test)]
pub(crate) type BeforeCommit = Box<dyn FnMut(&Connection) -> rusqlite::Result<()> + Send>;

/// What the writer and the readers of a file share.
#[derive(Debug)]
pub(crate) struct Shared {
    path: PathBuf,
    /// Where tables seem to be.
    pub(crate) place: Arc<Place>,
    /// What timestamps and expiry go by.
    pub(crate) clock: Clock,
    /// The streams that there are, and who waits for their records.
    pub(crate) streams: Watched,
    /// What is known of damage.
    soundness: Soundness,
}

impl Database {
    /// Opens the file for the writer, and makes it if it is not there.
    pub(crate) fn open(path: &Path, place: &Arc<Place>, clock: &Clock) -> Result<Self, StoreError> {
        let shared = Shared {
            path: path.to_owned(),
            place: Arc::clone(place),
            clock: clock.clone(),
            streams: Watched::default(),
            soundness: Soundness::default(),
        };
        let mut database = Self::connect(Arc::new(shared), OpenFlags::default())?;
        format::prepare(&database.connection, path)?;
        database.ensure_catalogue(path)?;
        // Of a process that was killed.
        database.steps.has_work = true;
        database.watch_streams();
        Ok(database)
    }

    /// Another connection to the same file, which only reads.
    pub(crate) fn beside(&self) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut beside = Self::connect(Arc::clone(&self.shared), flags)?;
        beside.is_reader = true;
        Ok(beside)
    }

    /// Refuses a file that doesn't say what tables it has.
    fn ensure_catalogue(&mut self, path: &Path) -> Result<(), StoreError> {
        let found = self.catalogue_damage();
        match found.unwrap_or_else(|error| Some(error.to_string())) {
            None => Ok(()),
            Some(reason) => Err(StoreError::Damaged {
                path: path.to_owned(),
                reason: format!("it is damaged: {reason}"),
            }),
        }
    }

    fn connect(shared: Arc<Shared>, flags: OpenFlags) -> Result<Self, StoreError> {
        let failed = |error: rusqlite::Error| StoreError::Damaged {
            path: shared.path.clone(),
            reason: error.to_string(),
        };
        let connection = Connection::open_with_flags(&shared.path, flags).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A page with cells that can't be is noticed when it is read.
        let check = connection.pragma_update(None, "cell_size_check", true);
        check.map_err(failed)?;
        Ok(Self {
            connection,
            catalogue: Catalogue::default(),
            shared,
            is_reader: false,
            has_defined: false,
            steps: Steps::default(),
            swept: None,
            is_failing: false,
            changed_streams: Vec::new(),
            #[cfg(test)]
            before_commit: None,
        })
    }

    /// What it shares with others of the same file.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// No transaction is open any more.
    fn leave_transaction(&mut self, is_committed: bool) {
        if std::mem::take(&mut self.has_defined) {
            self.catalogue.clear();
            self.watch_streams();
        }
        let changed = std::mem::take(&mut self.changed_streams);
        if is_committed {
            self.shared.streams.wake(&changed);
        }
    }

    /// Wakes who waits for a stream's records once the open transaction is committed.
    pub(crate) fn set_stream_changed(&mut self, stream: i64) {
        if !self.changed_streams.contains(&stream) {
            self.changed_streams.push(stream);
        }
    }

    fn watch_streams(&self) {
        match streams::resources(self) {
            Ok(streams) => self.shared.streams.replace(streams),
            Err(error) => tracing::error!(?error, "the streams of tables could not be listed"),
        }
    }

    /// Seconds since the epoch, by the clock, with fractions.
    pub(crate) fn now(&self) -> f64 {
        let now = self.shared.clock.now();
        let since = now.duration_since(std::time::SystemTime::UNIX_EPOCH);
        since.unwrap_or_default().as_secs_f64()
    }

    /// Logs that the store has begun to fail.
    pub(crate) fn note_failure(&mut self, reason: &str) {
        if std::mem::replace(&mut self.is_failing, true) {
            return;
        }
        let path = &self.shared.path;
        if damage::is_sign(reason) {
            damage::report(path, reason);
        } else {
            tracing::error!("the store {} fails: {reason}", path.display());
        }
    }

    /// Notes how an operation has ended.
    pub(crate) fn note_result<T>(&mut self, result: &Result<T, Error>) {
        match result {
            Err(error @ (Error::Sqlite(_) | Error::Unreadable(_) | Error::Damaged { .. })) => {
                self.note_failure(&error.to_string());
            }
            _ => self.is_failing = false,
        }
    }

    /// Runs what only reads, on one state of the file.
    pub(crate) fn read<T, E: From<rusqlite::Error>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        // A read that panicked has left it open.
        self.end_reading()?;
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let result = match self.follow_definitions() {
            Ok(()) => read(self),
            Err(error) => Err(error.into()),
        };
        self.end_reading()?;
        result
    }

    /// Nothing was written: how it ends makes no difference. SQLite ends it by itself after some errors.
    fn end_reading(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let end = self.connection.prepare_cached("ROLLBACK")?.execute([]);
        end.map(drop)
    }
}

impl Session for Database {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn commit(&mut self) -> rusqlite::Result<()> {
        #[cfg(test)]
        if let Some(before) = &mut self.before_commit {
            before(&self.connection)?;
        }
        if self.has_defined {
            let count = "UPDATE numbers SET definitions = definitions + 1";
            self.connection.prepare_cached(count)?.execute([])?;
        }
        self.connection
            .prepare_cached("COMMIT")?
            .execute([])
            .map(drop)
    }

    fn ended(&mut self, failure: Option<&Failure>) {
        self.leave_transaction(failure.is_none());
        if let Some(Failure::Disk { reason }) = failure {
            self.note_failure(reason);
        }
    }

    fn has_work(&self) -> bool {
        self.steps.are_left()
    }

    fn step(&mut self) -> Result<(), Failure> {
        let result = self.work(STEP);
        let failed = |error: Error| Failure::Disk {
            reason: error.to_string(),
        };
        self.steps.has_work = result.map_err(failed)?;
        Ok(())
    }

    fn step_ended(&mut self, failure: Option<&Failure>) {
        self.leave_transaction(failure.is_none());
        if let Some(failure) = failure
            && self.steps.fail()
        {
            self.note_failure(&failure.to_string());
        }
    }
}
