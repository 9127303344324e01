//! An API's contract, with what the application's functions say of themselves in a file beside the template.
//!
//! The command prints it and the console serves it: here both find the reading of that file.

use std::path::{Path, PathBuf};

use samlet_template::{Api, Application};
use serde_json::Value;

use crate::{Contribution, ContributionError, openapi};

/// Why there is no contract.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file that the template names cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file doesn't describe the application's functions.
    #[error("cannot use {}: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ContributionError,
    },
}

/// The contract of one API of an application whose files are in `folder`; `url` is where the API is reached, else it
/// is described as it would be on AWS.
pub fn contract(
    application: &Application,
    api: &Api,
    folder: &Path,
    url: Option<&str>,
) -> Result<Value, ContractError> {
    let contribution = contribution(application, folder)?;
    Ok(openapi(application, api, &contribution, url))
}

/// What the application's functions say of themselves; nothing, if the template names no file.
fn contribution(application: &Application, folder: &Path) -> Result<Contribution, ContractError> {
    let Some(file) = &application.open_api else {
        return Ok(Contribution::default());
    };
    let path = folder.join(file);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ContractError::Unreadable { path, source }),
    };
    Contribution::read(&text, application)
        .map_err(|source| ContractError::Unusable { path, source })
}
