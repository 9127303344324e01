//! `samlet new` and `samlet init`: functions and applications to begin with.

use std::path::Path;

use samlet_run::place;
use samlet_scaffold::{NewFunction, ScaffoldError, create_application};

use crate::args::{InitArgs, NewFunctionArgs};
use crate::error::Error;
use crate::template;
use crate::terminal::print_status;

/// `samlet new function`.
pub(crate) fn function(args: &NewFunctionArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let folder = template.folder();
    let wanted = NewFunction {
        name: &args.name,
        route: &args.route,
        api: args.api.as_deref(),
        application: &template.application,
        source: template.text(),
        template: &template.path,
        folder,
        place: &place(),
    };
    let plan = wanted.plan()?;
    let checked = template::source(&args.application, &config, false).check(plan.template_text());
    checked.map_err(|wrong| ScaffoldError::NotAddable(wrong.message))?;
    plan.write(|what| print_status("Created", what))?;
    let what = format!(
        "{} to {}: {}",
        args.name,
        template.path.display(),
        args.route
    );
    print_status("Added", &what);
    let there = match folder == Path::new(".") {
        true => String::new(),
        false => format!("cd {}; ", folder.display()),
    };
    let next = format!(
        "{there}cargo test -p {}; samlet start serves {}",
        plan.package(),
        args.route.path
    );
    print_status("Try", &next);
    Ok(())
}

/// `samlet init`.
pub(crate) fn init(args: &InitArgs) -> Result<(), Error> {
    create_application(&args.folder)?;
    print_status(
        "Created",
        &format!(
            "{} with template.yaml and src/common",
            args.folder.display()
        ),
    );
    function(&NewFunctionArgs::first(&args.folder))
}
