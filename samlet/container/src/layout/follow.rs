//! Follows a path link by link, so that a container can be given the same links and what they lead to.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Links followed in one path, as in the kernel: see `MAXSYMLINKS` in `include/linux/namei.h`.
const MAX_LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// What the path's last component was at each turn, in folders without links: as named, then after each link.
    /// The last one is the target.
    pub(super) stages: Vec<PathBuf>,
    /// The links on the way.
    pub(super) links: Vec<Link>,
    /// The file or folder on the machine, without any links.
    pub(super) source: PathBuf,
    /// Its place in the container: the same, unless a folder on the way is a link on the machine only.
    pub(super) target: PathBuf,
}

/// A link of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Its place on the machine, in a folder without links.
    pub(super) source: PathBuf,
    /// Its place in the container.
    pub(super) target: PathBuf,
    /// What it says.
    pub(super) to: PathBuf,
}

/// Follows paths, and looks at each file once.
pub(super) struct Follower<'a> {
    /// What is a folder in the container, even if it is a link on the machine: on some systems `/opt` is.
    folders: &'a BTreeSet<PathBuf>,
    known: RefCell<HashMap<PathBuf, Found>>,
}

/// What is at a path.
#[derive(Clone)]
enum Found {
    Nothing,
    NoLink,
    Link(PathBuf),
}

impl<'a> Follower<'a> {
    pub(super) fn new(folders: &'a BTreeSet<PathBuf>) -> Self {
        let known = RefCell::default();
        Self { folders, known }
    }

    /// Follows an absolute path; `None` if something on the way is missing, or goes in circles.
    pub(super) fn follow(&self, path: &Path) -> Option<Way> {
        let mut way = Way {
            stages: Vec::new(),
            links: Vec::new(),
            source: "/".into(),
            target: "/".into(),
        };
        let mut left = reversed(path);
        while let Some(name) = left.pop() {
            if name == "/" {
                way.source = "/".into();
                way.target = "/".into();
                continue;
            }
            if name == ".." {
                way.source.pop();
                way.target.pop();
                continue;
            }
            let (source, target) = (way.source.join(&name), way.target.join(&name));
            let found = self.look_at(&source);
            if left.is_empty() {
                way.stages.push(target.clone());
            }
            match found {
                Found::Nothing => return None,
                Found::NoLink => {
                    way.source = source;
                    way.target = target;
                }
                Found::Link(_) if self.folders.contains(&target) => {
                    way.source = source.canonicalize().ok()?;
                    way.target = target;
                }
                Found::Link(_) if way.links.len() == MAX_LINKS => return None,
                Found::Link(to) => {
                    left.extend(reversed(&to));
                    way.links.push(Link { source, target, to });
                }
            }
        }
        Some(way)
    }

    fn look_at(&self, path: &Path) -> Found {
        if let Some(found) = self.known.borrow().get(path) {
            return found.clone();
        }
        let found = match path.symlink_metadata() {
            Err(_) => Found::Nothing,
            Ok(metadata) if !metadata.is_symlink() => Found::NoLink,
            Ok(_) => path.read_link().map_or(Found::Nothing, Found::Link),
        };
        let mut known = self.known.borrow_mut();
        known.insert(path.to_owned(), found.clone());
        found
    }
}

/// A path's components, the last one first. `.` is left out.
fn reversed(path: &Path) -> Vec<OsString> {
    let components = path.components().rev().map(|part| part.as_os_str());
    let named = components.filter(|name| *name != ".");
    named.map(OsStr::to_owned).collect()
}

/// A path without `.` and `..`, as if no component were a link.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component.as_os_str() {
            name if name == ".." => drop(tidy.pop()),
            name if name == "." => {}
            name => tidy.push(name),
        }
    }
    tidy
}
