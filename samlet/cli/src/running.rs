//! What the commands that run an application have in common: settings from their arguments, and the runtime.

use std::path::PathBuf;

use samlet_build::{Mode, Progress};
use samlet_http::Host;
use samlet_run::Settings;

use crate::args::StartArgs;
use crate::config::Config;
use crate::error::Error;
use crate::secret::Secret;
use crate::terminal;

/// Before anything else: starts what functions' processes are forked from, while this one is still small.
pub(crate) fn begin() {
    // Where it fails, it is tried again when a function is to run, and said then.
    if samlet_run::start_launcher().is_ok() {
        // Beside reading the template, opening the store and building.
        std::thread::spawn(samlet_run::prepare_containers);
    }
}

/// How the application is to run on these ports.
pub(crate) fn settings(
    args: &StartArgs,
    config: &Config,
    secret: &Secret,
    port: u16,
    aws_port: u16,
) -> Settings {
    Settings {
        host: args.host,
        allowed_hosts: allowed_hosts(args, config),
        port,
        aws_port,
        mode: mode(args),
        progress: progress(),
        developer_secret: secret.replacement(),
        secret_files: secret_files(args),
        dynamodb_url: args.dynamodb_endpoint.clone(),
        max_environments: args.max_environments.map(usize::from),
        retry_delay_scale: args.retry_delay_scale,
    }
}

/// Where files that are named on the command line hold secrets.
fn secret_files(args: &StartArgs) -> Vec<PathBuf> {
    let files = [&args.ready_file, &args.secret.developer_secret_file];
    let files = files.into_iter().flatten();
    files
        .filter_map(|file| std::path::absolute(file).ok())
        .collect()
}

/// Those of the command line and of `samconfig.toml`.
fn allowed_hosts(args: &StartArgs, config: &Config) -> Vec<Host> {
    let hosts = args.allow_host.iter().chain(&config.allow_host);
    hosts.cloned().collect()
}

/// The same on the ports that were asked for, else on free ones.
pub(crate) fn free_ports(args: &StartArgs, config: &Config, secret: &Secret) -> Settings {
    let (port, aws_port) = (args.port.unwrap_or(0), args.aws_port.unwrap_or(0));
    settings(args, config, secret, port, aws_port)
}

/// How building reports what it does.
pub(crate) fn progress() -> Progress {
    Progress {
        quiet: terminal::is_quiet(),
        show: terminal::print_status,
    }
}

/// What `samlet start` was asked to build.
pub(crate) fn mode(args: &StartArgs) -> Mode {
    if args.no_build {
        return Mode::None;
    }
    if args.built {
        return Mode::BuiltBySam;
    }
    if args.release {
        return Mode::Release;
    }
    Mode::Dev
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)
}
