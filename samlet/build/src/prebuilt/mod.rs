//! Functions whose code holds a `bootstrap`, for a custom runtime: nothing is to be built.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html>

use std::path::Path;

use samlet_lambda::Program;
use samlet_template::Function;

use crate::toolchain::{Job, Settings, Toolchain};
use crate::{BuildError, Depth, Input, Mode};

/// What a custom runtime starts.
const BOOTSTRAP: &str = "bootstrap";

pub(crate) struct Prebuilt;

impl Toolchain for Prebuilt {
    fn name(&self) -> &'static str {
        "prebuilt"
    }

    fn fits(&self, job: &Job<'_>, _mode: Mode) -> bool {
        job.code.join(BOOTSTRAP).is_file()
    }

    fn inputs(&self, jobs: &[&Job<'_>], _settings: &Settings<'_>) -> Vec<Input> {
        let mut inputs = Vec::new();
        for job in jobs {
            let path = job.code.join(BOOTSTRAP);
            inputs.push(Input::new(job.function, path, Depth::File));
        }
        inputs
    }

    fn build(&self, _jobs: &[&Job<'_>], _settings: &Settings<'_>) -> Result<(), BuildError> {
        Ok(())
    }

    fn program(&self, job: &Job<'_>) -> Result<Program, BuildError> {
        program(job.function, &job.code)
    }
}

/// The program of a custom runtime, which is in `folder`.
pub(crate) fn program(function: &Function, folder: &Path) -> Result<Program, BuildError> {
    let path = folder.join(BOOTSTRAP);
    if !path.is_file() {
        return Err(BuildError::NotBuilt {
            function: function.logical_id.clone(),
            path,
        });
    }
    Ok(Program {
        executable: path,
        arguments: Vec::new(),
        folder: folder.to_owned(),
        readable: Vec::new(),
    })
}
