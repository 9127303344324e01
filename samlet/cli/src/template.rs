//! The template as a command has it: read, its warnings shown, its roles ready to be enforced.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use samlet_iam::{ResourcePolicy, Role};
use samlet_template::{Application, Attributes, Diagnostic, Draft, Function, Settings};
use serde_json::json;

use crate::args::{ApplicationArgs, Format, RoutesArgs, ValidateArgs};
use crate::config::Config;
use crate::error::Error;
use crate::{diagnostics, terminal};

pub(crate) use samlet_run::{ACCOUNT_ID, REGION, place};

/// A template that was read without errors; its warnings have been shown.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) path: PathBuf,
    source: Arc<str>,
    draft: Arc<Draft>,
    settings: Settings,
    home: PathBuf,
    pub(crate) application: Application,
}

impl Template {
    /// Reads the template, or, with `built`, what `sam build` made of it.
    pub(crate) fn read(
        args: &ApplicationArgs,
        config: &Config,
        built: bool,
    ) -> Result<Self, Error> {
        let path = match built {
            true => args.template.with_file_name(".aws-sam/build/template.yaml"),
            false => args.template.clone(),
        };
        let source =
            std::fs::read_to_string(&path).map_err(|source| Error::TemplateUnreadable {
                path: path.clone(),
                source,
            })?;
        let settings = settings(args, config);
        let read = Draft::parse(&source).and_then(|draft| {
            let application = draft.resolve(&settings, samlet_run::actions())?;
            Ok((draft, application))
        });
        match read {
            Ok((draft, application)) => {
                diagnostics::print_warnings(&path, &source, &application.warnings);
                let template = Self {
                    path,
                    source: source.into(),
                    draft: Arc::new(draft),
                    settings,
                    home: folder_of(&args.template).to_owned(),
                    application,
                };
                template.warn_of_missing_permissions()?;
                Ok(template)
            }
            Err(diagnostics) => Err(Error::Template {
                text: source,
                path,
                diagnostics,
            }),
        }
    }

    /// With the values that only services know, now that they have said them.
    pub(crate) fn with_attributes(&self, attributes: Attributes) -> Result<Self, Error> {
        let settings = Settings {
            attributes,
            ..self.settings.clone()
        };
        match self.draft.resolve(&settings, samlet_run::actions()) {
            Ok(application) => Ok(Self {
                settings,
                application,
                ..self.clone()
            }),
            Err(diagnostics) => Err(self.error(diagnostics)),
        }
    }

    /// What would be wrong with another text, at first sight.
    pub(crate) fn check(
        args: &ApplicationArgs,
        config: &Config,
        source: &str,
    ) -> Result<(), Diagnostic> {
        match samlet_template::read(source, &settings(args, config), samlet_run::actions()) {
            Ok(_) => Ok(()),
            Err(mut wrong) => Err(wrong.swap_remove(0)),
        }
    }

    /// Its text.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Each function's role, in their order, as it is enforced.
    pub(crate) fn roles(&self) -> Result<Vec<Role>, Error> {
        let mut wrong = Vec::new();
        let mut roles = Vec::new();
        for function in &self.application.functions {
            match samlet_access::role(&function.role, &self.path) {
                Ok(role) => roles.push(role),
                // A role of several functions is wrong once.
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        wrong.dedup();
        match wrong.is_empty() {
            true => Ok(roles),
            false => Err(self.error(wrong)),
        }
    }

    /// Each function's own policy, in their order.
    pub(crate) fn function_policies(&self) -> Result<Vec<ResourcePolicy>, Error> {
        let mut wrong = Vec::new();
        let mut policies_of = Vec::new();
        for function in &self.application.functions {
            match samlet_access::function_policy(function, &self.path) {
                Ok(policy) => policies_of.push(policy),
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        match wrong.is_empty() {
            true => Ok(policies_of),
            false => Err(self.error(wrong)),
        }
    }

    /// Warns of invocations that the functions' own policies don't allow: they work here, and fail on AWS.
    fn warn_of_missing_permissions(&self) -> Result<(), Error> {
        let policies = self.function_policies()?;
        let missing = samlet_access::missing_permissions(&self.application, &policies, &place());
        diagnostics::print_warnings(&self.path, &self.source, &missing);
        Ok(())
    }

    /// What is wrong with it, as an error that shows the places.
    pub(crate) fn error(&self, diagnostics: Vec<Diagnostic>) -> Error {
        Error::Template {
            text: self.source.to_string(),
            path: self.path.clone(),
            diagnostics,
        }
    }

    /// The function of this logical id or name.
    pub(crate) fn function(&self, name: &str) -> Result<&Function, Error> {
        let functions = &self.application.functions;
        let named = |function: &&Function| function.logical_id == name || function.name == name;
        functions.iter().find(named).ok_or_else(|| {
            let known: Vec<&str> = functions.iter().map(|f| f.logical_id.as_str()).collect();
            Error::NoFunction {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// What relative paths in the template start from.
    pub(crate) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// The application's folder, wherever what `sam build` made of the
    /// template is.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }
}

fn folder_of(template: &Path) -> &Path {
    let folder = template.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn settings(args: &ApplicationArgs, config: &Config) -> samlet_template::Settings {
    samlet_template::Settings {
        parameter_overrides: args.overrides(config),
        ..samlet_template::Settings::new(place())
    }
}

/// `samlet validate`: reads as `samlet start` does, and starts nothing.
pub(crate) fn validate(args: &ValidateArgs) -> Result<(), Error> {
    let config = args.application.config("validate")?;
    let template = Template::read(&args.application, &config, false)?;
    template.roles()?;
    if args.format == Format::Json {
        print_reading(&template.application);
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

/// How the template is read, whole: to look into, or to compare with another's reading.
fn print_reading(application: &Application) {
    let mut reading = json!(application);
    for (n, function) in application.functions.iter().enumerate() {
        reading["functions"][n]["log_group"] = json!(function.log_group());
    }
    writeln!(anstream::stdout(), "{reading:#}").ok();
}

/// `samlet routes`.
pub(crate) fn routes(args: &RoutesArgs) -> Result<(), Error> {
    let config = args.application.config("local_start_api")?;
    let template = Template::read(&args.application, &config, false)?;
    terminal::print_routes(&template.application, &[]);
    Ok(())
}
