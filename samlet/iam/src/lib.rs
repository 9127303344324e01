//! Who may do what: roles, credentials, request signatures and policy decisions.
//!
//! Pure functions of data, but for the credentials it has issued; no I/O.

mod authorization;
mod condition;
mod context;
mod credentials;
mod named;
mod pattern;
mod payload;
mod policy;
mod presigned;
mod principal;
mod resource_policy;
mod signature;
mod signing;

pub use authorization::{Denied, Near, Reason, authorize, judge};
pub use context::Context;
pub use credentials::{Credentials, DEVELOPER_KEY, Identities};
pub use payload::{Payload, PayloadError, PayloadHash, PayloadMismatch};
pub use policy::{
    Decision, PolicyDocument, PolicyError, Request, StatementView, matches_action, matches_resource,
};
pub use principal::{Policy, Principal, Role};
pub use resource_policy::{ResourcePolicy, ResourcePolicyDocument};
pub use signature::AuthenticationError;
pub use signing::sign_request;
