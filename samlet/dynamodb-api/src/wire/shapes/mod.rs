//! The model of each operation's request, as AWS publishes it. Members stand in the order in which DynamoDB checks them,
//! which is that of its Java objects' hash tables and so has no rule.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html>

mod batches;
mod common;
mod indexes;
mod items;
mod searches;
mod statements;
mod streams;
mod tables;
mod tags;
#[cfg(test)]
mod tests;
mod transactions;

pub(super) use common::ATTRIBUTE_VALUE_CLASS;

use super::shape::Structure;
use crate::Operation;

/// The model of an operation's request.
pub(super) fn input(operation: Operation) -> &'static Structure {
    match operation {
        Operation::BatchExecuteStatement => &statements::BATCH_EXECUTE_STATEMENT,
        Operation::BatchGetItem => &batches::BATCH_GET_ITEM,
        Operation::BatchWriteItem => &batches::BATCH_WRITE_ITEM,
        Operation::CreateTable => &tables::CREATE_TABLE,
        Operation::DeleteItem => &items::DELETE_ITEM,
        Operation::DeleteTable => &tables::DELETE_TABLE,
        Operation::DescribeContinuousBackups => &tables::DESCRIBE_CONTINUOUS_BACKUPS,
        Operation::DescribeEndpoints => &tables::DESCRIBE_ENDPOINTS,
        Operation::DescribeLimits => &tables::DESCRIBE_LIMITS,
        Operation::DescribeStream => &streams::DESCRIBE_STREAM,
        Operation::DescribeTable => &tables::DESCRIBE_TABLE,
        Operation::DescribeTimeToLive => &tables::DESCRIBE_TIME_TO_LIVE,
        Operation::ExecuteStatement => &statements::EXECUTE_STATEMENT,
        Operation::ExecuteTransaction => &statements::EXECUTE_TRANSACTION,
        Operation::GetItem => &items::GET_ITEM,
        Operation::GetRecords => &streams::GET_RECORDS,
        Operation::GetShardIterator => &streams::GET_SHARD_ITERATOR,
        Operation::ListStreams => &streams::LIST_STREAMS,
        Operation::ListTables => &tables::LIST_TABLES,
        Operation::ListTagsOfResource => &tags::LIST_TAGS_OF_RESOURCE,
        Operation::PutItem => &items::PUT_ITEM,
        Operation::Query => &searches::QUERY,
        Operation::Scan => &searches::SCAN,
        Operation::TagResource => &tags::TAG_RESOURCE,
        Operation::TransactGetItems => &transactions::TRANSACT_GET_ITEMS,
        Operation::TransactWriteItems => &transactions::TRANSACT_WRITE_ITEMS,
        Operation::UntagResource => &tags::UNTAG_RESOURCE,
        Operation::UpdateItem => &items::UPDATE_ITEM,
        Operation::UpdateTable => &tables::UPDATE_TABLE,
        Operation::UpdateTimeToLive => &tables::UPDATE_TIME_TO_LIVE,
    }
}
