//! Requests about streams.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html>

use super::super::shape::{Bounds, Shape, Structure, length, optional, refused, required, values};
use super::common::NAME;

pub(super) static LIST_STREAMS: Structure = Structure {
    class: "ListStreamsInput",
    members: &[
        optional("TableName", &NAME),
        optional("Limit", &LIST_LIMIT),
        optional("ExclusiveStartStreamArn", &STREAM),
    ],
};

pub(super) static DESCRIBE_STREAM: Structure = Structure {
    class: "DescribeStreamInput",
    members: &[
        required("StreamArn", &STREAM),
        optional("Limit", &LIST_LIMIT),
        optional("ExclusiveStartShardId", &SHARD),
        optional("ShardFilter", &SHARD_FILTER),
    ],
};

pub(super) static GET_SHARD_ITERATOR: Structure = Structure {
    class: "GetShardIteratorInput",
    members: &[
        required("StreamArn", &STREAM),
        required("ShardId", &SHARD),
        required("ShardIteratorType", &ITERATOR_TYPE),
        optional("SequenceNumber", &SEQUENCE_NUMBER),
        refused("Timestamp", "shard iterators of a time"),
    ],
};

pub(super) static GET_RECORDS: Structure = Structure {
    class: "GetRecordsInput",
    members: &[
        required("ShardIterator", &ITERATOR),
        optional("Limit", &RECORDS_LIMIT),
    ],
};

/// These bounds' upper ends are only in the model's text.
static LIST_LIMIT: Shape = Shape::Integer(Bounds::between(1, 100));
static RECORDS_LIMIT: Shape = Shape::Integer(Bounds::between(1, 1000));
static STREAM: Shape = length(37, 1024);
static SHARD: Shape = length(28, 65);
static SHARD_FILTER: Shape = Shape::Structure(&Structure {
    class: "ShardFilter",
    members: &[
        required("Type", &SHARD_FILTER_TYPE),
        required("ShardId", &SHARD),
    ],
});
static SHARD_FILTER_TYPE: Shape = values(&["CHILD_SHARDS"]);
static ITERATOR: Shape = length(1, 2048);
static SEQUENCE_NUMBER: Shape = length(21, 40);
static ITERATOR_TYPE: Shape = values(&[
    "AFTER_SEQUENCE_NUMBER",
    "LATEST",
    "AT_SEQUENCE_NUMBER",
    "AT_TIMESTAMP",
    "TRIM_HORIZON",
]);
