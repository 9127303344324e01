//! Requests, a type for each operation: what is read from a client, authorised and executed.
//!
//! Members that DynamoDB doesn't have decide nothing: they are dropped when a request is read.

mod batches;
mod body;
mod fingerprint;
mod items;
mod members;
mod options;
mod searches;
mod statements;
mod streams;
mod table_names;
mod tables;
mod transactions;

#[cfg(test)]
pub(crate) mod tests;

use samlet_aws::Place;
use serde_json::{Map, Value};

pub use batches::{BatchGetItem, BatchWrite, BatchWriteItem, KeysToGet};
pub use fingerprint::Fingerprint;
pub use items::{Check, DeleteItem, GetItem, ItemUpdate, PutItem, UpdateItem};
pub use options::{
    ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues, Returned, Select,
};
pub use searches::{KeySearch, Query, Scan, Segment};
pub use statements::{BatchExecuteStatement, ExecuteStatement, ExecuteTransaction, StatementEntry};
pub use streams::{
    DescribeStream, GetRecords, GetShardIterator, IteratorType, ListStreams, StreamArn,
};
pub use tables::{
    AttributeDefinition, Billing, BillingMode, CreateTable, Encryption, GlobalIndex, IndexKeys,
    IndexProjection, IndexUpdate, ListTables, LocalIndex, OnDemandThroughput, StreamSpecification,
    StreamViewType, TableClass, TableKeys, TagResource, Throughput, UntagResource, UpdateTable,
    UpdateTimeToLive,
};
pub use transactions::{
    ConditionCheck, TransactGet, TransactGetItems, TransactWrite, TransactWriteItems,
};

use self::body::Body;
use self::members::Members;
use crate::{Kind, Operation, Refusal, wire};

/// A request, read and checked as far as that can be without a look at what is stored.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "as DynamoDB names them")]
pub enum Request {
    BatchExecuteStatement(BatchExecuteStatement),
    BatchGetItem(BatchGetItem),
    BatchWriteItem(BatchWriteItem),
    CreateTable(CreateTable),
    DeleteItem(DeleteItem),
    /// The table's name.
    DeleteTable(String),
    /// The table's name.
    DescribeContinuousBackups(String),
    DescribeEndpoints,
    DescribeLimits,
    DescribeStream(DescribeStream),
    /// The table's name.
    DescribeTable(String),
    /// The table's name.
    DescribeTimeToLive(String),
    ExecuteStatement(ExecuteStatement),
    ExecuteTransaction(ExecuteTransaction),
    GetItem(GetItem),
    GetRecords(GetRecords),
    GetShardIterator(GetShardIterator),
    ListStreams(ListStreams),
    ListTables(ListTables),
    /// The resource's ARN, and where to go on.
    ListTagsOfResource(String, Option<String>),
    PutItem(PutItem),
    Query(Query),
    Scan(Scan),
    TagResource(TagResource),
    TransactGetItems(TransactGetItems),
    TransactWriteItems(TransactWriteItems),
    UntagResource(UntagResource),
    UpdateItem(UpdateItem),
    UpdateTable(UpdateTable),
    UpdateTimeToLive(UpdateTimeToLive),
}

impl Request {
    /// Reads a request from its body, in DynamoDB's order: is it JSON, do its members have the right types, do their
    /// values keep to what the API's model says of them, and then the operation's own rules.
    pub fn read(operation: Operation, body: &[u8], place: &Place) -> Result<Self, Refusal> {
        let body = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        Self::from_json(operation, body, place)
    }

    /// Reads a request from its members.
    pub fn from_json(operation: Operation, body: Value, place: &Place) -> Result<Self, Refusal> {
        let mut members = wire::check(operation, body)?;
        table_names::reduce(&mut members, place)?;
        Self::from_members(operation, members, place)
    }

    fn from_members(
        operation: Operation,
        members: Map<String, Value>,
        place: &Place,
    ) -> Result<Self, Refusal> {
        let table = |members| Members::new(members).table();
        Ok(match operation {
            Operation::DeleteTable => Self::DeleteTable(table(members)),
            Operation::DescribeContinuousBackups => Self::DescribeContinuousBackups(table(members)),
            Operation::DescribeEndpoints => Self::DescribeEndpoints,
            Operation::DescribeLimits => Self::DescribeLimits,
            Operation::DescribeTable => Self::DescribeTable(table(members)),
            Operation::DescribeTimeToLive => Self::DescribeTimeToLive(table(members)),
            Operation::ListTagsOfResource => {
                let (resource, next) = tables::read_list_tags(members, place)?;
                Self::ListTagsOfResource(resource, next)
            }
            Operation::BatchGetItem => Self::BatchGetItem(BatchGetItem::read(members)?),
            Operation::BatchWriteItem => Self::BatchWriteItem(BatchWriteItem::read(members)?),
            Operation::BatchExecuteStatement => {
                Self::BatchExecuteStatement(BatchExecuteStatement::read(members)?)
            }
            Operation::DeleteItem => Self::DeleteItem(DeleteItem::read(members)?),
            Operation::ExecuteStatement => Self::ExecuteStatement(ExecuteStatement::read(members)?),
            Operation::ExecuteTransaction => {
                Self::ExecuteTransaction(ExecuteTransaction::read(members)?)
            }
            Operation::GetItem => Self::GetItem(GetItem::read(members)?),
            Operation::PutItem => Self::PutItem(PutItem::read(members)?),
            Operation::Query => Self::Query(Query::read(members)?),
            Operation::Scan => Self::Scan(Scan::read(members)?),
            Operation::TransactGetItems => Self::TransactGetItems(TransactGetItems::read(members)?),
            Operation::TransactWriteItems => {
                Self::TransactWriteItems(TransactWriteItems::read(members)?)
            }
            Operation::UpdateItem => Self::UpdateItem(UpdateItem::read(members)?),
            Operation::CreateTable => Self::CreateTable(CreateTable::read(members, place)?),
            Operation::DescribeStream => {
                Self::DescribeStream(DescribeStream::read(members, place)?)
            }
            Operation::GetRecords => Self::GetRecords(GetRecords::read(members, place)?),
            Operation::GetShardIterator => {
                Self::GetShardIterator(GetShardIterator::read(members, place)?)
            }
            Operation::ListStreams => Self::ListStreams(ListStreams::read(members, place)?),
            Operation::ListTables => Self::ListTables(ListTables::read(members, place)?),
            Operation::TagResource => Self::TagResource(TagResource::read(members, place)?),
            Operation::UntagResource => Self::UntagResource(UntagResource::read(members, place)?),
            Operation::UpdateTable => Self::UpdateTable(UpdateTable::read(members, place)?),
            Operation::UpdateTimeToLive => {
                Self::UpdateTimeToLive(UpdateTimeToLive::read(members, place)?)
            }
        })
    }

    /// The request as a client would send it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::DescribeEndpoints | Self::DescribeLimits => Value::Object(Map::new()),
            Self::DeleteTable(table)
            | Self::DescribeContinuousBackups(table)
            | Self::DescribeTable(table)
            | Self::DescribeTimeToLive(table) => Body::of_table(table).finish(),
            Self::ListTagsOfResource(resource, next) => {
                let mut body = Body::default();
                body.set("ResourceArn", resource.as_str());
                if let Some(next) = next {
                    body.set("NextToken", next.as_str());
                }
                body.finish()
            }
            Self::BatchGetItem(request) => request.write(),
            Self::BatchWriteItem(request) => request.write(),
            Self::BatchExecuteStatement(request) => request.write(),
            Self::DeleteItem(request) => request.write(),
            Self::ExecuteStatement(request) => request.write(),
            Self::ExecuteTransaction(request) => request.write(),
            Self::GetItem(request) => request.write(),
            Self::PutItem(request) => request.write(),
            Self::Query(request) => request.write(),
            Self::Scan(request) => request.write(),
            Self::TransactGetItems(request) => request.write(),
            Self::TransactWriteItems(request) => request.write(),
            Self::UpdateItem(request) => request.write(),
            Self::CreateTable(request) => request.write(),
            Self::DescribeStream(request) => request.write(),
            Self::GetRecords(request) => request.write(),
            Self::GetShardIterator(request) => request.write(),
            Self::ListStreams(request) => request.write(),
            Self::ListTables(request) => request.write(),
            Self::TagResource(request) => request.write(),
            Self::UntagResource(request) => request.write(),
            Self::UpdateTable(request) => request.write(),
            Self::UpdateTimeToLive(request) => request.write(),
        }
    }

    /// The operation that it is a request of.
    pub fn operation(&self) -> Operation {
        match self {
            Self::DeleteTable(_) => Operation::DeleteTable,
            Self::DescribeContinuousBackups(_) => Operation::DescribeContinuousBackups,
            Self::DescribeTable(_) => Operation::DescribeTable,
            Self::DescribeTimeToLive(_) => Operation::DescribeTimeToLive,
            Self::DescribeEndpoints => Operation::DescribeEndpoints,
            Self::DescribeLimits => Operation::DescribeLimits,
            Self::ListTagsOfResource(..) => Operation::ListTagsOfResource,
            Self::BatchExecuteStatement(_) => Operation::BatchExecuteStatement,
            Self::BatchGetItem(_) => Operation::BatchGetItem,
            Self::BatchWriteItem(_) => Operation::BatchWriteItem,
            Self::CreateTable(_) => Operation::CreateTable,
            Self::DeleteItem(_) => Operation::DeleteItem,
            Self::DescribeStream(_) => Operation::DescribeStream,
            Self::ExecuteStatement(_) => Operation::ExecuteStatement,
            Self::ExecuteTransaction(_) => Operation::ExecuteTransaction,
            Self::GetItem(_) => Operation::GetItem,
            Self::GetRecords(_) => Operation::GetRecords,
            Self::GetShardIterator(_) => Operation::GetShardIterator,
            Self::ListStreams(_) => Operation::ListStreams,
            Self::ListTables(_) => Operation::ListTables,
            Self::PutItem(_) => Operation::PutItem,
            Self::Query(_) => Operation::Query,
            Self::Scan(_) => Operation::Scan,
            Self::TagResource(_) => Operation::TagResource,
            Self::TransactGetItems(_) => Operation::TransactGetItems,
            Self::TransactWriteItems(_) => Operation::TransactWriteItems,
            Self::UntagResource(_) => Operation::UntagResource,
            Self::UpdateItem(_) => Operation::UpdateItem,
            Self::UpdateTable(_) => Operation::UpdateTable,
            Self::UpdateTimeToLive(_) => Operation::UpdateTimeToLive,
        }
    }

    /// How it is to be run: what only selects by statements reads.
    pub fn kind(&self) -> Kind {
        let only_selects = match self {
            Self::ExecuteStatement(request) => request.statement.is_read(),
            Self::BatchExecuteStatement(request) => {
                let mut statements = request.statements.iter().flatten();
                statements.all(|entry| entry.statement.is_read())
            }
            _ => false,
        };
        if only_selects {
            return Kind::Read;
        }
        self.operation().kind()
    }

    /// What makes a transaction that is sent twice run once.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#DDB-TransactWriteItems-request-ClientRequestToken>
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::TransactWriteItems(request) => request.token.as_deref(),
            Self::ExecuteTransaction(request) => request.token.as_deref(),
            _ => None,
        }
    }

    /// Stands for what a transaction does, whatever its token and what it answers: transactions with one token must
    /// have one fingerprint. `None` for what is not a transaction that can have a token.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let actions = match self {
            Self::ExecuteTransaction(request) => request.write_statements(),
            Self::TransactWriteItems(request) => request.write_items(),
            _ => return None,
        };
        Some(Fingerprint::of(self.operation(), &actions))
    }
}

/// DynamoDB doesn't say what is wrong with a body that is not JSON. One that nests too deep to be read can only be about
/// a value that does.
fn not_json(error: &serde_json::Error) -> Refusal {
    if error.to_string().starts_with("recursion limit exceeded") {
        return Refusal::validation(
            "Nesting Levels have exceeded supported limits: \
             Attributes in the item have nested levels beyond supported limit",
        );
    }
    Refusal::Serialization(String::new())
}
