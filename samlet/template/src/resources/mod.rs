//! The types of resources: what samlet knows of each, in a file of its own, and found by its name.
//!
//! To add a type, write its file with a `pub(super) static` [`ResourceType`], and add two lines here: the module, and its
//! place in [`PLAIN`] if data says all of it, or else in [`READERS`], with the code that reads it. A type that is only
//! handed to its service is plain: `Handling::Declared`.

mod account;
mod alarm;
mod api;
mod api_key;
mod bucket;
mod dashboard;
mod function;
mod http_api;
mod layer_version;
mod log_group;
mod parameter;
mod permission;
mod policy;
mod queue;
mod rest_api;
mod role;
mod secret;
mod simple_table;
mod state_machine;
mod table;
mod topic;
mod usage_plan;
mod usage_plan_key;
mod user_pool;

use crate::reading::{Phase, Reader, Reading};
use crate::types::ResourceType;
use crate::yaml::Entry;
use crate::{Actions, Catalogue};

/// The types of which data says all.
static PLAIN: &[&ResourceType] = &[
    &account::ACCOUNT,
    &bucket::BUCKET,
    &bucket::DIRECTORY_BUCKET,
    &layer_version::LAYER_VERSION,
    &log_group::LOG_GROUP,
    &parameter::PARAMETER,
    &queue::QUEUE,
    &rest_api::HTTP_API,
    &rest_api::REST_API,
    &secret::SECRET,
    &state_machine::SERVERLESS,
    &state_machine::STEP_FUNCTIONS,
    &table::GLOBAL_TABLE,
    &topic::TOPIC,
    &user_pool::USER_POOL,
];

/// The types that are read by code of their own, and when.
pub(crate) static READERS: &[Reader] = &[
    reader(&policy::POLICY, Phase::Policies, policy::read_policy),
    reader(
        &policy::MANAGED_POLICY,
        Phase::Policies,
        policy::read_managed_policy,
    ),
    reader(&role::ROLE, Phase::Roles, role::read),
    reader(&api_key::API_KEY, Phase::Keys, api_key::read),
    reader(&usage_plan::USAGE_PLAN, Phase::Keys, usage_plan::read),
    reader(
        &usage_plan_key::USAGE_PLAN_KEY,
        Phase::Keys,
        usage_plan_key::read,
    ),
    reader(&api::API, Phase::Apis, api::read),
    reader(&http_api::HTTP_API, Phase::Apis, http_api::read),
    reader(
        &function::serverless::FUNCTION,
        Phase::Rest,
        function::serverless::read,
    ),
    reader(
        &function::lambda::FUNCTION,
        Phase::Rest,
        function::lambda::read,
    ),
    reader(&permission::PERMISSION, Phase::Rest, permission::read),
    reader(&table::TABLE, Phase::Rest, table::read),
    reader(&simple_table::SIMPLE_TABLE, Phase::Rest, simple_table::read),
    reader(&alarm::ALARM, Phase::Rest, alarm::read),
    reader(&alarm::COMPOSITE_ALARM, Phase::Rest, alarm::read),
    reader(&dashboard::DASHBOARD, Phase::Rest, dashboard::read),
];

const fn reader(
    resource_type: &'static ResourceType,
    phase: Phase,
    read: fn(&Entry, &mut Reading<'_, '_>),
) -> Reader {
    Reader {
        resource_type,
        phase,
        read,
    }
}

impl Catalogue {
    /// With lists of IAM actions, `service:Name` one a line, and the types of resources that this crate has.
    pub fn new(actions: impl IntoIterator<Item = &'static str>) -> Self {
        let read = READERS.iter().map(|reader| reader.resource_type);
        let types = PLAIN.iter().copied().chain(read);
        Self::of(Actions::of(actions)).with_types(types)
    }
}
