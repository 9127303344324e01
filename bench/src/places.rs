//! Where things are: what is measured, and what it is measured against. `make bench-tools` brings all of it.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// The repository and what was built in it.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The repository's root.
    pub(crate) repository: PathBuf,
    /// Alternatives, and what else only benchmarks need.
    pub(crate) tools: PathBuf,
    /// Of this run; on the disk that the repository is on, since a store's
    /// speed is the disk's. Removed with this.
    pub(crate) run: std::sync::Arc<tempfile::TempDir>,
}

impl Places {
    /// Those of the repository that this was built in.
    pub(crate) fn find() -> Result<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()?;
        let tools = repository.join("target/bench-tools");
        std::fs::create_dir_all(&tools)?;
        let run = tempfile::Builder::new().prefix("run-").tempdir_in(&tools)?;
        Ok(Self {
            repository,
            tools,
            run: run.into(),
        })
    }

    /// A new, empty folder.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        let folder = tempfile::tempdir_in(self.run.path())?;
        Ok(folder.keep())
    }

    /// samlet, as it is installed.
    pub(crate) fn samlet(&self) -> Result<PathBuf> {
        there(self.repository.join("target/release/samlet"))
    }

    /// A function's program as it ships, by logical id.
    pub(crate) fn function(&self, logical_id: &str) -> Result<PathBuf> {
        there(self.functions().join(logical_id).join("bootstrap"))
    }

    /// The folder with all of them.
    pub(crate) fn functions(&self) -> PathBuf {
        self.tools.join("functions/build")
    }

    /// The echo function's program, beside this one.
    pub(crate) fn echo(&self) -> Result<PathBuf> {
        there(self.repository.join("target/bench/release/bench-echo"))
    }

    /// One of the alternatives' programs.
    pub(crate) fn tool(&self, path: &str) -> Result<PathBuf> {
        there(self.tools.join(path))
    }
}

fn there(path: PathBuf) -> Result<PathBuf> {
    ensure!(
        path.exists(),
        "{} is not there: run `make bench-tools`",
        path.display()
    );
    Ok(path)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => drop(std::fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}
