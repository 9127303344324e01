//! Functions in Python: a virtual environment with AWS's own runtime interface client.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html>

mod environment;

use std::fs;
use std::path::{Path, PathBuf};

use samlet_lambda::Program;
use samlet_template::{Function, Runtime};

use crate::tool::tool;
use crate::toolchain::{Job, Settings, Toolchain, build_each};
use crate::{BuildError, Depth, Input, Mode};
use environment::{Packages, local_packages};

/// The file, in a function's folder, that names its virtual environment.
const NAME: &str = "packages";

/// Where the environments are, beside the functions' folders; no logical id has a hyphen.
const ENVIRONMENTS: &str = "python-environments";

pub(crate) struct Python;

impl Toolchain for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn fits(&self, job: &Job<'_>, _mode: Mode) -> bool {
        self.brings_runtime_of(job.function)
    }

    fn inputs(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Vec<Input> {
        let mut inputs = Vec::new();
        for job in jobs {
            let mut add = |path| inputs.push(Input::new(job.function, path, Depth::All));
            for folder in folders(&job.code, settings.template_folder) {
                add(folder);
            }
            add(job.code.clone());
        }
        inputs
    }

    fn build(&self, jobs: &[&Job<'_>], settings: &Settings<'_>) -> Result<(), BuildError> {
        build_each(jobs, |job| prepare(job, settings))
    }

    fn program(&self, job: &Job<'_>) -> Result<Program, BuildError> {
        program(job)
    }

    fn brings_runtime_of(&self, function: &Function) -> bool {
        matches!(function.runtime, Runtime::Python { .. })
    }

    fn runs_code_as_it_is(&self) -> bool {
        true
    }

    fn warn(&self, functions: &[&Function]) {
        warn_of_versions(functions);
    }

    fn tidy(&self, build_folder: &Path) {
        tidy(build_folder);
    }
}

/// Makes the function's environment, unless there is one.
fn prepare(job: &Job<'_>, settings: &Settings<'_>) -> Result<(), BuildError> {
    let (code, folder) = (job.code.as_path(), job.folder.as_path());
    let id = job.function.logical_id.as_str();
    let version = version()?;
    let list = code.join("requirements.txt");
    // What something else has built brings its packages along.
    let wanted = if settings.mode == Mode::BuiltBySam {
        None
    } else {
        fs::read_to_string(&list).ok()
    };
    let base = match &wanted {
        Some(text) => base_folder(text, code, settings.template_folder).map_err(|missing| {
            BuildError::NothingToRun {
                function: id.to_owned(),
                reason: missing.to_string(),
            }
        })?,
        None => code,
    };
    let packages = Packages {
        version: &version,
        list: wanted.is_some().then_some(&list),
        requirements: wanted.as_deref().unwrap_or_default(),
        base,
    };
    // Processes go on running from the one that it has.
    let name = packages.install(&environments(folder), id, settings.progress)?;
    let partial = folder.join("packages.partial");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&partial, name))
        .and_then(|()| fs::rename(&partial, folder.join(NAME)))
        .map_err(|source| BuildError::FolderUnusable {
            path: folder.to_owned(),
            source,
        })
}

fn environments(folder: &Path) -> PathBuf {
    folder.with_file_name(ENVIRONMENTS)
}

/// Removes the environments that no function in `build_folder` has.
fn tidy(build_folder: &Path) {
    let functions = fs::read_dir(build_folder).into_iter().flatten().flatten();
    let used = functions.filter_map(|entry| fs::read_to_string(entry.path().join(NAME)).ok());
    environment::tidy(&build_folder.join(ENVIRONMENTS), &used.collect::<Vec<_>>());
}

/// Says where this machine's Python is another than the functions ask for.
fn warn_of_versions(functions: &[&Function]) {
    let Ok(version) = version() else { return };
    for function in functions {
        if function.runtime.to_string().ends_with(&version) {
            continue;
        }
        tracing::warn!(
            "{} asks for {}; it runs with this machine's Python {version}",
            function.logical_id,
            function.runtime
        );
    }
}

/// What else than its own code a function is made of.
fn folders(code: &Path, template_folder: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string(code.join("requirements.txt")).unwrap_or_default();
    let base = base_folder(&list, code, template_folder).unwrap_or(code);
    let local = local_packages(&list).filter_map(|path| base.join(path).canonicalize().ok());
    local.filter(|path| path.is_dir()).collect()
}

/// The program: the runtime interface client, in the function's folder.
fn program(job: &Job<'_>) -> Result<Program, BuildError> {
    let (function, folder) = (job.function, job.folder.as_path());
    let unusable = |source| BuildError::FolderUnusable {
        path: folder.to_owned(),
        source,
    };
    let environment = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
    let python = environments(folder).join(&environment).join("bin/python");
    if environment.is_empty() || !python.is_file() {
        return Err(BuildError::NotBuilt {
            function: function.logical_id.clone(),
            path: python,
        });
    }
    // The environment's own python is a link that must not be followed: where
    // it lies tells it which packages it has.
    let folder = folder.canonicalize().map_err(unusable)?;
    // Python reads the packages' compiled files, which pip made beside them, and doesn't try to write any beside the
    // function's own code.
    let arguments = ["-B", "-m", "awslambdaric", &function.handler];
    let environment = environments(&folder).join(environment);
    Ok(Program {
        executable: environment.join("bin/python"),
        arguments: arguments.map(str::to_owned).to_vec(),
        folder: job.code.clone(),
        readable: vec![environment],
    })
}

/// As `3.12`.
fn version() -> Result<String, BuildError> {
    let output = tool("python3").arg("--version").output();
    let output = output.map_err(|source| BuildError::ToolMissing {
        tool: "python3",
        source,
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().trim_start_matches("Python ").to_owned();
    let minor: Vec<&str> = version.split('.').take(2).collect();
    Ok(minor.join("."))
}

/// A function's requirements.txt names a folder that does not exist.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{} names {package}, which is neither there nor beside the template", list.display())]
struct PackageMissing {
    list: PathBuf,
    package: String,
}

/// Where relative paths in requirements.txt start from: the function's folder,
/// or, as with `sam build`, the template's.
fn base_folder<'a>(
    requirements: &str,
    code: &'a Path,
    template_folder: &'a Path,
) -> Result<&'a Path, PackageMissing> {
    let all_in = |base: &Path| local_packages(requirements).all(|path| base.join(path).exists());
    if all_in(code) {
        return Ok(code);
    }
    if all_in(template_folder) {
        return Ok(template_folder);
    }
    let missing = |path: &&str| !code.join(path).exists();
    let missing = local_packages(requirements).find(missing);
    Err(PackageMissing {
        list: code.join("requirements.txt"),
        package: missing.unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn local_packages_are_looked_for_beside_the_function_and_the_template() {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("src/function");
        fs::create_dir_all(&code).unwrap();
        fs::create_dir_all(folder.path().join("src/common")).unwrap();
        let base = |text: &str| base_folder(text, &code, folder.path()).map(Path::to_owned);
        assert_eq!(base("boto3\n../common\n"), Ok(code.clone()));
        assert_eq!(base("-e ./src/common"), Ok(folder.path().to_owned()));
        let missing = PackageMissing {
            list: code.join("requirements.txt"),
            package: "./nowhere".to_owned(),
        };
        assert_eq!(base("./nowhere"), Err(missing));
    }
}
