//! Plans for folders that are really there, and what a container made by them would see.

#![allow(clippy::unwrap_used)]

mod base;
mod hidden;
mod interpreters;
mod paths;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use std::path::Path;

use super::*;

const IDS: Ids = Ids { uid: 993, gid: 990 };

/// A folder to build a machine in, by its name without links.
struct Folder {
    path: PathBuf,
    _removed: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let removed = tempfile::tempdir().unwrap();
        Self {
            path: removed.path().canonicalize().unwrap(),
            _removed: removed,
        }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Writes an executable file, and the folders that lead to it.
    fn file(&self, name: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }

    fn link(&self, name: impl AsRef<Path>, to: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, &path).unwrap();
        path
    }
}

/// What is asked for: `executable`, run with the code in `code`.
fn spec(code: &Path, executable: &Path) -> Spec {
    Spec {
        executable: executable.to_owned(),
        arguments: Vec::new(),
        environment: BTreeMap::from([(
            "PATH".to_owned(),
            "/usr/local/bin:/usr/bin:/bin".to_owned(),
        )]),
        code: code.to_owned(),
        readable: Vec::new(),
        hidden: [].into(),
        memory_mb: 128,
        tmp_mb: 512,
        tmp_folder: PathBuf::new(),
    }
}

/// A root as steps make it.
struct Root(Shown);

impl Root {
    /// As `spec` asks for, on this machine.
    fn of(spec: &Spec) -> (Self, Own) {
        Self::on(system(), spec)
    }

    fn on(system: &Shown, spec: &Spec) -> (Self, Own) {
        let own = own::plan(spec, IDS, system).unwrap();
        let steps = system.steps.iter().chain(&own.steps).cloned();
        let root = Self(Shown::new(steps.collect()));
        root.check();
        (root, own)
    }

    /// Whether the steps can be taken: nothing has to be made in what is read-only.
    fn check(&self) {
        let steps = &self.0.steps;
        for (index, step) in steps.iter().enumerate() {
            let before = Shown::new(steps[..index].to_vec());
            let Some(there) = before.at(step.target()) else {
                continue;
            };
            match step {
                Step::Bind { is_folder, .. } => {
                    let metadata = there.symlink_metadata().unwrap();
                    assert_eq!(metadata.is_dir(), *is_folder, "{step:?}");
                    assert!(!metadata.is_symlink(), "{step:?} is over a link");
                }
                Step::Hide { .. } => assert!(there.is_dir() && !there.is_symlink(), "{step:?}"),
                step => panic!("{step:?} is in something that is read-only"),
            }
        }
    }

    /// What of the machine a process sees at a path, links followed; nothing if it sees none.
    fn at(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        let (mut place, mut left) = (PathBuf::from("/"), vec![path.as_ref().to_owned()]);
        let mut links = 0;
        let mut source = None;
        while let Some(path) = left.pop() {
            let mut parts = path.components();
            let name = parts.next()?.as_os_str();
            let rest = parts.as_path();
            if !rest.as_os_str().is_empty() {
                left.push(rest.to_owned());
            }
            if name == ".." {
                place.pop();
                continue;
            }
            let next = place.join(name);
            let is_there = self.0.leads_to(&next) || name == "/";
            source = self.0.at(&next);
            let linked = self.0.steps.iter().rev().find_map(|step| match step {
                Step::Link { target, to } if *target == next => Some(to.clone()),
                _ => None,
            });
            let linked = linked.or_else(|| source.as_ref()?.read_link().ok());
            if let Some(to) = linked {
                links += 1;
                assert!(links < 40, "{} goes in circles", next.display());
                left.push(to);
                continue;
            }
            let exists = source.as_ref().is_some_and(|source| source.exists());
            if !exists && !is_there {
                return None;
            }
            place = next;
        }
        source
    }

    fn sees(&self, path: impl AsRef<Path>) -> bool {
        self.at(path).is_some()
    }
}

/// Whether a path may be read: it is granted itself, or a folder that it is in.
fn reaches(spec: &Spec, path: impl AsRef<Path>) -> bool {
    may(&reachable(spec), Reach::Read, path.as_ref())
}

fn may(granted: &[(PathBuf, Reach)], wanted: Reach, path: &Path) -> bool {
    let path = path.canonicalize().unwrap();
    let mut fitting = granted.iter().filter(|(_, reach)| *reach == wanted);
    fitting.any(|(granted, _)| path.starts_with(granted))
}
