//! The `samlet` command: runs an AWS SAM application on this machine.

mod args;
mod build;
mod config;
mod data;
mod diagnostics;
mod error;
mod policies;
mod start;
mod terminal;

use std::process::ExitCode;

use args::{Cli, Command, PoliciesCommand};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    terminal::init_diagnostics();
    let result = match cli.command {
        Some(Command::Build(args)) => build::command(&args),
        Some(Command::Start(args)) => start::command(&args),
        Some(Command::Policies(args)) => match args.command {
            Some(PoliciesCommand::Simulate(args)) => policies::simulate(&args),
            None => policies::command(&args),
        },
        None => start::command(&cli.start),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            diagnostics::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
