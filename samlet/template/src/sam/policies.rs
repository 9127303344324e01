//! Policies on their way from the template to where they are enforced.

use samlet_iam::PolicyError;
use serde_json::{Value, json};

use super::statements;
use crate::diagnostics::Location;
use crate::model::Document;
use crate::resolve::Scope;
use crate::yaml::Node;
use crate::{Policy, ResourcePolicyDocument};

/// A policy as the template has it, not yet checked whether it can be enforced.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) document: Value,
    /// Where each statement stands; empty for a policy that is not in the template.
    pub(crate) locations: Vec<Location>,
}

/// A policy whose document stands in the template; what is suspicious about its statements is reported.
pub(crate) fn written(name: &str, document: &Node, scope: &mut Scope<'_>) -> Written {
    let statement = document.get("Statement");
    if let Some(statement) = statement {
        statements::check(statement, scope);
    }
    Written {
        name: name.to_owned(),
        document: document.to_json(),
        locations: statement.map(locations).unwrap_or_default(),
    }
}

/// A function's own statements, among its `Policies`.
pub(crate) fn inline(policy: &Node, statement: &Node, scope: &mut Scope<'_>) -> Written {
    statements::check(statement, scope);
    let version = policy
        .get("Version")
        .map_or(json!("2012-10-17"), Node::to_json);
    Written {
        name: "Policies".into(),
        document: json!({"Version": version, "Statement": statement.to_json()}),
        locations: locations(statement),
    }
}

fn locations(statement: &Node) -> Vec<Location> {
    statement
        .one_or_several()
        .iter()
        .map(|node| node.at)
        .collect()
}

impl Written {
    /// The policy at the one place where the template names it.
    pub(crate) fn at(self, at: Location) -> Self {
        let statements = self.document["Statement"].as_array().map_or(1, Vec::len);
        Self {
            locations: vec![at; statements],
            ..self
        }
    }

    /// The policy as one of a role, if it can be enforced; `whole` is where the role is.
    pub(crate) fn of_role(self, whole: Location, scope: &mut Scope<'_>) -> Option<Policy> {
        self.parsed(samlet_iam::PolicyDocument::parse, whole, scope)
    }

    /// The policy as that of a resource, if it can be enforced; `whole` is where the resource is.
    pub(crate) fn of_resource(
        self,
        whole: Location,
        scope: &mut Scope<'_>,
    ) -> Option<Policy<ResourcePolicyDocument>> {
        self.parsed(samlet_iam::ResourcePolicyDocument::parse, whole, scope)
    }

    fn parsed<D>(
        self,
        parse: impl FnOnce(&Value) -> Result<D, (Option<usize>, PolicyError)>,
        whole: Location,
        scope: &mut Scope<'_>,
    ) -> Option<Policy<Document<D>>> {
        match parse(&self.document) {
            Ok(document) => {
                let file = &scope.settings.file;
                let places = self.locations.iter();
                Some(Policy {
                    name: self.name,
                    document: Document::new(self.document, document),
                    places: places.map(|at| format!("{file}:{}", at.line)).collect(),
                    locations: self.locations,
                })
            }
            Err((statement, error)) => {
                let at = statement.and_then(|index| self.locations.get(index));
                let message = format!("the policy {} cannot be enforced: {error}", self.name);
                scope
                    .findings
                    .error(at.copied().unwrap_or(whole), message, "");
                None
            }
        }
    }
}
