//! Why a job was not committed.

use rusqlite::{ErrorCode, ffi};

/// Why a job was not committed, though it did not fail by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The writer or the readers have ended.
    #[error("the database is closed")]
    Closed,
    /// The job panicked; what it wrote is rolled back.
    #[error("the operation panicked")]
    Panicked,
    /// The file could not be read or written. The whole group is rolled back.
    #[error("{reason}")]
    Disk {
        /// SQLite's words.
        reason: String,
    },
    /// What was written could not be synced. No more writes are accepted.
    #[error("what was written could not be synced to disk")]
    NotSynced,
}

impl Failure {
    pub(crate) fn disk(error: &rusqlite::Error) -> Self {
        Self::Disk {
            reason: error.to_string(),
        }
    }
}

/// What a job fails with.
pub trait JobError: From<Failure> + Send + 'static {
    /// Why the file could not be read or written, if that is the error. The
    /// whole group fails then; any other error fails its own job only.
    fn disk_failure(&self) -> Option<String>;
}

/// SQLite's words, if an error says that the file could not be read or
/// written. <https://www.sqlite.org/rescode.html>
pub fn disk_failure(error: &rusqlite::Error) -> Option<String> {
    let code = error.sqlite_error_code()?;
    let is_of_the_disk = matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory
    );
    is_of_the_disk.then(|| error.to_string())
}

/// Whether an error says that a sync failed. What the disk holds is unknown
/// then: the kernel may have dropped what it could not write.
pub(crate) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        code,
        Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn errors_of_the_disk_are_told_apart_from_those_of_a_statement() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, true),
            (ffi::SQLITE_IOERR_READ, true),
            (ffi::SQLITE_CORRUPT, true),
            (ffi::SQLITE_CONSTRAINT, false),
            (ffi::SQLITE_BUSY, false),
            (ffi::SQLITE_ERROR, false),
        ] {
            let failure = disk_failure(&of(code));
            assert_eq!(failure.is_some(), expected, "{code}: {failure:?}");
        }
        assert_eq!(disk_failure(&rusqlite::Error::QueryReturnedNoRows), None);
    }

    #[test]
    fn only_a_failed_sync_is_one() {
        assert!(is_failed_sync(&of(ffi::SQLITE_IOERR_FSYNC)));
        assert!(is_failed_sync(&of(ffi::SQLITE_IOERR_DIR_FSYNC)));
        assert!(!is_failed_sync(&of(ffi::SQLITE_IOERR_WRITE)));
        assert!(!is_failed_sync(&of(ffi::SQLITE_FULL)));
    }
}
