//! `samlet openapi`: an API's contract, from the template and what the functions say of themselves.

use std::io::Write;
use std::path::Path;

use samlet_gateway::Contribution;
use samlet_template::{Api, Application};
use serde_json::Value;

use crate::args::OpenApiArgs;
use crate::error::Error;
use crate::template::Template;

/// `samlet openapi`.
pub(crate) fn command(args: &OpenApiArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = Template::read(&args.application, &config, false)?;
    let application = &template.application;
    let api = api(application, args.api.as_deref())?;
    let document = contract(application, api, template.home(), args.url.as_deref())?;
    writeln!(anstream::stdout(), "{document:#}").ok();
    Ok(())
}

/// The contract of one API of an application whose files are in `folder`.
pub(crate) fn contract(
    application: &Application,
    api: &Api,
    folder: &Path,
    url: Option<&str>,
) -> Result<Value, Error> {
    let contribution = contribution(application, folder)?;
    Ok(samlet_gateway::openapi(
        application,
        api,
        &contribution,
        url,
    ))
}

/// What the application's functions say of themselves; nothing, if the
/// template names no file.
fn contribution(application: &Application, folder: &Path) -> Result<Contribution, Error> {
    let Some(file) = &application.open_api else {
        return Ok(Contribution::default());
    };
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|source| Error::FileUnreadable {
        path: path.clone(),
        source,
    })?;
    Contribution::read(&text, application).map_err(|source| Error::OpenApi { path, source })
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
