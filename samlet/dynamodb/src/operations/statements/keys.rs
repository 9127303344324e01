//! Which item a statement is about.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html>

use samlet_dynamodb_api::expression::{Comparator, Condition, Operand};
use samlet_dynamodb_api::{AttributeType, AttributeValue, Item};

use crate::database::{KeyAttribute, Table};
use crate::error::Error;

const NO_KEY: &str = "Where clause does not contain a mandatory equality on all key attributes";

/// Why a value can't be that of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyFault {
    /// No key is of its type.
    NotAKey(String),
    /// The key is of another type.
    WrongType(String),
    /// A key's attribute has no value, or several.
    NotOne(String),
}

impl KeyFault {
    /// In DynamoDB's words.
    pub(super) fn message(&self) -> &str {
        let (Self::NotAKey(message) | Self::WrongType(message) | Self::NotOne(message)) = self;
        message
    }
}

impl From<KeyFault> for Error {
    fn from(fault: KeyFault) -> Self {
        Self::validation(fault.message())
    }
}

/// Refuses a value that can't be that of a key.
pub(super) fn check_key_type(
    attribute: &KeyAttribute,
    value: &AttributeValue,
) -> Result<(), KeyFault> {
    let kind = value.kind();
    if kind == attribute.kind {
        return Ok(());
    }
    if matches!(kind, AttributeType::S | AttributeType::N | AttributeType::B) {
        return Err(KeyFault::WrongType(wrong_type(attribute)));
    }
    Err(KeyFault::NotAKey(format!(
        "Key value must be of type S, N, or B. Key name: {}, Key type: {}",
        attribute.name,
        kind.name()
    )))
}

fn wrong_type(attribute: &KeyAttribute) -> String {
    format!(
        "Key attribute's data type should match its data type in table's schema: Key {}",
        attribute.name
    )
}

/// Refuses an item to insert with a key of another type, outside of transactions.
pub(super) fn check_inserted(table: &Table, item: &Item) -> Result<(), Error> {
    for attribute in table.key_attributes() {
        let value = item.get(&attribute.name);
        if value.is_some_and(|value| value.kind() != attribute.kind) {
            return Err(Error::validation(wrong_type(attribute)));
        }
    }
    Ok(())
}

/// The key of the item that an `UPDATE`, `DELETE` or `EXISTS` is about: what those terms say that are joined to all
/// others by `AND`.
pub(super) fn pinned(table: &Table, condition: &Condition) -> Result<Item, KeyFault> {
    let mut terms = Vec::new();
    conjuncts(condition, &mut terms);
    let mut key = Item::new();
    for attribute in table.key_attributes() {
        let name = &attribute.name;
        let mut pinned = None;
        for value in terms.iter().filter_map(|term| equality(term, name)) {
            check_key_type(attribute, value)?;
            if pinned.is_some_and(|other| other != value) {
                return Err(KeyFault::NotOne(format!(
                    "Multiple conditions on same key {name}. \
                     Only single item Update/Insert/Delete are supported"
                )));
            }
            pinned = Some(value);
        }
        let value = pinned.ok_or_else(no_key)?;
        key.insert(name.clone(), value.clone());
    }
    Ok(key)
}

/// The fault of a clause that doesn't say which item it is about.
pub(super) fn no_key() -> KeyFault {
    KeyFault::NotOne(NO_KEY.into())
}

/// Whether a condition says nothing but what the item's key is.
pub(super) fn is_only_key(table: &Table, condition: &Condition) -> bool {
    let mut terms = Vec::new();
    conjuncts(condition, &mut terms);
    terms.iter().all(|term| key_value(table, term).is_some())
}

/// What a `SELECT` is that is to read one item.
#[derive(Debug, PartialEq)]
pub(super) enum Singleton {
    /// Of this key.
    Key(Item),
    /// One that reads others, too, or filters.
    NotByKey,
    /// One of a key of another type.
    WrongType(KeyFault),
}

/// The key of the item that a `SELECT` reads. It may say nothing but the key.
pub(super) fn singleton(table: &Table, condition: Option<&Condition>) -> Singleton {
    let Some(condition) = condition else {
        return Singleton::NotByKey;
    };
    let mut terms = Vec::new();
    conjuncts(condition, &mut terms);
    let mut key = Item::new();
    for term in terms {
        let Some((attribute, value)) = key_value(table, term) else {
            return Singleton::NotByKey;
        };
        let before = key.insert(attribute.name.clone(), value.clone());
        if before.is_some_and(|before| before != *value) {
            return Singleton::NotByKey;
        }
    }
    if key.len() < table.key_attributes().count() {
        return Singleton::NotByKey;
    }
    for attribute in table.key_attributes() {
        if let Some(value) = key.get(&attribute.name)
            && let Err(fault) = check_key_type(attribute, value)
        {
            return Singleton::WrongType(fault);
        }
    }
    Singleton::Key(key)
}

/// The terms that are joined by `AND` alone.
fn conjuncts<'s>(condition: &'s Condition, terms: &mut Vec<&'s Condition>) {
    match condition {
        Condition::All(conditions) => {
            for condition in conditions {
                conjuncts(condition, terms);
            }
        }
        term => terms.push(term),
    }
}

/// The value that an attribute must be equal to.
fn equality<'s>(term: &'s Condition, attribute: &str) -> Option<&'s AttributeValue> {
    let (Condition::Compare(Comparator::Equal, Operand::Path(path), Operand::Value(value))
    | Condition::Compare(Comparator::Equal, Operand::Value(value), Operand::Path(path))) = term
    else {
        return None;
    };
    (path.attribute == attribute && path.elements.is_empty()).then_some(value)
}

/// The attribute of the key that a term fixes, and its value.
fn key_value<'t, 's>(
    table: &'t Table,
    term: &'s Condition,
) -> Option<(&'t KeyAttribute, &'s AttributeValue)> {
    table.key_attributes().find_map(|attribute| {
        let value = match term {
            Condition::In(Operand::Path(path), members)
                if path.attribute == attribute.name && path.elements.is_empty() =>
            {
                match members.as_slice() {
                    [Operand::Value(value)] => Some(value),
                    _ => None,
                }
            }
            term => equality(term, &attribute.name),
        };
        value.map(|value| (attribute, value))
    })
}
