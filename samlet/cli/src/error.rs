//! Everything that ends a command, each with what to do about it.

use std::path::PathBuf;

use samlet_build::BuildError;

use crate::secret::SecretError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot use {}: {reason}", path.display())]
    Config { path: PathBuf, reason: String },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Run(#[from] samlet_run::Error),
    #[error("the samlet that uses {} is still starting", path.display())]
    Starting { path: PathBuf },
    #[error("cannot write {}: {source}", path.display())]
    ReadyFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot read {}: {source}", path.display())]
    FileUnreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{function} was not invoked: {reason}")]
    NotInvoked { function: String, reason: String },
    #[error("cannot write {}: {source}", path.display())]
    FileUnwritable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{what} is not JSON: {reason}")]
    NotJson { what: &'static str, reason: String },
    #[error(transparent)]
    NoSuchRequest(#[from] samlet_gateway::SampleError),
    #[error("{0} has no route")]
    NoRoute(String),
    #[error("the route {0} has parameters")]
    NoPath(String),
    #[error("there is no API {name} in the template")]
    NoApi { name: String, known: String },
    #[error("the template has no routes")]
    NoRoutes,
    #[error(transparent)]
    Contract(#[from] samlet_gateway::ContractError),
    #[error(transparent)]
    Scaffold(#[from] samlet_scaffold::ScaffoldError),
    #[error("{operation}: {reason}")]
    Refused { operation: String, reason: String },
    #[error("there is no such item in {table}")]
    NoItem { table: String },
    #[error("this is no item: {0}")]
    NotAnItem(String),
    #[error("line {line}: {reason}")]
    LineRefused { line: u64, reason: String },
    #[error("nothing was deleted")]
    NotConfirmed,
    #[error("cannot show the logs: {0}")]
    LogsUnreadable(String),
    #[error("cannot run {command}: {source}")]
    CommandFailed {
        command: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("functions that are granted more than they used, or were refused something: {0}")]
    NotLeastPrivilege(usize),
    #[error("there is no function {name} in the template")]
    NoFunction { name: String, known: String },
    #[error("the request would be refused")]
    Denied,
    #[error(transparent)]
    Estimate(#[from] samlet_estimate::EstimateError),
    #[error("{0}")]
    Store(#[from] samlet_dynamodb::StoreError),
    #[error("{0}")]
    Logs(#[from] samlet_logs::LogsError),
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    /// The way out, where the message itself doesn't tell.
    pub(crate) fn help(&self) -> Option<String> {
        Some(match self {
            Self::Config { .. } => "correct it, or name another file with --config-file".into(),
            Self::Secret(error) => error.help(),
            Self::Run(error) => return error.help(),
            Self::Starting { .. } => "try again once it says `ready`".into(),
            Self::Build(error) => return error.help(),
            Self::NoRoute(_) => "give the whole event with --event".into(),
            Self::NoPath(_) | Self::NoSuchRequest(_) => {
                "give the path of the request with --path".into()
            }
            Self::LineRefused { .. } => {
                "lines before it may have been imported; importing them again changes nothing"
                    .into()
            }
            Self::NotConfirmed => "--yes deletes without asking".into(),
            Self::NoFunction { known, .. } | Self::NoApi { known, .. } => {
                format!("there are {known}")
            }
            Self::Estimate(error) => return error.help(),
            Self::Scaffold(error) => return error.help(),
            Self::NotLeastPrivilege(_) => {
                "they are marked with `!` above; `!` is also what was never tried".into()
            }
            _ => return None,
        })
    }
}
