//! Watches files and folders, and reports which of them have changed.
//!
//! The system's watcher notes changes on a thread of its own. [`Watch::next`] waits until the rest of what is being saved
//! has been noted, and takes all of it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use samlet_build::Input;
use tokio::sync::Notify;

use crate::error::Error;

/// How long to wait for the rest of what is being saved.
const SETTLE: Duration = Duration::from_millis(50);

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
            wanted.extend(input.folders());
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
        let mut relevant = BTreeSet::new();
        if event.need_rescan() {
            // The system lost count: anything may have changed.
            relevant.extend(state.inputs.iter().map(|input| input.path.clone()));
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use samlet_build::Depth;

    use super::*;

    #[tokio::test]
    async fn a_saved_file_is_reported_once_and_a_log_never() {
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
