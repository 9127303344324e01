//! Functions in Rust: a package with a `Cargo.toml`, whose executable is the `bootstrap` of a custom runtime.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-rust.html>

mod cargo;

use std::path::Path;

use samlet_lambda::Program;

use self::cargo::Cargo;
use crate::toolchain::{Job, Settings, Toolchain};
use crate::{BuildError, Depth, Input, Mode, prebuilt};

pub(crate) struct Rust;

impl Toolchain for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn fits(&self, job: &Job<'_>, _mode: Mode) -> bool {
        job.code.join("Cargo.toml").is_file()
    }

    fn inputs(&self, jobs: &[&Job<'_>], _settings: &Settings<'_>) -> Vec<Input> {
        let mut inputs = Vec::new();
        let mut cargo = Cargo::default();
        for job in jobs {
            let mut add = |path, depth| inputs.push(Input::new(job.function, path, depth));
            if cargo.add(job.function, &job.code).is_err() {
                add(job.code.clone(), Depth::All);
            }
            for folder in cargo.folders(&job.function.logical_id) {
                add(folder, Depth::All);
            }
            for root in cargo.roots() {
                add(root.join("Cargo.toml"), Depth::File);
                add(root.join("Cargo.lock"), Depth::File);
            }
        }
        inputs
    }

    fn build(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Result<(), BuildError> {
        let mut cargo = Cargo::default();
        let mut result = Ok(());
        for job in jobs {
            result = result.and(cargo.add(job.function, &job.code));
        }
        result.and(cargo.build(settings))
    }

    fn program(&self, job: &Job<'_>) -> Result<Program, BuildError> {
        prebuilt::program(job.function, &job.folder)
    }

    /// With fewer packages cargo would choose other features for what they share, and compile that anew.
    fn builds_all_together(&self) -> bool {
        true
    }

    fn may_write(&self, _job: &Job<'_>, path: &Path) -> bool {
        path.ends_with("Cargo.lock")
    }

    fn is_code_alone(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs")
    }
}
