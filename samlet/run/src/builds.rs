//! Builds the functions that a change concerns, and finds out which of them are others than before.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use samlet_build::{Build, BuildError, Programs, is_built_alike};
use samlet_lambda::Program;
use samlet_template::Function;

use crate::changes::{Changes, Stamp, Stamps};
use crate::error::Error;
use crate::running::Running;
use crate::settings::Settings;
use crate::template::Template;

/// What there is to run after a build.
pub(crate) struct Built {
    pub(crate) programs: Programs,
    pub(crate) stamps: Stamps,
    /// The logical ids of functions whose code is another than before.
    pub(crate) rebuilt: HashSet<String>,
    /// Why not all could be built; what was built before is run then.
    pub(crate) error: Option<BuildError>,
}

impl Settings {
    /// How the functions of a template are built, into `folder`.
    pub fn build<'t>(&self, template: &'t Template, folder: &Path) -> Build<'t> {
        Build::new(
            &template.application,
            template.folder(),
            folder.to_owned(),
            self.mode,
            self.progress,
        )
    }
}

impl Running {
    /// Builds what the changes concern. Of a function that can't be built, an earlier build is run, if there is one; but
    /// not at the start, when the user should know.
    pub(crate) async fn build(
        &self,
        template: &Arc<Template>,
        changes: &Changes,
    ) -> Result<Built, Error> {
        let wanted = self.concerned(template, changes);
        let error = match self.make(template, wanted.clone()).await? {
            Err(error) if self.current.stamps.is_none() => return Err(error.into()),
            made => made.err(),
        };
        let build = self.settings.build(template, &self.data.build());
        let programs = match build.programs() {
            Ok(programs) => programs,
            Err(missing) => return Err(error.unwrap_or(missing).into()),
        };
        let stamps = stamps(&programs);
        let before = self.current.stamps.as_ref();
        let functions = template.application.functions.iter();
        let rebuilt = functions.filter(|function| {
            let id = &function.logical_id;
            // Their executable is the interpreter.
            let is_code = build.is_run_as_it_is(function) && wanted.contains(id);
            is_code || before.is_none_or(|before| stamps.get(id) != before.get(id))
        });
        let rebuilt = rebuilt.map(|function| function.logical_id.clone());
        Ok(Built {
            rebuilt: rebuilt.collect(),
            programs,
            stamps,
            error,
        })
    }

    /// The logical ids of the functions that are to be built: those that were changed, that are new, or that are built
    /// in another way now.
    pub(crate) fn concerned(&self, template: &Template, changes: &Changes) -> BTreeSet<String> {
        let functions = template.application.functions.iter();
        let concerned = functions.filter(|function| match changes {
            Changes::Everything => true,
            Changes::Functions(changed) => {
                changed.contains(&function.logical_id) || !self.is_built_as(function)
            }
        });
        concerned
            .map(|function| function.logical_id.clone())
            .collect()
    }

    /// Whether a function was there, and built in the same way.
    fn is_built_as(&self, function: &Function) -> bool {
        let mut before = self.current.template.application.functions.iter();
        before.any(|before| is_built_alike(before, function))
    }

    /// Builds on a thread of its own: requests go on being served, and stopping doesn't wait for it.
    async fn make(
        &self,
        template: &Arc<Template>,
        wanted: BTreeSet<String>,
    ) -> Result<Result<(), BuildError>, Error> {
        let is_start = self.current.stamps.is_none();
        if wanted.is_empty() && !is_start {
            return Ok(Ok(()));
        }
        let (settings, template) = (self.settings.clone(), Arc::clone(template));
        let folder = self.data.build();
        let make = move || {
            let build = settings.build(&template, &folder);
            if is_start {
                return build.make();
            }
            build.make_some(|id| wanted.contains(id))
        };
        let made = tokio::task::spawn_blocking(make).await;
        made.map_err(|panic| Error::Runtime(std::io::Error::other(panic)))
    }
}

fn stamps(programs: &Programs) -> Stamps {
    let programs = programs.iter();
    programs
        .map(|(id, program)| (id.clone(), stamp(program)))
        .collect()
}

fn stamp(program: &Program) -> Option<Stamp> {
    let metadata = std::fs::metadata(&program.executable).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}
