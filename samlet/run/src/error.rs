//! Why an application does not run, or not as its template says, each with what to do about it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use samlet_build::BuildError;
use samlet_service::ApplyError;
use samlet_template::{Diagnostic, Problems};

/// What ended a start, or a change of the application that runs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template's file can't be read.
    #[error("cannot read the template {}: {source}", path.display())]
    TemplateUnreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The template says what can't be run.
    #[error("the template has errors")]
    Template {
        /// The file.
        path: PathBuf,
        /// Its text, in which the findings lie.
        text: Arc<str>,
        /// What has no effect here, or would fail on AWS.
        warnings: Vec<Diagnostic>,
        /// What is wrong.
        errors: Vec<Diagnostic>,
    },
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
    /// A function has nothing to run.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The files that functions are made of can't be watched.
    #[error("cannot watch the sources: {0}")]
    Watch(notify::Error),
    /// DynamoDB's tables can't be opened.
    #[error("{0}")]
    Store(#[from] samlet_dynamodb::StoreError),
    /// The logs can't be opened.
    #[error("{0}")]
    Logs(#[from] samlet_logs::LogsError),
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
    /// What is wrong with a template.
    pub(crate) fn of_template(path: PathBuf, text: Arc<str>, problems: Problems) -> Self {
        Self::Template {
            path,
            text,
            warnings: problems.warnings,
            errors: problems.errors,
        }
    }

    /// What to do about it, where the message itself doesn't say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::TemplateUnreadable { path, .. }
                if path.ends_with(".aws-sam/build/template.yaml") =>
            {
                "--built runs what SAM CLI has built: run `sam build` first".into()
            }
            Self::TemplateUnreadable { .. } => {
                "run samlet in the application's folder, or name the template with --template"
                    .into()
            }
            Self::Build(error) => return error.help(),
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
