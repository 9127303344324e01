//! The `samlet` command: runs an AWS SAM application on this machine.
//!
//! A library, so that a program with further services can be made of it ([`main_with`]).

mod args;
mod aws;
mod commands;
mod config;
mod diagnostics;
mod error;
mod escape;
mod fields;
mod overrides;
mod running;
mod secret;
mod template;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use args::Cli;
use clap::Parser;
use samlet_service::Registration;

/// Runs the command that the arguments name, with further services beside samlet's own.
pub fn main_with(further: Vec<&'static Registration>) -> ExitCode {
    samlet_run::add_services(further);
    // Flags of the default command can't stand before another one; this one may.
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let is_quiet = matches!(
        arguments.get(1).and_then(|first| first.to_str()),
        Some("-q" | "--quiet")
    );
    if is_quiet {
        arguments.remove(1);
    }
    let cli = Cli::parse_from(arguments);
    terminal::init(is_quiet || cli.quiet);
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            diagnostics::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
