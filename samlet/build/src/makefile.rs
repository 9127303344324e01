//! `BuildMethod: makefile`: the function's own Makefile builds it.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html>

use std::path::Path;
use std::process::Command;

use samlet_template::Function;

use crate::BuildError;

/// Runs `make build-<LogicalId>` in the function's folder, which puts what is
/// to be run into `ARTIFACTS_DIR`.
pub(crate) fn build(function: &Function, code: &Path, artifacts: &Path) -> Result<(), BuildError> {
    let failed = |source| BuildError::FolderUnusable {
        path: artifacts.to_owned(),
        source,
    };
    std::fs::create_dir_all(artifacts).map_err(failed)?;
    let artifacts = artifacts.canonicalize().map_err(failed)?;
    let status = Command::new("make")
        .current_dir(code)
        .arg(format!("build-{}", function.logical_id))
        .env("ARTIFACTS_DIR", artifacts)
        .status()
        .map_err(|source| BuildError::ToolMissing {
            tool: "make",
            source,
        })?;
    match status.success() {
        true => Ok(()),
        false => Err(BuildError::BuildFailed),
    }
}
