//! The `samlet` command: runs an AWS SAM application on this machine.
//!
//! A library, so that a program with further services can be made of it ([`main_with`]).

mod args;
mod aws;
mod build;
mod commands;
mod config;
mod diagnostics;
mod error;
mod estimate;
mod exec;
mod generate_event;
mod invoke;
mod logs;
mod new;
mod openapi;
mod policies;
mod reload;
mod reset;
mod start;
mod tables;
mod template;
mod terminal;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use args::{Cli, Command, NewCommand, PoliciesCommand};
use clap::{CommandFactory, Parser};

pub use samlet_run::{Core, MakeService, Registration};

/// Runs the command that the arguments name, with further services beside samlet's own.
pub fn main_with(further: Vec<Registration>) -> ExitCode {
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
    let succeeded = |()| ExitCode::SUCCESS;
    let result = match cli.command {
        Some(Command::Build(args)) => build::command(&args).map(succeeded),
        Some(Command::Start(args)) => start::command(&args).map(succeeded),
        Some(Command::Estimate(args)) => estimate::command(&args).map(succeeded),
        Some(Command::Exec(args)) => exec::command(&args),
        Some(Command::Invoke(args)) => invoke::command(&args),
        Some(Command::Logs(args)) => logs::command(&args).map(succeeded),
        Some(Command::Routes(args)) => commands::routes::command(&args).map(succeeded),
        Some(Command::Openapi(args)) => openapi::command(&args).map(succeeded),
        Some(Command::Tables(args)) => tables::command(&args).map(succeeded),
        Some(Command::GenerateEvent { event }) => generate_event::command(&event).map(succeeded),
        Some(Command::New {
            what: NewCommand::Function(args),
        }) => new::function(&args).map(succeeded),
        Some(Command::Init(args)) => new::init(&args).map(succeeded),
        Some(Command::Reset(args)) => reset::command(&args).map(succeeded),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "samlet", &mut script);
            // A reader that has gone wants no more.
            std::io::stdout().write_all(&script).ok();
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Validate(args)) => commands::validate::command(&args).map(succeeded),
        Some(Command::Policies(args)) => match args.command {
            Some(PoliciesCommand::Simulate(args)) => policies::simulate(&args).map(succeeded),
            None => policies::command(&args).map(succeeded),
        },
        None => start::command(&cli.serve).map(succeeded),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            diagnostics::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
