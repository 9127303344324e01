//! What is wrong or suspicious about the condition keys that a template's policies write out: keys that there are not,
//! keys that need a set operator, and keys of which samlet knows nothing.

use samlet_aws::glob;

use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::names::nearest;
use crate::yaml::{Entry, Node};

/// No key's name is nearly as long: what is longer is not looked for.
const LONGEST_NAME: usize = 100;

/// Looks at the conditions of a statement, and at its variables.
pub(super) fn check(statement: &Node, scope: &mut Scope<'_>) {
    for operator in statement.entries_of("Condition") {
        for key in operator.value.entries() {
            check_key(&operator.key, key, statement, scope);
            for value in key.value.one_or_several() {
                check_variables(value, scope);
            }
        }
    }
    for name in ["Resource", "NotResource"] {
        let resources = statement.get(name).map_or(&[][..], Node::one_or_several);
        for resource in resources {
            check_variables(resource, scope);
        }
    }
}

fn check_key(operator: &str, key: &Entry, statement: &Node, scope: &mut Scope<'_>) {
    let Some(known) = scope.catalogue.condition_keys.find(&key.key) else {
        if is_of_here(&key.key, scope) {
            refuse(&key.key, key.at, scope);
        } else if reaches_services(statement, scope) {
            warn_of_unknown(key, statement, scope);
        }
        return;
    };
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    if known.has_several_values && operator != "Null" && !operator.contains(':') {
        let message = format!(
            "{operator} is for single values, and `{}` may have several",
            key.key
        );
        let help = format!("write `ForAllValues:{operator}` or `ForAnyValue:{operator}`");
        scope.findings.warn_with(key.at, message, help);
    }
}

/// Looks at the keys of `${…}`.
fn check_variables(node: &Node, scope: &mut Scope<'_>) {
    for part in node.as_text().unwrap_or_default().split("${").skip(1) {
        let Some((variable, _)) = part.split_once('}') else {
            continue;
        };
        let key = variable.split(',').next().unwrap_or_default().trim();
        if is_of_here(key, scope) && scope.catalogue.condition_keys.find(key).is_none() {
            refuse(key, node.at, scope);
        }
    }
}

/// Whether a key is one of AWS's global ones or of a service that is here, judged by how it begins.
fn is_of_here(key: &str, scope: &Scope<'_>) -> bool {
    let Some((prefix, _)) = key.split_once(':') else {
        return false;
    };
    let actions = &scope.catalogue.actions;
    prefix.eq_ignore_ascii_case("aws") || actions.of_service(prefix).is_some()
}

fn refuse(key: &str, at: Location, scope: &mut Scope<'_>) {
    let prefix = key.split(':').next().unwrap_or_default();
    let message = if prefix.eq_ignore_ascii_case("aws") {
        format!("`{key}` is not one of AWS's global condition keys")
    } else {
        format!("{prefix} has no condition key `{key}`")
    };
    let names = scope.catalogue.condition_keys.names();
    let meant = Some(key).filter(|key| key.len() <= LONGEST_NAME);
    let help = if key.starts_with("AWS::") {
        "only `!Sub` replaces pseudo parameters".to_owned()
    } else {
        let meant = meant.and_then(|key| nearest(key, &names));
        meant.map_or(String::new(), |name| format!("did you mean `{name}`?"))
    };
    scope.findings.error(at, message, help);
}

fn warn_of_unknown(key: &Entry, statement: &Node, scope: &mut Scope<'_>) {
    let message = format!("samlet cannot know the values of `{}`", key.key);
    let help = match statement.get_text("Effect") {
        Some("Deny") => "of the services here it denies everything that it is about",
        _ => "of the services here it allows nothing",
    };
    scope.findings.warn_with(key.at, message, help);
}

/// Whether a statement may be about a service that is here.
fn reaches_services(statement: &Node, scope: &Scope<'_>) -> bool {
    let services = scope.catalogue.actions.services();
    let reaches = |action: &str| {
        let service = action.split(':').next().unwrap_or_default();
        let mut services = services.iter();
        services.any(|here| glob::matches_ignoring_case(service, here))
    };
    let actions = statement
        .get("Action")
        .map_or(&[][..], Node::one_or_several);
    let mut actions = actions.iter().filter_map(Node::as_text);
    statement.get("NotAction").is_some() || actions.any(reaches)
}
