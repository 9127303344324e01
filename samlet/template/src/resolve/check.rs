//! Holds a resource's properties against what its type has, and gives them as its service's own API has them.

use serde_json::{Map, Value, json};

use super::Scope;
use super::names::did_you_mean;
use crate::diagnostics::Location;
use crate::types::property::{Effect, Property, Shape};
use crate::yaml::{Kind, Node};

/// A checked object as JSON, with numbers and booleans where its properties have them; without what has no effect.
pub(crate) fn to_json(node: &Node, properties: &[Property]) -> Value {
    let known = |name: &str| properties.iter().find(|known| known.name == name);
    let mut members = Map::new();
    for entry in node.entries() {
        if let Some(property) = known(&entry.key)
            && matches!(property.effect, Effect::Holds)
        {
            members.insert(entry.key.clone(), shaped(&entry.value, property.shape));
        }
    }
    members.into()
}

fn shaped(node: &Node, shape: Shape) -> Value {
    let text = node.as_text();
    match shape {
        Shape::Text | Shape::OneOf(_) => node.to_json(),
        Shape::Whole(..) => match text.and_then(|text| text.parse::<i64>().ok()) {
            Some(number) => json!(number),
            None => node.to_json(),
        },
        Shape::Bool => json!(text == Some("true")),
        Shape::List(each) => node
            .items()
            .iter()
            .map(|item| shaped(item, *each))
            .collect(),
        Shape::Map(each) => {
            let entries = node.entries().iter();
            entries
                .map(|entry| (entry.key.clone(), shaped(&entry.value, *each)))
                .collect()
        }
        Shape::Object(properties) => to_json(node, properties),
        Shape::Any => node.to_typed_json(),
    }
}

/// Reports everything in `node` that `properties` don't have; `what` names
/// the object, as in "AWS::Serverless::Function" or "Environment".
pub(crate) fn check(
    node: &Node,
    properties: &[Property],
    what: &str,
    owner: Location,
    scope: &mut Scope<'_>,
) {
    let Kind::Map(entries) = &node.kind else {
        if node.kind != Kind::Null {
            scope
                .findings
                .error(node.at, format!("{what} is a map of properties"), "");
        }
        return;
    };
    for entry in entries {
        let name = entry.key.as_str();
        let Some(property) = properties.iter().find(|known| known.name == name) else {
            let names: Vec<&str> = properties.iter().map(|known| known.name).collect();
            scope.findings.error(
                entry.at,
                format!("`{name}` is no property of {what}"),
                did_you_mean(name, &names),
            );
            continue;
        };
        match property.effect {
            Effect::Holds => check_shape(&entry.value, property.shape, name, scope),
            Effect::Unnoticed => {}
            Effect::Missing => scope
                .findings
                .warn(entry.at, format!("{name} of {what} has no effect here")),
            Effect::Refused(way_out) => scope.findings.error(
                entry.at,
                format!("samlet does not provide {name} of {what}"),
                way_out,
            ),
        }
    }
    for property in properties.iter().filter(|property| property.required) {
        if node
            .get(property.name)
            .is_none_or(|value| value.kind == Kind::Null)
        {
            let name = property.name;
            scope.findings.error(
                owner,
                format!("{what} needs {name}"),
                format!("add `{name}: …`"),
            );
        }
    }
}

fn check_shape(node: &Node, shape: Shape, name: &str, scope: &mut Scope<'_>) {
    let text = node.as_text();
    let wrong = match shape {
        Shape::Any => None,
        Shape::Text => text.is_none().then(|| "a text".to_owned()),
        Shape::Whole(low, high) => {
            let number = text.and_then(|text| text.parse::<i64>().ok());
            let fits = number.is_some_and(|number| (low..=high).contains(&number));
            (!fits).then(|| format!("a whole number from {low} to {high}"))
        }
        Shape::Bool => {
            let is = matches!(text, Some("true" | "false"));
            (!is).then(|| "true or false".to_owned())
        }
        Shape::OneOf(allowed) => {
            let is = text.is_some_and(|text| allowed.contains(&text));
            (!is).then(|| format!("one of {}", allowed.join(", ")))
        }
        Shape::List(each) => match &node.kind {
            Kind::List(items) => {
                for item in items {
                    check_shape(item, *each, name, scope);
                }
                None
            }
            _ => Some("a list".to_owned()),
        },
        Shape::Map(each) => match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    check_shape(&entry.value, *each, &entry.key, scope);
                }
                None
            }
            Kind::Null => None,
            _ => Some("a map".to_owned()),
        },
        Shape::Object(properties) => {
            check(node, properties, name, node.at, scope);
            None
        }
    };
    if let Some(expected) = wrong {
        scope
            .findings
            .error(node.at, format!("{name} is {expected}"), "");
    }
}
