//! Resources: as they are handed to the services that they belong to, and as messages name them.

use std::sync::Arc;

use samlet_aws::Arn;
use samlet_iam::ResourcePolicy;
use serde::Serialize;
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

/// A declared resource that has an ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeclaredArn {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// Its type, such as `AWS::DynamoDB::Table`.
    pub kind: String,
    /// The name that it states, or `STACK-LOGICALID`.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// What gives the ARN in the template, such as `!GetAtt Table.Arn` or `!Ref Topic`.
    pub expression: String,
    /// Where it is declared.
    pub location: Location,
}
