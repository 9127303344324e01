//! What is suspicious about the statements that a template's policies write out, which AWS takes without a word:
//! actions that there are not, and permissions that reach further than anything here needs. It never decides; that
//! is done where requests arrive.

use super::conditions;
use crate::actions::{Action, Actions};
use crate::resolve::Scope;
use crate::resolve::names::nearest;
use crate::yaml::Node;

/// What Lambda's own AWSLambdaBasicExecutionRole grants on all resources.
const HARMLESS: [&str; 3] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// How the names of actions begin that change nothing.
const READING: [&str; 8] = [
    "BatchGet",
    "ConditionCheck",
    "Describe",
    "Filter",
    "Get",
    "List",
    "Query",
    "Scan",
];

/// No action's name is nearly as long: what is longer is not looked for.
const LONGEST_NAME: usize = 100;

/// What comes of an action that there is not.
const NOTHING: &str = "it allows nothing";

/// Looks at one statement, or at several.
pub(crate) fn check(statements: &Node, scope: &mut Scope<'_>) {
    for statement in statements.one_or_several() {
        check_one(statement, scope);
    }
}

fn check_one(statement: &Node, scope: &mut Scope<'_>) {
    let allows = statement.get_text("Effect") == Some("Allow");
    let all = |name: &str| statement.get(name).map_or(&[][..], Node::one_or_several);
    for action in all("Action").iter().chain(all("NotAction")) {
        check_action(action, scope);
    }
    conditions::check(statement, scope);
    if !allows {
        return;
    }
    for name in ["NotAction", "NotResource"] {
        if let Some(node) = statement.get(name) {
            let message = format!("{name} allows everything but what it names");
            let help = "name what is allowed instead";
            scope.findings.warn_with(node.at, message, help);
        }
    }
    for action in all("Action") {
        if let Some(message) = action
            .as_text()
            .and_then(|action| too_wide(action, &scope.catalogue.actions))
        {
            let help = "name those that are needed; `samlet policies` tells them";
            scope.findings.warn_with(action.at, message, help);
        }
    }
    // With a condition it may be narrow enough.
    if statement.get("Condition").is_some() {
        return;
    }
    let mut actions = all("Action").iter().filter_map(Node::as_text);
    let Some(action) = actions.find(|action| reaches_resources(action, &scope.catalogue.actions))
    else {
        return;
    };
    for resource in all("Resource") {
        if resource.as_text().is_some_and(is_everything) {
            let message = format!("this allows {action} on every resource of its kind");
            let help = "name those it is meant for, such as `!GetAtt Table.Arn`";
            scope.findings.warn_with(resource.at, message, help);
        }
    }
}

/// Reports an action that there is not.
pub(crate) fn check_action(node: &Node, scope: &mut Scope<'_>) {
    let Some(text) = node.as_text().filter(|text| *text != "*") else {
        return;
    };
    let Some((service, action)) = text.split_once(':') else {
        let message = format!("`{text}` names no service: IAM takes no such action");
        let meant = scope.catalogue.actions.service_with(text);
        let help = meant.map_or("write it as `service:Action`".to_owned(), |service| {
            format!("did you mean `{service}:{text}`?")
        });
        scope.findings.error(node.at, message, help);
        return;
    };
    let Some(actions) = scope.catalogue.actions.of_service(service) else {
        // Another service's, unless one of ours has such an action.
        let meant = Some(service)
            .filter(|service| service.len() <= LONGEST_NAME)
            .and_then(|service| nearest(service, &scope.catalogue.actions.services()))
            .filter(|meant| scope.catalogue.actions.has(meant, action));
        if let Some(meant) = meant {
            let message = format!("`{service}` is no service that has {action}");
            let help = format!("did you mean `{meant}:{action}`?");
            scope.findings.warn_with(node.at, message, help);
        }
        return;
    };
    if actions.iter().any(|known| known.matches(action)) {
        return;
    }
    if action.contains(['*', '?']) {
        let message = format!("`{text}` matches no action of {service}");
        scope.findings.warn_with(node.at, message, NOTHING);
        return;
    }
    let message = format!("{service} has no action `{action}`");
    let help = meant(service, action, actions);
    scope.findings.warn_with(node.at, message, help);
}

/// What may have been meant by an action that there is not.
fn meant(service: &str, action: &str, actions: &[Action]) -> String {
    if action.len() > LONGEST_NAME {
        return NOTHING.to_owned();
    }
    let names: Vec<&str> = actions.iter().map(|known| known.name).collect();
    if let Some(name) = nearest(action, &names) {
        return format!("did you mean `{service}:{name}`?");
    }
    let begins = |name: &&&str| name.to_lowercase().starts_with(&action.to_lowercase());
    let similar: Vec<String> = names
        .iter()
        .filter(begins)
        .take(3)
        .map(|name| format!("{service}:{name}"))
        .collect();
    match similar.is_empty() {
        true => NOTHING.to_owned(),
        false => format!("{NOTHING}; there are {}", similar.join(", ")),
    }
}

/// Whether an allowed pattern takes in more than its writer can have had in mind.
fn too_wide(pattern: &str, actions: &Actions) -> Option<String> {
    let (service, action) = pattern.split_once(':').unwrap_or(("*", pattern));
    if service == "*" && pattern.contains('*') {
        return Some(format!("`{pattern}` allows every action of every service"));
    }
    if action == "*" {
        return Some(format!("`{pattern}` allows every action of {service}"));
    }
    if !action.contains(['*', '?']) {
        return None;
    }
    let mut taken = actions
        .of_service(service)?
        .iter()
        .filter(|known| known.matches(action));
    let writing = |known: &&Action| !READING.iter().any(|verb| known.name.starts_with(verb));
    let one = taken.find(writing)?;
    Some(format!(
        "`{pattern}` allows {service}:{} too, and all of such a name",
        one.name
    ))
}

/// Whether an allowed pattern grants something for which it matters on which resources.
fn reaches_resources(pattern: &str, actions: &Actions) -> bool {
    if HARMLESS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(pattern))
    {
        return false;
    }
    let Some((service, action)) = pattern.split_once(':') else {
        return pattern == "*";
    };
    let mut known = actions.of_service(service).unwrap_or_default().iter();
    known.any(|known| known.has_resources && known.matches(action))
}

/// `*`, or an ARN of all tables, functions or the like.
fn is_everything(resource: &str) -> bool {
    let named = resource.splitn(6, ':').nth(5).unwrap_or(resource);
    let name = named.split_once(['/', ':']).map_or(named, |(_, name)| name);
    name == "*"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_everything_when_its_name_is_a_star() {
        for (resource, everything) in [
            ("*", true),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/*", true),
            ("arn:aws:lambda:us-east-1:123456789012:function:*", true),
            ("arn:aws:dynamodb:us-east-1:123456789012:*", true),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/t", false),
            (
                "arn:aws:dynamodb:us-east-1:123456789012:table/t/index/*",
                false,
            ),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/t-*", false),
        ] {
            assert_eq!(is_everything(resource), everything, "{resource}");
        }
    }
}
