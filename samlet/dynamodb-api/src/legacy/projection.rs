//! Which attributes are asked for.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributesToGet.html>

use std::collections::HashSet;

use serde_json::Value;

use crate::Refusal;
use crate::expression::{Path, Projection};
use crate::value::check_name;

/// Reads `AttributesToGet`.
pub fn read_attributes_to_get(names: &[Value]) -> Result<Projection, Refusal> {
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    for name in &names {
        check_name(name)?;
    }
    let mut seen = HashSet::with_capacity(names.len());
    if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
        return Err(Refusal::invalid_values(format_args!(
            "Duplicate value in attribute name: {name}"
        )));
    }
    Ok(Projection(names.into_iter().map(Path::from).collect()))
}

/// A projection as `AttributesToGet`; `None` if it asks for parts of attributes, which only an expression can.
pub fn write_attributes_to_get(projection: &Projection) -> Option<Value> {
    let Projection(paths) = projection;
    if paths.iter().any(|path| !path.elements.is_empty()) {
        return None;
    }
    Some(paths.iter().map(|path| path.attribute.as_str()).collect())
}
