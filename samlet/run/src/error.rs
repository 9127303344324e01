//! Why an application does not run, or not as its template says, each with what to do about it.

use std::net::SocketAddr;
use std::path::PathBuf;

use samlet_service::ApplyError;

/// What ended a start, or a change of the application that runs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A port that something else listens on, or that may not be taken.
    #[error("cannot listen on {address}: {source}")]
    PortTaken {
        /// Where samlet would listen.
        address: SocketAddr,
        /// The setting that chooses the port, as the command line calls it.
        flag: &'static str,
        /// The cause.
        source: std::io::Error,
    },
    /// The data folder is another's.
    #[error("another samlet is running on {}", path.display())]
    DataLocked {
        /// The folder.
        path: PathBuf,
    },
    /// The data folder, or a file in it, cannot be read or written.
    #[error("cannot use the data folder {}: {source}", path.display())]
    DataUnusable {
        /// What can't be used.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A resource of the template can't be there.
    #[error("{0}")]
    Apply(ApplyError),
    /// A service can't be made.
    #[error("cannot start {title}: {source}")]
    Service {
        /// What people call it.
        title: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system refused something.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    /// What to do about it, where the message itself doesn't say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::PortTaken { flag, .. } => {
                format!("choose another with {flag} PORT; {flag} 0 takes a free one")
            }
            Self::DataLocked { .. } => {
                "stop it, or choose another folder with --data-dir (to start beside it, other ports as well)"
                    .into()
            }
            Self::DataUnusable { .. } => {
                "check its permissions, or choose another with --data-dir".into()
            }
            _ => return None,
        })
    }
}
