//! `samlet routes`: lists the routes of all APIs.

use crate::args::RoutesArgs;
use crate::error::Error;
use crate::{template, terminal};

/// `samlet routes`.
pub(crate) fn command(args: &RoutesArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    terminal::print_routes(&template.application, &[]);
    Ok(())
}
