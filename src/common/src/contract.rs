//! What the functions take and answer, by their own types, for the API's contract: `openapi.json` beside this package.
//!
//! A test, so that nothing of it ships; `UPDATE_EXPECTED=1` has it write the file anew.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::item::{Json, MAGNITUDE, MAX_DEPTH, MAX_DIGITS, MAX_ITEM_BYTES};
use crate::response::Answer;
use crate::{Error, MessageId};

/// What a message may be made of: [`crate::item::from_json`]'s own limits.
struct MessageFields;

impl JsonSchema for MessageFields {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MessageFields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kib = MAX_ITEM_BYTES / 1024;
        json_schema!({
            "description": format!(
                "A message: any fields, nested to {MAX_DEPTH} levels, together at most {kib} KB. \
                 What is given for pk, sk and timestamp is passed over."
            ),
            "type": "object",
            "propertyNames": {"minLength": 1},
            "additionalProperties": generator.subschema_for::<Field>(),
            "examples": [{"title": "Hello", "stars": 4.5}],
        })
    }
}

/// The value of a message's field.
struct Field;

impl JsonSchema for Field {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Self>();
        let power = |exponent: i64| -> Value {
            serde_json::from_str(&format!("1e{exponent}")).unwrap_or_default()
        };
        let (least, beyond) = (power(*MAGNITUDE.start()), power(*MAGNITUDE.end() + 1));
        let negative = |limit: &Value| json!(limit.as_f64().map(|limit| -limit));
        json_schema!({
            "description": format!("Any JSON; numbers have at most {MAX_DIGITS} significant digits"),
            "anyOf": [
                {"type": ["null", "boolean", "string"]},
                {"const": 0},
                {"type": "number", "minimum": least, "exclusiveMaximum": beyond},
                {"type": "number", "maximum": negative(&least), "exclusiveMinimum": negative(&beyond)},
                {"type": "array", "items": inner},
                {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": inner},
            ],
        })
    }
}

impl JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StoredMessage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A message with what was added to it",
            "type": "object",
            "required": ["pk", "sk", "timestamp"],
            "properties": {
                "pk": {"description": "The message's id", "type": "string"},
                "sk": {"const": "v0"},
                "timestamp": {
                    "description": "When it was last changed, in seconds since the Unix epoch",
                    "type": "integer",
                    "minimum": 0,
                },
            },
        })
    }
}

/// The schemas of all types, and references to them.
struct Types(SchemaGenerator);

impl Types {
    /// The JSON body of a request or a response.
    fn content<T: JsonSchema>(&mut self) -> Value {
        json!({"application/json": {"schema": self.0.subschema_for::<T>()}})
    }

    /// An answer's, with `success` as it then is.
    fn answer<T: JsonSchema>(&mut self, success: bool) -> Value {
        let mut schema = json!(<Answer<T>>::json_schema(&mut self.0));
        schema["properties"]["success"] = json!({ "const": success });
        json!({"application/json": {"schema": schema}})
    }

    /// A success, and what else is answered for which reason.
    fn responses<T: JsonSchema>(&mut self, done: &str, failures: &[(u16, String)]) -> Value {
        let mut responses =
            json!({"200": {"description": done, "content": self.answer::<T>(true)}});
        for (status, why) in failures {
            let failure = json!({"description": why, "content": self.answer::<String>(false)});
            responses[status.to_string()] = failure;
        }
        responses
    }
}

fn contribution() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut types = Types(settings.into_generator());
    let message = json!({"required": true, "content": types.content::<MessageFields>()});
    let invalid = (400, "The message is not one that can be stored".to_owned());
    let no_id = (400, "The id is not one that can be looked up".to_owned());
    let not_found = (404, Error::NotFound.to_string());
    let failed = (500, "The store failed".to_owned());
    let id = json!({
        "name": "message_id",
        "in": "path",
        "required": true,
        "description": "The message's id",
        "schema": {"type": "string", "minLength": 1},
    });
    let mut created =
        types.responses::<MessageId>("The new message's id", &[invalid.clone(), failed.clone()]);
    let link = |operation: &str| {
        let id = json!({"message_id": "$response.body#/message/message_id"});
        json!({"operationId": operation, "parameters": id})
    };
    created["200"]["links"] = json!({
        "retrieve": link("RetrieveMessageItem"),
        "update": link("UpdateMessageItem"),
        "delete": link("DeleteMessageItem"),
    });
    let failures = [no_id, not_found.clone(), failed.clone()];
    let operations = json!({
        "CreateMessageItem": {
            "summary": "Creates a message",
            "requestBody": message,
            "responses": created,
        },
        "RetrieveMessageItem": {
            "summary": "Retrieves a message",
            "parameters": [id],
            "responses": types.responses::<Json>("The message", &failures),
        },
        "UpdateMessageItem": {
            "summary": "Sets fields of a message, and leaves its others",
            "parameters": [id],
            "requestBody": message,
            "responses": types.responses::<MessageId>("The message's id", &[invalid, not_found, failed]),
        },
        "DeleteMessageItem": {
            "summary": "Deletes a message",
            "parameters": [id],
            "responses": types.responses::<MessageId>("The message's id", &failures),
        },
    });
    json!({
        "info": {"title": "Hello Serverless", "version": env!("CARGO_PKG_VERSION")},
        "operations": operations,
        "components": {"schemas": types.0.take_definitions(true)},
    })
}

#[test]
fn the_contract_says_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let generated = format!("{:#}\n", contribution());
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("UPDATE_EXPECTED") {
        assert!(!is_set("CI"), "CI only compares the contract");
        assert!(std::fs::write(path, &generated).is_ok());
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(committed, generated, "write it anew with UPDATE_EXPECTED=1");
}
