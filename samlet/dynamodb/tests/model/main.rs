//! Random histories of tables, held against a plain model of them, with and without kills.
//!
//! What the model does is written without a look at the engine: maps, sorted lists and plain numbers. A history that
//! fails is shrunk, and shown as the requests that were sent. `PROPTEST_CASES=10000 cargo test -p samlet-dynamodb --test
//! model` runs more of them.

#![allow(clippy::unwrap_used)]
// The tests print what came of their requests.
#![allow(clippy::print_stdout)]

mod checks;
mod child;
mod engine;
mod expressions;
mod kills;
mod number;
mod request;
mod resolve;
mod run;
mod state;
mod strategy;
mod table;
mod updates;
mod value;
