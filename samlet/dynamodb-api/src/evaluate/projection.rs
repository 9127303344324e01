//! Which parts of items are answered.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html>

use super::paths::step;
use crate::expression::{Path, PathElement, Projection};
use crate::{AttributeValue, Item};

/// The parts of an item that are asked for, within the maps and lists that they are in. Lists have only the elements
/// that are asked for, in their order. What is not there is left out, with all that would have nothing but that in it.
pub fn projected(projection: &Projection, item: &Item) -> Item {
    let mut paths: Vec<&Path> = projection.0.iter().collect();
    // Paths into one attribute, map or list stand together then, in the order of a list.
    paths.sort_unstable();
    let groups = paths.chunk_by(|one, other| one.attribute == other.attribute);
    let parts = groups.filter_map(|group| {
        let name = &group[0].attribute;
        let part = part(item.get(name)?, group, 0)?;
        Some((name.clone(), part))
    });
    parts.collect()
}

/// What is asked for of a value; `depth` is how many elements of the paths lead to it.
fn part(value: &AttributeValue, paths: &[&Path], depth: usize) -> Option<AttributeValue> {
    if paths.iter().any(|path| path.elements.len() == depth) {
        return Some(value.clone());
    }
    let groups = paths.chunk_by(|one, other| one.elements[depth] == other.elements[depth]);
    let parts = groups.filter_map(|group| {
        let element = &group[0].elements[depth];
        Some((element, part(step(value, element)?, group, depth + 1)?))
    });
    match value {
        AttributeValue::L(_) => {
            let elements: Vec<_> = parts.map(|(_, part)| part).collect();
            (!elements.is_empty()).then_some(AttributeValue::L(elements))
        }
        AttributeValue::M(_) => {
            let members = parts.filter_map(|(element, part)| match element {
                PathElement::Member(name) => Some((name.clone(), part)),
                PathElement::Index(_) => None,
            });
            let members: Item = members.collect();
            (!members.is_empty()).then_some(AttributeValue::M(members))
        }
        _ => None,
    }
}
