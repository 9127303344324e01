//! `SELECT`: the parts of a table or index that its `WHERE` clause is about are searched one after the other, or else
//! all of it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html>

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::evaluate::holds;
use samlet_dynamodb_api::expression::Condition;
use samlet_dynamodb_api::partiql::Select;
use samlet_dynamodb_api::request::ExecuteStatement;
use samlet_dynamodb_api::value::write_item;
use serde_json::{Map, Value};

use super::branches::branches;
use super::order::Order;
use super::{next_token, order, parts, ranges};
use crate::capacity::Consumed;
use crate::database::{Database, IndexKind, IndexState, KeyRange, Position, Table};
use crate::error::Error;
use crate::operations::attributes;
use crate::operations::items::insert;
use crate::operations::search::{self, Answer, PAGE_BYTES, Search};
use crate::operations::source::Source;

/// What was found.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    /// Where to go on, if there may be more.
    next: Option<Item>,
    consumed: Consumed,
}

/// Runs a `SELECT`.
pub(super) fn execute(
    database: &Database,
    request: &ExecuteStatement,
    select: &Select,
    table: &Table,
) -> Result<Value, Error> {
    let source = find(table, select.index.as_deref())?;
    let (ranges, order) = plan(&source, request, select)?;
    let start = match &request.next_token {
        None => None,
        Some(token) => Some(next_token::read(token, request)?),
    };
    let found = read(database, request, select, &source, (&ranges, order), start)?;
    let mut answer = Map::new();
    let projection = select.projection.as_ref();
    let items = found.items.into_iter();
    let items = items.map(|item| write_item(&parts(projection, item)));
    answer.insert("Items".into(), items.collect());
    if let Some(next) = &found.next {
        let token = next_token::write(request, &source.position(next)?);
        answer.insert("NextToken".into(), token.into());
        answer.insert("LastEvaluatedKey".into(), write_item(next));
    }
    let wanted = request.return_consumed_capacity;
    let consumed = found.consumed.answer(table.name(), wanted);
    insert(&mut answer, "ConsumedCapacity", consumed);
    Ok(answer.into())
}

/// Finds an index that can be read; without one, the table.
pub(super) fn find<'t>(table: &'t Table, index: Option<&str>) -> Result<Source<'t>, Error> {
    let Some(name) = index else {
        return Ok(Source { table, index: None });
    };
    let Some(index) = table.index(name) else {
        return Err(Error::validation(
            "The table does not have the specified index",
        ));
    };
    if index.partition.len() > 1 || index.sort.len() > 1 {
        return Err(Error::validation(
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys \
             or multi-attribute RANGE keys.",
        ));
    }
    if index.state == IndexState::Creating {
        return Err(Error::validation(format!(
            "Cannot read from backfilling global secondary index: {name}"
        )));
    }
    let index = Some(index);
    Ok(Source { table, index })
}

/// Which keys are read, in their order, once all is checked that is not about where to go on.
fn plan(
    source: &Source<'_>,
    request: &ExecuteStatement,
    select: &Select,
) -> Result<(Vec<KeyRange>, Order), Error> {
    let condition = select.condition.as_ref();
    order::check_terms(source, select)?;
    let branches = branches(source, condition);
    ranges::check_types(source, &branches)?;
    ranges::check_overlaps(source, &branches)?;
    let order = order::plan(source, select, &branches)?;
    let is_global = |source: &Source<'_>| {
        let index = source.index;
        index.is_some_and(|index| index.kind == IndexKind::Global)
    };
    if request.consistent_read && is_global(source) {
        return Err(Error::validation(
            "Strongly consistent read is not supported on Global Secondary Indexes",
        ));
    }
    attributes::check_projected(source, select.projection.as_ref())?;
    let Some(mut partitions) = ranges::partitions(source, &branches) else {
        return Ok((vec![KeyRange::default()], order));
    };
    check_filter(source, condition)?;
    ranges::check_values(source, &branches)?;
    order.sort(&mut partitions);
    let ranges = partitions
        .into_iter()
        .flat_map(|partition| partition.ranges);
    Ok((ranges.collect(), order))
}

/// Refuses a clause with attributes that an index doesn't have, if it is about keys.
fn check_filter(source: &Source<'_>, condition: Option<&Condition>) -> Result<(), Error> {
    let (Some(index), Some(condition)) = (source.index, condition) else {
        return Ok(());
    };
    let mut missing: Vec<&str> = Vec::new();
    condition.paths(&mut |path| {
        let name = path.attribute.as_str();
        if !index.has_attribute(source.table, name) && !missing.contains(&name) {
            missing.push(name);
        }
    });
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::validation(format!(
        "One or more parameter values were invalid: \
         Secondary index {} does not project one or more filter attributes: [{}]",
        index.name,
        missing.join(", ")
    )))
}

/// Reads a page of what is in ranges of keys, from one of them on.
fn read(
    database: &Database,
    request: &ExecuteStatement,
    select: &Select,
    source: &Source<'_>,
    (ranges, order): (&[KeyRange], Order),
    start: Option<Position>,
) -> Result<Found, Error> {
    let is_whole = attributes::is_whole(source, None, select.projection.as_ref(), None);
    let keeps = |item: &Item| keeps(source, select.condition.as_ref(), is_whole, item);
    let mut found = Found::default();
    let (mut limit, mut room) = (request.limit, PAGE_BYTES);
    let (first, mut after) = match start {
        None => (0, None),
        Some(start) => {
            let mut ranges = ranges.iter();
            let first = ranges.position(|range| range.contains(&start.key.0));
            (first.ok_or_else(next_token::invalid)?, Some(start))
        }
    };
    for range in &ranges[first..] {
        let page = search::run(
            database,
            &Search {
                source: *source,
                range: range.clone(),
                is_forward: !order.falls,
                after: after.take(),
                limit,
                room,
                is_whole,
                keeps: &keeps,
                answer: Answer::Whole,
            },
        )?;
        let consumed = &mut found.consumed;
        page.consume(source, request.consistent_read, consumed);
        room = room.saturating_sub(page.bytes);
        let scanned = u32::try_from(page.scanned).unwrap_or(u32::MAX);
        limit = limit.map(|limit| limit.saturating_sub(scanned));
        let items = page.rows.into_iter().map(|row| row.item);
        found.items.extend(items);
        if page.next.is_some() {
            found.next = page.next;
            return Ok(found);
        }
    }
    if ranges.is_empty() {
        // To find out that there is nothing takes as much as to read nothing.
        found
            .consumed
            .read(source.index, 0, request.consistent_read);
    }
    Ok(found)
}

/// Whether an item is one that is asked for. Of an index, only what is in it is looked at, even if the rest was fetched.
fn keeps(source: &Source<'_>, condition: Option<&Condition>, is_whole: bool, item: &Item) -> bool {
    let Some(condition) = condition else {
        return true;
    };
    match source.index {
        Some(index) if is_whole => holds(condition, Some(&index.projected(source.table, item))),
        _ => holds(condition, Some(item)),
    }
}
