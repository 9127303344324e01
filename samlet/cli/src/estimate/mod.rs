//! `samlet estimate`: what the application would take and cost on AWS, from what was measured here.

mod load;
mod measured;
mod mix;
mod report;
mod watching;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use samlet_estimate::{PRICES, Prices, QUOTAS, Quotas, TableError};

use crate::args::{EstimateArgs, Format};
use crate::error::Error;
use crate::template;

/// `samlet estimate`.
pub(crate) fn command(args: &EstimateArgs) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    if let Some(table) = printed(args) {
        write!(stdout, "{table}").ok();
        return Ok(());
    }
    let prices = table(args.prices.as_deref(), PRICES, Prices::parse)?;
    let quotas = table(args.quotas.as_deref(), QUOTAS, Quotas::parse)?;
    let no_region = || Error::NoRegion {
        region: args.region.clone(),
        known: prices.regions().collect::<Vec<_>>().join(", "),
    };
    if !prices.has(&args.region) {
        return Err(no_region());
    }
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let found = load::load(args, &template)?;
    let estimate = samlet_estimate::estimate(&found.load, &prices, &quotas);
    let estimate = estimate.ok_or_else(no_region)?;
    let text = match args.format {
        Format::Text => report::text(&estimate, &found),
        Format::Json => report::json(&estimate, &found),
    };
    // A reader that has gone wants no more.
    write!(stdout, "{text}").ok();
    Ok(())
}

fn printed(args: &EstimateArgs) -> Option<&'static str> {
    match (args.print_prices, args.print_quotas) {
        (true, _) => Some(PRICES),
        (_, true) => Some(QUOTAS),
        _ => None,
    }
}

/// A table of the user's, or the one that samlet comes with.
fn table<T>(
    path: Option<&Path>,
    own: &str,
    parse: impl Fn(&str) -> Result<T, TableError>,
) -> Result<T, Error> {
    let (path, text) = match path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::FileUnreadable {
                path: path.to_owned(),
                source,
            })?;
            (path.to_owned(), text)
        }
        None => (PathBuf::from("samlet's own table"), own.to_owned()),
    };
    parse(&text).map_err(|source| Error::EstimateTable { path, source })
}

/// What a template of a test declares.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
fn application(source: &str) -> samlet_template::Application {
    let settings =
        samlet_template::Settings::new(samlet_aws::Place::new("us-east-1", "1", "local"));
    samlet_template::read(source, &settings, &samlet_template::Actions::default()).unwrap()
}
