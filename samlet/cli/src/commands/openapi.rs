//! `samlet openapi`: prints an API's contract.

use std::io::Write;

use samlet_gateway::contract;
use samlet_template::{Api, Application};

use crate::args::OpenApiArgs;
use crate::error::Error;
use crate::template;

/// `samlet openapi`.
pub(crate) fn command(args: &OpenApiArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let application = &template.application;
    let api = api(application, args.api.as_deref())?;
    let document = contract(application, api, template.home(), args.url.as_deref())?;
    writeln!(anstream::stdout(), "{document:#}").ok();
    Ok(())
}

/// The API of this logical id, or the first.
fn api<'a>(application: &'a Application, id: Option<&str>) -> Result<&'a Api, Error> {
    let apis = &application.apis;
    let found = match id {
        Some(id) => apis.iter().find(|api| api.logical_id == id),
        None => apis.first(),
    };
    found.ok_or_else(|| match id {
        Some(id) => {
            let known: Vec<&str> = apis.iter().map(|api| api.logical_id.as_str()).collect();
            Error::NoApi {
                name: id.to_owned(),
                known: known.join(", "),
            }
        }
        None => Error::NoRoutes,
    })
}
