//! API Gateway: an application's REST APIs on one listener, each route's function behind a Lambda proxy integration.
//!
//! Routes, events and responses are pure functions of data (`router`,
//! `event`, `response`); only `server` does I/O.

mod answers;
mod event;
mod response;
mod router;
mod server;

pub use server::{Gateway, GatewaySettings};
