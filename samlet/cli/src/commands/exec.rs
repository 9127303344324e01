//! `samlet exec`: runs a command beside a fresh application, for tests of any language.

use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;

use rustix::process::{Pid, Signal};
use samlet_run::{Addresses, ApiAddress, DataFolder, REGION, Running};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ExecArgs;
use crate::error::Error;
use crate::running::{begin, free_ports, runtime};
use crate::secret::Secret;
use crate::template;
use crate::terminal::LogNames;

/// `samlet exec`: gives the command's own exit code.
pub(crate) fn command(args: &ExecArgs) -> Result<ExitCode, Error> {
    begin();
    let secret = Secret::read(&args.start.secret)?;
    let config = args.start.application.config("local_start_api")?;
    let template = template::read(&args.start.application, &config, args.start.built)?;
    let template = Arc::new(template);
    let settings = free_ports(&args.start, &config, &secret);
    // Nothing of an earlier run, and nothing left of this one.
    let fresh = tempfile::tempdir().map_err(Error::Runtime)?;
    let folder = args.start.application.data_dir.as_deref();
    let data = DataFolder::open(folder.unwrap_or(fresh.path()))?;
    let run = async {
        let log_names = Arc::new(LogNames::default());
        let running = Running::start(settings, data, &template, log_names).await?;
        let ended = run(args, &running.addresses(), &secret).await;
        running.stop().await;
        ended.map(exit_code)
    };
    runtime()?.block_on(Box::pin(run))
}

async fn run(args: &ExecArgs, addresses: &Addresses, secret: &Secret) -> Result<ExitStatus, Error> {
    let failed = |source| Error::CommandFailed {
        command: args.command.first().cloned().unwrap_or_default(),
        source,
    };
    let mut words = args.command.iter();
    let mut command = Command::new(words.next().map_or("", String::as_str));
    command.args(words);
    if let Some(ApiAddress { url, .. }) = addresses.apis.first() {
        command.env("API_URL", url);
    }
    command
        .env("AWS_ENDPOINT_URL", &addresses.aws)
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", samlet_iam::DEVELOPER_KEY)
        .env("AWS_SECRET_ACCESS_KEY", secret.text())
        // Those of a real account would go before these.
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE");
    let mut child = command.spawn().map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map_err(failed),
            // The terminal has sent it to the command too, which ends as it likes.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => end(&child),
        }
    }
}

fn end(child: &Child) {
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    if let Some(pid) = pid {
        rustix::process::kill_process(pid, Signal::TERM).ok();
    }
}

/// As a shell has it: 128 and the signal's number for a command that was killed.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
