//! How large values and items are, as DynamoDB counts.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use super::{AttributeValue, Item, Number};
use crate::Refusal;

/// Bytes of an item, at most.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
pub const MAX_ITEM_SIZE: usize = 400 * 1024;

/// Bytes of a list or map itself.
const CONTAINER: usize = 3;

impl AttributeValue {
    /// Its bytes, without its name's.
    pub fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number_size(*number),
            Self::B(value) => value.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::Ss(texts) => texts.iter().map(String::len).sum(),
            Self::Ns(numbers) => numbers.iter().copied().map(number_size).sum(),
            Self::Bs(values) => values.iter().map(Vec::len).sum(),
            Self::L(values) => {
                CONTAINER + values.iter().map(|value| 1 + value.size()).sum::<usize>()
            }
            Self::M(item) => CONTAINER + item.len() + item_size(item),
        }
    }
}

/// The bytes of an item: its attributes' names and values.
pub fn item_size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value.size())
        .sum()
}

/// Refuses an item that is too large.
pub fn check_item_size(item: &Item) -> Result<(), Refusal> {
    if item_size(item) > MAX_ITEM_SIZE {
        return Err(Refusal::validation(
            "Item size has exceeded the maximum allowed size",
        ));
    }
    Ok(())
}

/// A byte, one for each two digits before the point and each two after it, and one for a minus.
fn number_size(number: Number) -> usize {
    let (whole, fraction) = number.digits_around_point();
    1 + whole.div_ceil(2) + fraction.div_ceil(2) + usize::from(number.is_negative())
}
