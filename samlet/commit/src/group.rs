//! A group of jobs is one transaction, and each of them a savepoint in it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;

use crate::failure::{Failure, is_failed_sync};
use crate::job::{Done, Job};
use crate::writer::Session;

/// What is executed around a job.
struct Around {
    begin: &'static [&'static str],
    keep: &'static [&'static str],
    undo: &'static [&'static str],
}

/// A single job needs no savepoint: the transaction itself can be rolled back.
const BY_ITSELF: Around = Around {
    begin: &[],
    keep: &[],
    undo: &["ROLLBACK"],
};

const AMONG_OTHERS: Around = Around {
    begin: &["SAVEPOINT job"],
    keep: &["RELEASE job"],
    undo: &["ROLLBACK TO job", "RELEASE job"],
};

/// Runs a group and commits it. If that fails, nothing of it is kept.
pub(crate) fn run<S: Session>(session: &mut S, group: &mut [Job<S>]) -> Result<(), Failure> {
    transact(session, |session| run_jobs(session, group))
}

/// Does a step of long work and commits it. If that fails, nothing of it is kept.
pub(crate) fn work<S: Session>(session: &mut S) -> Result<(), Failure> {
    transact(session, |session| {
        let worked = catch_unwind(AssertUnwindSafe(|| session.step()));
        worked.unwrap_or(Err(Failure::Panicked))
    })
}

fn transact<S: Session>(
    session: &mut S,
    write: impl FnOnce(&mut S) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let result = begin(session.connection())
        .and_then(|()| write(session))
        .and_then(|()| commit(session));
    let connection = session.connection();
    // SQLite has rolled back by itself after some errors, not after all.
    if result.is_err()
        && !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction of {} could not be rolled back", path(connection));
    }
    result
}

/// FULL: the commit syncs the write-ahead log, and readers see it after that.
/// It is set each time, whatever a session has done to its connection.
fn begin(connection: &Connection) -> Result<(), Failure> {
    connection
        .execute_batch("PRAGMA synchronous = FULL")
        .and_then(|()| execute(connection, "BEGIN IMMEDIATE"))
        .map_err(|error| Failure::disk(&error))
}

fn run_jobs<S: Session>(session: &mut S, group: &mut [Job<S>]) -> Result<(), Failure> {
    let around: &Around = if group.len() == 1 {
        &BY_ITSELF
    } else {
        &AMONG_OTHERS
    };
    for job in group {
        execute_all(session.connection(), around.begin)?;
        let done = job.work.run(session);
        if let Done::DiskFailed(reason) = done {
            return Err(Failure::Disk { reason });
        }
        if session.connection().is_autocommit() {
            let reason = "the transaction was rolled back by SQLite".into();
            return Err(Failure::Disk { reason });
        }
        let statements = match done {
            Done::Succeeded => around.keep,
            _ => around.undo,
        };
        execute_all(session.connection(), statements)?;
    }
    Ok(())
}

fn commit<S: Session>(session: &mut S) -> Result<(), Failure> {
    // Nothing is left of a single job that failed.
    if session.connection().is_autocommit() {
        return Ok(());
    }
    session
        .commit()
        .map_err(|error| not_committed(session, &error))
}

fn not_committed<S: Session>(session: &S, error: &rusqlite::Error) -> Failure {
    if !is_failed_sync(error) {
        return Failure::disk(error);
    }
    // What the disk holds is unknown now, and stays so: to go on acknowledging
    // would be to guess.
    tracing::error!(%error, "{} could not be synced to disk; no more writes to it are accepted: restart samlet", path(session.connection()));
    Failure::NotSynced
}

fn path(connection: &Connection) -> &str {
    connection.path().unwrap_or_default()
}

fn execute_all(connection: &Connection, statements: &[&str]) -> Result<(), Failure> {
    let executed = statements
        .iter()
        .try_for_each(|statement| execute(connection, statement));
    executed.map_err(|error| Failure::disk(&error))
}

/// Runs one of the few statements that are the same for every group.
pub(crate) fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}
