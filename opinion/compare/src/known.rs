//! The differences that are known: data, each with a history that shows it, and the document that says who is right.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::difference::{Difference, places};
use crate::glob;
use crate::request::{Answer, Request};

/// A second opinion that is mostly wrong is not worth asking.
const MAX_KNOWN: usize = 40;

/// One kind of difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    pub(crate) id: String,
    /// Why the one is right and the other isn't.
    pub(crate) reason: String,
    /// AWS's document that says so.
    pub(crate) document: String,
    /// Requests of which the last is answered differently.
    pub(crate) history: Vec<Request>,
    pub(crate) samlet: Answer,
    pub(crate) opinion: Answer,
    kind: Kind,
}

/// What differences are of this kind. Texts are patterns in which `*` stands for any text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    operations: Vec<String>,
    /// What a request's JSON looks like.
    #[serde(default = "anything")]
    request: String,
    /// What samlet's answer is in short, one of these: `200`, or such as `400 ValidationException: …`.
    samlet: Vec<String>,
    /// What the other answer is in short.
    opinion: Vec<String>,
    /// The only places in the answers' bodies that differ: needed where both are `200`.
    #[serde(default)]
    places: Vec<String>,
    /// Whether what is stored is the same after a write that is answered so.
    #[serde(default)]
    stores_the_same: bool,
}

fn anything() -> String {
    "*".into()
}

/// All that are known.
pub(crate) fn read(path: &Path) -> Result<Vec<Known>> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let known: Vec<Known> =
        serde_json::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
    check(&known)?;
    Ok(known)
}

fn check(known: &[Known]) -> Result<()> {
    ensure!(
        known.len() <= MAX_KNOWN,
        "{} differences are known, of which there may be {MAX_KNOWN}",
        known.len()
    );
    for (index, one) in known.iter().enumerate() {
        let id = &one.id;
        let is_again = known[..index].iter().any(|other| other.id == *id);
        ensure!(!is_again, "there are two differences {id}");
        let is_said =
            !one.reason.is_empty() && one.document.starts_with("https://docs.aws.amazon.com/");
        ensure!(is_said, "{id} needs a reason and a document of AWS's");
        let are_equal = one.kind.samlet == ["200"] && one.kind.opinion == ["200"];
        ensure!(
            !are_equal || !one.kind.places.is_empty(),
            "{id} needs places, as both answers are 200"
        );
        let is_own = one.example().is_some_and(|example| one.is(&example));
        ensure!(is_own, "{id} is not of its own kind");
    }
    Ok(())
}

impl Known {
    /// The difference that its history shows.
    pub(crate) fn example(&self) -> Option<Difference> {
        Some(Difference {
            index: self.history.len().checked_sub(1)?,
            request: self.history.last()?.clone(),
            samlet: self.samlet.clone(),
            opinion: self.opinion.clone(),
        })
    }

    /// Whether a difference is of this kind.
    pub(crate) fn is(&self, difference: &Difference) -> bool {
        let kind = &self.kind;
        let request = || difference.request.request.to_string();
        kind.operations.contains(&difference.request.operation)
            && is_any(&kind.samlet, &difference.samlet.summary())
            && is_any(&kind.opinion, &difference.opinion.summary())
            && glob::matches(&kind.request, &request())
            && (kind.places.is_empty() || self.has_all(difference))
    }

    /// Whether what is stored is the same after it.
    pub(crate) fn goes_on(&self, difference: &Difference) -> bool {
        let both_refuse = difference.samlet.status == 400 && difference.opinion.status == 400;
        both_refuse || difference.request.is_read() || self.kind.stores_the_same
    }

    fn has_all(&self, difference: &Difference) -> bool {
        let places = places(&difference.samlet.body, &difference.opinion.body);
        places.iter().all(|place| is_any(&self.kind.places, place))
    }
}

fn is_any(patterns: &[String], text: &str) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|pattern| glob::matches(pattern, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    fn entry() -> Value {
        json!({
            "id": "one",
            "reason": "the other one forgets it",
            "document": "https://docs.aws.amazon.com/amazondynamodb/",
            "history": [{"operation": "GetItem", "request": {"TableName": "one"}}],
            "samlet": {"status": 200, "body": {}},
            "opinion": {"status": 400, "body": {"__type": "ValidationException", "message": "No"}},
            "kind": {
                "operations": ["GetItem"],
                "samlet": ["200"],
                "opinion": ["400 ValidationException: N*"],
            },
        })
    }

    fn checked(entries: &[Value]) -> Result<()> {
        let known: Vec<Known> = serde_json::from_value(entries.into()).unwrap();
        check(&known)
    }

    #[test]
    fn the_file_is_read() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../differences.json");
        read(Path::new(path)).unwrap();
    }

    #[test]
    fn each_has_a_document_and_is_of_its_own_kind_only_by_what_it_says() {
        checked(&[entry()]).unwrap();
        for (pointer, value) in [
            ("/document", json!("https://example.com/")),
            ("/reason", json!("")),
            ("/history", json!([])),
            ("/kind/operations", json!(["PutItem"])),
            ("/kind/opinion", json!(["400 ValidationException: Yes"])),
            ("/kind/request", json!("*two*")),
            ("/kind/places", json!(["/Item"])),
        ] {
            let mut changed = entry();
            match changed.pointer_mut(pointer) {
                Some(member) => *member = value,
                None => changed["kind"][&pointer["/kind/".len()..]] = value,
            }
            assert!(checked(&[changed]).is_err(), "{pointer}");
        }
    }

    #[test]
    fn there_are_not_two_of_one_name_and_not_too_many() {
        assert!(checked(&[entry(), entry()]).is_err());
        let entries = (0..=MAX_KNOWN).map(|number| {
            let mut entry = entry();
            entry["id"] = number.to_string().into();
            entry
        });
        let entries: Vec<_> = entries.collect();
        assert!(checked(&entries).is_err());
        checked(&entries[1..]).unwrap();
    }
}
