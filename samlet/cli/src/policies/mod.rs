//! What functions may do: enforced, explained, recorded, and derived from what they do.

mod explanation;
mod permissions;
mod report;
mod roles;
mod usage;

pub(crate) use explanation::Access;
pub(crate) use permissions::missing as missing_permissions;
pub(crate) use report::{command, reports, simulate};
pub(crate) use roles::{function_policy, role};
pub(crate) use usage::Usage;
