//! What the store is asked to run: a request that was read, or work of its own.

use bytes::Bytes;
use samlet_dynamodb_api::{Kind, Request};

/// What an engine runs.
#[derive(Debug)]
pub(crate) enum Command {
    /// A request, and its JSON if the embedded engine is to run it, which is written from it: never the client's bytes.
    Request(Box<Request>, Bytes),
    /// A table's keys and indexes, or null. DescribeTable counts all items, which takes long when there are millions.
    Definition(String),
    /// Deletes what has expired.
    SweepExpired,
}

impl Command {
    /// Of a request.
    pub(crate) fn request(request: Request) -> Self {
        Self::Request(Box::new(request), Bytes::new())
    }

    /// With what the embedded engine reads.
    pub(crate) fn written(mut self) -> Self {
        if let Self::Request(request, body) = &mut self {
            *body = request.to_json().to_string().into();
        }
        self
    }

    /// What it is called in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Request(request, _) => request.operation().name(),
            Self::Definition(_) => "definition of a table",
            Self::SweepExpired => "deletion of what has expired",
        }
    }

    /// How it is to be run.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Request(request, _) => request.operation().kind(),
            Self::Definition(_) => Kind::Read,
            Self::SweepExpired => Kind::Write,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use samlet_aws::Place;
    use samlet_dynamodb_api::Operation;
    use serde_json::Value;

    use super::*;

    /// Where tests' tables are.
    pub(crate) fn place() -> Arc<Place> {
        Arc::new(Place::new("us-east-1", "123456789012", "local"))
    }

    /// A command of a request that can be read.
    pub(crate) fn of(operation: &str, request: &Value) -> Command {
        let operation = Operation::from_name(operation).unwrap();
        let request = Request::from_json(operation, request.clone(), &place()).unwrap();
        Command::request(request).written()
    }
}
