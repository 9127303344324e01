//! Scan: all items of a table or index, or of a segment of it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>

use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::request::{Scan, Segment};
use serde_json::Value;

use super::attributes;
use super::search::{self, Search};
use super::source::Source;
use super::start_keys::{INVALID, StartKey};
use crate::capacity::Consumed;
use crate::database::{Database, KeyRange, Position};
use crate::error::Error;

/// Runs a Scan.
pub(crate) fn scan(database: &mut Database, request: &Scan) -> Result<Value, Error> {
    let table = database.table(&request.table)?;
    let source = Source::find(&table, request.index.as_deref(), request.consistent_read)?;
    let range = request
        .segment
        .map(KeyRange::of_segment)
        .unwrap_or_default();
    let after = position(&source, request, &range)?;
    let projection = request.projection.as_ref();
    let filter = request.filter.as_ref();
    attributes::check_projection_paths(&table, projection)?;
    attributes::check_filter_paths(&table, filter)?;
    attributes::check_projected(&source, projection)?;
    let search = Search {
        source,
        range,
        is_forward: true,
        after,
        limit: request.limit,
        room: search::PAGE_BYTES,
        is_whole: attributes::is_whole(&source, request.select, projection, filter),
        keeps: &|item: &Item| filter.is_none_or(|filter| filter.holds(Some(item))),
        answer: attributes::answer(request.select, projection),
    };
    let page = search::run(database, &search)?;
    let mut consumed = Consumed::default();
    page.consume(&source, request.consistent_read, &mut consumed);
    let consumed = consumed.answer(table.name(), request.return_consumed_capacity);
    Ok(page.answer(search.answer, consumed))
}

/// Where a request starts, if it says so; checks that it may.
fn position(
    source: &Source<'_>,
    request: &Scan,
    range: &KeyRange,
) -> Result<Option<Position>, Error> {
    let start = request.start.as_ref();
    let start = start
        .map(|item| StartKey::of_scan(source, item))
        .transpose()?;
    attributes::check_select(source, request.select)?;
    let Some(start) = start else {
        return Ok(None);
    };
    start.check_table_key(source)?;
    let position = source.position(start.item())?;
    match request.segment {
        Some(segment) if !range.contains(&position.key.0) => Err(of_another_segment(segment)),
        _ => Ok(Some(position)),
    }
}

fn of_another_segment(segment: Segment) -> Error {
    Error::validation(format!(
        "{INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. \
         TotalSegments: {} Segment: {}",
        segment.total, segment.number
    ))
}
