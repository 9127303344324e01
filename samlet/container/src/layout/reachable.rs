//! What a process may reach by the machine's own paths, where Landlock alone confines it.
//!
//! Landlock only grants: it can't take something out of a folder that it grants. So of a folder with something hidden
//! in it, all that doesn't lead there is granted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::own::{Piece, pieces};
use super::setting::Setting;
use super::shown::{Hidden, Shown, topmost_below};
use super::system::DEVICES;
use crate::spec::Spec;
use crate::step::{Reach, Step};

/// What a container has of its own, or in other places: here it is the machine's.
const SHARED: [&str; 6] = [
    "/etc/group",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/proc",
];

pub(super) fn plan(spec: &Spec, system: &Shown) -> Vec<(PathBuf, Reach)> {
    let setting = Setting::new(spec, system).ok();
    let mut hidden = match &setting {
        Some(setting) => setting.hidden.clone(),
        None => Hidden::new(),
    };
    let shared = SHARED.iter().map(Path::new);
    let mut granted: BTreeSet<PathBuf> =
        shared.filter_map(|path| path.canonicalize().ok()).collect();
    for step in &system.steps {
        match step {
            Step::Bind { source, .. } if !is_device(source) => {
                granted.insert(source.clone());
            }
            // What covers a file is a device in another place.
            Step::Bind { target, .. } if !is_device(target) => hidden.extend(target.canonicalize()),
            Step::Hide { target } => hidden.extend(target.canonicalize()),
            _ => {}
        }
    }
    if let Some(setting) = &setting {
        granted.extend(own(setting));
    }
    let mut readable = BTreeSet::new();
    for path in granted {
        grant(&path, &hidden, &mut readable);
    }
    let listed = setting.map(|setting| setting.code);
    let listed = listed.filter(|code| !readable.contains(code));
    let listed = listed.into_iter().map(|path| (path, Reach::List));
    let devices = DEVICES.iter().map(|path| (path.into(), Reach::Device));
    let readable = readable.into_iter().map(|path| (path, Reach::Read));
    readable.chain(listed).chain(devices).collect()
}

fn is_device(path: &Path) -> bool {
    DEVICES.iter().any(|device| Path::new(device) == path)
}

/// Its code, what it may read, and what its program needs.
fn own(setting: &Setting<'_>) -> Vec<PathBuf> {
    let pieces = pieces(setting, &setting.program()).unwrap_or_default();
    let paths = pieces.into_values().filter_map(|piece| match piece {
        Piece::Path(source) => Some(source),
        // A link is followed without a right to it.
        Piece::Link(_) => None,
    });
    paths.chain([setting.code.clone()]).collect()
}

/// Grants a path, or of a folder what is not hidden in it.
fn grant(path: &Path, hidden: &Hidden, readable: &mut BTreeSet<PathBuf>) {
    let below = topmost_below(path, hidden);
    if below.is_empty() {
        readable.insert(path.to_owned());
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let entry_path = entry.path();
        // To grant a link would be to grant what it leads to.
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let is_hidden = below.contains(&entry_path.as_path());
        if !is_link && !is_hidden {
            grant(&entry_path, hidden, readable);
        }
    }
}
