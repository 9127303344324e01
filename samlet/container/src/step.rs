//! The steps that make a container's root: planned here by samlet, taken by the container itself.

use std::path::PathBuf;

/// One thing that is put into a container's root. Targets are absolute paths within it; the folders that lead to a
/// target are made with mode 0755.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An empty folder.
    Folder { target: PathBuf },
    /// A symbolic link.
    Link { target: PathBuf, to: PathBuf },
    /// A file with this text, mode 0644.
    File { target: PathBuf, text: Vec<u8> },
    /// A folder or a file of the machine, with all that is mounted in it; read-only.
    Bind {
        source: PathBuf,
        target: PathBuf,
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// An empty, read-only folder over what is there.
    Hide { target: PathBuf },
}

/// What may be done beneath a path, where Landlock alone says what a process reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Read and run.
    Read,
    /// Everything.
    All,
    /// Read and write what is there: devices.
    Device,
}
