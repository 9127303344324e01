//! Functions in Python: a virtual environment for each, with AWS's own runtime interface client.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html>

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use samlet_lambda::Program;
use samlet_template::Function;

use crate::error::Error;
use crate::terminal::print_status;

/// The file that names a function's virtual environment.
const STAMP: &str = "packages";

/// What Lambda's Python runtimes bring along.
const RUNTIME_PACKAGES: [&str; 2] = ["awslambdaric>=4,<5", "boto3"];

/// Makes the environment of a function whose code is in `code`, unless what it
/// is made from hasn't changed. `requirements` says whether the function's own
/// packages are installed too.
pub(super) fn prepare(
    function: &Function,
    code: &Path,
    template_folder: &Path,
    folder: &Path,
    requirements: bool,
) -> Result<(), Error> {
    let id = function.logical_id.as_str();
    let version = python_version()?;
    if !function.runtime.ends_with(&version) {
        tracing::warn!(
            "{id} asks for {}; it runs with this machine's Python {version}",
            function.runtime
        );
    }
    let list = code.join("requirements.txt");
    let wanted = match requirements {
        true => fs::read_to_string(&list).ok(),
        false => None,
    };
    let base = match &wanted {
        Some(text) => {
            base_folder(text, code, template_folder).map_err(|missing| Error::NothingToRun {
                function: id.to_owned(),
                reason: format!(
                    "{} names {missing}, which is neither there nor beside the template",
                    list.display()
                ),
            })?
        }
        None => code,
    };
    let stamp = stamp(&version, wanted.as_deref().unwrap_or_default(), base);
    let name = environment_name(&stamp);
    let stamp_file = folder.join(STAMP);
    if fs::read_to_string(&stamp_file).is_ok_and(|known| known == name) {
        return Ok(());
    }
    let unusable = |source| Error::DataUnusable {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(unusable)?;
    // Beside the one that is there, which processes may be running from.
    let environment = folder.join(&name);
    print_status("Installing", &format!("the Python packages of {id}"));
    run(
        "python3",
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.current_dir(base)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(RUNTIME_PACKAGES);
    if wanted.is_some() {
        pip.arg("--requirement").arg(&list);
    }
    run("pip", &mut pip)?;
    let partial = folder.join("packages.partial");
    fs::write(&partial, name)
        .and_then(|()| fs::rename(&partial, &stamp_file))
        .map_err(unusable)
}

/// Removes the environments that are not in use any more.
pub(super) fn tidy(folder: &Path) {
    let current = fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("venv") && *name != *current {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Names the environment for what it is made from.
fn environment_name(stamp: &str) -> String {
    let mut hasher = DefaultHasher::new();
    stamp.hash(&mut hasher);
    format!("venv-{:016x}", hasher.finish())
}

/// What else than its own code a function is made of.
pub(super) fn folders(code: &Path, template_folder: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string(code.join("requirements.txt")).unwrap_or_default();
    let base = base_folder(&list, code, template_folder).unwrap_or(code);
    let local = local_packages(&list).filter_map(|path| base.join(path).canonicalize().ok());
    local.filter(|path| path.is_dir()).collect()
}

/// The program: the runtime interface client, in the function's folder.
pub(super) fn program(function: &Function, code: &Path, folder: &Path) -> Result<Program, Error> {
    let unusable = |source| Error::DataUnusable {
        path: folder.to_owned(),
        source,
    };
    let environment = fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    let python = folder.join(&environment).join("bin/python");
    if environment.is_empty() || !python.is_file() {
        return Err(Error::NotBuilt {
            function: function.logical_id.clone(),
            path: python,
        });
    }
    // The environment's own python is a link that must not be followed: where
    // it lies tells it which packages it has.
    let folder = folder.canonicalize().map_err(unusable)?;
    let cache = format!("pycache_prefix={}", folder.join("pycache").display());
    let arguments = ["-X", &cache, "-m", "awslambdaric", &function.handler];
    Ok(Program {
        executable: folder.join(environment).join("bin/python"),
        arguments: arguments.map(str::to_owned).to_vec(),
        folder: code.to_owned(),
    })
}

/// As `3.12`.
fn python_version() -> Result<String, Error> {
    let output = Command::new("python3").arg("--version").output();
    let output = output.map_err(|source| Error::ToolMissing {
        tool: "python3",
        source,
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().trim_start_matches("Python ").to_owned();
    let minor: Vec<&str> = version.split('.').take(2).collect();
    Ok(minor.join("."))
}

/// Packages of requirements.txt that are folders on this machine.
fn local_packages(requirements: &str) -> impl Iterator<Item = &str> {
    let lines = requirements.lines().map(str::trim);
    lines
        .map(|line| {
            line.trim_start_matches("-e ")
                .trim_start_matches("--editable ")
                .trim()
        })
        .filter(|line| line.starts_with(['.', '/']))
}

/// Where relative paths in requirements.txt start from: the function's folder,
/// or, as with `sam build`, the template's. `Err` names one that is in neither.
fn base_folder<'a>(
    requirements: &str,
    code: &'a Path,
    template_folder: &'a Path,
) -> Result<&'a Path, String> {
    let all_in = |base: &Path| local_packages(requirements).all(|path| base.join(path).exists());
    if all_in(code) {
        return Ok(code);
    }
    if all_in(template_folder) {
        return Ok(template_folder);
    }
    let missing = |path: &&str| !code.join(path).exists();
    let missing = local_packages(requirements).find(missing);
    Err(missing.unwrap_or_default().to_owned())
}

/// What an environment is made from; when it changes, it is made anew.
fn stamp(version: &str, requirements: &str, base: &Path) -> String {
    let mut stamp = format!(
        "python {version}\n{}\n{requirements}\n",
        RUNTIME_PACKAGES.join(" ")
    );
    for package in local_packages(requirements) {
        let changed = newest(&base.join(package));
        let seconds = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        stamp += &format!("{package} {}\n", seconds.as_nanos());
    }
    stamp
}

/// When anything in a folder was last changed.
fn newest(folder: &Path) -> SystemTime {
    let mut newest = UNIX_EPOCH;
    let mut paths: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // pip itself leaves these when it builds a package.
            if name == "build" || name == "__pycache__" || name.ends_with(".egg-info") {
                continue;
            }
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            paths.extend(entries.map(|entry| entry.path()));
        } else {
            newest = newest.max(metadata.modified().unwrap_or(UNIX_EPOCH));
        }
    }
    newest
}

fn run(tool: &'static str, command: &mut Command) -> Result<(), Error> {
    let status = command.status();
    let status = status.map_err(|source| Error::ToolMissing { tool, source })?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::BuildFailed),
    }
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
        assert_eq!(base("./nowhere"), Err("./nowhere".to_owned()));
        let before = stamp("3.12", "../common", &code);
        fs::write(folder.path().join("src/common/a.py"), "").unwrap();
        assert_ne!(stamp("3.12", "../common", &code), before);
    }
}
