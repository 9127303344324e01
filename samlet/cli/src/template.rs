//! The template as a command reads it: with the settings of `samconfig.toml`, its warnings printed.

use samlet_run::{Source, Template};
use samlet_template::Function;

use crate::args::ApplicationArgs;
use crate::config::Config;
use crate::diagnostics;
use crate::error::Error;

/// Where the template is and what it is read with; `built` takes what `sam build` made of it.
pub(crate) fn source(args: &ApplicationArgs, config: &Config, built: bool) -> Source {
    Source {
        template: args.template.clone(),
        built,
        parameter_overrides: args.overrides(config),
    }
}

/// Reads the template, and prints its warnings.
pub(crate) fn read(
    args: &ApplicationArgs,
    config: &Config,
    built: bool,
) -> Result<Template, Error> {
    let template = Template::read(&source(args, config, built))?;
    diagnostics::print_warnings(&template.path, template.text(), &template.warnings);
    Ok(template)
}

/// The function of this logical id or name.
pub(crate) fn function<'t>(template: &'t Template, name: &str) -> Result<&'t Function, Error> {
    template.function(name).ok_or_else(|| {
        let functions = template.application.functions.iter();
        let known: Vec<&str> = functions.map(|f| f.logical_id.as_str()).collect();
        Error::NoFunction {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}
