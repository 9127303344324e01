//! The data folder: everything samlet keeps, used by one samlet at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::services::identities;

/// A shorter token than this was cut off as it was written.
const MIN_TOKEN_LENGTH: usize = 32;

/// The folder, locked for as long as this lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be and locks it. The lock is released with the
    /// process, however that ends.
    pub fn open(path: &Path) -> Result<Self, Error> {
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
                // A samlet that was killed may have left these.
                std::fs::remove_dir_all(data.tmp()).ok();
                std::fs::remove_file(data.path.join("endpoint")).ok();
                Ok(data)
            }
            Err(TryLockError::WouldBlock) => Err(Error::DataLocked { path }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Deletes everything but what was built, without opening it; gives what it was, in words.
    pub fn forget(&self) -> Result<Vec<&'static str>, Error> {
        let stored = identities().flat_map(|identity| identity.stored);
        let stored = stored.map(|stored| (stored.title, self.path.join(stored.path)));
        let record = ("the record of what functions did", self.usage());
        let mut removed = Vec::new();
        for (what, path) in stored.chain([record]) {
            let done = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            match done {
                Ok(()) => removed.push(what),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::DataUnusable { path, source }),
            }
        }
        Ok(removed)
    }

    /// Writes down where the AWS endpoint of the samlet is that holds this folder.
    pub fn note_running(&self, aws_url: &str) {
        // Without it `samlet invoke` can't find this samlet, which is no reason not to run.
        std::fs::write(self.path.join("endpoint"), aws_url).ok();
    }

    /// The AWS endpoint of the samlet that holds a folder.
    pub fn running(folder: &Path) -> Option<String> {
        std::fs::read_to_string(folder.join("endpoint")).ok()
    }

    /// The token that the console asks for: made once, and readable by its owner only.
    pub(crate) fn console_token(&self) -> Result<String, Error> {
        let path = self.token();
        let unusable = |source| Error::DataUnusable {
            path: path.clone(),
            source,
        };
        match std::fs::read_to_string(&path) {
            Ok(token) if token.trim().len() >= MIN_TOKEN_LENGTH => {
                return Ok(token.trim().to_owned());
            }
            Ok(_) => std::fs::remove_file(&path).map_err(unusable)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(error)),
        }
        let token = uuid::Uuid::new_v4().simple().to_string();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        file.write_all(token.as_bytes()).map_err(unusable)?;
        Ok(token)
    }

    fn token(&self) -> PathBuf {
        self.path.join("console-token")
    }

    /// The folder itself, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// DynamoDB's tables.
    pub fn store(&self) -> PathBuf {
        self.path.join("dynamodb")
    }

    /// CloudWatch's log groups.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// What functions did and were refused.
    pub fn usage(&self) -> PathBuf {
        self.path.join("usage.json")
    }

    /// Functions' own temporary files: empty at each start.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Built functions, each in a folder of its own.
    pub fn build(&self) -> PathBuf {
        self.path.join("build")
    }
}
