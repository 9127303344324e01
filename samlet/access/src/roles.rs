//! Roles and functions' own policies as they are enforced, from the template's.

use std::path::Path;

use samlet_iam::{
    Policy, PolicyDocument, PolicyError, ResourcePolicy, ResourcePolicyDocument, Role,
};
use samlet_template::{Diagnostic, Location};
use serde_json::Value;

use crate::explanation::place;

/// What is wrong with a policy, and with which of its statements.
type Wrong = (Option<usize>, PolicyError);

/// A role whose policies can be enforced, or what is wrong with them.
pub fn role(declared: &samlet_template::Role, template: &Path) -> Result<Role, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let mut policy = |declared: &samlet_template::Policy| {
        let document = parsed(declared, PolicyDocument::parse, &mut wrong)?;
        Some(Policy {
            name: declared.name.clone(),
            document,
            places: places(declared, template),
        })
    };
    let policies = declared.policies.iter().filter_map(&mut policy).collect();
    let boundary = declared.boundary.as_ref().and_then(&mut policy);
    if !wrong.is_empty() {
        return Err(located(wrong, declared.location));
    }
    Ok(Role {
        name: declared.name.clone(),
        policies,
        boundary,
        tags: declared.tags.clone(),
    })
}

/// A function's own policy as it can be enforced, or what is wrong with it.
pub fn function_policy(
    function: &samlet_template::Function,
    template: &Path,
) -> Result<ResourcePolicy, Vec<Diagnostic>> {
    let declared = &function.policy;
    let mut wrong = Vec::new();
    let document = parsed(declared, ResourcePolicyDocument::parse, &mut wrong);
    document
        .map(|document| ResourcePolicy {
            name: declared.name.clone(),
            document,
            places: places(declared, template),
        })
        .ok_or_else(|| located(wrong, function.location))
}

fn parsed<T>(
    declared: &samlet_template::Policy,
    parse: impl FnOnce(&Value) -> Result<T, Wrong>,
    wrong: &mut Vec<(Option<Location>, String)>,
) -> Option<T> {
    let error = match parse(&declared.document) {
        Ok(document) => return Some(document),
        Err(error) => error,
    };
    let (statement, error) = error;
    let at = statement.and_then(|index| declared.locations.get(index));
    let message = format!("the policy {} cannot be enforced: {error}", declared.name);
    wrong.push((at.copied(), message));
    None
}

fn places(declared: &samlet_template::Policy, template: &Path) -> Vec<String> {
    let places = declared.locations.iter();
    places.map(|at| place(template, *at)).collect()
}

/// Findings with their places; those without one are of the whole resource.
fn located(wrong: Vec<(Option<Location>, String)>, whole: Location) -> Vec<Diagnostic> {
    let wrong = wrong.into_iter().map(|(at, message)| Diagnostic {
        message,
        location: at.unwrap_or(whole),
        help: None,
    });
    wrong.collect()
}
