//! PartiQL statements: read with their parameters put in, and written again.
//!
//! A statement is cut into tokens, read as PartiQL has it (`clauses`, `terms`), and then as DynamoDB understands it
//! (`meaning`, `conditions`, `updates`, `values`), which refuses most of what PartiQL has. What is run is only ever
//! written from the result, never the text that was read.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>

mod calls;
mod clauses;
mod conditions;
mod functions;
mod ion;
mod meaning;
mod operand_types;
mod paths;
mod print;
mod reader;
mod subject;
mod syntax;
mod terms;
#[cfg(test)]
mod tests;
mod tokens;
mod type_names;
mod updates;
mod values;
mod words;

use crate::expression::{Condition, Path, Projection, Update};
use crate::{AttributeValue, Item, Refusal};

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `SELECT … FROM "table"."index" WHERE …`
    Select(Select),
    /// `INSERT INTO "table" VALUE {…}`
    Insert {
        /// The table's name.
        table: String,
        /// The item.
        item: Item,
    },
    /// `UPDATE "table" SET … WHERE … RETURNING …`
    Update {
        /// The table's name.
        table: String,
        /// What is to become of the item.
        update: Update,
        /// Which item, and what else must hold of it.
        condition: Condition,
        /// What is answered.
        returning: Option<Returning>,
    },
    /// `DELETE FROM "table" WHERE … RETURNING …`
    Delete {
        /// The table's name.
        table: String,
        /// Which item, and what else must hold of it.
        condition: Condition,
        /// What is answered.
        returning: Option<Returning>,
    },
    /// `EXISTS(SELECT …)`, in transactions only.
    Exists(Select),
}

/// A selection.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The table's name.
    pub table: String,
    /// The index's name.
    pub index: Option<String>,
    /// What is asked for; everything without it.
    pub projection: Option<Projection>,
    /// What must hold of items.
    pub condition: Option<Condition>,
    /// `ORDER BY key DESC`: by which attributes, themselves, and whether each falls.
    pub order: Vec<(Path, bool)>,
}

/// What a statement answers of the item that it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// `ALL OLD *`
    AllOld,
    /// `MODIFIED OLD *`
    ModifiedOld,
    /// `ALL NEW *`
    AllNew,
    /// `MODIFIED NEW *`
    ModifiedNew,
}

/// Reads a statement; its `?` stand for `parameters` in turn. Parameters that it doesn't use are passed over.
pub fn parse(text: &str, parameters: Vec<AttributeValue>) -> Result<Statement, Refusal> {
    meaning::statement(text, parameters)
}

/// The refusal of a statement that is not PartiQL.
fn malformed(reason: &str) -> Refusal {
    Refusal::Validation(format!(
        "Statement wasn't well formed, can't be processed: {reason}"
    ))
}
