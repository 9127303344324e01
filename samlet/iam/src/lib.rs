//! Who may do what: roles, credentials, request signatures and policy decisions.
//!
//! Pure functions of data, but for the credentials it has issued; no I/O.

mod authorization;
mod credentials;
mod policy;
mod signature;

pub use authorization::{Denied, authorize};
pub use credentials::{Credentials, DEVELOPER_KEY, Identities, Principal, Role};
pub use policy::{Decision, PolicyDocument, PolicyError};
pub use signature::AuthenticationError;
