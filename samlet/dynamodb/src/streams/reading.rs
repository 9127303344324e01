//! What requests about streams are answered.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html>

use rusqlite::{OptionalExtension, params};
use samlet_commit::Session;
use samlet_dynamodb_api::Item;
use samlet_dynamodb_api::request::{
    DescribeStream, GetRecords, GetShardIterator, IteratorType, ListStreams, StreamArn,
};
use samlet_dynamodb_api::value::write_item;
use serde_json::{Value, json};

use super::iterator::ShardIterator;
use super::record::{self, Record};
use super::{RETENTION, Stored, arn, millis, resource, sequence};
use crate::database::{Cause, Database};
use crate::error::{Error, Exception};

/// Streams that ListStreams answers, at most and unless it is asked for fewer.
const MAX_STREAMS: u32 = 100;

/// Records that GetRecords answers, at most and unless it is asked for fewer.
const MAX_RECORDS: u32 = 1000;

/// Bytes of records that GetRecords answers, at most; one it always does.
const MAX_BYTES: usize = 1024 * 1024;

/// Milliseconds for which a shard iterator can be used.
const ITERATOR_LIFE: i64 = 15 * 60 * 1000;

/// ListStreams: in the order of their tables' names.
pub(crate) fn list(database: &Database, request: &ListStreams) -> Result<Value, Error> {
    let after = request.start.as_ref();
    let after = after.map_or(("", ""), |stream| (stream.table(), stream.label()));
    let limit = request.limit.unwrap_or(MAX_STREAMS).min(MAX_STREAMS);
    let select = format!(
        "SELECT {} FROM streams
        WHERE (table_name, label) > (?1, ?2) AND (?3 IS NULL OR table_name = ?3)
            AND (ended IS NULL OR ended > ?4)
        ORDER BY table_name, label LIMIT ?5",
        Stored::COLUMNS
    );
    let mut select = database.connection().prepare_cached(&select)?;
    let horizon = database.now() - RETENTION;
    let found = select.query_map(
        params![after.0, after.1, request.table, horizon, limit + 1],
        Stored::read,
    )?;
    let found: Vec<Stored> = found.collect::<Result<_, _>>()?;
    let place = &database.shared().place;
    let has_more = found.len() > limit as usize;
    let streams = found.iter().take(limit as usize).map(|stream| {
        json!({
            "StreamArn": arn(place, &stream.table, &stream.label),
            "TableName": stream.table,
            "StreamLabel": stream.label,
        })
    });
    let streams: Vec<Value> = streams.collect();
    let mut answer = json!({"Streams": streams});
    if let Some(last) = streams.last().filter(|_| has_more) {
        answer["LastEvaluatedStreamArn"] = last["StreamArn"].clone();
    }
    Ok(answer)
}

/// DescribeStream. Its one shard follows no other, and no other follows it.
pub(crate) fn describe(database: &Database, request: &DescribeStream) -> Result<Value, Error> {
    let stream = find(database, &request.stream)?;
    let horizon = horizon(database, &stream)?;
    let mut range = json!({"StartingSequenceNumber": sequence::text(horizon)});
    if stream.ended.is_some() {
        range["EndingSequenceNumber"] = sequence::text(stream.last).into();
    }
    let id = shard_id(&stream);
    let is_after_start = request.start.as_ref().is_none_or(|start| *start < id);
    let mut shards = Vec::new();
    if is_after_start && request.children_of.is_none() {
        shards.push(json!({"ShardId": id, "SequenceNumberRange": range}));
    }
    let status = if stream.ended.is_none() {
        "ENABLED"
    } else {
        "DISABLED"
    };
    let keys: Value = serde_json::from_str(&stream.keys).map_err(|_| damaged(&stream))?;
    Ok(json!({"StreamDescription": {
        "StreamArn": request.stream.as_str(),
        "StreamLabel": stream.label,
        "StreamStatus": status,
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created,
        "TableName": stream.table,
        "KeySchema": keys,
        "Shards": shards,
    }}))
}

/// GetShardIterator.
pub(crate) fn shard_iterator(
    database: &Database,
    request: &GetShardIterator,
) -> Result<Value, Error> {
    let stream = find(database, &request.stream)?;
    if request.shard != shard_id(&stream) {
        return Err(Error::not_found(
            "Requested resource not found: Shard does not exist",
        ));
    }
    let horizon = horizon(database, &stream)?;
    let position = match &request.kind {
        IteratorType::TrimHorizon => horizon,
        IteratorType::Latest => stream.last,
        IteratorType::After(number) => in_shard(number, &stream)?,
        // The number at which the shard begins is not a record's.
        IteratorType::At(number) => match in_shard(number, &stream)? {
            number if number == horizon => horizon,
            number => number - 1,
        },
    };
    check_trimmed(position, horizon)?;
    let iterator = ShardIterator {
        stream: request.stream.clone(),
        position,
        created: millis(database.now()),
    };
    Ok(json!({"ShardIterator": iterator.write()}))
}

/// GetRecords.
pub(crate) fn records(database: &Database, request: &GetRecords) -> Result<Value, Error> {
    let place = &database.shared().place;
    let iterator = ShardIterator::read(&request.iterator, place);
    let iterator = iterator.ok_or_else(|| Error::validation("Invalid ShardIterator"))?;
    let stream = find(database, &iterator.stream)?;
    let now = millis(database.now());
    if now - iterator.created > ITERATOR_LIFE {
        let message = "The provided iterator exceeds the maximum age allowed";
        return Err(refused("ExpiredIteratorException", message));
    }
    check_trimmed(iterator.position, horizon(database, &stream)?)?;
    let limit = request.limit.unwrap_or(MAX_RECORDS).min(MAX_RECORDS);
    let (records, position) = page(database, &stream, iterator.position, limit)?;
    let mut answer = json!({"Records": records});
    if stream.ended.is_none() || position < stream.last {
        let next = ShardIterator {
            position,
            created: now,
            ..iterator
        };
        answer["NextShardIterator"] = next.write().into();
    }
    Ok(answer)
}

/// The records after a position, and the position after them.
fn page(
    database: &Database,
    stream: &Stored,
    after: i64,
    limit: u32,
) -> Result<(Vec<Value>, i64), Error> {
    let select = "SELECT sequence, at, record FROM records
        WHERE stream = ? AND sequence > ? ORDER BY sequence LIMIT ?";
    let mut select = database.connection().prepare_cached(select)?;
    let mut rows = select.query(params![stream.number, after, limit])?;
    let (mut records, mut position, mut bytes) = (Vec::new(), after, 0);
    while let Some(row) = rows.next()? {
        let sequence = row.get(0)?;
        let record = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let record = Record::decode(stream.number, sequence, record);
        let record = record.map_err(|_| damaged(stream))?;
        bytes += record.size();
        if bytes > MAX_BYTES && !records.is_empty() {
            break;
        }
        records.push(written(database, stream, sequence, row.get(1)?, &record));
        position = sequence;
    }
    Ok((records, position))
}

/// A record as it is on the wire.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html>
fn written(
    database: &Database,
    stream: &Stored,
    sequence: i64,
    at: f64,
    record: &Record<Item>,
) -> Value {
    let mut change = json!({
        "ApproximateCreationDateTime": at.floor(),
        "Keys": write_item(&record.keys),
        "SequenceNumber": sequence::text(sequence),
        "SizeBytes": record.size(),
        "StreamViewType": stream.view,
    });
    for (name, image) in [("OldImage", &record.old), ("NewImage", &record.new)] {
        if let Some(image) = image {
            change[name] = write_item(image);
        }
    }
    let mut written = json!({
        "eventID": record::event_id(&resource(&stream.table, &stream.label), sequence),
        "eventName": record.event.name(),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": database.shared().place.region,
        "dynamodb": change,
    });
    if record.cause == Cause::Expiry {
        written["userIdentity"] =
            json!({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"});
    }
    written
}

/// The stream of an ARN, as long as it can be read.
fn find(database: &Database, stream: &StreamArn) -> Result<Stored, Error> {
    let select = format!(
        "SELECT {} FROM streams
        WHERE table_name = ? AND label = ? AND (ended IS NULL OR ended > ?)",
        Stored::COLUMNS
    );
    let mut select = database.connection().prepare_cached(&select)?;
    let horizon = database.now() - RETENTION;
    let found = select.query_row(
        params![stream.table(), stream.label(), horizon],
        Stored::read,
    );
    found.optional()?.ok_or_else(|| {
        let message = format!("Requested resource not found: Stream: {stream} not found");
        Error::not_found(message)
    })
}

/// The records after this one are not older than a day.
fn horizon(database: &Database, stream: &Stored) -> Result<i64, Error> {
    let select =
        "SELECT sequence FROM records WHERE stream = ? AND at > ? ORDER BY sequence LIMIT 1";
    let mut select = database.connection().prepare_cached(select)?;
    let trimmed = database.now() - RETENTION;
    let first = select.query_row(params![stream.number, trimmed], |row| row.get(0));
    let first: Option<i64> = first.optional()?;
    Ok(first.map_or(stream.last, |first| first - 1))
}

/// As an attempt to read what is older than a day.
fn check_trimmed(position: i64, horizon: i64) -> Result<(), Error> {
    if position >= horizon {
        return Ok(());
    }
    let message = "The data you are trying to access has been trimmed";
    Err(refused("TrimmedDataAccessException", message))
}

/// The number of a record in a stream that a sequence number stands for.
fn in_shard(number: &str, stream: &Stored) -> Result<i64, Error> {
    let number = sequence::read(number).filter(|number| *number <= stream.last);
    number.ok_or_else(|| Error::validation("Invalid SequenceNumber"))
}

/// As DynamoDB's ids of shards: a time, and digits that differ.
fn shard_id(stream: &Stored) -> String {
    let digits = crc32fast::hash(resource(&stream.table, &stream.label).as_bytes());
    format!("shardId-{:020}-{digits:08x}", millis(stream.created))
}

fn damaged(stream: &Stored) -> Error {
    Error::Damaged {
        table: stream.table.clone(),
    }
}

fn refused(name: &'static str, message: &str) -> Error {
    Error::Refused(Exception::new(name, message))
}
