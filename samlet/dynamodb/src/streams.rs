//! DynamoDB Streams where the engine tells more than DynamoDB would.

use dynoxide::storage::Storage;
use dynoxide::{DynoxideError, Result};
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

/// A stream's description as DynamoDB gives it: a shard that is written to
/// has no last record yet, and a page begins after the shard that is named.
pub(crate) fn described(description: &str, request: &[u8]) -> Result<String> {
    let mut description: Value = serde_json::from_str(description).map_err(failed)?;
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let start = request["ExclusiveStartShardId"].as_str();
    let stream = &mut description["StreamDescription"];
    let open = stream["StreamStatus"] == "ENABLED";
    if let Some(shards) = stream["Shards"].as_array_mut() {
        let named = shards
            .iter()
            .position(|shard| shard["ShardId"].as_str() == start);
        if let Some(named) = named.filter(|_| start.is_some()) {
            shards.drain(..=named);
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
