//! Statements in PartiQL, run as the operations on items and the searches that they stand for.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>

mod batch;
mod branches;
mod changes;
mod keys;
mod next_token;
mod operands;
mod order;
mod ranges;
mod select;
#[cfg(test)]
mod tests;
mod transaction;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::at;
use samlet_dynamodb_api::expression::{Path, PathElement, Projection};
use samlet_dynamodb_api::partiql::Statement;
use samlet_dynamodb_api::request::ExecuteStatement;
use serde_json::Value;

pub(super) use batch::batch;
pub(super) use transaction::transaction;

use crate::database::Database;
use crate::error::Error;

/// Runs a statement.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html>
pub(super) fn execute(database: &mut Database, request: &ExecuteStatement) -> Result<Value, Error> {
    match &request.statement {
        Statement::Select(select) => {
            let table = database.table(&select.table)?;
            select::execute(database, request, select, &table)
        }
        _ if request.next_token.is_some() => Err(Error::validation(
            "NextToken is only valid on a SELECT statement",
        )),
        _ => changes::execute(database, request),
    }
}

/// The parts of an item that a statement asks for, each under the last name of its path.
fn parts(projection: Option<&Projection>, item: Item) -> Item {
    let Some(Projection(paths)) = projection else {
        return item;
    };
    let mut parts = Item::new();
    // The last of several of one name is answered: the others are not copied.
    for path in paths.iter().rev() {
        let name = last_name(path);
        if let Some(value) = at(path, &item)
            && !parts.contains_key(&name)
        {
            parts.insert(name, value.clone());
        }
    }
    parts
}

/// The last name of a path, with the indexes after it.
fn last_name(path: &Path) -> String {
    let is_member = |element: &PathElement| matches!(element, PathElement::Member(_));
    let last = path.elements.iter().rposition(is_member);
    let mut name = String::new();
    if last.is_none() {
        name += &path.attribute;
    }
    for element in &path.elements[last.unwrap_or_default()..] {
        match element {
            PathElement::Member(member) => name += member,
            PathElement::Index(index) => name += &format!("[{index}]"),
        }
    }
    name
}
