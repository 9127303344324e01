//! How groups and streams lie on disk.
//!
//! `/aws/lambda/F` and `2026/11/24/[$LATEST]0f…` are `+aws+lambda+F/2026+11+24+[$LATEST]0f….jsonl`, beside
//! `+aws+lambda+F/group.json`: a name is a name ([`crate::names`]), not a path. No group lies within another.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::event::{LogEvent, now_ms};
use crate::{earlier, names};

pub(crate) const GROUP_FILE: &str = "group.json";
pub(crate) const STREAM_SUFFIX: &str = ".jsonl";

/// Of a file beside a stream's, with the stream's name where that is too long for a file's.
const NAME_SUFFIX: &str = "name";

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
    names::encode(group).into()
}

/// A stream's file under the logs' folder.
pub(crate) fn stream_path(group: &str, stream: &str) -> PathBuf {
    group_path(group).join(names::encode(stream) + STREAM_SUFFIX)
}

/// Opens a stream's file to add to it; makes it, in its group's folder, if it isn't there yet.
pub(crate) fn open_stream(folder: &Path, group: &str, stream: &str) -> io::Result<File> {
    let path = folder.join(stream_path(group, stream));
    write_long_name(&path, stream)?;
    OpenOptions::new().create(true).append(true).open(path)
}

/// Writes the name of a stream beside its file, if that has only a hash of it.
pub(crate) fn write_long_name(path: &Path, stream: &str) -> io::Result<()> {
    let name_path = path.with_extension(NAME_SUFFIX);
    if !names::is_hashed(&names::encode(stream)) || name_path.exists() {
        return Ok(());
    }
    let partial = path.with_extension("partial");
    fs::write(&partial, stream)?;
    fs::rename(partial, name_path)
}

/// The name of the stream whose file this is.
fn stream_name(path: &Path) -> Option<String> {
    let encoded = path.file_name()?.to_str()?.strip_suffix(STREAM_SUFFIX)?;
    if !names::is_hashed(encoded) {
        return names::decode(encoded);
    }
    let name = fs::read_to_string(path.with_extension(NAME_SUFFIX)).ok()?;
    (names::encode(&name) == encoded).then_some(name)
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
    let group = group_in(&folder.join(group_path(name)))?;
    (group.name == name).then_some(group)
}

/// The group that a folder says it is.
pub(crate) fn group_in(folder: &Path) -> Option<Group> {
    let text = fs::read(folder.join(GROUP_FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// All groups, by name.
pub(crate) fn groups(folder: &Path) -> Vec<Group> {
    let folders = entries(folder).into_iter();
    let groups = folders.filter_map(|path| {
        let group = group_in(&path)?;
        // One that lies elsewhere is not found by its name.
        (path == folder.join(group_path(&group.name))).then_some(group)
    });
    let mut groups: Vec<Group> = groups.collect();
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

/// A group's streams by name, each with its file.
pub(crate) fn streams(folder: &Path, group: &str) -> Vec<(String, PathBuf)> {
    let files = entries(&folder.join(group_path(group))).into_iter();
    let streams = files.filter_map(|path| Some((stream_name(&path)?, path)));
    let mut streams: Vec<(String, PathBuf)> = streams.collect();
    streams.sort();
    streams
}

/// What is in a folder; nothing if it can't be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
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
    earlier::convert(folder);
    for (_, path) in streams(folder, group) {
        events(&path).for_each(&mut found);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stream_is_found_by_its_name_however_long_or_odd_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x/".repeat(256);
        let mut names = vec![
            "s",
            "./s",
            "../s",
            "s/",
            "a b.jsonl",
            "größe",
            long.as_str(),
        ];
        ensure_group(folder.path(), "/g").unwrap();
        for name in &names {
            // The second time, it is there.
            open_stream(folder.path(), "/g", name).unwrap();
            open_stream(folder.path(), "/g", name).unwrap();
        }
        names.sort_unstable();
        let found = streams(folder.path(), "/g");
        let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, names);
        assert_eq!(entries(folder.path()), [folder.path().join("+g")]);
    }
}
