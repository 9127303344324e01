//! What an `UpdateExpression` makes of an item.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>

use std::borrow::Cow;

use super::paths::{as_usize, at, step, step_mut};
use super::sets::{added, arithmetic, remaining};
use crate::expression::{Path, PathElement, Projection, SetOperand, SetValue, Update};
use crate::value::{MAX_ITEM_SIZE, NESTING, item_size};
use crate::{AttributeValue, Item, Number, Refusal};

/// The message about an operand whose type its operator or function doesn't take.
const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";

/// An item after an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// The item.
    pub item: Item,
    /// The paths that the update is about, in the item as it was.
    pub changed: Projection,
}

/// What is to become of what is at a path; nothing removes it.
struct Change<'u> {
    path: &'u Path,
    value: Option<AttributeValue>,
}

impl Update {
    /// Whether it only takes away: then an item that is not there is not made, and nothing of the update is refused.
    pub fn only_removes(&self) -> bool {
        let takes_away = !self.remove.is_empty() || !self.delete.is_empty();
        takes_away && self.set.is_empty() && self.add.is_empty()
    }

    /// The paths that it sets, removes, adds to or deletes from.
    fn targets(&self) -> Projection {
        let set = self.set.iter().map(|action| &action.path);
        let add = self.add.iter().map(|(path, _)| path);
        let delete = self.delete.iter().map(|(path, _)| path);
        let paths = set.chain(&self.remove).chain(add).chain(delete);
        Projection(paths.cloned().collect())
    }
}

/// What becomes of an item; one that is not there has the attributes of its key. All parts of the update see the item
/// as it was, and indexes of lists are those that its elements had.
pub fn updated(update: &Update, item: &Item) -> Result<Updated, Refusal> {
    let mut changes = set_values(update, item)?;
    for action in &update.set {
        target(&action.path, item)?;
    }
    for path in &update.remove {
        if target(path, item)?.is_some() {
            changes.push(Change { path, value: None });
        }
    }
    for (path, value) in &update.add {
        let value = added(target(path, item)?, value, WRONG_TYPE)?;
        let value = Some(value);
        changes.push(Change { path, value });
    }
    for (path, value) in &update.delete {
        if let Some(current) = target(path, item)? {
            let value = remaining(current, value, WRONG_TYPE)?;
            changes.push(Change { path, value });
        }
    }
    let item = applied(changes, item)?;
    check_size(&item)?;
    Ok(Updated {
        item,
        changed: update.targets(),
    })
}

/// Refuses an item that an update made too large.
pub(super) fn check_size(item: &Item) -> Result<(), Refusal> {
    if item_size(item) > MAX_ITEM_SIZE {
        return Err(too_large());
    }
    Ok(())
}

fn too_large() -> Refusal {
    Refusal::validation("Item size to update has exceeded the maximum allowed size")
}

fn invalid_path() -> Refusal {
    Refusal::validation("The document path provided in the update expression is invalid for update")
}

/// What is at a path that is to be changed; refused without a map or list for it to be in.
fn target<'i>(path: &Path, item: &'i Item) -> Result<Option<&'i AttributeValue>, Refusal> {
    let attribute = item.get(&path.attribute);
    let Some((last, way)) = path.elements.split_last() else {
        return Ok(attribute);
    };
    let parent = attribute.and_then(|attribute| way.iter().try_fold(attribute, step));
    match (parent, last) {
        (Some(parent @ AttributeValue::M(_)), PathElement::Member(_))
        | (Some(parent @ AttributeValue::L(_)), PathElement::Index(_)) => Ok(step(parent, last)),
        _ => Err(invalid_path()),
    }
}

/// The right-hand sides of the `SET` clause. Their sizes are added up before they are copied: a short update can name
/// a large attribute hundreds of times.
fn set_values<'u>(update: &'u Update, item: &Item) -> Result<Vec<Change<'u>>, Refusal> {
    let mut changes = Vec::new();
    let mut size = 0;
    for action in &update.set {
        let path = &action.path;
        let value = set_value(&action.value, item)?;
        size += value.size();
        if size > MAX_ITEM_SIZE {
            return Err(too_large());
        }
        if !path.elements.is_empty() && path.elements.len() + depth(&value) > NESTING {
            return Err(Refusal::validation(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                 supported limit",
            ));
        }
        let value = Some(value.into_owned());
        changes.push(Change { path, value });
    }
    Ok(changes)
}

/// The lists and maps within each other that a value consists of; DynamoDB doesn't count empty ones.
fn depth(value: &AttributeValue) -> usize {
    let deepest = match value {
        AttributeValue::L(values) => values.iter().map(depth).max(),
        AttributeValue::M(members) => members.values().map(depth).max(),
        _ => None,
    };
    deepest.map_or(0, |deepest| deepest + 1)
}

fn set_value<'a>(value: &'a SetValue, item: &'a Item) -> Result<Cow<'a, AttributeValue>, Refusal> {
    let result = match value {
        SetValue::Operand(one) => return operand(one, item),
        SetValue::Plus(left, right) => number(left, item)?.plus(number(right, item)?),
        SetValue::Minus(left, right) => number(left, item)?.minus(number(right, item)?),
    };
    arithmetic(result).map(Cow::Owned)
}

fn number(one: &SetOperand, item: &Item) -> Result<Number, Refusal> {
    match *operand(one, item)? {
        AttributeValue::N(number) => Ok(number),
        _ => Err(Refusal::validation(WRONG_TYPE)),
    }
}

fn operand<'a>(one: &'a SetOperand, item: &'a Item) -> Result<Cow<'a, AttributeValue>, Refusal> {
    match one {
        SetOperand::Path(path) => match at(path, item) {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => Err(Refusal::validation(
                "The provided expression refers to an attribute that does not exist in the item",
            )),
        },
        SetOperand::Value(value) => Ok(Cow::Borrowed(value)),
        SetOperand::IfNotExists(path, otherwise) => match at(path, item) {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => operand(otherwise, item),
        },
        SetOperand::ListAppend(first, second) => {
            let first = list(operand(first, item)?)?;
            let second = list(operand(second, item)?)?;
            appended(first, second).map(Cow::Owned)
        }
    }
}

fn list(value: Cow<'_, AttributeValue>) -> Result<Cow<'_, [AttributeValue]>, Refusal> {
    match value {
        Cow::Borrowed(AttributeValue::L(values)) => Ok(Cow::Borrowed(values)),
        Cow::Owned(AttributeValue::L(values)) => Ok(Cow::Owned(values)),
        _ => Err(Refusal::validation(WRONG_TYPE)),
    }
}

fn appended(
    first: Cow<'_, [AttributeValue]>,
    second: Cow<'_, [AttributeValue]>,
) -> Result<AttributeValue, Refusal> {
    let sizes = first.iter().chain(second.iter()).map(AttributeValue::size);
    if sizes.sum::<usize>() > MAX_ITEM_SIZE {
        return Err(too_large());
    }
    let mut values = first.into_owned();
    values.extend(second.into_owned());
    Ok(AttributeValue::L(values))
}

/// Carries out the changes. Values are written first, by their paths' order, so that those beyond the end of a list are
/// appended in the order of their indexes. What is removed was there before: the last element of a list goes first, so
/// that the others keep their indexes until then.
fn applied(mut changes: Vec<Change<'_>>, item: &Item) -> Result<Item, Refusal> {
    changes.sort_unstable_by_key(|change| change.path);
    let mut new = kept(&changes, item);
    let mut removed = Vec::new();
    for change in changes {
        match change.value {
            Some(value) => write(&mut new, change.path, value)?,
            None => removed.push(change.path),
        }
    }
    for path in removed.into_iter().rev() {
        remove(&mut new, path);
    }
    Ok(new)
}

/// A copy of an item without the attributes that are replaced or removed whole.
fn kept(changes: &[Change<'_>], item: &Item) -> Item {
    let goes = |name: &String| {
        let first = changes.partition_point(|change| change.path.attribute < *name);
        let change = changes.get(first).map(|change| change.path);
        change.is_some_and(|path| path.attribute == *name && path.elements.is_empty())
    };
    let kept = item.iter().filter(|(name, _)| !goes(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn write(item: &mut Item, path: &Path, value: AttributeValue) -> Result<(), Refusal> {
    let Some((last, way)) = path.elements.split_last() else {
        item.insert(path.attribute.clone(), value);
        return Ok(());
    };
    match (parent(item, path, way), last) {
        (Some(AttributeValue::M(members)), PathElement::Member(name)) => {
            members.insert(name.clone(), value);
        }
        (Some(AttributeValue::L(values)), PathElement::Index(index)) => {
            match values.get_mut(as_usize(*index)) {
                Some(current) => *current = value,
                None => values.push(value),
            }
        }
        _ => return Err(invalid_path()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) {
    let Some((last, way)) = path.elements.split_last() else {
        item.remove(&path.attribute);
        return;
    };
    match (parent(item, path, way), last) {
        (Some(AttributeValue::M(members)), PathElement::Member(name)) => {
            members.remove(name);
        }
        (Some(AttributeValue::L(values)), PathElement::Index(index)) => {
            let index = as_usize(*index);
            if index < values.len() {
                values.remove(index);
            }
        }
        _ => {}
    }
}

/// The map or list that what is at a path is in.
fn parent<'i>(
    item: &'i mut Item,
    path: &Path,
    way: &[PathElement],
) -> Option<&'i mut AttributeValue> {
    let attribute = item.get_mut(&path.attribute)?;
    way.iter().try_fold(attribute, step_mut)
}
