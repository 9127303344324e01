//! Where a search is to go on: `ExclusiveStartKey`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-ExclusiveStartKey>

use samlet_dynamodb_api::{AttributeValue, Item};

use super::schema::check_not_empty;
use super::source::Source;
use crate::database::{KeyAttribute, MAX_PARTITION_KEY, MAX_SORT_KEY};
use crate::error::Error;

/// What such a key is refused with.
pub(crate) const INVALID: &str = "The provided starting key is invalid";

/// Of a value of another type than the key has.
const MISMATCH: &str = "The provided key element does not match the schema";

/// A starting key that has as many attributes as it should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartKey<'i>(&'i Item);

impl<'i> StartKey<'i> {
    /// Looks at how many attributes a key has, but not yet at which.
    pub(crate) fn new(source: &Source<'_>, item: &'i Item) -> Result<Self, Error> {
        if item.len() != source.position_attributes().len() {
            return Err(Error::validation(INVALID));
        }
        Ok(Self(item))
    }

    /// Looks at a scan's starting key, all but the part of an index's that is the table's key.
    pub(crate) fn of_scan(source: &Source<'_>, item: &'i Item) -> Result<Self, Error> {
        if source.index.is_none() && item.len() != source.key().count() {
            return Err(mismatch());
        }
        let start = Self::new(source, item)?;
        if source.index.is_some() {
            source
                .key()
                .try_for_each(|attribute| start.check(attribute))?;
        }
        Ok(start)
    }

    /// Looks at an attribute of the key of what is searched.
    pub(crate) fn check(&self, attribute: &KeyAttribute) -> Result<(), Error> {
        let value = self.0.get(&attribute.name);
        let value = value.ok_or_else(|| Error::validation(INVALID))?;
        if value.kind() != attribute.kind {
            return Err(Error::validation(MISMATCH));
        }
        Ok(())
    }

    /// Looks at the table's key.
    pub(crate) fn check_table_key(&self, source: &Source<'_>) -> Result<(), Error> {
        let table = source.table;
        for attribute in table.key_attributes() {
            let value = self.0.get(&attribute.name);
            if value.is_none_or(|value| value.kind() != attribute.kind) {
                return Err(mismatch());
            }
        }
        for attribute in source.position_attributes() {
            let is_partition =
                *attribute == table.partition || source.partition().contains(attribute);
            if let Some(value) = self.0.get(&attribute.name) {
                check_value(attribute, is_partition, value)?;
            }
        }
        Ok(())
    }

    /// The attributes.
    pub(crate) fn item(&self) -> &'i Item {
        self.0
    }
}

fn mismatch() -> Error {
    Error::validation(format!("{INVALID}: {MISMATCH}"))
}

/// Refuses a value that no key has: one that is empty, or too long.
pub(crate) fn check_value(
    attribute: &KeyAttribute,
    is_partition: bool,
    value: &AttributeValue,
) -> Result<(), Error> {
    check_not_empty(attribute, value)?;
    let length = match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.len(),
        // No number is too large.
        _ => return Ok(()),
    };
    let reason = if is_partition && length > MAX_PARTITION_KEY {
        // The space that is missing is DynamoDB's.
        format!("Size of hashkey has exceeded the maximum size limit of{MAX_PARTITION_KEY} bytes")
    } else if !is_partition && length > MAX_SORT_KEY {
        format!(
            "Aggregated size of all range keys has exceeded the size limit of {MAX_SORT_KEY} bytes"
        )
    } else {
        return Ok(());
    };
    Err(Error::validation(format!(
        "One or more parameter values were invalid: {reason}"
    )))
}

/// A key as DynamoDB shows it: `{pk=AttributeValue: {S:a}}`.
pub(crate) fn shown(key: &Item) -> String {
    let attributes = key.iter().map(|(name, value)| {
        let text = match value {
            AttributeValue::S(text) => text.clone(),
            AttributeValue::N(number) => number.to_string(),
            // Only keys are shown, which are strings, numbers or bytes.
            value => {
                let json = value.write();
                let text = json.get(value.kind().name()).and_then(|text| text.as_str());
                text.unwrap_or_default().to_owned()
            }
        };
        format!("{name}=AttributeValue: {{{}:{text}}}", value.kind().name())
    });
    format!("{{{}}}", attributes.collect::<Vec<_>>().join(", "))
}
