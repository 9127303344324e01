//! Projections: which parts of items are answered.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html>

use super::Path;

/// The parts of an item that are asked for: none of them overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection(pub Vec<Path>);
