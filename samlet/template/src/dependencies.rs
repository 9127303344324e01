//! Which resources need which others to be made first, and whether that goes in circles.
//!
//! CloudFormation refuses such a template; SAM's generated resources count: a
//! function needs its role, and an API needs the functions behind its routes.

use std::collections::BTreeMap;

use crate::resolve::Scope;
use crate::types::Dependencies;
use crate::yaml::{Entry, Kind, Node};

type Graph = BTreeMap<String, Vec<String>>;

/// Reports each circle once.
pub(crate) fn refuse_circles(resources: &[Entry], scope: &mut Scope<'_>) {
    let graph = graph(resources, scope);
    let mut state = BTreeMap::new();
    let mut path = Vec::new();
    for entry in resources {
        if let Some(circle) = circle_from(&entry.key, &graph, &mut state, &mut path) {
            let names: Vec<&str> = circle.iter().map(String::as_str).collect();
            scope.findings.error(
                entry.at,
                format!("circular dependency between resources: {}", names.join(", ")),
                "CloudFormation cannot make one before the other; pass a name instead of a reference",
            );
        }
        path.clear();
    }
}

fn graph(resources: &[Entry], scope: &Scope<'_>) -> Graph {
    let mut graph = Graph::new();
    // An API that is defined elsewhere is not made of the functions' events.
    let defined: Vec<&str> = resources
        .iter()
        .filter(|entry| {
            let properties = entry.value.get("Properties");
            let has = |name| properties.is_some_and(|node| node.get(name).is_some());
            has("DefinitionBody") || has("DefinitionUri")
        })
        .map(|entry| entry.key.as_str())
        .collect();
    for entry in resources {
        let resource_type = scope.catalogue.find(entry.type_name());
        let is_relevant = |property: &str| match resource_type.dependencies {
            Dependencies::Mentioned => true,
            Dependencies::MentionedIn(properties) => properties.contains(&property),
            Dependencies::Function => !["Events", "DeploymentPreference"].contains(&property),
            Dependencies::Unknown => false,
        };
        if matches!(resource_type.dependencies, Dependencies::Unknown) {
            continue;
        }
        let mut needs = Vec::new();
        let depends_on = entry.value.get("DependsOn");
        let names = depends_on.into_iter().flat_map(Node::one_or_several);
        needs.extend(names.filter_map(Node::as_text).map(str::to_owned));
        for property in entry.value.entries_of("Properties") {
            if is_relevant(&property.key) {
                mentioned(&property.value, &mut needs);
            } else if property.key == "Events" {
                // The other way round: the API is made with its routes.
                for event in property.value.entries() {
                    let apis = apis_of(event).into_iter();
                    for api in apis.filter(|api| !defined.contains(&api.as_str())) {
                        graph.entry(api).or_default().push(entry.key.clone());
                    }
                }
            }
        }
        graph.entry(entry.key.clone()).or_default().extend(needs);
    }
    graph
}

/// The API that an event belongs to, by logical id.
fn apis_of(event: &Entry) -> Vec<String> {
    let (property, implicit) = match event.type_name() {
        "Api" => ("RestApiId", "ServerlessRestApi"),
        "HttpApi" => ("ApiId", "ServerlessHttpApi"),
        _ => return Vec::new(),
    };
    let mut named = Vec::new();
    let properties = event.value.get("Properties");
    match properties.and_then(|node| node.get(property)) {
        Some(reference) => mentioned(reference, &mut named),
        None => named.push(implicit.to_owned()),
    }
    named
}

/// All names that a value refers to.
fn mentioned(node: &Node, names: &mut Vec<String>) {
    let first = |text: &str| text.split('.').next().unwrap_or(text).to_owned();
    match &node.kind {
        Kind::Call(name, argument) => match (name.as_str(), &argument.kind) {
            ("Ref" | "Fn::GetAtt", Kind::Text(text)) => names.push(first(text)),
            ("Fn::GetAtt", Kind::List(items)) => {
                names.extend(items.first().and_then(Node::as_text).map(str::to_owned));
            }
            ("Fn::Sub", Kind::Text(text)) => substituted(text, None, names),
            ("Fn::Sub", Kind::List(items)) => {
                if let [text, variables] = items.as_slice() {
                    substituted(text.as_text().unwrap_or_default(), Some(variables), names);
                    mentioned(variables, names);
                }
            }
            _ => mentioned(argument, names),
        },
        Kind::List(items) => items.iter().for_each(|item| mentioned(item, names)),
        Kind::Map(entries) => entries
            .iter()
            .for_each(|entry| mentioned(&entry.value, names)),
        Kind::Text(_) | Kind::Literal(_) | Kind::Null => {}
    }
}

fn substituted(text: &str, variables: Option<&Node>, names: &mut Vec<String>) {
    for part in text.split("${").skip(1) {
        let name = part.split('}').next().unwrap_or(part).trim();
        let own = variables.is_some_and(|variables| variables.get(name).is_some());
        if !own && !name.starts_with('!') {
            names.push(name.split('.').next().unwrap_or(name).to_owned());
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Open,
    Done,
}

/// Depth first; the circle, if the way from `name` runs into itself.
fn circle_from(
    name: &str,
    graph: &Graph,
    state: &mut BTreeMap<String, Visit>,
    path: &mut Vec<String>,
) -> Option<Vec<String>> {
    match state.get(name) {
        Some(Visit::Done) => return None,
        Some(Visit::Open) => {
            let start = path.iter().position(|known| known == name)?;
            return Some(path[start..].to_vec());
        }
        None => {}
    }
    state.insert(name.to_owned(), Visit::Open);
    path.push(name.to_owned());
    let mut found = None;
    for needed in graph.get(name).into_iter().flatten() {
        found = found.or(circle_from(needed, graph, state, path));
    }
    path.pop();
    state.insert(name.to_owned(), Visit::Done);
    found
}
