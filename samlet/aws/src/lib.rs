//! How AWS names things: ARNs, the place of a deployment, X-Ray trace ids, and the patterns that match names.
//!
//! Plain values; no I/O, and no knowledge of any service.

mod arn;
pub mod glob;
mod place;
pub mod trace_id;

pub use arn::{Arn, ArnError};
pub use place::Place;
