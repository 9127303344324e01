//! JSON schemas of draft 4, as API Gateway's models are.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>

use std::error::Error;
use std::fmt;

use boon::{CompileError, Compiler, Draft, SchemaIndex, Schemas, UrlLoader, ValidationError};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Where a schema is, to the library; never looked up.
const LOCATION: &str = "schema:model";

/// A schema that values can be held against.
pub struct JsonSchema {
    document: Value,
    schemas: Schemas,
    index: SchemaIndex,
}

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

/// A model is complete in itself: nothing is read from files or the network.
struct NoOther;

impl UrlLoader for NoOther {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("{url} is not in the template").into())
    }
}

impl JsonSchema {
    /// Reads a schema.
    pub fn new(document: &Value) -> Result<Self, SchemaError> {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V4);
        compiler.use_loader(Box::new(NoOther));
        let mut schemas = Schemas::new();
        compiler
            .add_resource(LOCATION, document.clone())
            .map_err(|error| schema_error(&error))?;
        let index = compiler
            .compile(LOCATION, &mut schemas)
            .map_err(|error| schema_error(&error))?;
        Ok(Self {
            document: document.clone(),
            schemas,
            index,
        })
    }

    /// What is wrong with a value by this schema; empty when nothing is.
    pub fn errors(&self, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        if let Err(error) = self.schemas.validate(value, self.index) {
            collect(&error, &mut errors);
        }
        errors
    }
}

impl Serialize for JsonSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSchema").finish_non_exhaustive()
    }
}

/// The errors at the ends of the tree: those above only say that there are some.
fn collect(error: &ValidationError<'_, '_>, errors: &mut Vec<String>) {
    if !error.causes.is_empty() {
        for cause in &error.causes {
            collect(cause, errors);
        }
        return;
    }
    errors.push(match error.instance_location.to_string() {
        top if top.is_empty() => error.kind.to_string(),
        place => format!("{place}: {}", error.kind),
    });
}

fn schema_error(error: &CompileError) -> SchemaError {
    let reason = match error {
        CompileError::ValidationError { src, .. } => {
            let mut errors = Vec::new();
            collect(src, &mut errors);
            errors.join("; ")
        }
        CompileError::JsonPointerNotFound(place) => {
            format!("there is no {}", place.trim_start_matches(LOCATION))
        }
        CompileError::LoadUrlError { src, .. } => src.to_string(),
        other => other.to_string(),
    };
    // Some of the library's texts have several lines.
    let words: Vec<&str> = reason.split_whitespace().collect();
    SchemaError(words.join(" ").replace(LOCATION, ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_held_against_the_schema() {
        let user = json!({
            "type": "object",
            "required": ["name", "age"],
            "properties": {
                "name": {"type": "string", "minLength": 2},
                "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": true},
                "friend": {"$ref": "#/definitions/user"},
            },
        });
        let document = json!({"$ref": "#/definitions/user", "definitions": {"user": user}});
        let schema = JsonSchema::new(&document).unwrap();
        let friend = json!({"name": "Al", "age": 1, "friend": {"name": "Bo", "age": 2}});
        assert_eq!(schema.errors(&friend), Vec::<String>::new());
        let wrong = json!({"name": "A", "friend": {"name": "Bo", "age": 0}});
        let mut errors = schema.errors(&wrong);
        errors.sort();
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0].starts_with("/friend/age: "), "{errors:?}");
        assert!(errors[1].starts_with("/name: "), "{errors:?}");
        assert!(errors[2].contains("'age'"), "{errors:?}");
    }

    #[test]
    fn what_is_wrong_with_a_schema_is_reported() {
        for (document, reason) in [
            (json!({"type": "strin"}), "/type"),
            (json!({"minimum": "1"}), "/minimum"),
            (
                json!({"$ref": "#/definitions/nobody"}),
                "/definitions/nobody",
            ),
            (json!({"pattern": "("}), "'(' is not valid regex"),
            (json!({"$ref": "file:///etc/passwd"}), "not in the template"),
            (json!({"$ref": "http://localhost/x"}), "not in the template"),
        ] {
            let error = JsonSchema::new(&document).unwrap_err().to_string();
            assert!(error.contains(reason), "{document}: {error}");
        }
    }

    #[test]
    fn a_circle_of_references_ends() {
        let document = json!({
            "$ref": "#/definitions/a",
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        });
        if let Ok(schema) = JsonSchema::new(&document) {
            schema.errors(&json!(1));
        }
    }
}
