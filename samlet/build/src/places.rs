//! From a place in a function's code as the function names it, below `/var/task`, to that place in its source.
//!
//! What a function wrote is kept as it is, for searches and metric filters match it as on AWS; only what people read is
//! shown with these places.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use samlet_template::Function;

/// Where a function sees its code.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const TASK_ROOT: &str = "/var/task";

/// Places that are looked up in one text, for each costs a system call; later ones stay as they are written.
const MAX_PLACES: usize = 1000;

/// Where the code of each function comes from.
#[derive(Clone, Debug, Default)]
pub struct SourcePlaces {
    base: PathBuf,
    /// By logical id and by name, in the order in which files are looked for in them.
    folders: HashMap<String, Arc<[Folder]>>,
    /// The functions that write to each log group, by logical id.
    log_groups: HashMap<String, Vec<String>>,
}

/// A folder of code.
#[derive(Clone, Debug)]
struct Folder {
    path: PathBuf,
    /// Its path as it is shown; empty for the base.
    shown: String,
}

impl SourcePlaces {
    /// Paths below `base` are shown relative to it, others in full. No function's code is known yet.
    pub fn new(base: &Path) -> Self {
        Self {
            base: base.canonicalize().unwrap_or_else(|_| base.to_owned()),
            ..Self::default()
        }
    }

    /// Has the function's files looked for in these folders, one after the other.
    pub fn add(&mut self, function: &Function, folders: &[PathBuf]) {
        let id = &function.logical_id;
        let mut known = Vec::new();
        for path in folders {
            known.extend(Folder::new(path, &self.base));
        }
        let known: Arc<[Folder]> = known.into();
        let by_name = self.folders.entry(function.name.clone());
        by_name.or_insert(Arc::clone(&known));
        self.folders.insert(id.clone(), known);
        let writers = self.log_groups.entry(function.log_group.clone());
        writers.or_default().push(id.clone());
    }

    /// A text that the function of this logical id or name wrote, with the places in its code as they are in its source.
    /// Those that aren't there stay as they are.
    pub fn show<'t>(&self, function: &str, text: &'t str) -> Cow<'t, str> {
        replace_places(text, |path| self.find(function, path))
    }

    /// The same of a text from a log group. Several functions may write to one: which of them it was is not known, and
    /// what is in the code of more than one stays as it is.
    pub fn show_logged<'t>(&self, log_group: &str, text: &'t str) -> Cow<'t, str> {
        let Some(functions) = self.log_groups.get(log_group) else {
            return Cow::Borrowed(text);
        };
        replace_places(text, |path| {
            let mut found = None;
            for function in functions {
                let place = self.find(function, path);
                if place.is_some() && found.is_some() && place != found {
                    return None;
                }
                found = place.or(found);
            }
            found
        })
    }

    fn find(&self, function: &str, path: &str) -> Option<String> {
        let folders = self.folders.get(function)?;
        folders.iter().find_map(|folder| folder.find(path))
    }
}

impl Folder {
    /// `None` if it isn't there, or if its name could be taken for something else in a line of a log.
    fn new(path: &Path, base: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        let shown = path.strip_prefix(base).unwrap_or(&path);
        let shown = shown.to_str()?.to_owned();
        // Logs may be JSON, and terminals obey control characters.
        if shown.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
            return None;
        }
        Some(Self { path, shown })
    }

    /// The place of a file, or of the folder itself; `path` is empty, or begins with a slash.
    fn find(&self, path: &str) -> Option<String> {
        let relative = path.strip_prefix('/').unwrap_or(path);
        if !self.path.join(relative).exists() {
            return None;
        }
        if !self.shown.is_empty() {
            return Some(format!("{}{path}", self.shown));
        }
        if relative.is_empty() {
            return Some(format!("{}{path}", self.path.display()));
        }
        Some(relative.to_owned())
    }
}

/// The text with the places that `find` knows, given what follows the task root in each.
fn replace_places(text: &str, find: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    // Nearly every text ends here.
    if !text.contains(TASK_ROOT) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut copied = 0;
    for (start, _) in text.match_indices(TASK_ROOT).take(MAX_PLACES) {
        let (before, after) = (&text[..start], &text[start + TASK_ROOT.len()..]);
        if !before.ends_with(ends_path) && !before.is_empty() {
            continue;
        }
        let path = &after[..after.find(ends_path).unwrap_or(after.len())];
        if !is_inside(path) {
            continue;
        }
        // The end of a sentence.
        let path = path.trim_end_matches('.');
        if let Some(place) = find(path) {
            shown.push_str(&text[copied..start]);
            shown.push_str(&place);
            copied = start + TASK_ROOT.len() + path.len();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

/// Whether what follows the task root names something in it: no folder of a longer name, and nothing outside.
fn is_inside(path: &str) -> bool {
    let Some(relative) = path.strip_prefix('/') else {
        return path.trim_end_matches('.').is_empty();
    };
    let mut components = Path::new(relative).components();
    components.all(|component| matches!(component, Component::Normal(_)))
}

/// Whether a character stands before or behind a path rather than in it.
fn ends_path(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`‘’“”:,;()[]{}<>|\\=?*#&!".contains(c)
}

#[cfg(test)]
mod tests;
