//! Query: items of one partition key.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::request::Query;
use serde_json::Value;

use super::attributes;
use super::key_conditions::{KeyConditions, check_start};
use super::search::{self, Search};
use super::source::Source;
use super::start_keys::StartKey;
use crate::capacity::Consumed;
use crate::database::{Database, KeyRange, Position};
use crate::error::Error;

/// Runs a Query.
pub(crate) fn query(database: &mut Database, request: &Query) -> Result<Value, Error> {
    let table = database.table(&request.table)?;
    let source = Source::find(&table, request.index.as_deref(), request.consistent_read)?;
    let (range, after) = keys(&source, request)?;
    check_attributes(&source, request)?;
    let projection = request.projection.as_ref();
    let filter = request.filter.as_ref();
    let search = Search {
        source,
        range,
        is_forward: request.is_forward,
        after,
        limit: request.limit,
        room: search::PAGE_BYTES,
        is_whole: attributes::is_whole(&source, request.select, projection, filter),
        keeps: &|item: &Item| filter.is_none_or(|filter| filter.holds(Some(item))),
        answer: attributes::answer(request.select, projection),
    };
    let mut page = search::run(database, &search)?;
    // There is one item at most, and DynamoDB doesn't let such a Query go on.
    if source.index.is_none() && table.sort.is_none() {
        page.next = None;
    }
    let mut consumed = Consumed::default();
    page.consume(&source, request.consistent_read, &mut consumed);
    let consumed = consumed.answer(table.name(), request.return_consumed_capacity);
    Ok(page.answer(search.answer, consumed))
}

/// The keys that a request is about, and where it starts among them.
fn keys(source: &Source<'_>, request: &Query) -> Result<(KeyRange, Option<Position>), Error> {
    let start = request.start.as_ref();
    let start = start.map(|item| StartKey::new(source, item)).transpose()?;
    let conditions = KeyConditions::new(&request.key);
    let tests = conditions.check(source, start.as_ref())?;
    let after = match start {
        Some(start) => {
            start.check_table_key(source)?;
            check_start(source, &tests, start.item())?;
            Some(source.position(start.item())?)
        }
        None => None,
    };
    Ok((tests.range()?, after))
}

fn check_attributes(source: &Source<'_>, request: &Query) -> Result<(), Error> {
    let projection = request.projection.as_ref();
    let filter = request.filter.as_ref();
    attributes::check_projection_paths(source.table, projection)?;
    attributes::check_filter(source, filter)?;
    attributes::check_select(source, request.select)?;
    attributes::check_filter_paths(source.table, filter)?;
    attributes::check_projected(source, projection)
}
