//! Follows an application's changes, and prints what each of them came to.

use samlet_build::BuildError;
use samlet_run::{Follow, Outcome, Running, Template};

use crate::args::StartArgs;
use crate::config::Config;
use crate::error::Error;
use crate::{diagnostics, template, terminal};

/// Has an application that runs follow its changes.
pub(crate) struct Reload<'a> {
    args: &'a StartArgs,
    follow: Follow,
    /// The settings as they were read last.
    config: Config,
}

impl<'a> Reload<'a> {
    pub(crate) fn new(args: &'a StartArgs, follow: Follow, config: Config) -> Self {
        Self {
            args,
            follow,
            config,
        }
    }

    /// Follows every change, for ever; calls `applied` after each template that was applied.
    pub(crate) async fn run(mut self, running: &mut Running, applied: impl Fn(&Running)) {
        self.follow.started();
        loop {
            let (args, config) = (self.args, &mut self.config);
            let outcome = self.follow.next(running, || read(args, config)).await;
            match outcome {
                Ok(outcome) => {
                    if outcome.has_new_template {
                        applied(running);
                    }
                    print(outcome, running);
                }
                Err(error) => print_error(&error),
            }
        }
    }
}

/// Reads the template and its settings again.
fn read(args: &StartArgs, known: &mut Config) -> Result<Template, Error> {
    let application = &args.application;
    let config = application.config("local_start_api")?;
    if config.port != known.port {
        tracing::warn!("another port in the settings is taken at the next start");
    }
    if config.allow_host != known.allow_host {
        tracing::warn!("other allowed hosts in the settings are taken at the next start");
    }
    *known = config;
    template::read(application, known, args.built)
}

fn print(outcome: Outcome, running: &Running) {
    let took = format!("in {:.2}s", outcome.took.as_secs_f32());
    for api in &outcome.added_apis {
        terminal::print_status("Added", &format!("{} at {}", api.logical_id, api.url));
    }
    for route in &outcome.removed_routes {
        terminal::print_status("Removed", &route.to_string());
    }
    for route in &outcome.added_routes {
        terminal::print_status("Added", &route.to_string());
    }
    if outcome.has_new_template {
        let path = running.template().path.display();
        terminal::print_status("Applied", &format!("{path} {took}"));
    }
    // These are answered by new environments from now on.
    if !outcome.replaced_functions.is_empty() {
        let functions = outcome.replaced_functions.join(", ");
        terminal::print_status("Updated", &format!("{functions} {took}"));
    }
    if let Some(unbuilt) = outcome.unbuilt {
        print_error(&samlet_run::Error::from(unbuilt).into());
    }
}

/// Prints why a change was not applied, or not all of it, and what goes on instead.
fn print_error(error: &Error) {
    diagnostics::print_error(error);
    let kept = match error {
        Error::Run(samlet_run::Error::Build(BuildError::BuildFailed)) => "the last good build",
        _ => "the application as it was",
    };
    terminal::print_status("Kept", kept);
}
