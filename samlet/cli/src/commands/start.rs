//! `samlet start`: runs the application, and follows its changes, until it is asked to stop.

use std::sync::Arc;

use samlet_run::{DataFolder, Follow, Running};
use tokio::signal::unix::{SignalKind, signal};

use super::ready_file::ReadyFile;
use super::reload::Reload;
use crate::args::ServeArgs;
use crate::error::Error;
use crate::running::{begin, runtime, settings};
use crate::secret::Secret;
use crate::terminal::LogNames;
use crate::{template, terminal};

/// The port of the first API, when nobody chooses.
const DEFAULT_PORT: u16 = 3000;

/// The port of the AWS endpoint, when nobody chooses.
const DEFAULT_AWS_PORT: u16 = 4566;

/// `samlet start`.
pub(crate) fn command(args: &ServeArgs) -> Result<(), Error> {
    begin();
    // What SAM CLI builds, it builds in steps.
    let watches = !args.no_watch && !args.start.built;
    let args = &args.start;
    let secret = Secret::read(&args.secret)?;
    let config = args.application.config("local_start_api")?;
    let template = Arc::new(template::read(&args.application, &config, args.built)?);
    let port = args.port.or(config.port).unwrap_or(DEFAULT_PORT);
    let settings = settings(
        args,
        &config,
        &secret,
        port,
        args.aws_port.unwrap_or(DEFAULT_AWS_PORT),
    );
    let data = DataFolder::open(&args.application.data_dir())?;
    let run = async {
        let follow = watches.then(|| {
            let files = vec![args.application.config_path()];
            Follow::new(&settings, &data, &template, files)
        });
        let log_names = Arc::new(LogNames::default());
        let mut running = Running::start(settings, data, &template, log_names).await?;
        let asked_to_stop = stop_signal()?;
        let addresses = running.addresses();
        let ready = ReadyFile {
            path: args.ready_file.as_deref(),
            secret: &secret,
        };
        ready.write(&running)?;
        running.data().note_running(&addresses.aws);
        terminal::print_ready(&running.template().application, &addresses);
        let reload = match follow {
            Some(Ok(follow)) => Some(Reload::new(args, follow, config)),
            // The application runs all the same.
            Some(Err(error)) => {
                tracing::warn!("changes are not followed: {error}");
                None
            }
            None => None,
        };
        let reloads = follow_changes(reload, &mut running, &ready);
        tokio::select! {
            () = asked_to_stop => {}
            () = Box::pin(reloads) => {}
        }
        exit_on_second_signal()?;
        drop(ready);
        running.stop().await;
        Ok(())
    };
    raise_open_files();
    let runtime = runtime()?;
    let result = runtime.block_on(Box::pin(run));
    // A build that is under way is not waited for.
    runtime.shutdown_background();
    result
}

/// Follows what changes, for ever.
async fn follow_changes(reload: Option<Reload<'_>>, running: &mut Running, ready: &ReadyFile<'_>) {
    if let Some(reload) = reload {
        let applied = |running: &Running| {
            if let Err(error) = ready.write(running) {
                tracing::warn!("{error}");
            }
        };
        reload.run(running, applied).await;
    }
    std::future::pending().await
}

/// Raises samlet's limit on open files to the maximum: each connection is one, and a shell's own limit is for programs
/// that have few. Functions keep theirs.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

/// Resolves at the first SIGINT or SIGTERM; installed from now on.
fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// At a second signal samlet ends at once, without waiting for requests in flight.
fn exit_on_second_signal() -> Result<(), Error> {
    let again = stop_signal()?;
    tokio::spawn(async move {
        again.await;
        std::process::exit(130);
    });
    Ok(())
}
