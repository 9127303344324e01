//! Who may do what: roles, credentials, request signatures and policy decisions.
//!
//! Pure functions of data, but for the credentials it has issued; no I/O.

mod authorization;
mod condition;
mod condition_keys;
mod context;
mod credentials;
mod error;
mod named;
mod pattern;
mod payload;
mod policy;
mod presigned;
mod principal;
mod resource_policy;
mod signature;
mod signature_fields;
mod signing;
mod truth;

pub use authorization::{Denied, Near, Reason, authorize, judge};
pub use condition_keys::CONDITION_KEYS;
pub use context::Context;
pub use credentials::{Credentials, Identities};
pub use error::{AuthenticationError, PayloadError, PayloadMismatch, PolicyError};
pub use payload::{Payload, PayloadHash};
pub use policy::{
    Decision, PolicyDocument, Request, StatementView, matches_action, matches_resource,
};
pub use principal::{DEVELOPER_KEY, DEVELOPER_SECRET_VARIABLE, Policy, Principal, Role};
pub use resource_policy::{ResourcePolicy, ResourcePolicyDocument};
pub use signing::sign_request;
