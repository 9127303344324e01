//! What conditions, updates and projections do with items, as DynamoDB does it.
//!
//! Pure functions of an item and of what a request says. The paths of an update or a projection don't overlap, which
//! was checked when the request was read.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

mod compare;
mod condition;
mod legacy;
mod paths;
mod projection;
mod returned;
mod sets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod update;

pub use compare::{compare, equal, items_equal, order};
pub use condition::holds;
pub(crate) use condition::size;
pub use legacy::{conditions_hold, legacy_updated};
pub use paths::at;
pub use projection::projected;
pub use returned::returned;
pub use update::{Updated, updated};

use crate::request::{Check, ItemUpdate};
use crate::{Item, Refusal};

impl Check {
    /// Whether it holds. An item that is not there has no attributes.
    pub fn holds(&self, item: Option<&Item>) -> bool {
        match self {
            Self::Expression(condition) => holds(condition, item),
            Self::Legacy(conditions) => conditions_hold(conditions, item),
        }
    }
}

impl ItemUpdate {
    /// What becomes of an item; one that is not there has the attributes of its key.
    pub fn updated(&self, item: &Item) -> Result<Updated, Refusal> {
        match self {
            Self::Expression(update) => updated(update, item),
            Self::Legacy(updates) => legacy_updated(updates, item),
        }
    }

    /// Whether it only takes away: then an item that is not there is not made, and nothing of the update is refused.
    pub fn only_removes(&self) -> bool {
        match self {
            Self::Expression(update) => update.only_removes(),
            Self::Legacy(updates) => legacy::only_removes(updates),
        }
    }
}
