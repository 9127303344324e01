//! Requests and answers as they go to and come from both programs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One request to DynamoDB.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// Such as `PutItem`.
    pub(crate) operation: String,
    /// Its body.
    pub(crate) request: Value,
}

impl Request {
    pub(crate) fn new(operation: &str, request: Value) -> Self {
        Self {
            operation: operation.into(),
            request,
        }
    }

    /// Whether it leaves items and definitions as they are, whatever it is answered with.
    pub(crate) fn is_read(&self) -> bool {
        match self.operation.as_str() {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems"
            | "DescribeTable" => true,
            "ExecuteStatement" => {
                let statement = self.request["Statement"].as_str().unwrap_or_default();
                statement.starts_with("SELECT")
            }
            _ => false,
        }
    }
}

/// What a program makes of a request.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// The HTTP status; 0 if the program has ended.
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// In place of an answer, how a program ended.
    pub(crate) fn ended(how: &str) -> Self {
        Self {
            status: 0,
            body: json!({ "ended": how }),
        }
    }

    /// `200`, or the error with its name and message, such as `400 ValidationException: …`.
    pub(crate) fn summary(&self) -> String {
        match self.status {
            0 => format!("0 {}", self.body["ended"].as_str().unwrap_or_default()),
            200 => "200".into(),
            status => {
                let name = self.body["__type"].as_str().unwrap_or_default();
                let message = self.body["message"].as_str().unwrap_or_default();
                format!("{status} {name}: {message}")
            }
        }
    }
}
