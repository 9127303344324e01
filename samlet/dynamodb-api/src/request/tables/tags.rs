//! Tags, and the requests about them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.Operations.html>

use std::collections::BTreeMap;

use samlet_aws::{Arn, Place};
use serde_json::{Map, Value, json};

use super::form::TagForm;
use super::read_value;
use crate::Refusal;

const MAX_TAGS: usize = 50;
/// What keys of AWS's own tags begin with.
const RESERVED: &str = "aws:";

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagResource {
    /// The table's ARN.
    pub resource: String,
    /// Its new tags.
    pub tags: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntagResource {
    /// The table's ARN.
    pub resource: String,
    /// The keys of the tags that go.
    pub keys: Vec<String>,
}

impl TagResource {
    /// Reads it from its members.
    pub(in super::super) fn read(
        mut members: Map<String, Value>,
        place: &Place,
    ) -> Result<Self, Refusal> {
        let resource = take_arn(&mut members)?;
        let tags = members.remove("Tags").ok_or_else(|| missing("tags"))?;
        let elsewhere = check_arn(&resource, place)?;
        let tags: Vec<TagForm> = read_value(tags)?;
        if tags.is_empty() {
            return Err(Refusal::validation(
                "Atleast one Tag needs to be provided as Input.",
            ));
        }
        let tags = read(tags)?;
        if let Some(elsewhere) = elsewhere {
            return Err(elsewhere);
        }
        Ok(Self { resource, tags })
    }

    /// Writes it as a client would send it.
    pub(in super::super) fn write(&self) -> Value {
        json!({"ResourceArn": self.resource, "Tags": form(&self.tags)})
    }
}

impl UntagResource {
    /// Reads it from its members.
    pub(in super::super) fn read(
        mut members: Map<String, Value>,
        place: &Place,
    ) -> Result<Self, Refusal> {
        let resource = take_arn(&mut members)?;
        let keys = members
            .remove("TagKeys")
            .ok_or_else(|| missing("tagKeys"))?;
        let elsewhere = check_arn(&resource, place)?;
        let keys: Vec<String> = read_value(keys)?;
        if keys.is_empty() {
            return Err(Refusal::validation(
                "Atleast one Tag Key needs to be provided as Input.",
            ));
        }
        match elsewhere {
            Some(Refusal::ResourceNotFound(_)) => {
                let short = "Requested resource not found".into();
                return Err(Refusal::ResourceNotFound(short));
            }
            Some(elsewhere) => return Err(elsewhere),
            None => {}
        }
        Ok(Self { resource, keys })
    }

    /// Writes it as a client would send it.
    pub(in super::super) fn write(&self) -> Value {
        json!({"ResourceArn": self.resource, "TagKeys": self.keys})
    }
}

/// Reads ListTagsOfResource: the table's ARN, and where to go on.
pub(in super::super) fn read_list_tags(
    mut members: Map<String, Value>,
    place: &Place,
) -> Result<(String, Option<String>), Refusal> {
    let resource = take_arn(&mut members)?;
    if let Some(elsewhere) = check_arn(&resource, place)? {
        return Err(elsewhere);
    }
    let next = match members.remove("NextToken") {
        Some(Value::String(next)) => Some(next),
        _ => None,
    };
    Ok((resource, next))
}

fn take_arn(members: &mut Map<String, Value>) -> Result<String, Refusal> {
    match members.remove("ResourceArn") {
        Some(Value::String(arn)) => Ok(arn),
        _ => Err(Refusal::validation("Invalid TableArn")),
    }
}

/// Refuses what is not a table's ARN. What is answered is to be said of a table that can't be here, once the rest of the
/// request is checked.
fn check_arn(text: &str, place: &Place) -> Result<Option<Refusal>, Refusal> {
    if !text.starts_with("arn:") {
        return Err(Refusal::Validation(format!(
            "ARNs must start with 'arn:': {text}"
        )));
    }
    let invalid = || {
        Refusal::Validation(format!(
            "Invalid TableArn: Invalid ResourceArn provided as input {text}"
        ))
    };
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let name = arn.resource().strip_prefix("table/").ok_or_else(invalid)?;
    if arn.service() != "dynamodb" || !super::is_name(name) {
        return Err(invalid());
    }
    if arn == place.arn("dynamodb", arn.resource()) {
        return Ok(None);
    }
    // DynamoDB's own spelling.
    let not_found = format!("Requested resource not found: ResourcArn: {text} not found");
    Ok(Some(Refusal::elsewhere(&arn, place, not_found)))
}

fn missing(member: &str) -> Refusal {
    Refusal::Validation(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

/// Tags that are new to a table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html#TaggingRestrictions>
pub(super) fn read(forms: Vec<TagForm>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    for TagForm { key, value } in forms {
        if key.starts_with(RESERVED) {
            return Err(Refusal::invalid_values(format!(
                "Tag keys that begin with {RESERVED} are reserved for AWS: {key}"
            )));
        }
        for text in [&key, &value] {
            check_characters(text)?;
        }
        tags.insert(key, value);
    }
    if tags.len() > MAX_TAGS {
        return Err(Refusal::invalid_values(format!(
            "A table can have at most {MAX_TAGS} tags"
        )));
    }
    Ok(tags)
}

fn check_characters(text: &str) -> Result<(), Refusal> {
    let is_allowed = |character: char| {
        character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
    };
    if text.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Refusal::invalid_values(format!(
        "Tag keys and values can only have letters, white space, numbers, and the characters + - = . _ : / @: {text}"
    )))
}

pub(super) fn form(tags: &BTreeMap<String, String>) -> Vec<TagForm> {
    let tags = tags.iter().map(|(key, value)| TagForm {
        key: key.clone(),
        value: value.clone(),
    });
    tags.collect()
}
