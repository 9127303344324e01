//! From a function's code to what Lambda runs: a folder with a `bootstrap`, or with code and what runs it.
//!
//! Each way of building is a folder here, with a `Toolchain`; `toolchain.rs` says how to add one.

mod error;
mod input;
mod makefile;
mod places;
mod prebuilt;
mod python;
mod rust;
#[cfg(test)]
mod tests;
mod tool;
mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use samlet_lambda::Program;
use samlet_template::{Application, Function};

pub use error::BuildError;
pub use input::{Depth, Input};
pub use places::SourcePlaces;

use toolchain::{Job, Settings, Toolchain, runner, toolchains};

/// What there is to run of each function, by logical id.
pub type Programs = BTreeMap<String, Program>;

/// How much is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: as it was last built.
    None,
    /// As fast as it can be built.
    Dev,
    /// As it ships to AWS.
    Release,
    /// SAM CLI has built it; only what its runtime needs is added.
    BuiltBySam,
}

/// How building reports what it does.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Whether tools write only warnings and errors.
    pub quiet: bool,
    /// Shows a step that takes a while: a verb, and what it is done to.
    pub show: fn(verb: &str, what: &str),
}

/// How an application's functions are built.
pub struct Build<'a> {
    application: &'a Application,
    settings: Settings<'a>,
}

impl<'a> Build<'a> {
    /// Functions are built into folders of their own in `build_folder`; paths in the
    /// template start from `template_folder`.
    pub fn new(
        application: &'a Application,
        template_folder: &'a Path,
        build_folder: PathBuf,
        mode: Mode,
        progress: Progress,
    ) -> Self {
        Self {
            application,
            settings: Settings {
                template_folder,
                build_folder,
                mode,
                progress,
            },
        }
    }

    /// Builds every function that isn't built already.
    pub fn make(&self) -> Result<(), BuildError> {
        for &toolchain in toolchains() {
            let functions = self.application.functions.iter();
            let functions = functions.filter(|function| toolchain.brings_runtime_of(function));
            let functions: Vec<&Function> = functions.collect();
            if !functions.is_empty() {
                toolchain.warn(&functions);
            }
        }
        self.make_some(|_| true)?;
        for &toolchain in toolchains() {
            toolchain.tidy(&self.settings.build_folder);
        }
        Ok(())
    }

    /// Builds the functions that are wanted, by logical id, and those that cargo builds
    /// along with them. Where one of them fails, the others are built nevertheless.
    pub fn make_some(&self, is_wanted: impl Fn(&str) -> bool) -> Result<(), BuildError> {
        if self.settings.mode == Mode::None {
            return Ok(());
        }
        let mut all = Vec::new();
        for function in &self.application.functions {
            all.push(self.choose(function)?);
        }
        let mut result = Ok(());
        for &toolchain in toolchains() {
            let jobs = jobs_to_build(&all, toolchain, &is_wanted);
            if !jobs.is_empty() {
                result = result.and(toolchain.build(&jobs, &self.settings));
            }
        }
        result
    }

    /// What each function is made of, unless nothing is to be built; for a function
    /// that can't be built, the folder where its code should be.
    pub fn inputs(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        if self.settings.mode == Mode::None {
            return inputs;
        }
        let mut all = Vec::new();
        for function in &self.application.functions {
            if let Ok(chosen) = self.choose(function) {
                all.push(chosen);
                continue;
            }
            let code = self.code(function);
            let code = std::path::absolute(&code).unwrap_or(code);
            inputs.push(Input::new(function, code, Depth::All));
        }
        for &toolchain in toolchains() {
            let jobs = jobs_of(&all, toolchain);
            inputs.extend(toolchain.inputs(&jobs, &self.settings));
        }
        inputs
    }

    /// What there is to run, built now or before.
    pub fn programs(&self) -> Result<Programs, BuildError> {
        let mut programs = Programs::new();
        for function in &self.application.functions {
            let (toolchain, job) = self.choose(function)?;
            programs.insert(function.logical_id.clone(), toolchain.program(&job)?);
        }
        Ok(programs)
    }

    /// Whether a function's code is run as it is: where it changes, the executable
    /// doesn't, and new environments are needed nevertheless.
    pub fn is_run_as_it_is(&self, function: &Function) -> bool {
        runner(function).runs_code_as_it_is()
    }

    /// A test of whether building may have written the file at a path, among the sources;
    /// `was_wanted` says by logical id which functions were built.
    pub fn writes(&self, was_wanted: impl Fn(&str) -> bool) -> impl Fn(&Path) -> bool {
        let mut built = Vec::new();
        for function in &self.application.functions {
            // One that can't be built writes nothing.
            if was_wanted(&function.logical_id)
                && let Ok(chosen) = self.choose(function)
            {
                built.push(chosen);
            }
        }
        move |path| {
            let mut built = built.iter();
            built.any(|(toolchain, job)| toolchain.may_write(job, path))
        }
    }

    /// Whether the file at `path` is code alone: a change of its content leaves
    /// [`Build::inputs`] as they were.
    pub fn is_code_alone(&self, path: &Path) -> bool {
        toolchains()
            .iter()
            .any(|toolchain| toolchain.is_code_alone(path))
    }

    fn choose(&self, function: &'a Function) -> Result<Chosen<'a>, BuildError> {
        toolchain::choose(function, &self.code(function), &self.settings)
    }

    /// Where the template says a function's code to be.
    fn code(&self, function: &Function) -> PathBuf {
        self.settings.template_folder.join(&function.code.folder)
    }
}

/// Whether a function is built in the same way as it was before.
pub fn is_built_alike(before: &Function, now: &Function) -> bool {
    before.logical_id == now.logical_id && before.code == now.code && before.runtime == now.runtime
}

/// A function's toolchain, and what it is to build.
type Chosen<'a> = (&'static dyn Toolchain, Job<'a>);

/// What a toolchain builds of an application.
fn jobs_of<'j, 'a>(all: &'j [Chosen<'a>], toolchain: &dyn Toolchain) -> Vec<&'j Job<'a>> {
    let its_own = all
        .iter()
        .filter(|(other, _)| other.name() == toolchain.name());
    its_own.map(|(_, job)| job).collect()
}

/// What a toolchain builds if these functions are wanted.
fn jobs_to_build<'j, 'a>(
    all: &'j [Chosen<'a>],
    toolchain: &dyn Toolchain,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<&'j Job<'a>> {
    let mut jobs = jobs_of(all, toolchain);
    let is_wanted = |job: &Job<'_>| is_wanted(&job.function.logical_id);
    if toolchain.builds_all_together() && jobs.iter().any(|job| is_wanted(job)) {
        return jobs;
    }
    jobs.retain(|job| is_wanted(job));
    jobs
}
