//! Which files of `/etc` every container has: what libraries look up there. Everything else may be somebody's secret.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::follow::tidy;
use super::shown::{Hidden, Shown};
use crate::step::Step;

/// Files. What changes while samlet runs (`hosts`, `resolv.conf`) and who the process is (`passwd`, `group`) each
/// container gets when it starts. `localtime` and `timezone` are left out: environments are in UTC, as on AWS.
const FILES: [&str; 21] = [
    "alpine-release",
    "arch-release",
    "debian_version",
    "fedora-release",
    "gai.conf",
    "host.conf",
    "krb5.conf",
    "ld.so.cache",
    "ld.so.conf",
    "locale.alias",
    "locale.conf",
    "lsb-release",
    "magic",
    "mime.types",
    "networks",
    "nsswitch.conf",
    "os-release",
    "protocols",
    "redhat-release",
    "services",
    "system-release",
];

/// Folders; a `*` stands for any ending. `static` is where NixOS keeps what `/etc` consists of.
const FOLDERS: [&str; 19] = [
    "ImageMagick-*",
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "gnutls",
    "java",
    "java-*",
    "ld.so.conf.d",
    "openssl",
    "perl",
    "pki",
    "python",
    "python2*",
    "python3*",
    "ssl",
    "ssl1.1",
    "static",
    "terminfo",
];

/// Folders with links that may lead to where nothing else is shown: openSUSE's to `/var/lib/ca-certificates`.
const CERTIFICATES: [&str; 3] = ["ca-certificates", "pki", "ssl"];

/// Entries looked at in one of the folders. What is beyond is hidden.
const MAX_ENTRIES: usize = 8192;

/// Links of certificates that are followed to places of their own.
const MAX_ELSEWHERE: usize = 64;

/// Plans what is shown of `folder`, which is `/etc`.
pub(super) fn plan(shown: &mut Shown, folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    let mut links = Vec::new();
    for name in names {
        let Some(text) = name.to_str() else { continue };
        let is_file = FILES.contains(&text);
        if !is_file && !FOLDERS.iter().any(|pattern| is_like(text, pattern)) {
            continue;
        }
        let target = folder.join(text);
        let Ok(source) = target.canonicalize() else {
            continue;
        };
        if is_file == source.is_dir() {
            continue;
        }
        let found = add(shown, &source, &target);
        if CERTIFICATES.contains(&text) {
            links.extend(found);
        }
    }
    add_elsewhere(shown, &links);
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

/// Shows a file or folder, without what not everybody may read: a process that may read files that are somebody
/// else's must not read keys. Returns the links in it.
fn add(shown: &mut Shown, source: &Path, target: &Path) -> Vec<PathBuf> {
    if !is_for_everybody(source) {
        return Vec::new();
    }
    // If what a link leads to is shown nowhere else, it is shown in the link's place.
    if shown.shows(source) && source != target {
        shown.push(Step::Link {
            target: target.to_owned(),
            to: source.to_owned(),
        });
        return Vec::new();
    }
    if !source.is_dir() {
        shown.bind(source, target, &Hidden::new());
        return Vec::new();
    }
    let Contents { links, secret } = look_through(source);
    shown.bind(source, target, &secret);
    let within = links
        .iter()
        .filter_map(|link| link.strip_prefix(source).ok());
    within.map(|link| target.join(link)).collect()
}

struct Contents {
    links: Vec<PathBuf>,
    /// What not everybody may read.
    secret: Hidden,
}

fn look_through(folder: &Path) -> Contents {
    let (mut links, mut secret) = (Vec::new(), Hidden::new());
    let mut folders = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        if count > MAX_ENTRIES {
            secret.insert(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            count += 1;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else {
                secret.insert(path);
                continue;
            };
            if kind.is_symlink() {
                links.push(path);
            } else if !is_for_everybody(&path) {
                secret.insert(path);
            } else if kind.is_dir() {
                folders.push(path);
            }
        }
    }
    Contents { links, secret }
}

/// Whether everybody may read it: sockets, pipes and devices count as secret.
fn is_for_everybody(path: &Path) -> bool {
    let Ok(metadata) = path.symlink_metadata() else {
        return false;
    };
    if metadata.is_dir() {
        return metadata.mode() & 0o005 == 0o005;
    }
    metadata.is_file() && metadata.mode() & 0o004 == 0o004
}

/// Shows what certificates' links lead to, if nothing else does.
fn add_elsewhere(shown: &mut Shown, links: &[PathBuf]) {
    let mut added = 0;
    for link in links {
        if is_plainly_shown(shown, link) {
            continue;
        }
        let Some(way) = shown.follower().follow(link) else {
            continue;
        };
        let is_shown = shown.at(&way.target).is_some_and(|at| at == way.source);
        // What would cover something of the system is not a folder of certificates.
        if is_shown || shown.leads_to(&way.target) || added == MAX_ELSEWHERE {
            continue;
        }
        if !is_for_everybody(&way.source) {
            continue;
        }
        way.links.into_iter().for_each(|link| shown.link(link));
        add(shown, &way.source, &way.target);
        added += 1;
    }
}

/// Whether a link leads to where something is shown, as most do: seen without following it.
fn is_plainly_shown(shown: &Shown, link: &Path) -> bool {
    let (Ok(to), Some(folder)) = (link.read_link(), link.parent()) else {
        return false;
    };
    let is_name = to.components().count() == 1;
    is_name || shown.shows(&tidy(&folder.join(to)))
}
