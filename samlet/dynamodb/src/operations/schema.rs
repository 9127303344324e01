//! Whether keys, items and updates fit a table's keys and those of its indexes.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

#[cfg(test)]
mod tests;

use samlet_dynamodb_api::evaluate::equal;
use samlet_dynamodb_api::expression::{Path, Projection, SetOperand, SetValue, Update};
use samlet_dynamodb_api::legacy::AttributeUpdate;
use samlet_dynamodb_api::request::ItemUpdate;
use samlet_dynamodb_api::{AttributeType, AttributeValue, Item};

use crate::database::{
    Index, IndexKind, Key, KeyAttribute, MAX_PARTITION_KEY, MAX_SORT_KEY, Table,
};
use crate::error::Error;

/// What doesn't fit, in DynamoDB's words. It is always a `ValidationException`; in a transaction, it matters what kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// A value for a key is empty, which makes a transaction invalid as a whole.
    Empty(String),
    /// Anything else, for which a transaction is cancelled.
    Other(String),
}

impl Misfit {
    fn invalid_values(reason: impl std::fmt::Display) -> Self {
        Self::Other(format!(
            "One or more parameter values were invalid: {reason}"
        ))
    }

    fn does_not_match() -> Self {
        Self::Other("The provided key element does not match the schema".into())
    }
}

impl From<Misfit> for Error {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Empty(message) | Misfit::Other(message) => Self::validation(message),
        }
    }
}

/// The key that a `Key` member says: the attributes of the table's key and no others.
pub(crate) fn key(table: &Table, key: &Item) -> Result<Key, Misfit> {
    if key.len() != table.key_attributes().count() {
        return Err(Misfit::does_not_match());
    }
    for attribute in table.key_attributes() {
        match key.get(&attribute.name) {
            Some(value) if value.kind() == attribute.kind => check_not_empty(attribute, value)?,
            _ => return Err(Misfit::does_not_match()),
        }
    }
    checked_key(table, key)
}

/// The key of a whole item, which has all attributes of the table's key, and none for an index's key that cannot be
/// one.
pub(crate) fn item_key(table: &Table, item: &Item) -> Result<Key, Misfit> {
    for attribute in table.key_attributes() {
        let name = &attribute.name;
        let Some(value) = item.get(name) else {
            return Err(Misfit::invalid_values(format_args!(
                "Missing the key {name} in the item"
            )));
        };
        if value.kind() != attribute.kind {
            return Err(Misfit::invalid_values(format_args!(
                "Type mismatch for key {name} expected: {} actual: {}",
                attribute.kind.name(),
                value.kind().name()
            )));
        }
        check_not_empty(attribute, value)?;
    }
    let key = checked_key(table, item)?;
    check_index_keys(table, item)?;
    Ok(key)
}

/// As [`item_key`] is in a BatchWriteItem, which says of any fault of the key that it doesn't match.
pub(crate) fn batch_item_key(table: &Table, item: &Item) -> Result<Key, Misfit> {
    let fits = |attribute: &KeyAttribute| {
        let value = item.get(&attribute.name);
        value.is_some_and(|value| value.kind() == attribute.kind)
    };
    if !table.key_attributes().all(fits) {
        return Err(Misfit::does_not_match());
    }
    item_key(table, item)
}

/// Encodes a key whose attributes are there and of the right types, once their sizes are checked.
fn checked_key(table: &Table, item: &Item) -> Result<Key, Misfit> {
    let sort = table.sort.as_ref();
    check_sizes(item, std::slice::from_ref(&table.partition), sort)?;
    table.key_of(item).map_err(|_| Misfit::does_not_match())
}

fn check_sizes<'k>(
    item: &Item,
    partition: &[KeyAttribute],
    sort: impl IntoIterator<Item = &'k KeyAttribute>,
) -> Result<(), Misfit> {
    let size = |attribute: &KeyAttribute| item.get(&attribute.name).map_or(0, key_bytes);
    if partition.iter().map(size).sum::<usize>() > MAX_PARTITION_KEY {
        // The space that is missing is DynamoDB's.
        return Err(Misfit::invalid_values(
            "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ));
    }
    if sort.into_iter().map(size).sum::<usize>() > MAX_SORT_KEY {
        return Err(Misfit::invalid_values(
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ));
    }
    Ok(())
}

fn key_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(_) | AttributeValue::B(_) => value.size(),
        // No number is too large.
        _ => 0,
    }
}

/// What an empty value is called; `None` of a value that isn't empty.
fn emptiness(value: &AttributeValue) -> Option<&'static str> {
    match value {
        AttributeValue::S(text) if text.is_empty() => Some("string"),
        AttributeValue::B(bytes) if bytes.is_empty() => Some("binary"),
        _ => None,
    }
}

/// Refuses an empty value for an attribute of a key.
pub(super) fn check_not_empty(
    attribute: &KeyAttribute,
    value: &AttributeValue,
) -> Result<(), Misfit> {
    let Some(empty) = emptiness(value) else {
        return Ok(());
    };
    Err(Misfit::Empty(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain \
         an empty {empty} value. Key: {}",
        attribute.name
    )))
}

/// Checks all indexes that items must fit. Of those that something doesn't fit, DynamoDB names the first by its name.
fn check_indexes(
    table: &Table,
    check: impl Fn(&Index) -> Result<(), Misfit>,
) -> Result<(), Misfit> {
    let mut first: Option<(&str, Misfit)> = None;
    for index in &table.indexes {
        let Err(misfit) = check(index) else {
            continue;
        };
        if first
            .as_ref()
            .is_none_or(|(name, _)| index.name.as_str() < *name)
        {
            first = Some((&index.name, misfit));
        }
    }
    first.map_or(Ok(()), |(_, misfit)| Err(misfit))
}

/// The attributes of an index's key, but for what every key of the table has.
fn own_attributes(index: &Index) -> impl Iterator<Item = &KeyAttribute> {
    let partition = match index.kind {
        IndexKind::Local => &[],
        IndexKind::Global => index.partition.as_slice(),
    };
    partition.iter().chain(&index.sort)
}

/// Refuses an item that has a value for an index's key that cannot be one. An item without a value is not in the index.
fn check_index_keys(table: &Table, item: &Item) -> Result<(), Misfit> {
    check_indexes(table, |index| {
        for attribute in own_attributes(index) {
            let Some(value) = item.get(&attribute.name) else {
                continue;
            };
            check_index_type(index, attribute, value.kind())?;
            if let Some(empty) = emptiness(value) {
                return Err(Misfit::Empty(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is \
                     not supported. The AttributeValue for a key attribute cannot contain an empty {empty} value. \
                     IndexName: {}, IndexKey: {}",
                    index.name, attribute.name
                )));
            }
        }
        check_sizes(item, &index.partition, &index.sort)
    })
}

fn check_index_type(
    index: &Index,
    attribute: &KeyAttribute,
    actual: AttributeType,
) -> Result<(), Misfit> {
    if actual == attribute.kind {
        return Ok(());
    }
    Err(Misfit::invalid_values(format_args!(
        "Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {}",
        attribute.name,
        attribute.kind.name(),
        actual.name(),
        index.name
    )))
}

/// Refuses an update that is about an attribute of the table's key, or makes one of an index's key what it cannot be,
/// as far as the update itself shows that.
pub(crate) fn check_update(table: &Table, update: &ItemUpdate) -> Result<(), Misfit> {
    for attribute in table.key_attributes() {
        if has_target(update, &attribute.name) {
            return Err(Misfit::invalid_values(format_args!(
                "Cannot update attribute {}. This attribute is part of the key",
                attribute.name
            )));
        }
    }
    check_indexes(table, |index| {
        for attribute in own_attributes(index) {
            let becomes = becomes(update, &attribute.name);
            if let Some(kind) = becomes.kind() {
                check_index_type(index, attribute, kind)?;
            }
            if let Becomes::Value(value) = becomes {
                check_not_empty_in_update(value)?;
            }
        }
        Ok(())
    })?;
    let ItemUpdate::Expression(update) = update else {
        return Ok(());
    };
    let mut misfit = Ok(());
    update.paths(&mut |path| {
        if misfit.is_ok() {
            misfit = check_scalar(table, path);
        }
    });
    misfit
}

fn check_not_empty_in_update(value: &AttributeValue) -> Result<(), Misfit> {
    let Some(empty) = emptiness(value) else {
        return Ok(());
    };
    Err(Misfit::Empty(format!(
        "One or more parameter values are not valid. The update expression attempted to update a secondary index \
         key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty \
         {empty} value."
    )))
}

/// Refuses an item that an update gave a value for an index's key that cannot be one. What the update left as it was is
/// not looked at: it may be older than the index.
pub(crate) fn check_updated(table: &Table, old: &Item, new: &Item) -> Result<(), Misfit> {
    check_indexes(table, |index| {
        let mut has_changed = false;
        for attribute in own_attributes(index) {
            let Some(value) = new.get(&attribute.name) else {
                continue;
            };
            let before = old.get(&attribute.name);
            if before.is_some_and(|before| equal(before, value)) {
                continue;
            }
            has_changed = true;
            if value.kind() != attribute.kind {
                return Err(Misfit::Other(
                    "The update expression attempted to update the secondary index key to unsupported type"
                        .into(),
                ));
            }
            check_not_empty_in_update(value)?;
        }
        if has_changed {
            check_sizes(new, &index.partition, &index.sort)?;
        }
        Ok(())
    })
}

/// Refuses a path into an attribute of a key.
pub(crate) fn check_scalar(table: &Table, path: &Path) -> Result<(), Misfit> {
    if path.elements.is_empty() {
        return Ok(());
    }
    let is_path = |key: &KeyAttribute| key.name == path.attribute;
    let of_index = |index: &Index| index.key_attributes().any(is_path);
    let kind = if table.key_attributes().any(is_path) {
        "Key"
    } else if table.indexes.iter().any(of_index) {
        "IndexKey"
    } else {
        return Ok(());
    };
    Err(Misfit::Other(format!(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {kind}: {}",
        path.attribute
    )))
}

/// Refuses a projection of what is within an attribute of a key.
pub(crate) fn check_projection(
    table: &Table,
    projection: Option<&Projection>,
) -> Result<(), Misfit> {
    let mut paths = projection.iter().flat_map(|projection| &projection.0);
    paths.try_for_each(|path| check_scalar(table, path))
}

fn has_target(update: &ItemUpdate, name: &str) -> bool {
    match update {
        ItemUpdate::Expression(update) => targets(update).any(|path| path.attribute == name),
        ItemUpdate::Legacy(updates) => updates.iter().any(|(updated, _)| updated == name),
    }
}

fn targets(update: &Update) -> impl Iterator<Item = &Path> {
    let set = update.set.iter().map(|action| &action.path);
    let add = update.add.iter().chain(&update.delete);
    set.chain(&update.remove).chain(add.map(|(path, _)| path))
}

/// What an update itself shows of what an attribute becomes.
enum Becomes<'u> {
    Unknown,
    OfType(AttributeType),
    Value(&'u AttributeValue),
}

impl Becomes<'_> {
    fn kind(&self) -> Option<AttributeType> {
        match self {
            Self::Unknown => None,
            Self::OfType(kind) => Some(*kind),
            Self::Value(value) => Some(value.kind()),
        }
    }
}

fn becomes<'u>(update: &'u ItemUpdate, name: &str) -> Becomes<'u> {
    match update {
        ItemUpdate::Expression(update) => expression_becomes(update, name),
        ItemUpdate::Legacy(updates) => match updates.iter().find(|(updated, _)| updated == name) {
            Some((_, AttributeUpdate::Put(value))) => Becomes::Value(value),
            Some((_, AttributeUpdate::Add(value) | AttributeUpdate::Remove(value))) => {
                Becomes::OfType(value.kind())
            }
            Some((_, AttributeUpdate::Delete)) | None => Becomes::Unknown,
        },
    }
}

fn expression_becomes<'u>(update: &'u Update, name: &str) -> Becomes<'u> {
    let is_it = |path: &Path| path.elements.is_empty() && path.attribute == name;
    if let Some(action) = update.set.iter().find(|action| is_it(&action.path)) {
        return match &action.value {
            SetValue::Plus(..) | SetValue::Minus(..) => Becomes::OfType(AttributeType::N),
            SetValue::Operand(SetOperand::Value(value)) => Becomes::Value(value),
            SetValue::Operand(SetOperand::ListAppend(..)) => Becomes::OfType(AttributeType::L),
            SetValue::Operand(SetOperand::Path(_) | SetOperand::IfNotExists(..)) => {
                Becomes::Unknown
            }
        };
    }
    let mut others = update.add.iter().chain(&update.delete);
    match others.find(|(path, _)| is_it(path)) {
        Some((_, value)) => Becomes::OfType(value.kind()),
        None => Becomes::Unknown,
    }
}
