//! Everything that prevents a new function or application, each with what to do about it.

use std::io;
use std::path::PathBuf;

use samlet_gateway::SampleError;

/// Why a function or an application was not written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The function's folder exists.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The application's folder has something in it.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The workspace has a package of this name.
    #[error("there is a package {name} already: {}", path.display())]
    PackageExists {
        /// The name.
        name: String,
        /// That package's manifest.
        path: PathBuf,
    },
    /// The template has a function of this logical id.
    #[error("{name} is in the template already, at line {line}")]
    FunctionExists {
        /// The logical id.
        name: String,
        /// Where it is.
        line: usize,
    },
    /// The API has the route.
    #[error("{route} is in the template already, at line {line}")]
    RouteExists {
        /// Method and path.
        route: String,
        /// Where it is.
        line: usize,
    },
    /// The template doesn't declare the API.
    #[error("there is no API {name} in the template")]
    NoApi {
        /// As it was written.
        name: String,
        /// Those that it declares.
        known: String,
    },
    /// The template's text has no place for the function.
    #[error("cannot add the function to the template: {0}")]
    NotAddable(String),
    /// The workspace's manifest cannot take the package.
    #[error("cannot use {}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The route has no example event.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

impl ScaffoldError {
    /// What to do about it, where the message itself doesn't say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Exists(_) | Self::PackageExists { .. } => "choose another name".into(),
            Self::NotEmpty(_) => "name a folder that is not there yet, or an empty one".into(),
            Self::NoApi { known, .. } => format!("there are {known}"),
            Self::Manifest { .. } => "correct it, or name another file with --config-file".into(),
            Self::Sample(_) => "give the path of the request with --path".into(),
            Self::FunctionExists { .. }
            | Self::RouteExists { .. }
            | Self::NotAddable(_)
            | Self::Unwritable { .. } => return None,
        })
    }
}
