//! A resource, as it is handed to the service that it belongs to.

use std::sync::Arc;

use samlet_iam::ResourcePolicy;
use serde_json::Value;

use crate::diagnostics::Location;

/// A resource as the template declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// Its type: `AWS::DynamoDB::Table`.
    pub kind: &'static str,
    /// Its name in AWS.
    pub name: String,
    /// Its properties, resolved, as the service's own API has them.
    pub properties: Value,
    /// The policy that it has itself.
    pub policy: Option<Arc<ResourcePolicy>>,
    /// Where it is declared.
    pub location: Location,
}
