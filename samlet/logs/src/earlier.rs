//! Logs of earlier versions, which are put where logs are now.
//!
//! Group `/aws/lambda/F` was the folder `aws/lambda/F` and its stream `2026/11/24/x` the file `2026/11/24/x.jsonl` in
//! that, so that a group could lie in another one's folder. What is here already stays; so does what is no log.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{self, GROUP_FILE, STREAM_SUFFIX};

/// Moves what lies as it did in earlier versions. What can't be moved is warned of, and tried again the next time.
pub(crate) fn convert(folder: &Path) {
    let groups = group_folders(folder);
    let mut has_moved = false;
    for group_folder in &groups {
        match convert_group(folder, group_folder, &groups) {
            Ok(moved) => has_moved |= moved,
            Err(error) => {
                let path = group_folder.display();
                tracing::warn!(%path, %error, "logs of an earlier version could not be moved, and are not shown");
            }
        }
    }
    if has_moved {
        for path in files::entries(folder) {
            remove_empty_folders(&path);
        }
    }
}

/// The folders of groups, at any depth.
fn group_folders(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.join(GROUP_FILE).is_file() {
            found.insert(folder.clone());
        }
        folders.extend(subfolders(&folder));
    }
    found
}

/// Links are not followed.
fn subfolders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    files::entries(folder)
        .into_iter()
        .filter(|path| path.is_dir() && !path.is_symlink())
}

/// Moves the streams of one group, and then the group itself; says whether there was anything to move.
fn convert_group(logs: &Path, from: &Path, groups: &BTreeSet<PathBuf>) -> io::Result<bool> {
    let Some(group) = files::group_in(from) else {
        return Ok(false);
    };
    let to = logs.join(files::group_path(&group.name));
    let is_in_place = from == to;
    let streams = nested_streams(from, is_in_place, groups);
    if is_in_place && streams.is_empty() {
        return Ok(false);
    }
    if files::read_group(logs, &group.name).is_none() {
        fs::create_dir_all(&to)?;
        files::write_group(logs, &group)?;
    }
    for (stream, path) in streams {
        move_stream(
            &path,
            &logs.join(files::stream_path(&group.name, &stream)),
            &stream,
        )?;
    }
    if !is_in_place {
        fs::remove_file(from.join(GROUP_FILE))?;
    }
    Ok(true)
}

/// The streams in a group's folder and the folders below it; not those of other groups in it, and not those that lie
/// where they belong.
fn nested_streams(
    group_folder: &Path,
    is_in_place: bool,
    groups: &BTreeSet<PathBuf>,
) -> Vec<(String, PathBuf)> {
    let mut streams = Vec::new();
    let mut folders = vec![group_folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let others = subfolders(&folder).filter(|path| !groups.contains(path));
        folders.extend(others);
        if is_in_place && folder == group_folder {
            continue;
        }
        for path in files::entries(&folder) {
            let name = path.strip_prefix(group_folder).ok();
            let name = name.and_then(|name| name.to_str()?.strip_suffix(STREAM_SUFFIX));
            if let Some(name) = name.filter(|_| path.is_file()) {
                streams.push((name.to_owned(), path.clone()));
            }
        }
    }
    streams
}

/// Moves a stream's file; where there is one already, which is newer, to its end.
fn move_stream(from: &Path, to: &Path, stream: &str) -> io::Result<()> {
    files::write_long_name(to, stream)?;
    if !to.exists() {
        return fs::rename(from, to);
    }
    let mut all = File::options().append(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut all)?;
    fs::remove_file(from)
}

/// Removes a folder if it holds nothing but such folders.
fn remove_empty_folders(folder: &Path) {
    for path in subfolders(folder) {
        remove_empty_folders(&path);
    }
    // Fails for all others.
    fs::remove_dir(folder).ok();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{LogEvent, Logs};

    /// A file as an earlier version wrote it.
    fn write(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn group(name: &str) -> String {
        format!(r#"{{"name":"{name}","creationTime":7,"retentionInDays":3}}"#)
    }

    fn event(message: &str) -> String {
        format!("{{\"timestamp\":1,\"message\":\"{message}\"}}\n")
    }

    /// All that is in the logs: group, stream, messages.
    fn all(folder: &Path) -> Vec<(String, String, Vec<String>)> {
        let mut found = Vec::new();
        for group in files::groups(folder) {
            assert_eq!((group.creation_time, group.retention_in_days), (7, Some(3)));
            for (stream, path) in files::streams(folder, &group.name) {
                let messages = files::events(&path).map(|event| event.message);
                found.push((group.name.clone(), stream, messages.collect()));
            }
        }
        found
    }

    #[test]
    fn logs_of_earlier_versions_are_found_under_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let long = "x/".repeat(200) + "x";
        for (path, text) in [
            ("aws/lambda/F/group.json", group("/aws/lambda/F")),
            ("aws/lambda/F/2026/11/24/[$LATEST]0f.jsonl", event("one")),
            ("app/group.json", group("/app")),
            ("app/s.jsonl", event("of app")),
            ("app/a b.jsonl", event("of a b")),
            ("app/secret/group.json", group("/app/secret")),
            ("app/secret/s.jsonl", event("of secret")),
            ("own/group.json", group("own")),
            ("own/flat.jsonl", event("flat")),
            ("own/not/flat.jsonl", event("not flat")),
            (&format!("own/{long}.jsonl"), event("long")),
            ("own/notes.txt", "no log".to_owned()),
        ] {
            write(folder, path, &text);
        }
        let expected: Vec<(String, String, Vec<String>)> = [
            ("/app", "a b", "of a b"),
            ("/app", "s", "of app"),
            ("/app/secret", "s", "of secret"),
            ("/aws/lambda/F", "2026/11/24/[$LATEST]0f", "one"),
            ("own", "flat", "flat"),
            ("own", "not/flat", "not flat"),
            ("own", long.as_str(), "long"),
        ]
        .map(|(group, stream, message)| (group.into(), stream.into(), vec![message.into()]))
        .into();
        // The second time, nothing is left to do.
        for _ in 0..2 {
            Logs::open(folder, Box::new(|_: &str, _: &LogEvent| {})).unwrap();
            assert_eq!(all(folder), expected);
        }
        let mut left = files::entries(folder);
        left.sort();
        let left: Vec<_> = left.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(left, ["+app", "+app+secret", "+aws+lambda+F", "own"]);
        assert!(folder.join("own/notes.txt").is_file());
    }

    #[test]
    fn what_an_earlier_version_wrote_again_is_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for message in ["one", "two"] {
            write(folder, "app/group.json", &group("/app"));
            write(folder, "app/s.jsonl", &event(message));
            convert(folder);
        }
        let messages = vec!["one".to_owned(), "two".to_owned()];
        assert_eq!(all(folder), [("/app".to_owned(), "s".to_owned(), messages)]);
    }

    #[test]
    fn a_group_that_cannot_be_read_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "app/group.json", "damaged");
        write(folder.path(), "app/s.jsonl", &event("one"));
        convert(folder.path());
        assert!(folder.path().join("app/s.jsonl").is_file());
    }
}
