//! The commands, each in a file of its own name.

pub(crate) mod routes;
pub(crate) mod validate;
