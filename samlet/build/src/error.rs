//! Why functions can't be built or run, each with what to do about it.

use std::path::PathBuf;

/// Why functions can't be built, or have nothing to run.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// cargo can't be started.
    #[error("cannot run cargo: {0}")]
    CargoMissing(std::io::Error),
    /// A tool can't be started.
    #[error("cannot run {tool}: {source}")]
    ToolMissing {
        /// The tool's command.
        tool: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder that `CodeUri` names does not exist.
    #[error("the code of {function} is not there: {}", path.display())]
    NoCode {
        /// The function's logical id.
        function: String,
        /// Where the code should be.
        path: PathBuf,
    },
    /// cargo can't read the function's package.
    #[error("cannot read the Cargo package of {function}: {reason}")]
    Package {
        /// The function's logical id.
        function: String,
        /// What cargo says.
        reason: String,
    },
    /// A tool failed; it has written why.
    #[error("building the functions failed")]
    BuildFailed,
    /// The function's folder doesn't hold what its runtime needs.
    #[error("{function} has nothing to run: {reason}")]
    NothingToRun {
        /// The function's logical id.
        function: String,
        /// What is missing.
        reason: String,
    },
    /// The function was never built.
    #[error("{function} is not built: there is no {}", path.display())]
    NotBuilt {
        /// The function's logical id.
        function: String,
        /// The file that building makes.
        path: PathBuf,
    },
    /// The folder that functions are built into can't be written.
    #[error("cannot use the data folder {}: {source}", path.display())]
    FolderUnusable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl BuildError {
    /// The way out, where the message itself doesn't say.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::CargoMissing(_) => "install Rust: https://rustup.rs",
            Self::ToolMissing {
                tool: "python3", ..
            } => "install Python 3, with its venv module",
            Self::ToolMissing { tool, .. } => return Some(format!("install {tool}")),
            Self::NoCode { .. } => {
                "CodeUri is a folder, relative to the template; correct it there"
            }
            Self::BuildFailed => "the tool's messages are above; correct the code",
            Self::NotBuilt { .. } => "run `samlet build`, or start without --no-build",
            Self::FolderUnusable { .. } => {
                "check its permissions, or choose another with --data-dir"
            }
            Self::Package { .. } | Self::NothingToRun { .. } => return None,
        };
        Some(help.to_owned())
    }
}
