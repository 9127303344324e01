//! API Gateway: REST and HTTP APIs, each route's function behind a Lambda proxy integration.
//!
//! Routes, events and responses are pure functions of data (`router`,
//! `event`, `event_v2`, `sample`, `response`, `response_http`, `cors`, `binary`, `validation`, `openapi`); only
//! `server` and `stage` do I/O, and `contract` reads one file.

mod answers;
mod authorizer;
mod binary;
mod contract;
mod cors;
mod event;
mod event_v2;
#[doc(hidden)]
pub mod fuzzing;
mod openapi;
mod overload;
mod overrides;
mod refusals;
mod response;
mod response_http;
mod router;
mod routes;
mod sample;
mod server;
mod stage;
mod throttle;
mod usage;
mod validation;

pub use contract::{ContractError, contract};
pub use openapi::{Contribution, ContributionError, openapi};
pub use sample::{SampleError, SampleRequest};
pub use server::Gateway;
pub use stage::Stage;

/// Every IAM action of API Gateway's APIs (`execute-api`), one a line; ` *` follows those that know no
/// resources, and so are granted on all.
///
/// The Service Authorization Reference as cfn-lint 1.58.0 has it (Policies.json,
/// read 2026-11-25), in botocore's spelling.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>
pub const ACTIONS: &str = include_str!("actions.txt");

/// Its condition keys, as services list theirs.
pub const CONDITION_KEYS: &str = include_str!("condition_keys.txt");
