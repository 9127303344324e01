//! What a toolchain is, the list of them, and which of them a function's code is for.
//!
//! To add a runtime, such as Node.js:
//!
//! 1. a folder, `samlet/build/src/node/`, whose `mod.rs` has `pub(crate) struct Node` and implements
//!    [`Toolchain`] for it; `python/` is the model for languages whose code is run as it is;
//! 2. its place in [`toolchains`], and `mod node;` in `lib.rs`;
//! 3. the runtime's name in `samlet/template`, which refuses those that samlet doesn't have.

use std::path::{Path, PathBuf};

use samlet_lambda::Program;
use samlet_template::Function;

use crate::makefile::Makefile;
use crate::prebuilt::Prebuilt;
use crate::python::Python;
use crate::rust::Rust;
use crate::{BuildError, Input, Mode, Progress};

/// All toolchains, in the order in which they are asked whether they fit: those that the template asks for, then those
/// that the files in a function's folder ask for. They build in this order, too.
pub(crate) fn toolchains() -> &'static [&'static dyn Toolchain] {
    &[&Makefile, &Python, &Prebuilt, &Rust]
}

/// A way from a function's code to a program.
pub(crate) trait Toolchain: Sync {
    /// The name of its folder here.
    fn name(&self) -> &'static str;

    /// Whether it is the one for this function, as far as it can say.
    fn fits(&self, job: &Job<'_>, mode: Mode) -> bool;

    /// What these functions are made of; they are all that it builds of an application.
    fn inputs(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Vec<Input>;

    /// Builds these functions. Where one of them fails, the others are built nevertheless.
    fn build(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Result<(), BuildError>;

    /// What Lambda runs, if it was built.
    fn program(&self, job: &Job<'_>) -> Result<Program, BuildError>;

    /// Whether all of its functions are built if one of them is wanted.
    fn builds_all_together(&self) -> bool {
        false
    }

    /// Whether building this function may write the file at `path`, outside the build folder.
    fn may_write(&self, _job: &Job<'_>, _path: &Path) -> bool {
        false
    }

    /// Whether the file at `path` is code alone: its content has no influence on what functions are made of.
    fn is_code_alone(&self, _path: &Path) -> bool {
        false
    }

    /// Whether it brings this function's runtime, and so runs the function even if a Makefile has built it.
    fn brings_runtime_of(&self, _function: &Function) -> bool {
        false
    }

    /// Whether it runs code as it is: where the code changes, the executable stays the same.
    fn runs_code_as_it_is(&self) -> bool {
        false
    }

    /// Warns of what is different from AWS on this machine, for the functions whose runtime it brings.
    fn warn(&self, _functions: &[&Function]) {}

    /// Removes what no function in `build_folder` needs any more.
    fn tidy(&self, _build_folder: &Path) {}
}

/// A function, with its folders.
pub(crate) struct Job<'a> {
    pub(crate) function: &'a Function,
    /// Its code.
    pub(crate) code: PathBuf,
    /// What it is built into; it may not be there yet.
    pub(crate) folder: PathBuf,
}

/// What is the same for all functions.
#[derive(Clone, Debug)]
pub(crate) struct Settings<'a> {
    /// Paths in the template start from it.
    pub(crate) template_folder: &'a Path,
    /// Functions are built into folders of their own in it.
    pub(crate) build_folder: PathBuf,
    pub(crate) mode: Mode,
    pub(crate) progress: Progress,
}

/// The toolchain that runs a function, whatever has built it: by default a `bootstrap` that it brings along.
pub(crate) fn runner(function: &Function) -> &'static dyn Toolchain {
    for &toolchain in toolchains() {
        if toolchain.brings_runtime_of(function) {
            return toolchain;
        }
    }
    &Prebuilt
}

/// The toolchain that builds the function whose code the template says to be in `code`, and its job.
pub(crate) fn choose<'a>(
    function: &'a Function,
    code: &Path,
    settings: &Settings<'_>,
) -> Result<(&'static dyn Toolchain, Job<'a>), BuildError> {
    let folder = settings.build_folder.join(&function.logical_id);
    let mode = settings.mode;
    let Ok(canonical) = code.canonicalize() else {
        // What was built earlier runs without its code.
        if mode == Mode::None && !runner(function).runs_code_as_it_is() {
            let code = folder.clone();
            return Ok((
                &Prebuilt,
                Job {
                    function,
                    code,
                    folder,
                },
            ));
        }
        return Err(BuildError::NoCode {
            function: function.logical_id.clone(),
            path: code.to_owned(),
        });
    };
    let job = Job {
        function,
        code: canonical,
        folder,
    };
    for &toolchain in toolchains() {
        if toolchain.fits(&job, mode) {
            return Ok((toolchain, job));
        }
    }
    let code = job.code.display();
    Err(BuildError::NothingToRun {
        function: function.logical_id.clone(),
        reason: format!("its CodeUri {code} holds neither a bootstrap nor a Cargo.toml"),
    })
}

/// Builds functions one by one, with the first error at the end.
pub(crate) fn build_each(
    jobs: &[&Job<'_>],
    build: impl Fn(&Job<'_>) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let mut result = Ok(());
    for job in jobs {
        result = result.and(build(job));
    }
    result
}
