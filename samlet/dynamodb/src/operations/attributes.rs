//! Which attributes of items a search looks at and answers.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select>

use samlet_dynamodb_api::expression::{Path, Projection};
use samlet_dynamodb_api::request::{Check, IndexProjection, Select};

use super::search::Answer;
use super::source::Source;
use crate::database::{Index, IndexKind, Table};
use crate::error::Error;

/// What is answered of items.
pub(crate) fn answer(select: Option<Select>, projection: Option<&Projection>) -> Answer<'_> {
    match (select, projection) {
        (Some(Select::Count), _) => Answer::Count,
        (_, Some(projection)) => Answer::Parts(projection),
        (Some(Select::AllAttributes), None) => Answer::Whole,
        (_, None) => Answer::Projected,
    }
}

/// Whether items are fetched from the table: of a local index, if more is asked for than is in it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.Projections>
pub(crate) fn is_whole(
    source: &Source<'_>,
    select: Option<Select>,
    projection: Option<&Projection>,
    filter: Option<&Check>,
) -> bool {
    let Some(index) = source.index.filter(|index| index.kind == IndexKind::Local) else {
        return false;
    };
    if select == Some(Select::AllAttributes) {
        return true;
    }
    let is_missing = |name: &str| !index.has_attribute(source.table, name);
    let mut is_whole = projection.is_some_and(|projection| {
        let mut paths = projection.0.iter();
        paths.any(|path| is_missing(&path.attribute))
    });
    if let Some(filter) = filter {
        attributes(filter, &mut |name| is_whole |= is_missing(name));
    }
    is_whole
}

/// Refuses all attributes of a global index that doesn't have them.
pub(crate) fn check_select(source: &Source<'_>, select: Option<Select>) -> Result<(), Error> {
    let Some(index) = global_part(source) else {
        return Ok(());
    };
    if select != Some(Select::AllAttributes) {
        return Ok(());
    }
    Err(Error::validation(format!(
        "One or more parameter values were invalid: \
         Select type ALL_ATTRIBUTES is not supported for global secondary index {} \
         because its projection type is not ALL",
        index.name
    )))
}

/// Refuses to answer attributes that a global index doesn't have.
pub(crate) fn check_projected(
    source: &Source<'_>,
    projection: Option<&Projection>,
) -> Result<(), Error> {
    let (Some(index), Some(projection)) = (global_part(source), projection) else {
        return Ok(());
    };
    let mut missing: Vec<&str> = Vec::new();
    for path in &projection.0 {
        let name = path.attribute.as_str();
        if !index.has_attribute(source.table, name) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::validation(format!(
        "One or more parameter values were invalid: Global secondary index {} does not project [{}]",
        index.name,
        missing.join(", ")
    )))
}

/// Refuses a filter on what a Query finds items by.
pub(crate) fn check_filter(source: &Source<'_>, filter: Option<&Check>) -> Result<(), Error> {
    let Some(filter) = filter else {
        return Ok(());
    };
    let mut names = Vec::new();
    attributes(filter, &mut |name| names.push(name));
    let mut key = source.key();
    let Some(attribute) = key.find(|key| names.contains(&key.name.as_str())) else {
        return Ok(());
    };
    let member = match filter {
        Check::Expression(_) => "Filter Expression",
        Check::Legacy(_) => "QueryFilter",
    };
    Err(Error::validation(format!(
        "{member} can only contain non-primary key attributes: Primary key attribute: {}",
        attribute.name
    )))
}

/// Refuses a projection with paths into attributes of keys, whose values have no parts.
pub(crate) fn check_projection_paths(
    table: &Table,
    projection: Option<&Projection>,
) -> Result<(), Error> {
    let paths = projection.map_or(&[][..], |projection| &projection.0);
    check_paths(table, &paths.iter().collect::<Vec<_>>())
}

/// Refuses a filter with such paths.
pub(crate) fn check_filter_paths(table: &Table, filter: Option<&Check>) -> Result<(), Error> {
    let mut paths = Vec::new();
    if let Some(Check::Expression(condition)) = filter {
        condition.paths(&mut |path| paths.push(path));
    }
    check_paths(table, &paths)
}

fn check_paths(table: &Table, paths: &[&Path]) -> Result<(), Error> {
    let has_parts = |name: &str| {
        let mut paths = paths.iter();
        paths.any(|path| path.attribute == name && !path.elements.is_empty())
    };
    let refuse = |key: &str, name: &str| {
        Err(Error::validation(format!(
            "Key attributes must be scalars; \
             list random access '[]' and map lookup '.' are not allowed: {key}: {name}"
        )))
    };
    let mut key = table.key_attributes();
    if let Some(attribute) = key.find(|attribute| has_parts(&attribute.name)) {
        return refuse("Key", &attribute.name);
    }
    let of_kind = |kind| table.indexes.iter().filter(move |index| index.kind == kind);
    let indexes = of_kind(IndexKind::Global).chain(of_kind(IndexKind::Local));
    let mut keys = indexes.flat_map(Index::key_attributes);
    match keys.find(|attribute| has_parts(&attribute.name)) {
        Some(attribute) => refuse("IndexKey", &attribute.name),
        None => Ok(()),
    }
}

/// The attributes that a filter names.
fn attributes<'f>(filter: &'f Check, found: &mut impl FnMut(&'f str)) {
    match filter {
        Check::Expression(condition) => condition.paths(&mut |path| found(&path.attribute)),
        Check::Legacy(conditions) => {
            for (name, _) in &conditions.tests {
                found(name);
            }
        }
    }
}

/// A global index that has only a part of items.
fn global_part<'t>(source: &Source<'t>) -> Option<&'t Index> {
    let index = source.index?;
    let is_part = index.kind == IndexKind::Global && index.projection != IndexProjection::All;
    is_part.then_some(index)
}
