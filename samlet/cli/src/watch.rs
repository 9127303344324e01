//! Watches what an application is made of, and tells what of it has changed.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::build::{Depth, Input};
use crate::error::Error;

/// How long to wait for the rest of what is being saved.
const SETTLE: Duration = Duration::from_millis(50);

/// Folders that tools fill.
const IGNORED: [&str; 4] = ["__pycache__", "build", "node_modules", "target"];

/// What sources end in. Other files are of a program only below `src`: functions
/// may log into files beside their code, and must not be rebuilt for that.
const EXTENSIONS: [&str; 11] = [
    "html", "json", "lock", "pem", "proto", "py", "rs", "sql", "toml", "yaml", "yml",
];

const NAMES: [&str; 2] = ["Makefile", "requirements.txt"];

/// A watch on files and folders.
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    /// Folders that the system watches for us, each without those in it.
    watched: HashSet<PathBuf>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    inputs: Vec<Input>,
    /// Single files of no function.
    files: Vec<PathBuf>,
    changes: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches nothing yet.
    pub(crate) fn new() -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        let handler = Arc::clone(&shared);
        let watcher = notify::recommended_watcher(move |event| handler.note(event));
        Ok(Self {
            watcher: watcher.map_err(Error::Watch)?,
            watched: HashSet::new(),
            shared,
        })
    }

    /// Watches these from now on, instead of others.
    pub(crate) fn follow(&mut self, inputs: Vec<Input>, files: Vec<PathBuf>) -> Result<(), Error> {
        let mut state = self.shared.state();
        state.inputs = inputs;
        state.files = files;
        drop(state);
        self.refresh()
    }

    /// Watches the folders that were made since, too.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let mut wanted = HashSet::new();
        let state = self.shared.state();
        let parents = state.files.iter().filter_map(|file| file.parent());
        wanted.extend(parents.map(Path::to_owned));
        for input in &state.inputs {
            match input.depth {
                Depth::File => wanted.extend(input.path.parent().map(Path::to_owned)),
                Depth::All if input.path.is_dir() => wanted.extend(folders(&input.path)),
                Depth::All => wanted.extend(existing(&input.path)),
            }
        }
        drop(state);
        for gone in self.watched.difference(&wanted) {
            // A deleted folder isn't watched any more.
            self.watcher.unwatch(gone).ok();
        }
        for new in wanted.difference(&self.watched) {
            let watched = self.watcher.watch(new, RecursiveMode::NonRecursive);
            watched.map_err(Error::Watch)?;
        }
        self.watched = wanted;
        Ok(())
    }

    /// What has changed since it was last asked for; waits until something has.
    pub(crate) async fn next(&self) -> BTreeSet<PathBuf> {
        loop {
            self.shared.changed.notified().await;
            tokio::time::sleep(SETTLE).await;
            let changes = self.take();
            if !changes.is_empty() {
                return changes;
            }
        }
    }

    /// What has changed, without waiting.
    fn take(&self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut self.shared.state().changes)
    }

    /// Forgets changes that the build itself has made.
    pub(crate) fn forget(&self, is_made: impl Fn(&Path) -> bool) {
        self.shared.state().changes.retain(|path| !is_made(path));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, event: notify::Result<notify::Event>) {
        let Ok(event) = event else { return };
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        let mut state = self.state();
        let mut relevant: BTreeSet<PathBuf> = match event.need_rescan() {
            // The system lost count: anything may have changed.
            true => state
                .inputs
                .iter()
                .map(|input| input.path.clone())
                .collect(),
            false => BTreeSet::new(),
        };
        let paths = event.paths.into_iter();
        relevant.extend(paths.filter(|path| state.is_relevant(path)));
        if !relevant.is_empty() {
            state.changes.extend(relevant);
            self.changed.notify_one();
        }
    }
}

impl State {
    fn is_relevant(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file == path)
            || self.inputs.iter().any(|input| input.is_changed_by(path))
    }
}

impl Input {
    /// Whether a change of the file at `path` is one of this.
    pub(crate) fn is_changed_by(&self, path: &Path) -> bool {
        // What isn't there yet may come with a folder around it.
        self.path.starts_with(path)
            || self.depth == Depth::All && path.strip_prefix(&self.path).is_ok_and(is_source)
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sources_are_told_from_what_tools_and_functions_write() {
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

    #[tokio::test]
    async fn a_saved_file_is_told_once_and_a_log_never() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        std::fs::create_dir(folder.join("src")).unwrap();
        let source = folder.join("src/main.rs");
        std::fs::write(&source, "a").unwrap();
        let input = Input {
            logical_id: "F".into(),
            path: folder.clone(),
            depth: Depth::All,
        };
        let mut watch = Watch::new().unwrap();
        // Beside the code, as in small applications.
        let template = folder.join("template.yaml");
        watch.follow(vec![input], vec![template]).unwrap();
        std::fs::write(folder.join("function.log"), "a line").unwrap();
        // As editors do.
        std::fs::write(folder.join("src/.main.rs.tmp"), "b").unwrap();
        std::fs::rename(folder.join("src/.main.rs.tmp"), &source).unwrap();
        assert_eq!(watch.next().await, BTreeSet::from([source]));
        assert_eq!(watch.take(), BTreeSet::new());
        // A folder that is new is watched as soon as it is looked for.
        std::fs::create_dir(folder.join("src/new")).unwrap();
        watch.refresh().unwrap();
        let new = folder.join("src/new/a.rs");
        std::fs::write(&new, "c").unwrap();
        assert!(watch.next().await.contains(&new) || watch.next().await.contains(&new));
    }
}
