//! What a request needs to be allowed: actions on tables, indexes and streams, with DynamoDB's own condition keys.
//!
//! All of it is derived from the request's value, which is also what is executed.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

mod attributes;
mod conditions;
mod leading_keys;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use conditions::ConditionKey;

use crate::partiql::Statement;
use crate::request::{
    BatchWrite, ConditionCheck, DeleteItem, GetItem, KeysToGet, PutItem, Query, Request, Scan,
    StatementEntry, TransactGet, TransactWrite, UpdateItem,
};

/// An action on a resource that a request needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Need<'r> {
    /// Without its prefix: `PutItem`.
    pub action: &'static str,
    /// What it is done to.
    pub resource: Resource<'r>,
    part: Part<'r>,
}

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'r> {
    /// Nothing in particular: `*`.
    Any,
    /// A table.
    Table(&'r str),
    /// An index of a table.
    Index {
        /// The table's name.
        table: &'r str,
        /// The index's name.
        index: &'r str,
    },
    /// What an ARN names.
    Arn(&'r str),
    /// The stream that a shard iterator is of.
    Iterator(&'r str),
}

impl<'r> Resource<'r> {
    /// The table and the index that it is, or is of.
    pub fn table(self) -> Option<(&'r str, Option<&'r str>)> {
        match self {
            Self::Table(table) => Some((table, None)),
            Self::Index { table, index } => Some((table, Some(index))),
            Self::Any | Self::Arn(_) | Self::Iterator(_) => None,
        }
    }
}

/// The part of a request that a need is about, from which its condition keys come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'r> {
    /// No items.
    None,
    /// A table's new tags.
    Tags(&'r BTreeMap<String, String>),
    /// The keys of tags that go.
    TagKeys(&'r [String]),
    Get(&'r GetItem),
    Put(&'r PutItem, Enclosing<'r>),
    Update(&'r UpdateItem, Enclosing<'r>),
    Delete(&'r DeleteItem, Enclosing<'r>),
    Query(&'r Query),
    Scan(&'r Scan),
    BatchGet(&'r KeysToGet, &'r Request),
    BatchWrite(&'r [BatchWrite], &'r Request),
    TransactGet(&'r TransactGet, &'r Request),
    Check(&'r ConditionCheck, &'r Request),
    Statement {
        statement: &'r Statement,
        /// Whether the item is answered when the condition fails.
        values_on_failure: bool,
        request: &'r Request,
    },
}

/// The transaction that a write is part of.
type Enclosing<'r> = Option<&'r Request>;

impl Request {
    /// Everything that must be allowed before it may run. As many as it has parts, which are bounded.
    pub fn needs(&self) -> Vec<Need<'_>> {
        let name = self.operation().name();
        let one = |resource, part| vec![need(name, resource, part)];
        let on_table = |table, part| one(Resource::Table(table), part);
        match self {
            Self::DescribeEndpoints
            | Self::DescribeLimits
            | Self::ListStreams(_)
            | Self::ListTables(_) => one(Resource::Any, Part::None),
            Self::DeleteTable(table)
            | Self::DescribeContinuousBackups(table)
            | Self::DescribeTable(table)
            | Self::DescribeTimeToLive(table) => on_table(table, Part::None),
            Self::CreateTable(request) => on_table(&request.table, Part::Tags(&request.tags)),
            Self::UpdateTable(request) => on_table(&request.table, Part::None),
            Self::UpdateTimeToLive(request) => on_table(&request.table, Part::None),
            Self::ListTagsOfResource(resource, _) => one(Resource::Arn(resource), Part::None),
            Self::TagResource(request) => {
                let part = Part::Tags(&request.tags);
                one(Resource::Arn(&request.resource), part)
            }
            Self::UntagResource(request) => {
                let part = Part::TagKeys(&request.keys);
                one(Resource::Arn(&request.resource), part)
            }
            Self::DescribeStream(request) => one(Resource::Arn(&request.stream), Part::None),
            Self::GetShardIterator(request) => one(Resource::Arn(&request.stream), Part::None),
            Self::GetRecords(request) => one(Resource::Iterator(&request.iterator), Part::None),
            Self::GetItem(get) => on_table(&get.table, Part::Get(get)),
            Self::PutItem(put) => on_table(&put.table, Part::Put(put, None)),
            Self::UpdateItem(update) => on_table(&update.table, Part::Update(update, None)),
            Self::DeleteItem(delete) => on_table(&delete.table, Part::Delete(delete, None)),
            Self::Query(query) => {
                let resource = searched(&query.table, query.index.as_deref());
                one(resource, Part::Query(query))
            }
            Self::Scan(scan) => {
                let resource = searched(&scan.table, scan.index.as_deref());
                one(resource, Part::Scan(scan))
            }
            Self::BatchGetItem(_) | Self::BatchWriteItem(_) => self.needs_of_batch(name),
            Self::TransactGetItems(_) | Self::TransactWriteItems(_) => self.needs_of_transaction(),
            Self::ExecuteStatement(_)
            | Self::BatchExecuteStatement(_)
            | Self::ExecuteTransaction(_) => self.needs_of_statements(),
        }
    }

    /// Each table of a batch.
    fn needs_of_batch(&self, name: &'static str) -> Vec<Need<'_>> {
        match self {
            Self::BatchGetItem(batch) => {
                let tables = batch.tables.iter();
                let each = tables.map(|(table, keys)| (table, Part::BatchGet(keys, self)));
                each.map(|(table, part)| need(name, Resource::Table(table), part))
                    .collect()
            }
            Self::BatchWriteItem(batch) => {
                let tables = batch.tables.iter();
                let each = tables.map(|(table, writes)| (table, Part::BatchWrite(writes, self)));
                each.map(|(table, part)| need(name, Resource::Table(table), part))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Each part of a transaction, whose actions are those of single items.
    fn needs_of_transaction(&self) -> Vec<Need<'_>> {
        match self {
            Self::TransactGetItems(transaction) => {
                let gets = transaction.items.iter();
                let each = gets.map(|get| (&get.table, Part::TransactGet(get, self)));
                each.map(|(table, part)| need("GetItem", Resource::Table(table), part))
                    .collect()
            }
            Self::TransactWriteItems(transaction) => {
                let writes = transaction.items.iter();
                writes.map(|write| self.need_of_write(write)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn need_of_write<'r>(&'r self, write: &'r TransactWrite) -> Need<'r> {
        let (action, table, part) = match write {
            TransactWrite::Check(check) => {
                let part = Part::Check(check, self);
                ("ConditionCheckItem", &check.table, part)
            }
            TransactWrite::Put(put) => ("PutItem", &put.table, Part::Put(put, Some(self))),
            TransactWrite::Update(update) => {
                let part = Part::Update(update, Some(self));
                ("UpdateItem", &update.table, part)
            }
            TransactWrite::Delete(delete) => {
                let part = Part::Delete(delete, Some(self));
                ("DeleteItem", &delete.table, part)
            }
        };
        need(action, Resource::Table(table), part)
    }

    /// Each statement; one that can't be read is not run.
    fn needs_of_statements<'r>(&'r self) -> Vec<Need<'r>> {
        let each = |entry: &'r StatementEntry| {
            need_of_statement(&entry.statement, entry.values_on_failure, self)
        };
        match self {
            Self::ExecuteStatement(request) => {
                let values_on_failure = request.values_on_failure;
                vec![need_of_statement(
                    &request.statement,
                    values_on_failure,
                    self,
                )]
            }
            Self::BatchExecuteStatement(batch) => {
                let read = batch.statements.iter().flatten();
                read.map(each).collect()
            }
            Self::ExecuteTransaction(transaction) => {
                let statements = transaction.statements.iter();
                statements.map(each).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn need<'r>(action: &'static str, resource: Resource<'r>, part: Part<'r>) -> Need<'r> {
    Need {
        action,
        resource,
        part,
    }
}

fn searched<'r>(table: &'r str, index: Option<&'r str>) -> Resource<'r> {
    match index {
        Some(index) => Resource::Index { table, index },
        None => Resource::Table(table),
    }
}

fn need_of_statement<'r>(
    statement: &'r Statement,
    values_on_failure: bool,
    request: &'r Request,
) -> Need<'r> {
    let resource = searched(statement.table(), statement.index());
    let part = Part::Statement {
        statement,
        values_on_failure,
        request,
    };
    need(statement.action(), resource, part)
}
