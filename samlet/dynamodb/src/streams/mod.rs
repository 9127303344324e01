//! Streams of tables: a record for each change of an item, to be read for a day.
//!
//! A stream has one shard, which is open as long as the stream is. It begins with its table or when it is enabled, and
//! ends when it is disabled or its table goes; its records can be read on.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>

mod iterator;
mod label;
mod reading;
mod record;
mod retention;
mod sequence;
#[cfg(test)]
mod tests;
mod watched;

use rusqlite::{OptionalExtension, Row, params};
use samlet_aws::{Arn, Place};
use samlet_commit::Session;
use samlet_dynamodb_api::request::StreamViewType;
use serde_json::{Value, json};

use crate::database::{Change, Database, Sealed, Stream, Table};
use crate::error::Error;

pub(crate) use iterator::of_iterator;
pub(crate) use reading::{describe, list, records, shard_iterator};
pub(crate) use retention::trim;
pub(crate) use watched::Watched;

use record::Record;

/// Seconds for which records, and streams that have ended, can be read.
const RETENTION: f64 = 24.0 * 60.0 * 60.0;

/// Begins a table's stream, which must not have one.
pub(crate) fn begin(
    database: &mut Database,
    table: &Table,
    view: StreamViewType,
) -> Result<Stream, Error> {
    let created = creation(database, table.name())?;
    let stream = Stream {
        number: database.new_number()?,
        label: label::of(created),
        view,
    };
    let insert =
        "INSERT INTO streams (number, table_number, table_name, label, view, keys, created)
        VALUES (?, ?, ?, ?, ?, ?, ?)";
    database.connection().execute(
        insert,
        params![
            stream.number,
            table.number,
            table.name(),
            stream.label,
            view.name(),
            key_schema(table).to_string(),
            seconds(created),
        ],
    )?;
    database.seal(Sealed::Streams, stream.number)?;
    database.set_defined();
    Ok(stream)
}

/// Ends a table's stream, if it has one: it is disabled, or the table goes. It can be read on for a day.
pub(crate) fn end(database: &mut Database, table: &Table) -> Result<(), Error> {
    let now = database.now();
    let update =
        "UPDATE streams SET ended = ? WHERE table_number = ? AND ended IS NULL RETURNING number";
    let mut update = database.connection().prepare_cached(update)?;
    let ended = update.query_row(params![now, table.number], |row| row.get(0));
    let ended = ended.optional()?;
    drop(update);
    if let Some(ended) = ended {
        database.seal(Sealed::Streams, ended)?;
        database.set_stream_changed(ended);
        database.set_defined();
    }
    Ok(())
}

/// Puts a change's record into its table's stream, if it has one.
pub(crate) fn record(
    database: &mut Database,
    table: &Table,
    change: &Change<'_>,
) -> Result<(), Error> {
    let Some(stream) = &table.stream else {
        return Ok(());
    };
    let Some(record) = Record::of(table, stream.view, change) else {
        return Ok(());
    };
    let (connection, now) = (database.connection(), database.now());
    let next = "UPDATE streams SET last_sequence = last_sequence + 1 WHERE number = ? RETURNING last_sequence";
    let mut next = connection.prepare_cached(next)?;
    let sequence: i64 = next.query_row([stream.number], |row| row.get(0))?;
    let insert = "INSERT INTO records (stream, sequence, at, record) VALUES (?, ?, ?, ?)";
    let bytes = record.encode(stream.number, sequence);
    let mut insert = connection.prepare_cached(insert)?;
    insert.execute(params![stream.number, sequence, now, bytes])?;
    drop((next, insert));
    database.set_stream_changed(stream.number);
    Ok(())
}

/// The label of the stream that a table has or, as long as it can be read, had last.
pub(crate) fn latest_label(database: &Database, table: &Table) -> Result<Option<String>, Error> {
    let select = "SELECT label FROM streams
        WHERE table_number = ? AND (ended IS NULL OR ended > ?) ORDER BY created DESC LIMIT 1";
    let mut select = database.connection().prepare_cached(select)?;
    let horizon = database.now() - RETENTION;
    let label = select.query_row(params![table.number, horizon], |row| row.get(0));
    Ok(label.optional()?)
}

/// Whether a record is not as it was written.
pub(crate) fn has_damaged_record(database: &Database) -> Result<bool, Error> {
    let select = "SELECT stream, sequence, record FROM records";
    let mut select = database.connection().prepare(select)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (stream, sequence) = (row.get(0)?, row.get(1)?);
        let is_read = |bytes| Record::decode(stream, sequence, bytes).is_ok();
        if !row.get_ref(2)?.as_blob().is_ok_and(is_read) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The ARN of a stream.
pub(crate) fn arn(place: &Place, table: &str, label: &str) -> Arn {
    place.arn("dynamodb", resource(table, label))
}

/// The numbers of all streams, and what is in their ARNs.
pub(crate) fn resources(database: &Database) -> Result<Vec<(i64, String)>, Error> {
    let select = "SELECT number, table_name, label FROM streams";
    let mut select = database.connection().prepare_cached(select)?;
    let streams = select.query_map([], |row| {
        let (table, label): (String, String) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, resource(&table, &label)))
    })?;
    Ok(streams.collect::<Result<_, _>>()?)
}

fn resource(table: &str, label: &str) -> String {
    format!("table/{table}/stream/{label}")
}

/// Milliseconds since the epoch at which a stream of a table begins: now, or after any that the table of that name has
/// had, though the clock may stand still.
fn creation(database: &Database, table: &str) -> Result<i64, Error> {
    let select = "SELECT max(created) FROM streams WHERE table_name = ?";
    let mut select = database.connection().prepare_cached(select)?;
    let last: Option<f64> = select.query_row([table], |row| row.get(0))?;
    let next = last.map_or(0, |last| millis(last) + 1);
    Ok(next.max(millis(database.now())))
}

/// A moment in whole milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "until the year 9999")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "until the year 9999")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

fn key_schema(table: &Table) -> Value {
    let mut keys = vec![json!({"AttributeName": table.partition.name, "KeyType": "HASH"})];
    if let Some(sort) = &table.sort {
        keys.push(json!({"AttributeName": sort.name, "KeyType": "RANGE"}));
    }
    keys.into()
}

/// A stream as the file has it: of a table that may be gone.
#[derive(Debug)]
struct Stored {
    number: i64,
    table: String,
    label: String,
    view: String,
    /// Its table's `KeySchema`.
    keys: String,
    created: f64,
    /// When it ended, if it has.
    ended: Option<f64>,
    /// The number of the newest record; 0 if there was none.
    last: i64,
}

impl Stored {
    const COLUMNS: &str = "number, table_name, label, view, keys, created, ended, last_sequence";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            table: row.get(1)?,
            label: row.get(2)?,
            view: row.get(3)?,
            keys: row.get(4)?,
            created: row.get(5)?,
            ended: row.get(6)?,
            last: row.get(7)?,
        })
    }
}
