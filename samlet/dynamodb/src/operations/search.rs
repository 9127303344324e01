//! Searches: a page of what is in a range of keys.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html>

use std::ops::ControlFlow;

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::projected;
use samlet_dynamodb_api::expression::Projection;
use samlet_dynamodb_api::request::IndexProjection;
use samlet_dynamodb_api::value::{item_size, write_item};
use serde_json::{Map, Value};

use super::source::Source;
use crate::capacity::{Consumed, read_units};
use crate::database::{Database, Index, KeyRange, Position, Row, Walk};
use crate::error::Error;

/// Bytes of items that a page looks at: the item with which they are reached ends it.
pub(crate) const PAGE_BYTES: usize = 1024 * 1024;

/// What is searched for.
pub(crate) struct Search<'s> {
    /// Where.
    pub(crate) source: Source<'s>,
    /// Which keys.
    pub(crate) range: KeyRange,
    /// Whether keys rise.
    pub(crate) is_forward: bool,
    /// Only what comes after this.
    pub(crate) after: Option<Position>,
    /// Items that are looked at, at most.
    pub(crate) limit: Option<u32>,
    /// Bytes of items that are looked at: the item with which they are reached ends the page.
    pub(crate) room: usize,
    /// Whether items are fetched from the table, where an index doesn't have all of them.
    pub(crate) is_whole: bool,
    /// Which of the items that are looked at are answered.
    pub(crate) keeps: &'s dyn Fn(&Item) -> bool,
    /// What is answered of items.
    pub(crate) answer: Answer<'s>,
}

/// What is answered of items.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer<'s> {
    /// How many there are.
    Count,
    /// What is in the table or index.
    Projected,
    /// All of them, fetched from the table if it is a local index that is searched.
    Whole,
    /// Parts of them.
    Parts(&'s Projection),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What is answered of the items, and where they are; none if only their count is answered.
    pub(crate) rows: Vec<Row>,
    /// Items that are answered.
    pub(crate) count: usize,
    /// Items that were looked at.
    pub(crate) scanned: usize,
    /// Where to go on, if there may be more.
    pub(crate) next: Option<Item>,
    /// Bytes of the items that were looked at.
    pub(crate) bytes: usize,
    /// Bytes that were read of what was searched.
    searched_bytes: usize,
    /// What fetching items from the table for an index takes: whole units for each.
    fetched_units: Option<f64>,
}

/// Finds a page.
pub(crate) fn run(database: &Database, search: &Search<'_>) -> Result<Page, Error> {
    let mut page = Page::default();
    let limit = search
        .limit
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let walk = Walk {
        table: search.source.table,
        index: search.source.index,
        range: search.range.clone(),
        after: search.after.clone(),
        is_forward: search.is_forward,
    };
    database.walk(&walk, &mut |row| {
        let Row { position, item } = row;
        let item = search.look_at(item, &mut page);
        page.scanned += 1;
        let is_full = page.bytes >= search.room || limit.is_some_and(|limit| page.scanned >= limit);
        if is_full {
            page.next = Some(search.source.position_item(&item));
        }
        if (search.keeps)(&item) {
            page.count += 1;
            let item = match search.answer {
                Answer::Count => None,
                Answer::Projected => Some(search.in_index(item)),
                Answer::Whole => Some(item),
                Answer::Parts(projection) => Some(projected(projection, &item)),
            };
            page.rows.extend(item.map(|item| Row { position, item }));
        }
        Ok(if is_full {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(page)
}

impl Search<'_> {
    /// The index that is searched, if it doesn't have all attributes.
    fn partial_index(&self) -> Option<&Index> {
        let index = self.source.index?;
        (index.projection != IndexProjection::All).then_some(index)
    }

    /// What of an item is in what is searched.
    fn in_index(&self, mut item: Item) -> Item {
        if let Some(index) = self.partial_index() {
            item.retain(|name, _| index.has_attribute(self.source.table, name));
        }
        item
    }

    /// What there is to see of an item; counts its bytes.
    fn look_at(&self, item: Item, page: &mut Page) -> Item {
        if let Some(index) = self.partial_index()
            && self.is_whole
        {
            page.searched_bytes += index.projected_size(self.source.table, &item);
            let size = item_size(&item);
            *page.fetched_units.get_or_insert_default() += read_units(size);
            page.bytes += size;
            return item;
        }
        let item = self.in_index(item);
        let size = item_size(&item);
        page.searched_bytes += size;
        page.bytes += size;
        item
    }
}

impl Page {
    /// What it takes of the table's and the index's capacity: that of all that was looked at.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub(crate) fn consume(
        &self,
        source: &Source<'_>,
        is_consistent: bool,
        consumed: &mut Consumed,
    ) {
        consumed.read(source.index, self.searched_bytes, is_consistent);
        if let Some(units) = self.fetched_units {
            consumed.fetch(units, is_consistent);
        }
    }

    /// The answer to a Query or Scan.
    pub(crate) fn answer(&self, answer: Answer<'_>, consumed: Option<Value>) -> Value {
        let mut members = Map::new();
        if !matches!(answer, Answer::Count) {
            let items = self.rows.iter().map(|row| write_item(&row.item));
            members.insert("Items".into(), items.collect());
        }
        members.insert("Count".into(), self.count.into());
        members.insert("ScannedCount".into(), self.scanned.into());
        if let Some(next) = &self.next {
            members.insert("LastEvaluatedKey".into(), write_item(next));
        }
        if let Some(consumed) = consumed {
            members.insert("ConsumedCapacity".into(), consumed);
        }
        Value::Object(members)
    }
}
