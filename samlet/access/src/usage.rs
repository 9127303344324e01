//! What each function did and was refused, kept across restarts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Actions on resources that are recorded of one function; further ones are not.
const MAX_ENTRIES: usize = 10_000;

/// How often one function did, or was refused, one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The ARN, or `*`.
    pub resource: String,
    /// How often it was allowed.
    #[serde(default)]
    pub allowed: u64,
    /// How often it was refused.
    #[serde(default)]
    pub refused: u64,
    /// When last, in seconds since the epoch.
    pub last: i64,
}

/// Entries by action and resource.
type Entries = BTreeMap<(String, String), Entry>;

/// The record, by the function's name.
#[derive(Debug)]
pub struct Usage {
    path: PathBuf,
    entries: Mutex<BTreeMap<String, Entries>>,
    changed: AtomicBool,
}

impl Usage {
    /// Reads the record; one that can't be read is begun anew.
    pub fn open(path: PathBuf) -> Self {
        let kept: BTreeMap<String, Vec<Entry>> = std::fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let keyed = |entry: Entry| ((entry.action.clone(), entry.resource.clone()), entry);
        let entries = kept
            .into_iter()
            .map(|(function, entries)| (function, entries.into_iter().map(keyed).collect()))
            .collect();
        Self {
            path,
            entries: Mutex::new(entries),
            changed: AtomicBool::new(false),
        }
    }

    /// Counts a use, or a refusal.
    pub fn count(&self, function: &str, action: &str, resource: &str, allowed: bool) {
        let mut all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = all.entry(function.to_owned()).or_default();
        let key = (action.to_owned(), resource.to_owned());
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&key) {
            return;
        }
        let entry = entries.entry(key).or_insert_with(|| Entry {
            action: action.to_owned(),
            resource: resource.to_owned(),
            allowed: 0,
            refused: 0,
            last: 0,
        });
        if allowed {
            entry.allowed += 1;
        } else {
            entry.refused += 1;
        }
        entry.last = OffsetDateTime::now_utc().unix_timestamp();
        self.changed.store(true, Ordering::Release);
    }

    /// What is recorded of a function.
    pub fn of(&self, function: &str) -> Vec<Entry> {
        let all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = all.get(function).into_iter().flatten();
        entries.map(|(_, entry)| entry.clone()).collect()
    }

    /// Writes the record, if there is something new.
    pub fn save(&self) {
        if !self.changed.swap(false, Ordering::AcqRel) {
            return;
        }
        if let Err(error) = self.write() {
            tracing::warn!(path = %self.path.display(), %error, "cannot record what functions do");
        }
    }

    fn write(&self) -> io::Result<()> {
        let all = self
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let kept: BTreeMap<String, Vec<Entry>> = all
            .into_iter()
            .map(|(function, entries)| (function, entries.into_values().collect()))
            .collect();
        let partial: &Path = &self.path.with_extension("partial");
        std::fs::write(partial, serde_json::to_vec(&kept)?)?;
        std::fs::rename(partial, &self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_counted_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.json");
        let usage = Usage::open(path.clone());
        for allowed in [true, true, false] {
            usage.count("f", "a:B", "*", allowed);
        }
        usage.save();
        let [entry] = &Usage::open(path.clone()).of("f")[..] else {
            panic!();
        };
        assert_eq!((entry.allowed, entry.refused), (2, 1));
        std::fs::write(&path, "{ cut sho").unwrap();
        assert_eq!(Usage::open(path).of("f"), []);
    }
}
