//! What a resource's properties may be: names, types, which are required, and what they do here.

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Kind, Node};

/// The type of a property's value.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Any scalar.
    Text,
    /// A whole number from the first to the second.
    Whole(i64, i64),
    Bool,
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    /// Names are the user's own.
    Map(&'static Shape),
    Object(&'static [Property]),
    /// Checked by whoever reads it.
    Any,
}

/// What a property does here.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    Holds,
    /// Nothing, and nothing that could be noticed (a tag, a description).
    Unnoticed,
    /// Nothing, which is told.
    Missing,
    /// Without it the application would not be the one declared: the way out.
    Refused(&'static str),
}

/// One property of a resource, or of an object within it.
#[derive(Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    shape: Shape,
    required: bool,
    effect: Effect,
}

const fn property(name: &'static str, shape: Shape, effect: Effect) -> Property {
    Property {
        name,
        shape,
        required: false,
        effect,
    }
}

/// A property that holds.
pub(crate) const fn has(name: &'static str, shape: Shape) -> Property {
    property(name, shape, Effect::Holds)
}

/// One without which the resource is nothing.
pub(crate) const fn must(name: &'static str, shape: Shape) -> Property {
    Property {
        required: true,
        ..has(name, shape)
    }
}

/// One whose lack nobody notices.
pub(crate) const fn unnoticed(name: &'static str) -> Property {
    property(name, Shape::Any, Effect::Unnoticed)
}

/// One that has no effect here.
pub(crate) const fn missing(name: &'static str) -> Property {
    property(name, Shape::Any, Effect::Missing)
}

/// One that can't be passed over.
pub(crate) const fn refused(name: &'static str, way_out: &'static str) -> Property {
    property(name, Shape::Any, Effect::Refused(way_out))
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
