//! What a search reads: a table, or an index of it.

use samlet_dynamodb_api::Item;

use crate::database::{Index, IndexKind, IndexState, KeyAttribute, Position, Table};
use crate::error::Error;

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'t> {
    /// The table.
    pub(crate) table: &'t Table,
    /// The index of it, if it is one.
    pub(crate) index: Option<&'t Index>,
}

impl<'t> Source<'t> {
    /// Finds an index that can be read as a request wants it; without one, the table.
    pub(crate) fn find(
        table: &'t Table,
        index: Option<&str>,
        consistent_read: bool,
    ) -> Result<Self, Error> {
        let Some(name) = index else {
            return Ok(Self { table, index: None });
        };
        let Some(index) = table.index(name) else {
            return Err(Error::validation(format!(
                "The table does not have the specified index: {name}"
            )));
        };
        if index.state == IndexState::Creating {
            return Err(Error::validation(format!(
                "Cannot read from backfilling global secondary index: {name}"
            )));
        }
        if index.kind == IndexKind::Global && consistent_read {
            return Err(Error::validation(
                "Consistent reads are not supported on global secondary indexes",
            ));
        }
        let index = Some(index);
        Ok(Self { table, index })
    }

    /// The attributes of the partition key.
    pub(crate) fn partition(&self) -> &'t [KeyAttribute] {
        match self.index {
            Some(index) => &index.partition,
            None => std::slice::from_ref(&self.table.partition),
        }
    }

    /// The attributes of the sort key.
    pub(crate) fn sort(&self) -> &'t [KeyAttribute] {
        match self.index {
            Some(index) => &index.sort,
            None => self.table.sort.as_slice(),
        }
    }

    /// The attributes of the key, the partition key's first.
    pub(crate) fn key(&self) -> impl Iterator<Item = &'t KeyAttribute> + use<'t> {
        self.partition().iter().chain(self.sort())
    }

    /// Whether an attribute of this name is part of the key.
    pub(crate) fn is_key(&self, name: &str) -> bool {
        self.key().any(|attribute| attribute.name == name)
    }

    /// The attributes that say where an item is: those of the key, and the table's.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Reading>
    pub(crate) fn position_attributes(&self) -> Vec<&'t KeyAttribute> {
        let mut attributes: Vec<_> = self.table.key_attributes().collect();
        if let Some(index) = self.index {
            let is_more =
                |one: &&KeyAttribute| !self.table.key_attributes().any(|key| key.name == one.name);
            attributes.extend(index.key_attributes().filter(is_more));
        }
        attributes
    }

    /// Says where an item is, as `LastEvaluatedKey` does.
    pub(crate) fn position_item(&self, item: &Item) -> Item {
        let attributes = self.position_attributes().into_iter();
        let attributes = attributes.filter_map(|attribute| {
            let value = item.get(&attribute.name)?;
            Some((attribute.name.clone(), value.clone()))
        });
        attributes.collect()
    }

    /// Where an item is, or would be, of whose attributes those that say so have been checked.
    pub(crate) fn position(&self, item: &Item) -> Result<Position, Error> {
        let key = self.table.key_of(item)?;
        let Some(index) = self.index else {
            return Ok(Position { key, item: None });
        };
        let index_key = index
            .key_of(item)
            .ok_or_else(|| Error::validation("The provided starting key is invalid"))?;
        Ok(Position {
            key: index_key,
            item: Some(key),
        })
    }
}
