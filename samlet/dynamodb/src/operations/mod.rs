//! What each operation does: a request in, its answer or the reason why there is none out.

mod account;
mod attributes;
mod batches;
pub(crate) mod collections;
mod description;
mod indexes;
mod items;
pub(crate) mod key_conditions;
pub(crate) mod key_ranges;
mod query;
mod scan;
pub(crate) mod schema;
pub(crate) mod search;
#[cfg(test)]
mod search_tests;
pub(crate) mod source;
mod start_keys;
mod statements;
mod table_updates;
mod tables;
mod tags;
#[cfg(test)]
pub(crate) mod testing;
mod time_to_live;
pub(crate) mod tokens;
pub(crate) mod transactions;
pub(crate) mod writes;

use samlet_dynamodb_api::Request;
use serde_json::Value;

use crate::database::Database;
use crate::error::Error;
use crate::streams;

/// Runs a request. Within a transaction: the writer's, or that of [`Database::read`].
pub(crate) fn run(database: &mut Database, request: &Request) -> Result<Value, Error> {
    match request {
        Request::DescribeStream(request) => streams::describe(database, request),
        Request::GetRecords(request) => streams::records(database, request),
        Request::GetShardIterator(request) => streams::shard_iterator(database, request),
        Request::ListStreams(request) => streams::list(database, request),
        Request::BatchGetItem(batch) => batches::get(database, batch),
        Request::BatchWriteItem(batch) => batches::write(database, batch),
        Request::DeleteItem(delete) => items::delete(database, delete),
        Request::GetItem(get) => items::get(database, get),
        Request::PutItem(put) => items::put(database, put),
        Request::Query(query) => query::query(database, query),
        Request::Scan(scan) => scan::scan(database, scan),
        Request::TransactGetItems(gets) => transactions::get(database, gets),
        Request::TransactWriteItems(writes) => transactions::write(database, writes, request),
        Request::BatchExecuteStatement(batch) => statements::batch(database, batch),
        Request::ExecuteStatement(statement) => statements::execute(database, statement),
        Request::ExecuteTransaction(transaction) => {
            statements::transaction(database, transaction, request)
        }
        Request::UpdateItem(update) => items::update(database, update),
        Request::CreateTable(request) => tables::create(database, request),
        Request::DeleteTable(name) => tables::delete(database, name),
        Request::DescribeContinuousBackups(name) => account::continuous_backups(database, name),
        Request::DescribeEndpoints => Ok(account::endpoints(database)),
        Request::DescribeLimits => Ok(account::limits()),
        Request::DescribeTable(name) => tables::describe(database, name),
        Request::DescribeTimeToLive(name) => time_to_live::describe(database, name),
        Request::ListTables(request) => tables::list(database, request),
        Request::ListTagsOfResource(resource, _) => tags::list(database, resource),
        Request::TagResource(request) => tags::tag(database, request),
        Request::UntagResource(request) => tags::untag(database, request),
        Request::UpdateTable(request) => table_updates::update(database, request),
        Request::UpdateTimeToLive(request) => time_to_live::update(database, request),
    }
}
