//! The commands, each in a file of its own name.

mod build;
mod completions;
mod doctor;
mod estimate;
mod exec;
mod generate_event;
mod invoke;
mod logs;
mod new;
mod openapi;
mod policies;
mod ready_file;
mod reload;
mod reset;
mod routes;
mod start;
mod tables;
mod validate;

use std::process::ExitCode;

use crate::args::{Cli, Command, NewCommand, PoliciesCommand};
use crate::error::Error;

/// Runs the command that the arguments name.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Error> {
    match cli.command.unwrap_or(Command::Start(cli.serve)) {
        // These have exit codes of their own.
        Command::Exec(args) => return exec::command(&args),
        Command::Invoke(args) => return invoke::command(&args),
        Command::Build(args) => build::command(&args)?,
        Command::Completions { shell } => completions::command(shell),
        Command::Doctor(args) => doctor::command(&args),
        Command::Estimate(args) => estimate::command(&args)?,
        Command::GenerateEvent { event } => generate_event::command(&event)?,
        Command::Init(args) => new::init(&args)?,
        Command::Logs(args) => logs::command(&args)?,
        Command::New {
            what: NewCommand::Function(args),
        } => new::function(&args)?,
        Command::Openapi(args) => openapi::command(&args)?,
        Command::Policies(args) => match args.command {
            Some(PoliciesCommand::Simulate(args)) => policies::simulate(&args)?,
            None => policies::command(&args)?,
        },
        Command::Reset(args) => reset::command(&args)?,
        Command::Routes(args) => routes::command(&args)?,
        Command::Start(args) => start::command(&args)?,
        Command::Tables(args) => tables::command(&args)?,
        Command::Validate(args) => validate::command(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
