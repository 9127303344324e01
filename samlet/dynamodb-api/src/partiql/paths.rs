//! Paths as refusals list them, and which of them overlap.

use std::fmt::Write;

use crate::expression::{Path, PathElement};

/// A path's parts as DynamoDB lists them: `[a, b, [0]]`.
pub(super) fn listed(path: &Path) -> String {
    let mut parts = format!("[{}", path.attribute);
    for element in &path.elements {
        // Writing to a string doesn't fail.
        let _ = match element {
            PathElement::Member(name) => write!(parts, ", {name}"),
            PathElement::Index(index) => write!(parts, ", [{index}]"),
        };
    }
    parts.push(']');
    parts
}

/// Whether one of two paths is the other, or a part of it.
pub(super) fn overlap(one: &Path, other: &Path) -> bool {
    let mut elements = one.elements.iter().zip(&other.elements);
    one.attribute == other.attribute && elements.all(|(one, other)| one == other)
}
