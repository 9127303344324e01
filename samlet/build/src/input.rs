//! What a function is made of: the files and folders whose changes mean that it is built again.

use std::path::{Path, PathBuf};

use samlet_template::Function;

/// Folders that tools fill.
const IGNORED: [&str; 4] = ["__pycache__", "build", "node_modules", "target"];

/// What sources end in. Other files are of a program only below `src`: functions
/// may log into files beside their code, and must not be rebuilt for that.
const EXTENSIONS: [&str; 11] = [
    "html", "json", "lock", "pem", "proto", "py", "rs", "sql", "toml", "yaml", "yml",
];

const NAMES: [&str; 2] = ["Makefile", "requirements.txt"];

/// A file, or a folder of files, that a function is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The function.
    pub logical_id: String,
    /// Absolute.
    pub path: PathBuf,
    /// How much of it.
    pub depth: Depth,
}

/// How much of a path is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A single file.
    File,
    /// The folder's sources, at any depth.
    All,
}

impl Input {
    pub(crate) fn new(function: &Function, path: PathBuf, depth: Depth) -> Self {
        Self {
            logical_id: function.logical_id.clone(),
            path,
            depth,
        }
    }

    /// Whether a change of the file at `path` is a change of this input.
    pub fn is_changed_by(&self, path: &Path) -> bool {
        // What isn't there yet may come with a folder around it.
        self.path.starts_with(path)
            || self.depth == Depth::All && path.strip_prefix(&self.path).is_ok_and(is_source)
    }

    /// The folders, each without those in it, where a change of this input is seen.
    pub fn folders(&self) -> Vec<PathBuf> {
        match self.depth {
            Depth::File => self.path.parent().map(Path::to_owned).into_iter().collect(),
            Depth::All if self.path.is_dir() => folders(&self.path),
            Depth::All => existing(&self.path).into_iter().collect(),
        }
    }
}

fn is_source(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let folders = || path.parent().into_iter().flat_map(Path::iter);
    if is_hidden(name) || folders().any(|folder| folder.to_str().is_none_or(is_ignored)) {
        return false;
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    NAMES.contains(&name)
        || extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
        || folders().any(|folder| folder == "src") && !name.ends_with('~')
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

fn is_ignored(folder: &str) -> bool {
    is_hidden(folder) || IGNORED.contains(&folder) || folder.ends_with(".egg-info")
}

/// What of a path is there: in it the rest would appear.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .find(|path| path.is_dir())
        .map(Path::to_owned)
}

/// A folder and all in it that sources may be in.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.get(seen) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let inner = entries.filter(|entry| {
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            is_folder && name.to_str().is_some_and(|name| !is_ignored(name))
        });
        let inner: Vec<PathBuf> = inner.map(|entry| entry.path()).collect();
        folders.extend(inner);
        seen += 1;
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_distinguished_from_what_tools_and_functions_write() {
        for path in [
            "lib.rs",
            "src/deep/data.txt",
            "requirements.txt",
            "roots.pem",
            "a/app.py",
        ] {
            assert!(is_source(Path::new(path)), "{path}");
        }
        for path in [
            "target/debug/build.rs",
            "samlet.log",
            "__pycache__/a.py",
            ".git/config.toml",
            ".main.rs.swp",
            "src/main.rs~",
            "common.egg-info/a.json",
        ] {
            assert!(!is_source(Path::new(path)), "{path}");
        }
    }
}
