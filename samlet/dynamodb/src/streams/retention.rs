//! Records that are older than a day, and streams that ended as long ago, are deleted: a few at a time, so that writes
//! don't wait for that.

use std::time::Instant;

use rusqlite::params;
use samlet_commit::Session;

use super::RETENTION;
use crate::database::Database;
use crate::error::Error;

/// Records that are deleted before the time is looked at again: one may have two images of 400 KB.
const CHUNK: u32 = 4;

/// Deletes until there is nothing to delete, which is answered by true, or until a moment.
pub(crate) fn trim(database: &mut Database, until: Instant) -> Result<bool, Error> {
    let horizon = database.now() - RETENTION;
    let select = "SELECT number, ended IS NOT NULL AND ended <= ? FROM streams";
    let mut select = database.connection().prepare_cached(select)?;
    let streams = select.query_map([horizon], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let streams: Vec<(i64, bool)> = streams.collect::<Result<_, _>>()?;
    drop(select);
    for (stream, is_over) in streams {
        // All of its records are as old as it: it doesn't matter when they were written.
        let horizon = if is_over { f64::INFINITY } else { horizon };
        while trim_chunk(database, stream, horizon)? {
            if Instant::now() >= until {
                return Ok(false);
            }
        }
        if is_over {
            let delete = "DELETE FROM streams WHERE number = ?";
            database.connection().execute(delete, [stream])?;
            database.set_defined();
        }
    }
    Ok(true)
}

/// Deletes a stream's first records up to the first one that is to be kept. Answers whether there may be more to
/// delete.
fn trim_chunk(database: &Database, stream: i64, horizon: f64) -> Result<bool, Error> {
    let select = "SELECT sequence, at FROM records WHERE stream = ? ORDER BY sequence LIMIT ?";
    let mut select = database.connection().prepare_cached(select)?;
    let first = select.query_map(params![stream, CHUNK], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let first: Vec<(i64, f64)> = first.collect::<Result<_, _>>()?;
    let old = first.iter().take_while(|(_, at)| *at <= horizon);
    let old: Vec<i64> = old.map(|(sequence, _)| *sequence).collect();
    let Some(last) = old.last() else {
        return Ok(false);
    };
    let delete = "DELETE FROM records WHERE stream = ? AND sequence <= ?";
    let mut delete = database.connection().prepare_cached(delete)?;
    delete.execute(params![stream, last])?;
    Ok(old.len() == CHUNK as usize)
}
