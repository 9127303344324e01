//! What is answered of an item that was changed.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html#DDB-UpdateItem-request-ReturnValues>

use std::borrow::Cow;

use super::projected;
use crate::Item;
use crate::expression::Projection;
use crate::request::ReturnValues;

/// The `Attributes` of an answer; none if there is nothing to answer. `old` and `new` are the item before and after,
/// `changed` is what [`super::Updated`] says.
///
/// The new values are looked up by the paths as they were written. Where list elements were removed or appended, that is
/// not what was changed: DynamoDB answers what is at these indexes now, and nothing for those beyond the end.
pub fn returned<'i>(
    values: ReturnValues,
    old: Option<&'i Item>,
    new: Option<&'i Item>,
    changed: &Projection,
) -> Option<Cow<'i, Item>> {
    let parts = |item: &Item| {
        let parts = projected(changed, item);
        (!parts.is_empty()).then_some(Cow::Owned(parts))
    };
    match values {
        ReturnValues::None => None,
        ReturnValues::AllOld => old.map(Cow::Borrowed),
        ReturnValues::AllNew => new.map(Cow::Borrowed),
        ReturnValues::UpdatedOld => old.and_then(parts),
        ReturnValues::UpdatedNew => new.and_then(parts),
    }
}
