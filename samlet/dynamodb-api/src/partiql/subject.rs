//! What a statement is about: all that permissions ask of it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>

use super::{Select, Statement};
use crate::AttributeValue;
use crate::expression::{Comparator, Condition, Operand, Path};

impl Statement {
    /// The table that it is about.
    pub fn table(&self) -> &str {
        match self {
            Self::Select(select) | Self::Exists(select) => &select.table,
            Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. } => table,
        }
    }

    /// The index that it reads.
    pub fn index(&self) -> Option<&str> {
        match self {
            Self::Select(select) | Self::Exists(select) => select.index.as_deref(),
            Self::Insert { .. } | Self::Update { .. } | Self::Delete { .. } => None,
        }
    }

    /// Whether it only reads. A check of a transaction counts as one of its writes.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Select(_))
    }

    /// The IAM action that it needs, without its prefix.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Select(_) | Self::Exists(_) => "PartiQLSelect",
            Self::Insert { .. } => "PartiQLInsert",
            Self::Update { .. } => "PartiQLUpdate",
            Self::Delete { .. } => "PartiQLDelete",
        }
    }

    /// Visits each path that it names, but for the attributes of an item that it inserts.
    pub fn paths<'s>(&'s self, visit: &mut dyn FnMut(&'s Path)) {
        match self {
            Self::Select(select) | Self::Exists(select) => paths_of_select(select, visit),
            Self::Insert { .. } => {}
            Self::Update {
                update, condition, ..
            } => {
                update.paths(&mut |path| visit(path));
                condition.paths(&mut |path| visit(path));
            }
            Self::Delete { condition, .. } => condition.paths(&mut |path| visit(path)),
        }
    }

    /// The values of an attribute that the items it is about can have: those that it binds it to by `=` or `IN`,
    /// however its condition holds. `None` if there is a way in which they can have others. An attribute that is bound
    /// to several values that exclude each other has all of them: a change looks at the item of one of them, and can
    /// answer it though its condition fails.
    pub fn fixed_values(&self, attribute: &str) -> Option<Vec<&AttributeValue>> {
        let condition = match self {
            Self::Insert { item, .. } => return item.get(attribute).map(|value| vec![value]),
            Self::Select(select) | Self::Exists(select) => select.condition.as_ref()?,
            Self::Update { condition, .. } | Self::Delete { condition, .. } => condition,
        };
        fixed(condition, attribute)
    }
}

fn fixed<'s>(condition: &'s Condition, attribute: &str) -> Option<Vec<&'s AttributeValue>> {
    let is_attribute = |operand: &Operand| matches!(operand, Operand::Path(path) if path.attribute == attribute && path.elements.is_empty());
    match condition {
        // One that binds it is enough.
        Condition::All(conditions) => {
            let bound = conditions
                .iter()
                .filter_map(|condition| fixed(condition, attribute));
            bound.reduce(|mut values, more| {
                values.extend(more);
                values
            })
        }
        // Each of them must bind it.
        Condition::Any(conditions) => {
            let mut values = Vec::new();
            for condition in conditions {
                values.append(&mut fixed(condition, attribute)?);
            }
            Some(values)
        }
        Condition::Compare(Comparator::Equal, one, Operand::Value(value))
        | Condition::Compare(Comparator::Equal, Operand::Value(value), one)
            if is_attribute(one) =>
        {
            Some(vec![value])
        }
        Condition::In(one, members) if is_attribute(one) => members
            .iter()
            .map(|member| match member {
                Operand::Value(value) => Some(value),
                Operand::Path(_) | Operand::Size(_) => None,
            })
            .collect(),
        _ => None,
    }
}

fn paths_of_select<'s>(select: &'s Select, visit: &mut dyn FnMut(&'s Path)) {
    if let Some(projection) = &select.projection {
        projection.0.iter().for_each(&mut *visit);
    }
    if let Some(condition) = &select.condition {
        condition.paths(&mut |path| visit(path));
    }
    select.order.iter().for_each(|(path, _)| visit(path));
}
