//! DynamoDB Streams where the engine tells more than DynamoDB would.

use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
use samlet_dynamodb_api::request::{DescribeStream, GetShardIterator};
use serde_json::{Map, Value};

/// The newest record's number, over all streams.
pub(crate) fn newest(storage: &Storage) -> Result<i64> {
    let mut statement = storage
        .conn()
        .prepare_cached("SELECT COALESCE(MAX(rowid), 0) FROM _stream_records")
        .map_err(failed)?;
    statement.query_row([], |row| row.get(0)).map_err(failed)
}

/// A change that changed nothing is no change: DynamoDB writes no stream
/// record for it, so none written after `after` is kept. It shows where the
/// stream has both images.
pub(crate) fn forget_no_changes(storage: &Storage, after: i64) -> Result<()> {
    let mut statement = storage
        .conn()
        .prepare_cached(
            "SELECT rowid, old_image, new_image FROM _stream_records
             WHERE rowid > ?1 AND old_image IS NOT NULL AND new_image IS NOT NULL",
        )
        .map_err(failed)?;
    let rows = statement
        .query_map([after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(failed)?;
    let rows: Vec<(i64, String, String)> = rows
        .collect::<std::result::Result<_, _>>()
        .map_err(failed)?;
    for (record, old, new) in rows {
        let image = |text: &str| serde_json::from_str::<Value>(text).ok();
        if image(&old) == image(&new) {
            let mut delete = storage
                .conn()
                .prepare_cached("DELETE FROM _stream_records WHERE rowid = ?1")
                .map_err(failed)?;
            delete.execute([record]).map_err(failed)?;
        }
    }
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> DynoxideError {
    DynoxideError::InternalServerError(error.to_string())
}

/// The table whose stream a shard iterator is of; `None` of what is not an iterator.
pub(crate) fn table_of(iterator: &str) -> Option<String> {
    decode_shard_iterator(iterator).map(|(table, ..)| table)
}

/// The id of a stream's one shard. The engine's has the table's name in it, and with it a length that clients refuse.
const SHARD: &str = "shardId-00000001700000000000-00000001";

/// The request for the engine, with its id of the shard.
pub(crate) fn with_shard(request: &GetShardIterator, body: &[u8]) -> Result<Vec<u8>> {
    if request.shard != SHARD {
        return Err(DynoxideError::ResourceNotFoundException(format!(
            "Requested resource not found: Shard: {} in {} not found",
            request.shard,
            request.stream.as_str()
        )));
    }
    let mut body: Value = serde_json::from_slice(body).map_err(failed)?;
    body["ShardId"] = format!("shardId-00000001-{}", request.stream.table()).into();
    Ok(body.to_string().into())
}

/// A stream's description as DynamoDB gives it: a shard that is written to
/// has no last record yet, a page begins after the shard that is named, and no
/// shard follows another.
pub(crate) fn described(
    description: &str,
    request: &DescribeStream,
    definition: &str,
) -> Result<String> {
    let mut description: Value = serde_json::from_str(description).map_err(failed)?;
    let mut definition: Value = serde_json::from_str(definition).map_err(failed)?;
    let start = request.start.as_deref();
    let stream = &mut description["StreamDescription"];
    stream["KeySchema"] = definition["KeySchema"].take();
    let open = stream["StreamStatus"] == "ENABLED";
    if let Some(shards) = stream["Shards"].as_array_mut() {
        for shard in shards.iter_mut() {
            shard["ShardId"] = SHARD.into();
        }
        let named = shards
            .iter()
            .position(|shard| shard["ShardId"].as_str() == start);
        if let Some(named) = named.filter(|_| start.is_some()) {
            shards.drain(..=named);
        }
        if request.children_of.is_some() {
            shards.clear();
        }
        let ranges = shards
            .iter_mut()
            .filter_map(|shard| shard["SequenceNumberRange"].as_object_mut());
        for range in ranges.filter(|_| open) {
            Map::remove(range, "EndingSequenceNumber");
        }
    }
    Ok(description.to_string())
}
