//! `samlet completions`: a script that completes samlet's commands in a shell.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;

/// `samlet completions`.
pub(crate) fn command(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "samlet", &mut script);
    // A reader that has gone wants no more.
    std::io::stdout().write_all(&script).ok();
}
