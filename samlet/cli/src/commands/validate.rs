//! `samlet validate`: reads the template as `samlet start` does, and starts nothing.

use std::io::Write;

use serde_json::json;

use crate::args::{Format, ValidateArgs};
use crate::error::Error;
use crate::{template, terminal};

/// `samlet validate`.
pub(crate) fn command(args: &ValidateArgs) -> Result<(), Error> {
    let config = args.application.config("validate")?;
    let template = template::read(&args.application, &config, false)?;
    if args.format == Format::Json {
        // How the template is read, whole: to look into, or to compare with another's reading.
        writeln!(anstream::stdout(), "{:#}", json!(template.application)).ok();
        return Ok(());
    }
    let application = &template.application;
    let routes: usize = application.apis.iter().map(|api| api.routes.len()).sum();
    let counted = |count: usize, what| terminal::counted(count as u64, what);
    let counts = [
        counted(application.functions.len(), "function"),
        counted(routes, "route"),
        counted(application.tables.len(), "table"),
    ];
    let mut stdout = anstream::stdout();
    let path = template.path.display();
    writeln!(stdout, "{path} is valid: {}", counts.join(", ")).ok();
    Ok(())
}
