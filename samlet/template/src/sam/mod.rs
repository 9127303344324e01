//! What SAM makes of a template: Globals, implicit APIs and roles, routes from events, permissions.

pub(crate) mod apis;
pub(crate) mod authorizers;
mod conditions;
mod cors;
pub(crate) mod events;
pub(crate) mod gateway_responses;
pub(crate) mod globals;
pub(crate) mod keys;
mod known_policies;
pub(crate) mod permissions;
pub(crate) mod policies;
pub(crate) mod roles;
pub(crate) mod statements;
pub(crate) mod throttling;
pub(crate) mod validation;
