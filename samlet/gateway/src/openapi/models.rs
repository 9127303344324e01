//! An API's models, which are JSON schemas of draft 4, in OpenAPI 3.1, whose schemas are of draft 2020-12.
//! <https://json-schema.org/draft/2020-12/release-notes>

use std::collections::BTreeMap;

use samlet_template::JsonSchema;
use serde_json::{Map, Value, json};

/// Where models refer to each other, in either of the two ways that SAM takes.
const PLACES: [&str; 2] = ["#/definitions/", "#/components/schemas/"];

/// All models, by the names that SAM gives them.
pub(super) fn schemas(models: &BTreeMap<String, Value>) -> Map<String, Value> {
    let models = models.iter();
    models
        .map(|(name, schema)| (name.to_lowercase(), translated(schema)))
        .collect()
}

/// A reference to the model that a route's bodies must follow.
pub(super) fn reference(schema: &JsonSchema) -> Option<Value> {
    let document = serde_json::to_value(schema).ok()?;
    document.get("$ref")?;
    Some(translated(&json!({"$ref": document["$ref"]})))
}

fn translated(schema: &Value) -> Value {
    let Value::Object(schema) = schema else {
        return schema.clone();
    };
    let mut new = Map::new();
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(target)) => {
                let name = PLACES.iter().find_map(|place| target.strip_prefix(place));
                let target = name.map_or_else(
                    || target.clone(),
                    |name| format!("#/components/schemas/{}", name.to_lowercase()),
                );
                new.insert(keyword.clone(), json!(target));
            }
            ("$schema", _) => {}
            ("id", _) => drop(new.insert("$id".to_owned(), value.clone())),
            ("exclusiveMinimum", Value::Bool(_)) | ("exclusiveMaximum", Value::Bool(_)) => {}
            ("minimum", limit) => drop(new.insert(bound(schema, "Minimum"), limit.clone())),
            ("maximum", limit) => drop(new.insert(bound(schema, "Maximum"), limit.clone())),
            ("items", Value::Array(items)) => {
                let items = items.iter().map(translated);
                new.insert("prefixItems".to_owned(), items.collect());
                if let Some(others) = schema.get("additionalItems") {
                    new.insert("items".to_owned(), translated(others));
                }
            }
            ("additionalItems", _) => {}
            ("properties" | "patternProperties" | "definitions", Value::Object(named)) => {
                let named = named.iter();
                let named = named.map(|(name, schema)| (name.clone(), translated(schema)));
                new.insert(keyword.clone(), Value::Object(named.collect()));
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                let schemas = schemas.iter().map(translated);
                new.insert(keyword.clone(), schemas.collect());
            }
            ("not" | "items" | "additionalProperties", inner) => {
                new.insert(keyword.clone(), translated(inner));
            }
            // `dependencies`, too: it is still understood.
            _ => drop(new.insert(keyword.clone(), value.clone())),
        }
    }
    Value::Object(new)
}

/// In draft 4 `exclusiveMinimum: true` says so of `minimum`; now it is the limit itself.
fn bound(schema: &Map<String, Value>, which: &str) -> String {
    match schema.get(&format!("exclusive{which}")) {
        Some(Value::Bool(true)) => format!("exclusive{which}"),
        _ => which.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_draft_4_says_the_same_in_2020_12() {
        let model = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": {
                "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 200},
                "friend": {"$ref": "#/definitions/User"},
                "pair": {"type": "array", "items": [{"type": "string"}, {}], "additionalItems": false},
                "id": {"not": {"$ref": "#/components/schemas/user"}},
            },
        });
        let translated = json!({
            "type": "object",
            "properties": {
                "age": {"type": "integer", "exclusiveMinimum": 0, "maximum": 200},
                "friend": {"$ref": "#/components/schemas/user"},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}, {}], "items": false},
                "id": {"not": {"$ref": "#/components/schemas/user"}},
            },
        });
        let models = [("User".to_owned(), model)].into();
        assert_eq!(Value::Object(schemas(&models)), json!({"user": translated}));
    }
}
