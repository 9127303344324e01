//! Roles as they are enforced, from the template's.

use std::path::Path;

use samlet_iam::{Policy, PolicyDocument, Role};
use samlet_template::{Diagnostic, Location};

use super::explanation::place;

/// A role whose policies can be enforced, or what is wrong with them.
pub(crate) fn role(
    declared: &samlet_template::Role,
    template: &Path,
) -> Result<Role, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let mut policy = |declared: &samlet_template::Policy, whole: Location| {
        let places = declared.locations.iter();
        let document = match PolicyDocument::parse(&declared.document) {
            Ok(document) => document,
            Err((statement, error)) => {
                let statement = statement.and_then(|index| declared.locations.get(index));
                wrong.push(Diagnostic {
                    message: format!("the policy {} cannot be enforced: {error}", declared.name),
                    location: statement.copied().unwrap_or(whole),
                    help: None,
                });
                return None;
            }
        };
        Some(Policy {
            name: declared.name.clone(),
            document,
            places: places.map(|at| place(template, *at)).collect(),
        })
    };
    let whole = declared.location;
    let policies = declared.policies.iter();
    let policies = policies
        .filter_map(|declared| policy(declared, whole))
        .collect();
    let boundary = declared.boundary.as_ref();
    let boundary = boundary.and_then(|declared| policy(declared, whole));
    match wrong.is_empty() {
        true => Ok(Role {
            name: declared.name.clone(),
            policies,
            boundary,
            tags: declared.tags.clone(),
        }),
        false => Err(wrong),
    }
}
