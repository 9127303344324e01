//! The tools that build functions, started without the developer's secret.

use std::ffi::OsStr;
use std::process::Command;

use samlet_iam::DEVELOPER_SECRET_VARIABLE;

/// A tool to run: what packages have it run needn't know the secret.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove(DEVELOPER_SECRET_VARIABLE);
    command
}
