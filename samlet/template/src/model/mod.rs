//! What a template is read into: plain data, complete and valid.

mod alarm;
mod api;
mod application;
mod declared;
mod function;
pub(crate) mod json_schema;
mod policy;
mod runtime;
mod table;

use serde::Serialize;

pub use alarm::Alarm;
pub use api::*;
pub use application::{Application, LateValue, Output};
pub use declared::{Declared, DeclaredArn};
pub use function::{Architecture, BuildMethod, Code, Function, Logging};
pub use json_schema::{JsonSchema, SchemaError};
pub use policy::{Document, Policy, PolicyDocument, ResourcePolicyDocument, Role};
pub use runtime::Runtime;
pub use table::{Index, IndexKind, KeyAttribute, KeySchema, KeyType, Table, TimeToLive};

fn seconds<S: serde::Serializer>(
    duration: &std::time::Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.as_secs_f64().serialize(serializer)
}
