//! The steps that make a container's root: planned by samlet, carried out by the container itself.

use std::path::{Path, PathBuf};

/// One thing that is put into a container's root. Targets are absolute paths within it, none of them through a link;
/// the folders that lead to a target are made with mode 0755. Later steps cover earlier ones.
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
    /// An empty folder over a folder that is there; read-only once all steps are taken, since later ones may put
    /// something into it.
    Hide { target: PathBuf },
}

impl Step {
    /// Where it is put.
    pub(crate) fn target(&self) -> &Path {
        match self {
            Self::Folder { target }
            | Self::Link { target, .. }
            | Self::File { target, .. }
            | Self::Bind { target, .. }
            | Self::Hide { target } => target,
        }
    }
}

/// What a process may do beneath a path, where Landlock alone restricts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Read and run.
    Read,
    /// List the names in folders, and read nothing.
    List,
    /// Everything.
    All,
    /// Read and write what is there: devices.
    Device,
}
