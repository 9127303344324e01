//! Keeps a running application as its sources and its template say, while they change.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use samlet_build::{Build, BuildError, Input, Programs};
use samlet_lambda::Program;
use samlet_template::Function;

use crate::args::StartArgs;
use crate::build;
use crate::config::Config;
use crate::error::Error;
use crate::running::Running;
use crate::template::Template;
use crate::watch::Watch;
use crate::{diagnostics, terminal};
use samlet_run::DataFolder;

/// An application, and what it was last made from.
pub(crate) struct Reload<'a> {
    args: &'a StartArgs,
    data: &'a DataFolder,
    template: Arc<Template>,
    /// The template and its settings.
    files: Vec<PathBuf>,
    /// As the settings had it.
    port: Option<u16>,
    /// Whether it changed, and can't be applied before something is built.
    is_template_pending: bool,
    watch: Watch,
    /// What the functions of a template are made of, as it was last found out.
    inputs: (Arc<Template>, Vec<Input>),
    /// By logical id: what of a function's executable tells one build from another.
    built: BTreeMap<String, Option<Stamp>>,
}

/// Size and time of an executable.
type Stamp = (u64, SystemTime);

/// What a reload came to.
struct Updated {
    functions: Vec<String>,
    /// Why not all could be built.
    error: Option<Error>,
}

impl<'a> Reload<'a> {
    /// Watches what `template` is made from, before it is built for the first
    /// time: what changes meanwhile is noticed.
    pub(crate) fn new(
        args: &'a StartArgs,
        data: &'a DataFolder,
        template: Arc<Template>,
    ) -> Result<Self, Error> {
        let path = &template.path;
        let folder = template.folder().canonicalize();
        let folder = folder.map_err(|source| Error::TemplateUnreadable {
            path: path.clone(),
            source,
        })?;
        let mut files: Vec<PathBuf> = path
            .file_name()
            .map(|name| folder.join(name))
            .into_iter()
            .collect();
        let config = args.application.config_path();
        files.extend(std::path::absolute(config));
        files.retain(|file| file.parent().is_some_and(Path::is_dir));
        let mut this = Self {
            args,
            data,
            inputs: (Arc::clone(&template), Vec::new()),
            template,
            files,
            port: args.application.config("local_start_api")?.port,
            is_template_pending: false,
            watch: Watch::new()?,
            built: BTreeMap::new(),
        };
        this.inputs.1 = this.of(&this.template).inputs();
        this.watch
            .follow(this.inputs.1.clone(), this.files.clone())?;
        Ok(this)
    }

    /// Has `running`, which was built and started, follow every change, for
    /// ever; `applied` is told of each template that was.
    pub(crate) async fn follow(
        &mut self,
        running: &mut Running,
        mut applied: impl FnMut(&Template, &Running),
    ) {
        // It ran with these a moment ago.
        let programs = self.of(&self.template).programs();
        self.built = programs.as_ref().map(stamps).unwrap_or_default();
        self.forget_what_was_built(&self.template, |_| true);
        loop {
            let changes = self.watch.next().await;
            let began = Instant::now();
            let before = Arc::clone(&self.template);
            let error = match self.reload(running, &changes).await {
                Ok(updated) => {
                    if !Arc::ptr_eq(&before, &self.template) {
                        applied(&self.template, running);
                        report_apis(&before, &self.template, running);
                        report_template(&before, &self.template, began);
                    }
                    report_functions(&updated.functions, began);
                    updated.error
                }
                Err(error) => Some(error),
            };
            if let Some(error) = error {
                diagnostics::print_error(&error);
                let kept = match error {
                    Error::Build(BuildError::BuildFailed) => "the last good build",
                    _ => "the application as it was",
                };
                terminal::print_status("Kept", kept);
            }
        }
    }

    async fn reload(
        &mut self,
        running: &mut Running,
        changes: &BTreeSet<PathBuf>,
    ) -> Result<Updated, Error> {
        let is_template = |path: &PathBuf| self.files.contains(path);
        let template = match self.is_template_pending || changes.iter().any(is_template) {
            true => {
                // One that is wrong is not looked at again until it changes.
                self.is_template_pending = false;
                Arc::new(self.read()?)
            }
            false => Arc::clone(&self.template),
        };
        template.roles()?;
        let is_same_template = Arc::ptr_eq(&template, &self.template);
        // Before the build: what changes meanwhile is noticed.
        let affected = self.watch_and_sort(&template, changes)?;
        let built = self.build(&template, &affected).await;
        let programs = match self.of(&template).programs() {
            Ok(programs) => programs,
            Err(missing) => {
                // What the template needs is not there yet.
                self.is_template_pending = !is_same_template;
                return Err(built.err().unwrap_or_else(|| missing.into()));
            }
        };
        let stamps = stamps(&programs);
        let is_rebuilt = |function: &&Function| {
            let id = &function.logical_id;
            let is_code = samlet_build::is_python(function) && affected.contains(id);
            is_code || stamps.get(id) != self.built.get(id)
        };
        let functions = template.application.functions.iter();
        let rebuilt: HashSet<&str> = functions
            .filter(is_rebuilt)
            .map(|function| function.logical_id.as_str())
            .collect();
        let mut updated = Updated {
            functions: Vec::new(),
            error: built.err(),
        };
        if !rebuilt.is_empty() || !is_same_template {
            updated.functions = running
                .apply(&template, &programs, |id| rebuilt.contains(id))
                .await?;
            self.built = stamps;
            self.template = template;
        }
        Ok(updated)
    }

    fn of<'t>(&self, template: &'t Template) -> Build<'t> {
        build::of(template, self.data, build::mode(self.args))
    }

    fn read(&mut self) -> Result<Template, Error> {
        let application = &self.args.application;
        let config: Config = application.config("local_start_api")?;
        if config.port != self.port {
            tracing::warn!("another port in the settings is taken at the next start");
            self.port = config.port;
        }
        Template::read(application, &config, self.args.built)
    }

    /// Watches what the functions are made of now, and says which of them
    /// the changes concern.
    fn watch_and_sort(
        &mut self,
        template: &Arc<Template>,
        changes: &BTreeSet<PathBuf>,
    ) -> Result<BTreeSet<String>, Error> {
        let is_rust = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs");
        // To ask cargo takes longer than all else here, and code alone moves no package.
        let is_known = Arc::ptr_eq(template, &self.inputs.0);
        match is_known && changes.iter().all(is_rust) {
            true => self.watch.refresh()?,
            false => {
                self.inputs = (Arc::clone(template), self.of(template).inputs());
                self.watch
                    .follow(self.inputs.1.clone(), self.files.clone())?;
            }
        }
        // The template may lie among the sources.
        let sources = changes.iter().filter(|path| !self.files.contains(path));
        let sources: Vec<&PathBuf> = sources.collect();
        let concerned = self
            .inputs
            .1
            .iter()
            .filter(|input| sources.iter().any(|path| input.is_changed_by(path)));
        let mut affected: BTreeSet<String> =
            concerned.map(|input| input.logical_id.clone()).collect();
        let functions = template.application.functions.iter();
        let new = functions.filter(|function| !self.is_built_as(function));
        affected.extend(new.map(|function| function.logical_id.clone()));
        Ok(affected)
    }

    /// Whether a function was there, and built in the same way.
    fn is_built_as(&self, function: &Function) -> bool {
        let how = |function: &Function| {
            (
                function.logical_id.clone(),
                function.code_uri.clone(),
                function.runtime.clone(),
                function.build_method.clone(),
                function.binary.clone(),
            )
        };
        let mut before = self.template.application.functions.iter();
        before.any(|before| how(before) == how(function))
    }

    /// Builds on a thread of its own: requests go on being served, and who
    /// stops samlet needn't wait.
    async fn build(
        &self,
        template: &Arc<Template>,
        wanted: &BTreeSet<String>,
    ) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        let make = {
            let (template, wanted) = (Arc::clone(template), wanted.clone());
            let (mode, folder) = (build::mode(self.args), self.data.build());
            move || build::in_folder(&template, folder, mode).make_some(|id| wanted.contains(id))
        };
        let made = tokio::task::spawn_blocking(make).await;
        self.forget_what_was_built(template, |id| wanted.contains(id));
        let made = made.map_err(|panic| Error::Runtime(std::io::Error::other(panic)))?;
        Ok(made?)
    }

    /// Building writes among the sources, too.
    fn forget_what_was_built(&self, template: &Template, was_wanted: impl Fn(&str) -> bool) {
        let functions = template.application.functions.iter();
        // A Makefile may write anything.
        let by_make = functions.filter(|function| {
            function.build_method.as_deref() == Some("makefile") && was_wanted(&function.logical_id)
        });
        let folders: Vec<PathBuf> = by_make
            .filter_map(|function| {
                template
                    .folder()
                    .join(&function.code_uri)
                    .canonicalize()
                    .ok()
            })
            .collect();
        self.watch.forget(|path| {
            path.ends_with("Cargo.lock") || folders.iter().any(|folder| path.starts_with(folder))
        });
    }
}

fn stamps(programs: &Programs) -> BTreeMap<String, Option<Stamp>> {
    let programs = programs.iter();
    programs
        .map(|(id, program)| (id.clone(), stamp(program)))
        .collect()
}

fn stamp(program: &Program) -> Option<Stamp> {
    let metadata = std::fs::metadata(&program.executable).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Says where the APIs are that were added.
fn report_apis(before: &Template, after: &Template, running: &Running) {
    let urls = running.addresses().apis;
    for (api, url) in after.application.apis.iter().zip(urls) {
        let mut known = before.application.apis.iter();
        if known.all(|known| known.logical_id != api.logical_id) {
            terminal::print_status("Added", &format!("{} at {url}", api.logical_id));
        }
    }
}

fn report_template(before: &Template, after: &Template, began: Instant) {
    let (before, now) = (routes(before), routes(after));
    for gone in before.difference(&now) {
        terminal::print_status("Removed", gone);
    }
    for new in now.difference(&before) {
        terminal::print_status("Added", new);
    }
    terminal::print_status(
        "Applied",
        &format!("{} {}", after.path.display(), took(began)),
    );
}

fn routes(template: &Template) -> BTreeSet<String> {
    let routes = terminal::routes(&template.application);
    routes
        .map(|(route, function)| format!("{} {} ({function})", route.method, route.path))
        .collect()
}

/// Says what is answered by new environments from now on.
fn report_functions(functions: &[String], began: Instant) {
    if !functions.is_empty() {
        let names = functions.join(", ");
        terminal::print_status("Updated", &format!("{names} {}", took(began)));
    }
}

fn took(began: Instant) -> String {
    format!("in {:.2}s", began.elapsed().as_secs_f32())
}
