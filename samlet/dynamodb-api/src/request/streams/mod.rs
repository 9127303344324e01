//! Requests about streams.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html>

mod arn;
#[cfg(test)]
mod tests;

use samlet_aws::Place;
use serde_json::{Map, Value, json};

pub use arn::StreamArn;

use super::body::Body;
use super::members::Members;
use crate::Refusal;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListStreams {
    /// Of this table only.
    pub table: Option<String>,
    /// Streams that are answered, at most.
    pub limit: Option<u32>,
    /// After which stream to go on.
    pub start: Option<StreamArn>,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeStream {
    /// The stream.
    pub stream: StreamArn,
    /// Shards that are answered, at most.
    pub limit: Option<u32>,
    /// After which shard to go on.
    pub start: Option<String>,
    /// `ShardFilter`: only the shards that follow this one.
    pub children_of: Option<String>,
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetShardIterator {
    /// The stream.
    pub stream: StreamArn,
    /// The shard.
    pub shard: String,
    /// Where in the shard.
    pub kind: IteratorType,
}

/// Where in a shard an iterator begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IteratorType {
    /// `TRIM_HORIZON`: at the oldest record.
    TrimHorizon,
    /// `LATEST`: after the newest record.
    Latest,
    /// `AT_SEQUENCE_NUMBER`: at this record.
    At(String),
    /// `AFTER_SEQUENCE_NUMBER`: after this record.
    After(String),
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRecords {
    /// Where to go on, as GetShardIterator or GetRecords gave it.
    pub iterator: String,
    /// Records that are answered, at most.
    pub limit: Option<u32>,
}

impl ListStreams {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let start = members.text("ExclusiveStartStreamArn");
        let start = start.map(|start| StreamArn::read(&start, place));
        Ok(Self {
            table: members.text("TableName"),
            limit: members.number("Limit"),
            start: start.transpose()?,
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        put(&mut body, "TableName", self.table.as_deref());
        put(&mut body, "Limit", self.limit);
        let start = self.start.as_ref().map(StreamArn::as_str);
        put(&mut body, "ExclusiveStartStreamArn", start);
        body.finish()
    }
}

impl DescribeStream {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let filter = members.structure("ShardFilter");
        Ok(Self {
            children_of: filter.and_then(|mut filter| filter.text("ShardId")),
            stream: take_stream(&mut members, place)?,
            limit: members.number("Limit"),
            start: members.text("ExclusiveStartShardId"),
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        body.set("StreamArn", self.stream.as_str());
        put(&mut body, "Limit", self.limit);
        put(&mut body, "ExclusiveStartShardId", self.start.as_deref());
        if let Some(shard) = &self.children_of {
            body.set(
                "ShardFilter",
                json!({"Type": "CHILD_SHARDS", "ShardId": shard}),
            );
        }
        body.finish()
    }
}

impl GetShardIterator {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        let stream = take_stream(&mut members, place)?;
        let kind = members.text("ShardIteratorType").unwrap_or_default();
        let number = members.text("SequenceNumber");
        Ok(Self {
            kind: IteratorType::read(&kind, number)?,
            shard: members.text("ShardId").unwrap_or_default(),
            stream,
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        body.set("StreamArn", self.stream.as_str());
        body.set("ShardId", self.shard.as_str());
        body.set("ShardIteratorType", self.kind.name());
        put(&mut body, "SequenceNumber", self.kind.sequence_number());
        body.finish()
    }
}

impl IteratorType {
    fn read(name: &str, number: Option<String>) -> Result<Self, Refusal> {
        let kind = match name {
            "TRIM_HORIZON" => Self::TrimHorizon,
            "LATEST" => Self::Latest,
            "AT_SEQUENCE_NUMBER" => return Ok(Self::At(required(number)?)),
            "AFTER_SEQUENCE_NUMBER" => return Ok(Self::After(required(number)?)),
            _ => {
                return Err(Refusal::Validation(format!(
                    "samlet does not support shard iterators of type {name}"
                )));
            }
        };
        if number.is_some() {
            return Err(Refusal::invalid_values(
                "SequenceNumber should not be passed for this iterator type",
            ));
        }
        Ok(kind)
    }

    /// As it is on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
            Self::At(_) => "AT_SEQUENCE_NUMBER",
            Self::After(_) => "AFTER_SEQUENCE_NUMBER",
        }
    }

    /// The record's sequence number.
    pub fn sequence_number(&self) -> Option<&str> {
        match self {
            Self::TrimHorizon | Self::Latest => None,
            Self::At(number) | Self::After(number) => Some(number),
        }
    }
}

impl GetRecords {
    /// Reads it from its members.
    pub(super) fn read(members: Map<String, Value>, _place: &Place) -> Result<Self, Refusal> {
        let mut members = Members::new(members);
        Ok(Self {
            iterator: members.text("ShardIterator").unwrap_or_default(),
            limit: members.number("Limit"),
        })
    }

    /// Writes it as a client would send it.
    pub(super) fn write(&self) -> Value {
        let mut body = Body::default();
        body.set("ShardIterator", self.iterator.as_str());
        put(&mut body, "Limit", self.limit);
        body.finish()
    }
}

fn required(number: Option<String>) -> Result<String, Refusal> {
    number.ok_or_else(|| Refusal::invalid_values("SequenceNumber cannot be null"))
}

fn take_stream(members: &mut Members, place: &Place) -> Result<StreamArn, Refusal> {
    let text = members.text("StreamArn").unwrap_or_default();
    StreamArn::read(&text, place)
}

fn put(body: &mut Body, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.set(name, value);
    }
}
