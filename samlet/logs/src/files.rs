//! How groups and streams lie on disk.
//!
//! `/aws/lambda/F` and `2026/11/24/[$LATEST]0f…` are
//! `aws/lambda/F/2026/11/24/[$LATEST]0f….jsonl`, beside `aws/lambda/F/group.json`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::event::{LogEvent, now_ms};

const GROUP_FILE: &str = "group.json";
const STREAM_SUFFIX: &str = ".jsonl";

/// What is kept of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Milliseconds since the epoch.
    pub(crate) creation_time: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention_in_days: Option<u32>,
}

/// A group's folder under the logs' folder.
pub(crate) fn group_path(group: &str) -> PathBuf {
    // A name from a template or a request must not lead out of the folder.
    let parts = group.split('/');
    parts
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect()
}

/// A stream's file under the logs' folder.
pub(crate) fn stream_path(group: &str, stream: &str) -> PathBuf {
    let mut path = group_path(group).join(group_path(stream));
    path.as_mut_os_string().push(STREAM_SUFFIX);
    path
}

/// The stream whose file under the logs' folder this is.
pub(crate) fn stream_name(group: &str, path: &Path) -> String {
    let name = path.strip_prefix(group_path(group)).unwrap_or(path);
    let name = name.to_string_lossy();
    name.strip_suffix(STREAM_SUFFIX).unwrap_or(&name).to_owned()
}

/// Makes a group; one that is there stays as it is.
pub(crate) fn ensure_group(folder: &Path, name: &str) -> io::Result<()> {
    let path = folder.join(group_path(name));
    if path.join(GROUP_FILE).exists() {
        return Ok(());
    }
    fs::create_dir_all(&path)?;
    let group = Group {
        name: name.to_owned(),
        creation_time: now_ms(),
        retention_in_days: None,
    };
    write_group(folder, &group)
}

pub(crate) fn write_group(folder: &Path, group: &Group) -> io::Result<()> {
    let path = folder.join(group_path(&group.name)).join(GROUP_FILE);
    let partial = path.with_extension("partial");
    fs::write(&partial, serde_json::to_vec(group)?)?;
    fs::rename(partial, path)
}

pub(crate) fn read_group(folder: &Path, name: &str) -> Option<Group> {
    let text = fs::read(folder.join(group_path(name)).join(GROUP_FILE)).ok()?;
    let group: Group = serde_json::from_slice(&text).ok()?;
    (group.name == name).then_some(group)
}

/// All groups, by name.
pub(crate) fn groups(folder: &Path) -> Vec<Group> {
    let mut groups = Vec::new();
    walk(folder, &mut |path| {
        if path.ends_with(GROUP_FILE)
            && let Some(group) = fs::read(path)
                .ok()
                .and_then(|text| serde_json::from_slice::<Group>(&text).ok())
        {
            groups.push(group);
        }
    });
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

/// A group's streams by name, each with its file.
pub(crate) fn streams(folder: &Path, group: &str) -> Vec<(String, PathBuf)> {
    let group = folder.join(group_path(group));
    let mut streams = Vec::new();
    walk(&group, &mut |path| {
        let name = path
            .strip_prefix(&group)
            .ok()
            .map(|path| path.to_string_lossy());
        if let Some(name) = name
            .as_ref()
            .and_then(|name| name.strip_suffix(STREAM_SUFFIX))
        {
            streams.push((name.to_owned(), path.to_owned()));
        }
    });
    streams.sort();
    streams
}

/// Gives every file under a folder.
fn walk(folder: &Path, found: &mut dyn FnMut(&Path)) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found(&entry.path()),
                _ => {}
            }
        }
    }
}

/// A stream's events, in the order written. A line that can't be read is
/// left out, with one warning for its file, unless it is still being written.
pub(crate) fn events(path: &Path) -> impl Iterator<Item = LogEvent> {
    let mut file = File::open(path).ok().map(BufReader::new);
    let mut line = Vec::new();
    std::iter::from_fn(move || {
        loop {
            line.clear();
            match file.as_mut()?.read_until(b'\n', &mut line) {
                Ok(1..) if line.ends_with(b"\n") => {}
                Ok(_) => return None,
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "a log could not be read");
                    return None;
                }
            }
            match serde_json::from_slice(&line) {
                Ok(event) => return Some(event),
                Err(error) => warn_once(path, &error),
            }
        }
    })
}

/// Warns of a damaged file, the first time that it is read.
fn warn_once(path: &Path, error: &serde_json::Error) {
    static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if warned.insert(path.to_owned()) {
        tracing::warn!(path = %path.display(), %error, "a line of a log could not be read, and is left out");
    }
}

/// Gives a group's events: stream by stream, each in the order written.
pub fn each_event(folder: &Path, group: &str, mut found: impl FnMut(LogEvent)) {
    for (_, path) in streams(folder, group) {
        events(&path).for_each(&mut found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        assert_eq!(
            stream_path("/../../etc", "../x"),
            PathBuf::from("etc/x.jsonl")
        );
    }
}
