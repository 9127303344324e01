//! `ORDER BY`: by the key of what is read only, in which its items are stored.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html>

use std::cmp::Ordering;

use samlet_dynamodb_api::evaluate::order;
use samlet_dynamodb_api::partiql::Select;

use super::branches::Branch;
use super::ranges::Partition;
use crate::error::Error;
use crate::operations::source::Source;

/// The order of what is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Whether partition keys fall; `None` if they are in no order.
    partitions_fall: Option<bool>,
    /// Whether the sort key of each partition's items falls.
    pub(super) falls: bool,
}

/// Refuses to sort by what is not in the key.
pub(super) fn check_terms(source: &Source<'_>, select: &Select) -> Result<(), Error> {
    for (path, _) in &select.order {
        if !source.is_key(&path.attribute) {
            return Err(Error::validation(format!(
                "Attribute {} in ORDER BY clause must be part of the primary key",
                path.attribute
            )));
        }
    }
    Ok(())
}

/// The order that a `SELECT` asks for, whose branches must each be about partition keys then. Without the sort key in
/// it, it falls.
pub(super) fn plan(
    source: &Source<'_>,
    select: &Select,
    branches: &[Branch<'_>],
) -> Result<Order, Error> {
    if select.order.is_empty() {
        return Ok(Order::default());
    }
    let mut count = 0;
    for branch in branches {
        if branch.written_partitions != 1 {
            return Err(Error::validation(
                "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
            ));
        }
        count += branch.partitions.iter().map(Vec::len).sum::<usize>();
    }
    let falls = |name: &str| {
        let mut terms = select.order.iter();
        let term = terms.find(|(path, _)| path.attribute == name);
        term.map(|(_, falls)| *falls)
    };
    let partition = source.partition().first();
    let partitions_fall = partition.and_then(|attribute| falls(&attribute.name));
    if count > 1 && partitions_fall.is_none() {
        return Err(Error::validation(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ));
    }
    let sort = source.sort().first();
    let sort = sort.and_then(|attribute| falls(&attribute.name));
    Ok(Order {
        partitions_fall,
        falls: sort.unwrap_or(true),
    })
}

impl Order {
    /// Puts partitions and their ranges into it.
    pub(super) fn sort(self, partitions: &mut [Partition<'_>]) {
        if let Some(falls) = self.partitions_fall {
            partitions.sort_by(|one, other| {
                let order = order(one.value, other.value).unwrap_or(Ordering::Equal);
                if falls { order.reverse() } else { order }
            });
        }
        if self.falls {
            for partition in partitions {
                partition.ranges.reverse();
            }
        }
    }
}
