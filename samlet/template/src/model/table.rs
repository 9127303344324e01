//! A DynamoDB table: its keys, its indexes, and the request that creates it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>

use serde::Serialize;
use serde_json::Value;

use crate::diagnostics::Location;

/// A DynamoDB table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `TableName`, or `STACK-LOGICALID`.
    pub name: String,
    /// Its primary key.
    pub key_schema: KeySchema,
    /// Its secondary indexes.
    pub indexes: Vec<Index>,
    /// A DynamoDB CreateTable request (JSON), complete with TableName.
    pub create_table: Value,
    /// `TimeToLiveSpecification`, when enabled.
    pub time_to_live: Option<TimeToLive>,
    /// `PointInTimeRecoveryEnabled`, on AWS.
    pub point_in_time_recovery: bool,
    /// `SSEEnabled`: its key is the account's, in KMS, on AWS.
    pub encrypted_by_kms: bool,
    /// Where it is declared.
    pub location: Location,
}

/// The attributes of a key, the partition key's first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeySchema(pub Vec<KeyAttribute>);

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: String,
    /// What it is in the key.
    pub key_type: KeyType,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// What an attribute is in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyType {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// `IndexName`.
    pub name: String,
    /// Global or local.
    pub kind: IndexKind,
    /// Its key.
    pub key_schema: KeySchema,
}

/// Which of DynamoDB's two kinds an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum IndexKind {
    /// Of any key.
    Global,
    /// Of the table's partition key.
    Local,
}

/// When a table's items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeToLive {
    /// The attribute that says so, in seconds since the epoch.
    pub attribute: String,
}
