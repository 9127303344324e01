//! `BuildMethod: makefile`: the function's own Makefile builds it.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-custom-runtimes.html>

use std::path::Path;

use samlet_lambda::Program;
use samlet_template::{BuildMethod, Function};

use crate::tool::tool;
use crate::toolchain::{Job, Settings, Toolchain, build_each, runner};
use crate::{BuildError, Depth, Input, Mode};

pub(crate) struct Makefile;

impl Toolchain for Makefile {
    fn name(&self) -> &'static str {
        "makefile"
    }

    fn fits(&self, job: &Job<'_>, mode: Mode) -> bool {
        job.function.code.build_method == Some(BuildMethod::Makefile) && mode != Mode::BuiltBySam
    }

    fn inputs(&self, jobs: &[&Job<'_>], _settings: &Settings<'_>) -> Vec<Input> {
        let mut inputs = Vec::new();
        for job in jobs {
            inputs.push(Input::new(job.function, job.code.clone(), Depth::All));
        }
        inputs
    }

    fn build(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Result<(), BuildError> {
        build_each(jobs, |job| {
            build(job.function, &job.code, &job.folder)?;
            // make has installed the function's own packages: the same holds as of what SAM CLI has built.
            let settings = Settings {
                mode: Mode::BuiltBySam,
                ..settings.clone()
            };
            runner(job.function).build(&[&built(job)], &settings)
        })
    }

    fn program(&self, job: &Job<'_>) -> Result<Program, BuildError> {
        runner(job.function).program(&built(job))
    }

    /// A Makefile may write anything.
    fn may_write(&self, job: &Job<'_>, path: &Path) -> bool {
        path.starts_with(&job.code)
    }
}

/// The function as make leaves it: its code is what was built.
fn built<'a>(job: &Job<'a>) -> Job<'a> {
    Job {
        function: job.function,
        code: job.folder.clone(),
        folder: job.folder.clone(),
    }
}

/// Runs `make build-LOGICAL_ID` in the function's folder, which puts what is
/// to be run into `ARTIFACTS_DIR`.
fn build(function: &Function, code: &Path, artifacts: &Path) -> Result<(), BuildError> {
    let failed = |source| BuildError::FolderUnusable {
        path: artifacts.to_owned(),
        source,
    };
    std::fs::create_dir_all(artifacts).map_err(failed)?;
    let artifacts = artifacts.canonicalize().map_err(failed)?;
    let status = tool("make")
        .current_dir(code)
        .arg(format!("build-{}", function.logical_id))
        .env("ARTIFACTS_DIR", artifacts)
        .status()
        .map_err(|source| BuildError::ToolMissing {
            tool: "make",
            source,
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::BuildFailed)
    }
}
