//! Roles and policies: as they are enforced, and as the template writes them.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html>

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::diagnostics::Location;

/// An execution role.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// The role's name (`STACK-LOGICALIDRole` for one that SAM makes).
    pub name: String,
    /// What it may do.
    pub policies: Vec<Policy>,
    /// What it may do at most: `PermissionsBoundary`.
    pub boundary: Option<Policy>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Where a policy would be added.
    pub location: Location,
}

impl Role {
    /// The role as requests are held against it.
    pub fn enforced(&self) -> samlet_iam::Role {
        samlet_iam::Role {
            name: self.name.clone(),
            policies: self.policies.iter().map(of_role).collect(),
            boundary: self.boundary.as_ref().map(of_role),
            tags: self.tags.clone(),
        }
    }
}

/// A policy of a role or, with [`ResourcePolicyDocument`], of a resource.
#[derive(Clone, Debug, Serialize)]
pub struct Policy<D = PolicyDocument> {
    /// Its name; of a function's own statements, `Policies`.
    pub name: String,
    /// What it says.
    pub document: D,
    /// Where each statement stands; empty for a policy that is not in the template.
    pub locations: Vec<Location>,
    /// The same, as messages name them: `template.yaml:12`.
    #[serde(skip)]
    pub(crate) places: Vec<String>,
}

/// An identity-based policy document.
pub type PolicyDocument = Document<samlet_iam::PolicyDocument>;

/// A resource-based policy document.
pub type ResourcePolicyDocument = Document<samlet_iam::ResourcePolicyDocument>;

/// A policy document that can be enforced.
#[derive(Clone, Debug)]
pub struct Document<P> {
    /// `{"Version":…,"Statement":[…]}`, intrinsics resolved.
    written: Value,
    parsed: P,
}

impl<P> Document<P> {
    pub(crate) fn new(written: Value, parsed: P) -> Self {
        Self { written, parsed }
    }

    /// The document as JSON, intrinsics resolved.
    pub fn as_json(&self) -> &Value {
        &self.written
    }
}

/// As the template has it.
impl<P> Serialize for Document<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

fn of_role(policy: &Policy) -> samlet_iam::Policy {
    samlet_iam::Policy {
        name: policy.name.clone(),
        document: policy.document.parsed.clone(),
        places: policy.places.clone(),
    }
}

impl Policy<ResourcePolicyDocument> {
    /// The policy as requests are held against it.
    pub fn enforced(&self) -> samlet_iam::ResourcePolicy {
        samlet_iam::ResourcePolicy {
            name: self.name.clone(),
            document: self.document.parsed.clone(),
            places: self.places.clone(),
        }
    }
}
