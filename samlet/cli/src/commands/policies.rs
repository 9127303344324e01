//! `samlet policies`: what functions were granted, what they did of it, and the least that would do.

use std::io::Write as _;

use samlet_access::{Report, Simulation, Usage, reports};

use samlet_run::{identities, place};

use crate::args::{Format, PoliciesArgs, SimulateArgs};
use crate::error::Error;
use crate::template;

/// `samlet policies`.
pub(crate) fn command(args: &PoliciesArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let usage = Usage::open(args.application.data_dir().join("usage.json"));
    let services: Vec<&str> = identities().map(|identity| identity.iam_prefix).collect();
    let reports = reports(&template.application, &services, &usage, &place());
    let text = match args.format {
        Format::Text => reports
            .iter()
            .map(Report::text)
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Json => serde_json::to_string_pretty(&reports).unwrap_or_default() + "\n",
    };
    write!(anstream::stdout(), "{text}").ok();
    let wrong = reports.iter().filter(|report| !report.is_least()).count();
    if args.check && wrong > 0 {
        return Err(Error::NotLeastPrivilege(wrong));
    }
    Ok(())
}

/// `samlet policies simulate`.
pub(crate) fn simulate(args: &SimulateArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let function = template::function(&template, &args.function)?;
    let services: Vec<&str> = identities().map(|identity| identity.iam_prefix).collect();
    let simulation = Simulation {
        application: &template.application,
        function,
        action: &args.action,
        resource: &args.resource,
        context: &args.context,
        services: &services,
    };
    let mut stdout = anstream::stdout();
    match simulation.judge(&place()) {
        Ok(places) => {
            writeln!(stdout, "allowed by {}", places.join(" and ")).ok();
            Ok(())
        }
        Err(denied) => {
            writeln!(stdout, "denied: {denied}").ok();
            for near in &denied.near {
                writeln!(stdout, "  {near}").ok();
            }
            Err(Error::Denied)
        }
    }
}
