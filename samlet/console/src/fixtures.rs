//! Saves a request's event among the application's example events.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::Console;
use crate::answer::{Problem, bad_request, parse, problem};

/// How many files of one function's may be there already.
const MAX_FILES: usize = 1000;

impl Console {
    /// Writes a request's event into a new file; tells its path.
    pub(crate) fn save_event(&self, id: &str, body: &Bytes) -> Result<Value, Problem> {
        let details = self.trace(id)?.details();
        let conflict = |message: &str| problem(StatusCode::CONFLICT, message);
        let event = details.event.filter(|event| !event.is_cut());
        let event = event.ok_or_else(|| conflict("its event was cut or forgotten"))?;
        let event: Value = serde_json::from_slice(&event.bytes)
            .map_err(|error| conflict(&format!("its event is no JSON: {error}")))?;
        let known = self.known();
        let function = details
            .summary
            .function
            .as_deref()
            .map(|name| known.id(name));
        let names = names(body, function.unwrap_or("function"))?;
        let folder = &self.sources.events_folder;
        let text = format!("{event:#}\n");
        for name in names {
            match write_new(folder, &name, &text) {
                Ok(()) => return Ok(json!({"path": format!("events/{name}")})),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let message = format!("cannot write {}: {error}", folder.join(name).display());
                    return Err(problem(StatusCode::INTERNAL_SERVER_ERROR, message));
                }
            }
        }
        Err(conflict("there is a file of this name already"))
    }
}

/// The name that was asked for, or those to try one after another.
fn names(body: &Bytes, function: &str) -> Result<Vec<String>, Problem> {
    let asked = match body.is_empty() {
        true => None,
        false => parse(body)?["name"].as_str().map(str::to_owned),
    };
    let Some(name) = asked else {
        let first = format!("{function}-event.json");
        let others = (2..=MAX_FILES).map(|number| format!("{function}-event-{number}.json"));
        return Ok(std::iter::once(first).chain(others).collect());
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_sound = name.chars().all(is_plain)
        && !name.starts_with('.')
        && name.len() <= 100
        && name
            .strip_suffix(".json")
            .is_some_and(|stem| !stem.is_empty());
    match is_sound {
        true => Ok(vec![name]),
        false => Err(bad_request(
            "name is letters, digits, `-`, `_` and `.`, and ends in .json",
        )),
    }
}

/// Never over a file that is there.
fn write_new(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(name))?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for name in [
            "../x.json",
            "a/b.json",
            ".hidden.json",
            ".json",
            "x",
            "x.yaml",
        ] {
            let body = json!({"name": name}).to_string();
            assert!(names(&body.into(), "F").is_err(), "{name}");
        }
        let body = json!({"name": "Create-large.json"}).to_string();
        assert_eq!(names(&body.into(), "F").unwrap(), ["Create-large.json"]);
        let free = names(&Bytes::new(), "F").unwrap();
        assert_eq!(free[..2], ["F-event.json", "F-event-2.json"]);
    }

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("events");
        write_new(&folder, "a.json", "first").unwrap();
        let again = write_new(&folder, "a.json", "second").unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        assert_eq!(
            std::fs::read_to_string(folder.join("a.json")).unwrap(),
            "first"
        );
    }
}
