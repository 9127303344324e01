//! The data folder: everything samlet keeps, used by one samlet at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folder, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be and locks it. The lock goes with the
    /// process, however that ends.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let unusable = |source| Error::DataUnusable {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir_all(path).map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {
                let data = Self { path, _lock: lock };
                // What a killed samlet left there is nobody's.
                std::fs::remove_dir_all(data.tmp()).ok();
                Ok(data)
            }
            Err(TryLockError::WouldBlock) => Err(Error::DataLocked { path }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path.join("dynamodb")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// What functions did and were refused.
    pub(crate) fn usage(&self) -> PathBuf {
        self.path.join("usage.json")
    }

    /// For what functions keep for a moment: empty at each start.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    pub(crate) fn build(&self) -> PathBuf {
        self.path.join("build")
    }
}
