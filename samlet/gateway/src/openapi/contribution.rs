//! What functions say themselves of what they take and answer: a file of the application's, made from its own types.

use std::collections::BTreeMap;

use samlet_template::Application;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Parts of an OpenAPI document, by the logical ids of functions: their routes
/// are the template's.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Contribution {
    pub(super) info: Map<String, Value>,
    operations: BTreeMap<String, Operation>,
    components: Components,
}

/// Of one function.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Operation {
    /// Each instead of what is known of the parameter of this name.
    pub(super) parameters: Vec<Value>,
    pub(super) request_body: Option<Value>,
    /// All that the function answers; when empty, nothing is known of it.
    pub(super) responses: BTreeMap<String, Value>,
    /// Such as a summary.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Components {
    schemas: Map<String, Value>,
}

/// Why a file is none.
#[derive(Debug, thiserror::Error)]
pub enum ContributionError {
    /// It is written otherwise.
    #[error("it does not describe functions: {0}")]
    NotOne(#[from] serde_json::Error),
    /// It is of another application, or an older one.
    #[error("it describes {0}, which is no function of the template")]
    NoFunction(String),
}

impl Contribution {
    /// Reads one, for an application.
    pub fn read(text: &str, application: &Application) -> Result<Self, ContributionError> {
        let read: Self = serde_json::from_str(text)?;
        let functions = &application.functions;
        let is_there = |id: &&String| functions.iter().any(|known| known.logical_id == **id);
        let mut described = read.operations.keys();
        match described.find(|id| !is_there(id)) {
            Some(unknown) => Err(ContributionError::NoFunction(unknown.clone())),
            None => Ok(read),
        }
    }

    pub(super) fn of_function(&self, logical_id: &str) -> Option<&Operation> {
        self.operations.get(logical_id)
    }

    pub(super) fn schemas(&self) -> Map<String, Value> {
        self.components.schemas.clone()
    }
}
