//! What a container runs, and what it is given.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A program, what it sees of the machine, and how much it may take.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The executable, absolute, as the machine knows it: in `code` or elsewhere.
    pub executable: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// All of its environment variables: none is inherited.
    pub environment: BTreeMap<String, String>,
    /// The folder with its code, which it sees at `/var/task` and starts in.
    pub code: PathBuf,
    /// What else it may read, at the same place as on the machine: files and folders.
    pub readable: Vec<PathBuf>,
    /// What it must not see, wherever that lies, except for its code and what it may read.
    pub hidden: Arc<[PathBuf]>,
    /// Memory, MB: of all its processes together.
    pub memory_mb: u32,
    /// The size of its `/tmp`, MB.
    pub tmp_mb: u32,
    /// Where a folder is made for temporary files, if `/tmp` can't be its own.
    pub tmp_folder: PathBuf,
}
