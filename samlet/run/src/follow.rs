//! Follows what an application is made from: its template, its settings, and its functions' code.
//!
//! [`Follow`] owns the watch and knows which function a changed file belongs to. It applies nothing by itself: each
//! change is given to [`Running::apply`], one after another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use samlet_build::{Build, Input};

use crate::changes::Changes;
use crate::data::DataFolder;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::running::Running;
use crate::settings::Settings;
use crate::template::Template;
use crate::watch::Watch;

/// What an application was last made from.
pub struct Follow {
    settings: Settings,
    build_folder: PathBuf,
    /// As it was read and applied last.
    template: Arc<Template>,
    /// The template's file, and those of its settings.
    files: Vec<PathBuf>,
    /// Whether the template changed, and can't be applied before something is built.
    is_template_pending: bool,
    watch: Watch,
    /// What the functions of a template are made of, as it was last found out.
    inputs: (Arc<Template>, Vec<Input>),
    /// Files that changed and were not built since.
    changed: BTreeSet<PathBuf>,
}

impl Follow {
    /// Watches what `template` is made from, and `further` files that it is read with. Made before the template is built
    /// for the first time, so that what changes meanwhile is noticed.
    pub fn new(
        settings: &Settings,
        data: &DataFolder,
        template: &Arc<Template>,
        further: Vec<PathBuf>,
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
        files.extend(further.iter().flat_map(std::path::absolute));
        files.retain(|file| file.parent().is_some_and(Path::is_dir));
        let mut this = Self {
            settings: settings.clone(),
            build_folder: data.build(),
            inputs: (Arc::clone(template), Vec::new()),
            template: Arc::clone(template),
            files,
            is_template_pending: false,
            watch: Watch::new()?,
            changed: BTreeSet::new(),
        };
        this.inputs.1 = this.build(template).inputs();
        this.watch
            .follow(this.inputs.1.clone(), this.files.clone())?;
        Ok(this)
    }

    /// The template was built and started: what that has written among the sources is not a change.
    pub fn started(&self) {
        self.forget_what_was_built(&self.template, |_| true);
    }

    /// Waits for a change and applies it to `running`, which was started with the template that this follows. `read`
    /// reads the template again. On an error what ran before still does.
    pub async fn next<E: From<Error>>(
        &mut self,
        running: &mut Running,
        read: impl FnOnce() -> Result<Template, E>,
    ) -> Result<Outcome, E> {
        let changes = self.watch.next().await;
        let began = Instant::now();
        let is_template = changes.iter().any(|path| self.files.contains(path));
        self.changed.extend(changes);
        let template = if is_template || self.is_template_pending {
            // One that is wrong is not read again until it changes.
            self.is_template_pending = false;
            Arc::new(read()?)
        } else {
            Arc::clone(&self.template)
        };
        let applied = self.apply(running, template).await;
        let mut outcome = applied.map_err(E::from)?;
        outcome.took = began.elapsed();
        Ok(outcome)
    }

    async fn apply(
        &mut self,
        running: &mut Running,
        template: Arc<Template>,
    ) -> Result<Outcome, Error> {
        // Before the build: what changes meanwhile is noticed.
        self.watch_inputs(&template)?;
        let changes = Changes::Functions(self.changed_functions());
        let concerned = running.concerned(&template, &changes);
        let applied = running.apply(&template, &changes).await;
        self.forget_what_was_built(&template, |id| concerned.contains(id));
        match &applied {
            Ok(_) => {
                self.changed.clear();
                self.template = template;
            }
            // What the template needs is not there yet.
            Err(Error::Build(_)) => {
                self.changed.clear();
                self.is_template_pending = !template.is_read_as(&self.template);
            }
            Err(_) => {}
        }
        applied
    }

    fn build<'t>(&self, template: &'t Template) -> Build<'t> {
        self.settings.build(template, &self.build_folder)
    }

    /// Watches what the functions of a template are made of now.
    fn watch_inputs(&mut self, template: &Arc<Template>) -> Result<(), Error> {
        let build = self.build(template);
        let is_known = Arc::ptr_eq(template, &self.inputs.0);
        // To ask cargo takes longer than all else here, and code alone moves no package.
        if is_known && self.changed.iter().all(|path| build.is_code_alone(path)) {
            return self.watch.refresh();
        }
        self.inputs = (Arc::clone(template), build.inputs());
        self.watch.follow(self.inputs.1.clone(), self.files.clone())
    }

    /// The logical ids of functions that a changed file belongs to.
    fn changed_functions(&self) -> BTreeSet<String> {
        // The template may lie among the sources.
        let sources = self
            .changed
            .iter()
            .filter(|path| !self.files.contains(path));
        let sources: Vec<&PathBuf> = sources.collect();
        let inputs = self.inputs.1.iter();
        let changed = inputs.filter(|input| sources.iter().any(|path| input.is_changed_by(path)));
        changed.map(|input| input.logical_id.clone()).collect()
    }

    /// Building writes among the sources, too.
    fn forget_what_was_built(&self, template: &Template, was_wanted: impl Fn(&str) -> bool) {
        self.watch.forget(self.build(template).writes(was_wanted));
    }
}
