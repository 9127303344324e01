//! Shims: scripts in a folder `shims` that start the version of a program that a file or a variable names.
//! <https://github.com/pyenv/pyenv#understanding-shims>; rbenv and nodenv are made the same way.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::spec::Spec;

/// What the manager of versions needs itself: not the versions, nor its caches.
const PARTS: [&str; 7] = [
    "bin",
    "completions",
    "libexec",
    "plugins",
    "pyenv.d",
    "shims",
    "version",
];

/// The files beside the code that name versions.
const VERSION_FILES: [&str; 3] = [".python-version", ".ruby-version", ".node-version"];

/// What a shim needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shim {
    pub(super) files: Vec<PathBuf>,
    /// What it may start.
    pub(super) programs: Vec<PathBuf>,
}

/// What a program needs if it is a shim.
pub(super) fn find(program: &Path, spec: &Spec) -> Option<Shim> {
    let folder = program.parent()?;
    if folder.file_name()? != "shims" {
        return None;
    }
    let (root, name) = (folder.parent()?, program.file_name()?);
    let Ok(entries) = fs::read_dir(root.join("versions")) else {
        // Another manager, such as asdf or mise: its folder holds programs only.
        let files = vec![root.to_owned()];
        return Some(Shim {
            files,
            ..Shim::default()
        });
    };
    let wanted = wanted(root, spec);
    let installed = entries.flatten().map(|entry| entry.file_name());
    let chosen = installed.filter(|version| wanted.iter().any(|name| is_meant(version, name)));
    let versions: Vec<PathBuf> = chosen
        .map(|version| root.join("versions").join(version))
        .collect();
    let parts = PARTS.iter().map(|name| root.join(name));
    let programs = versions
        .iter()
        .map(|version| version.join("bin").join(name));
    Some(Shim {
        programs: programs.collect(),
        files: parts.chain(versions.iter().cloned()).collect(),
    })
}

/// `3.12` means any `3.12.x`.
fn is_meant(version: &OsStr, wanted: &str) -> bool {
    let rest = version.as_encoded_bytes().strip_prefix(wanted.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
}

/// The versions that are asked for: by a variable, else by a file beside the code, else for everything.
fn wanted(root: &Path, spec: &Spec) -> Vec<String> {
    let variables = spec.environment.iter();
    let mut named = variables.filter(|(name, _)| name.ends_with("ENV_VERSION"));
    if let Some((_, versions)) = named.next() {
        return split(versions);
    }
    let beside_code = VERSION_FILES.iter().map(|name| spec.code.join(name));
    for file in beside_code.chain([root.join("version")]) {
        if let Ok(text) = fs::read_to_string(file) {
            return split(&text);
        }
    }
    Vec::new()
}

fn split(text: &str) -> Vec<String> {
    let names = text.split([':', '\n', ' ', '\r']).map(str::trim);
    let names = names.filter(|name| !name.is_empty() && !name.starts_with('#'));
    names.map(str::to_owned).collect()
}
