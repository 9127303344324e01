//! Items as DynamoDB's JSON: one by one, by their keys, page by page.

use serde_json::{Map, Value, json};

use super::Tables;
use crate::error::Error;

/// Why a text is not an item.
#[derive(Debug, thiserror::Error)]
pub(super) enum ItemError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("an item is a JSON object")]
    NotAnObject,
    #[error(
        "the value of {name} has no type: DynamoDB's JSON has {{\"S\": \"text\"}}, {{\"N\": \"1\"}}"
    )]
    Untyped { name: String },
}

/// An item: `{"pk": {"S": "a"}}`, by itself or, as AWS exports it, `{"Item": …}`.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, ItemError> {
    let value: Value = serde_json::from_str(text)?;
    let Value::Object(mut object) = value else {
        return Err(ItemError::NotAnObject);
    };
    if object.len() == 1
        && is_wrapped(&object)
        && let Some(Value::Object(item)) = object.remove("Item")
    {
        object = item;
    }
    for (name, value) in &object {
        let types = value
            .as_object()
            .map(|value| (value.len(), value.keys().next()));
        if !matches!(types, Some((1, Some(kind))) if is_type(kind)) {
            return Err(ItemError::Untyped { name: name.clone() });
        }
    }
    Ok(object)
}

/// Whether `Item` holds the item, and is not itself an attribute.
fn is_wrapped(object: &Map<String, Value>) -> bool {
    let item = object.get("Item").and_then(Value::as_object);
    item.is_some_and(|item| item.values().all(Value::is_object))
}

fn is_type(name: &str) -> bool {
    matches!(
        name,
        "S" | "N" | "B" | "BOOL" | "NULL" | "L" | "M" | "SS" | "NS" | "BS"
    )
}

/// A key, typed as the table declares it.
pub(super) fn key(
    tables: &Tables,
    table: &str,
    given: &[(String, String)],
) -> Result<Value, Error> {
    let described = tables.call("DescribeTable", &json!({"TableName": table}))?;
    let attributes = described["Table"]["AttributeDefinitions"].as_array();
    let mut key = Map::new();
    for (name, value) in given {
        let mut attributes = attributes.into_iter().flatten();
        let attribute = attributes.find(|attribute| attribute["AttributeName"] == **name);
        // DynamoDB itself says which attributes a key has.
        let kind = attribute.and_then(|attribute| attribute["AttributeType"].as_str());
        key.insert(name.clone(), json!({kind.unwrap_or("S"): value}));
    }
    Ok(Value::Object(key))
}

/// All items of a table, a page at a time.
pub(super) fn pages<'a>(
    tables: &'a Tables,
    table: &'a str,
) -> impl Iterator<Item = Result<Vec<Value>, Error>> + 'a {
    let mut next = Some(json!({"TableName": table}));
    std::iter::from_fn(move || {
        let request = next.take()?;
        let mut page = match tables.call("Scan", &request) {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        let last = page["LastEvaluatedKey"].take();
        next = (!last.is_null()).then(|| json!({"TableName": table, "ExclusiveStartKey": last}));
        match page["Items"].take() {
            Value::Array(items) => Some(Ok(items)),
            _ => Some(Ok(Vec::new())),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_by_themselves_and_as_aws_exports_them() {
        let item = json!({"pk": {"S": "a"}, "n": {"N": "1"}});
        let parsed = |value: Value| parse(&value.to_string()).ok().map(Value::Object);
        assert_eq!(parsed(item.clone()), Some(item.clone()));
        assert_eq!(parsed(json!({"Item": item})), Some(item));
        // An attribute may have that name.
        let attribute = json!({"Item": {"S": "a"}});
        assert_eq!(parsed(attribute.clone()), Some(attribute));
        for wrong in [
            json!([]),
            json!({"pk": "a"}),
            json!({"pk": {"X": 1}}),
            json!({"Item": "a"}),
        ] {
            assert_eq!(parsed(wrong.clone()), None, "{wrong}");
        }
    }
}
