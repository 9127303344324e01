//! Properties that SAM's Globals section adds to every resource of a kind.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use crate::resolve::Scope;
use crate::resolve::names::did_you_mean;
use crate::types::{Globals, ResourceType};
use crate::yaml::{Entry, Kind, Node};

/// Lists to which a resource's own is not added.
const REPLACED: [&str; 1] = ["Architectures"];

/// Reports what Globals can't have.
pub(crate) fn check(scope: &mut Scope<'_>) {
    let sections: Vec<Globals> = scope
        .catalogue
        .types()
        .filter_map(|known| known.globals)
        .collect();
    let names: Vec<&str> = sections.iter().map(|globals| globals.section).collect();
    for kind in scope.section("Globals") {
        let Some(globals) = sections.iter().find(|globals| globals.section == kind.key) else {
            let message = format!("`{}` is no section of Globals", kind.key);
            scope
                .findings
                .error(kind.at, message, did_you_mean(&kind.key, &names));
            continue;
        };
        let known = globals.properties;
        for property in kind.value.entries() {
            if !known.contains(&property.key.as_str()) {
                let message = format!("Globals: {} cannot set `{}`", kind.key, property.key);
                scope
                    .findings
                    .error(property.at, message, did_you_mean(&property.key, known));
            }
        }
    }
}

impl ResourceType {
    /// A resource's properties, over those of its section of Globals if it has one, all resolved: scalars are replaced,
    /// maps merged, lists added, but for some.
    pub(crate) fn resolved(&self, resource: &Entry, scope: &mut Scope<'_>) -> Node {
        let own = own(resource);
        let globals = self.globals.and_then(|globals| {
            let sections = scope.template.get("Globals")?;
            sections.get(globals.section)
        });
        let Some(globals) = globals else {
            return scope.resolve(&own).unwrap_or(own);
        };
        let merged = merge(&applicable(globals, resource, &own), &own);
        scope.resolve(&merged).unwrap_or(merged)
    }
}

/// What of a section of Globals a resource doesn't decline.
fn applicable(globals: &Node, resource: &Entry, own: &Node) -> Node {
    let ignored = |name: &str| match resource.value.get("IgnoreGlobals") {
        Some(node) if node.as_text() == Some("*") => true,
        Some(node) => node.items().iter().any(|item| item.as_text() == Some(name)),
        None => false,
    };
    let replaced = |name: &str| REPLACED.contains(&name) && own.get(name).is_some();
    let kept = globals
        .entries()
        .iter()
        .filter(|entry| !ignored(&entry.key) && !replaced(&entry.key));
    Node {
        kind: Kind::Map(kept.cloned().collect()),
        at: globals.at,
    }
}

fn own(resource: &Entry) -> Node {
    let properties = resource.value.get("Properties");
    let stated = properties.filter(|node| node.kind != Kind::Null);
    stated.cloned().unwrap_or(Node::empty(resource.at))
}

fn merge(global: &Node, own: &Node) -> Node {
    let kind = match (&global.kind, &own.kind) {
        (Kind::Map(globals), Kind::Map(owns)) => {
            let mut entries = owns.clone();
            for global in globals {
                match entries.iter_mut().find(|own| own.key == global.key) {
                    Some(own) => own.value = merge(&global.value, &own.value),
                    None => entries.push(global.clone()),
                }
            }
            Kind::Map(entries)
        }
        (Kind::List(globals), Kind::List(owns)) => {
            Kind::List(globals.iter().chain(owns).cloned().collect())
        }
        (_, own) => own.clone(),
    };
    Node { kind, at: own.at }
}
