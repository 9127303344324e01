//! What functions may do: enforced, explained, recorded, and derived from what they do.
//!
//! It never decides: `samlet-iam` does.

mod explanation;
mod permissions;
mod report;
mod simulation;
mod usage;

pub use explanation::{Access, Explanation};
pub use permissions::missing as missing_permissions;
pub use report::{Report, reports};
pub use simulation::Simulation;
pub use usage::{Entry, Usage};
