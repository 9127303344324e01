//! The types of resources: what samlet knows of each, in a file of its own, and found by its name.
//!
//! To add a type, write its file, with `pub(super) static` [`ResourceType`], and add two lines here: the module, and
//! its place in [`TYPES`]. One that a service has on its own needs no more than data: [`Handling::Declared`].

mod account;
mod alarm;
pub(crate) mod api;
mod api_key;
pub(crate) mod arns;
mod bucket;
mod dashboard;
mod function;
pub(crate) mod http_api;
mod layer_version;
mod log_group;
mod parameter;
mod permission;
mod policy;
mod queue;
mod resource_type;
mod rest_api;
mod role;
pub(crate) mod schema;
mod secret;
mod simple_table;
mod state_machine;
mod table;
mod topic;
mod usage_plan;
mod usage_plan_key;
mod user_pool;

pub use alarm::Alarm;
pub use arns::Resource as DeclaredArn;
pub use resource_type::{
    Attributes, Companion, Dependencies, Given, Globals, Handling, Naming, Reach, ResourceType,
};
pub(crate) use resource_type::{OwnValue, Resource};

/// Every type that samlet knows more of than its name.
pub(crate) static TYPES: &[&ResourceType] = &[
    &account::ACCOUNT,
    &alarm::ALARM,
    &alarm::COMPOSITE_ALARM,
    &api::API,
    &api_key::API_KEY,
    &bucket::BUCKET,
    &dashboard::DASHBOARD,
    &function::lambda::FUNCTION,
    &function::serverless::FUNCTION,
    &http_api::HTTP_API,
    &layer_version::LAYER_VERSION,
    &log_group::LOG_GROUP,
    &parameter::PARAMETER,
    &permission::PERMISSION,
    &policy::MANAGED_POLICY,
    &policy::POLICY,
    &queue::QUEUE,
    &rest_api::HTTP_API,
    &rest_api::REST_API,
    &role::ROLE,
    &secret::SECRET,
    &simple_table::SIMPLE_TABLE,
    &state_machine::SERVERLESS,
    &state_machine::STEP_FUNCTIONS,
    &table::TABLE,
    &topic::TOPIC,
    &usage_plan::USAGE_PLAN,
    &usage_plan_key::USAGE_PLAN_KEY,
    &user_pool::USER_POOL,
];
