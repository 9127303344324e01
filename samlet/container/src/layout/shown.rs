//! The steps planned so far: what of the machine a container shows where, and what must be hidden in it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::follow::{Follower, Link};
use crate::step::Step;

/// An empty file, to be bound over files that are hidden.
const EMPTY_FILE: &str = "/dev/null";

/// Steps, in the order in which they are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) steps: Vec<Step>,
    /// For each place, the number of the last step that is about it.
    last: HashMap<PathBuf, usize>,
    /// The folders that are there once these steps are taken, beside what is in bound ones.
    folders: BTreeSet<PathBuf>,
    /// What of the machine is bound.
    sources: BTreeSet<PathBuf>,
}

/// Paths that must not be seen, without links.
pub(super) type Hidden = BTreeSet<PathBuf>;

impl Shown {
    #[cfg(test)]
    pub(super) fn new(steps: Vec<Step>) -> Self {
        let mut shown = Self::default();
        steps.into_iter().for_each(|step| shown.push(step));
        shown
    }

    pub(super) fn push(&mut self, step: Step) {
        let target = step.target();
        let is_folder = matches!(step, Step::Folder { .. } | Step::Bind { .. });
        let own = is_folder.then_some(target);
        let leading = target.ancestors().skip(1);
        self.folders
            .extend(own.into_iter().chain(leading).map(Path::to_owned));
        self.last.insert(target.to_owned(), self.steps.len());
        if let Step::Bind { source, .. } = &step {
            self.sources.insert(source.clone());
        }
        self.steps.push(step);
    }

    /// Finds out where paths of the machine lead in the container.
    pub(super) fn follower(&self) -> Follower<'_> {
        Follower::new(&self.folders)
    }

    /// What of the machine is seen at a place: the last step that covers it decides.
    pub(super) fn at(&self, place: &Path) -> Option<PathBuf> {
        let covering = place.ancestors().filter_map(|folder| self.last.get(folder));
        let Step::Bind { source, target, .. } = self.steps.get(*covering.max()?)? else {
            return None;
        };
        let within = place.strip_prefix(target).ok()?;
        Some(join(source, within))
    }

    /// Whether this path of the machine is seen in the same place.
    pub(super) fn shows(&self, path: &Path) -> bool {
        self.at(path).is_some_and(|source| source == path)
    }

    /// Whether something that is bound is this, or in this.
    pub(super) fn has_source_in(&self, folder: &Path) -> bool {
        let mut from = self
            .sources
            .range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
        from.next().is_some_and(|source| source.starts_with(folder))
    }

    /// Whether something is at this place, or below it.
    pub(super) fn leads_to(&self, place: &Path) -> bool {
        self.folders.contains(place)
    }

    pub(super) fn link(&mut self, link: Link) {
        let is_there = self.last.contains_key(&link.target);
        if is_there || self.at(&link.target).is_some_and(|at| at == link.source) {
            return;
        }
        self.push(Step::Link {
            target: link.target,
            to: link.to,
        });
    }

    /// Shows what is at `source`, without what is hidden in it.
    pub(super) fn bind(&mut self, source: &Path, target: &Path, hidden: &Hidden) {
        if self.at(target).is_some_and(|shown| shown == source) {
            return;
        }
        self.push(Step::Bind {
            source: source.to_owned(),
            target: target.to_owned(),
            is_folder: source.is_dir(),
        });
        self.hide(source, target, hidden);
    }

    /// Hides in everything that is shown so far.
    pub(super) fn hide_everywhere(&mut self, hidden: &Hidden) {
        if hidden.is_empty() {
            return;
        }
        for step in self.steps.clone() {
            if let Step::Bind { source, target, .. } = step {
                self.hide(&source, &target, hidden);
            }
        }
    }

    fn hide(&mut self, source: &Path, target: &Path, hidden: &Hidden) {
        for path in topmost_below(source, hidden) {
            let Ok(within) = path.strip_prefix(source) else {
                continue;
            };
            self.cover(path, target.join(within));
        }
    }

    /// Covers what is at `target`, which is the machine's `source`.
    pub(super) fn cover(&mut self, source: &Path, target: PathBuf) {
        let is_covered = self.at(&target).is_none_or(|shown| shown != source);
        if is_covered {
            return;
        }
        self.push(if source.is_dir() {
            Step::Hide { target }
        } else {
            Step::Bind {
                source: EMPTY_FILE.into(),
                target,
                is_folder: false,
            }
        });
    }
}

/// Of these paths, those below a folder that are not below another of them. What equals the folder, or holds it, is
/// not below it: what is granted by name is not hidden.
pub(super) fn topmost_below<'a>(folder: &Path, paths: &'a Hidden) -> Vec<&'a Path> {
    // Paths are sorted by component: what is below a folder follows it.
    let after = paths.range::<Path, _>((Bound::Excluded(folder), Bound::Unbounded));
    let below = after.take_while(|path| path.starts_with(folder));
    let mut below: Vec<&Path> = below.map(PathBuf::as_path).collect();
    below.dedup_by(|path, before| path.starts_with(before));
    below
}

/// As `Path::join`, but without a slash at the end if there is nothing to join.
pub(super) fn join(folder: &Path, within: &Path) -> PathBuf {
    if within.as_os_str().is_empty() {
        return folder.to_owned();
    }
    folder.join(within)
}
