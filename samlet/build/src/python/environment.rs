//! Virtual environments, each for all functions that need the same packages.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::tool::tool;
use crate::{BuildError, Progress};

/// What Lambda's Python runtimes bring along.
const RUNTIME_PACKAGES: [&str; 2] = ["awslambdaric>=4,<5", "boto3"];

/// In an environment: what it is made from, but for the code of local packages.
const BASE: &str = "base";

/// The packages a function needs.
pub(super) struct Packages<'a> {
    pub(super) version: &'a str,
    /// Its requirements.txt, and where paths in it start from.
    pub(super) list: Option<&'a Path>,
    pub(super) requirements: &'a str,
    pub(super) base: &'a Path,
}

impl Packages<'_> {
    /// Gives the name of the environment in `folder` that has them, made anew
    /// if there is none.
    pub(super) fn install(
        &self,
        folder: &Path,
        function: &str,
        progress: Progress,
    ) -> Result<String, BuildError> {
        let base = self.base_stamp();
        let name = format!("venv-{:016x}", hash(&(&base, self.local_changes())));
        if folder.join(&name).is_dir() {
            return Ok(name);
        }
        (progress.show)("Installing", &format!("the Python packages of {function}"));
        let unusable = |source| BuildError::FolderUnusable {
            path: folder.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        // An environment is there whole or not at all.
        let partial = folder.join("partial");
        fs::remove_dir_all(&partial).ok();
        match similar(folder, &base) {
            Some(similar) => {
                copy_links(&similar, &partial).map_err(unusable)?;
                self.reinstall_local(&partial)?;
            }
            None => self.install_all(&partial)?,
        }
        fs::write(partial.join("partial"), &base)
            .and_then(|()| fs::rename(partial.join("partial"), partial.join(BASE)))
            .and_then(|()| fs::rename(&partial, folder.join(&name)))
            .map_err(unusable)?;
        Ok(name)
    }

    fn install_all(&self, environment: &Path) -> Result<(), BuildError> {
        let mut venv = tool("python3");
        venv.args(["-m", "venv", "--clear"]).arg(environment);
        run("python3", &mut venv)?;
        let mut pip = self.pip(environment);
        pip.args(RUNTIME_PACKAGES);
        if let Some(list) = self.list {
            pip.arg("--requirement").arg(list);
        }
        run("pip", &mut pip)
    }

    /// Only the code of local packages has changed.
    fn reinstall_local(&self, environment: &Path) -> Result<(), BuildError> {
        let mut pip = self.pip(environment);
        pip.args(["--no-deps", "--force-reinstall"])
            .args(local_packages(self.requirements));
        run("pip", &mut pip)
    }

    fn pip(&self, environment: &Path) -> Command {
        let mut pip = tool(environment.join("bin/python"));
        // Functions can't write what Python compiles: without compiled files beside the packages, each of their cold
        // starts would compile all that it imports.
        pip.env_remove("PYTHONPYCACHEPREFIX");
        pip.current_dir(self.base).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--compile",
            "--disable-pip-version-check",
        ]);
        pip
    }

    fn base_stamp(&self) -> String {
        let mut stamp = format!(
            "python {}\n{}\n{}\n",
            self.version,
            RUNTIME_PACKAGES.join(" "),
            self.requirements
        );
        for package in self.local() {
            stamp += &format!("{}\n", package.display());
            // What a local package needs in its turn.
            for file in ["pyproject.toml", "setup.cfg", "setup.py"] {
                stamp += &fs::read_to_string(package.join(file)).unwrap_or_default();
            }
        }
        stamp
    }

    fn local_changes(&self) -> Vec<u128> {
        let local = self.local().into_iter();
        let changed = local.map(|package| newest(&package).duration_since(UNIX_EPOCH));
        changed
            .map(|since| since.unwrap_or_default().as_nanos())
            .collect()
    }

    fn local(&self) -> Vec<PathBuf> {
        let packages = local_packages(self.requirements);
        packages
            .map(|path| {
                let path = self.base.join(path);
                path.canonicalize().unwrap_or(path)
            })
            .collect()
    }
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// An environment that differs in the code of local packages at most.
fn similar(folder: &Path, base: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut environments = entries.map(|entry| entry.path());
    environments.find(|path| fs::read_to_string(path.join(BASE)).is_ok_and(|known| known == base))
}

/// A copy that shares the files' content: pip replaces files and changes none.
fn copy_links(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_links(&source, &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, target)?;
        } else {
            fs::hard_link(source, target)?;
        }
    }
    Ok(())
}

/// Removes the environments that none of these names.
pub(super) fn tidy(folder: &Path, used: &[String]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !used.iter().any(|used| **used == *name) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Packages of requirements.txt that are folders on this machine.
pub(super) fn local_packages(requirements: &str) -> impl Iterator<Item = &str> {
    let lines = requirements.lines().map(str::trim);
    lines
        .map(|line| {
            line.trim_start_matches("-e ")
                .trim_start_matches("--editable ")
                .trim()
        })
        .filter(|line| line.starts_with(['.', '/']))
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

fn run(tool: &'static str, command: &mut Command) -> Result<(), BuildError> {
    let status = command.status();
    let status = status.map_err(|source| BuildError::ToolMissing { tool, source })?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::BuildFailed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_environment_is_for_certain_packages_in_a_certain_state() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("common");
        fs::create_dir_all(package.join("common")).unwrap();
        fs::write(package.join("setup.py"), "one").unwrap();
        let packages = |requirements| Packages {
            version: "3.12",
            list: None,
            requirements,
            base: folder.path(),
        };
        let stamps = |packages: Packages<'_>| (packages.base_stamp(), packages.local_changes());
        let before = stamps(packages("boto3\n./common\n"));
        assert_ne!(stamps(packages("./common\n")).0, before.0);
        // Its code, and what pip leaves behind, which is none of it.
        fs::create_dir(package.join("build")).unwrap();
        fs::write(package.join("build/a.py"), "").unwrap();
        assert_eq!(stamps(packages("boto3\n./common\n")), before);
        fs::write(package.join("common/a.py"), "").unwrap();
        let edited = stamps(packages("boto3\n./common\n"));
        assert_eq!(edited.0, before.0);
        assert_ne!(edited.1, before.1);
        fs::write(package.join("setup.py"), "two").unwrap();
        assert_ne!(stamps(packages("boto3\n./common\n")).0, before.0);
    }

    #[test]
    fn a_copy_shares_files_and_keeps_links() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("lib")).unwrap();
        fs::write(from.join("lib/a"), "a").unwrap();
        std::os::unix::fs::symlink("lib", from.join("lib64")).unwrap();
        copy_links(&from, &to).unwrap();
        assert_eq!(fs::read_link(to.join("lib64")).unwrap(), Path::new("lib"));
        fs::remove_file(to.join("lib/a")).unwrap();
        assert_eq!(fs::read_to_string(from.join("lib/a")).unwrap(), "a");
    }
}
