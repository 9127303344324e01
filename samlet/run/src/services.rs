//! The services that samlet has. A line in [`SERVICES`] adds one.

use std::sync::{Arc, LazyLock, OnceLock};

use samlet_dynamodb::Store;
use samlet_lambda::Lambda;
use samlet_logs::Logs;
use samlet_service::{Identity, Registration, Service, Setup};
use samlet_template::Catalogue;

use crate::error::Error;

/// The services that stand by themselves, in the order in which they are named.
static SERVICES: &[&Registration] = &[
    // One on a line.
    &samlet_sts::SERVICE,
];

/// The services of what other parts use as well, which are named first.
static OF_CORE: [(&Identity, MakeOfCore); 3] = [
    (&samlet_dynamodb::IDENTITY, |core| {
        samlet_dynamodb::DynamoDb::service(core.store.clone(), &core.setup)
    }),
    (&samlet_lambda::IDENTITY, |core| {
        samlet_lambda::Api::service(core.lambda.clone(), &core.setup)
    }),
    (&samlet_logs::IDENTITY, |core| {
        samlet_logs::LogsApi::service(core.logs.clone(), &core.setup)
    }),
];

type MakeOfCore = fn(&Core) -> Arc<dyn Service>;

/// What other parts than its service use of DynamoDB, Lambda and CloudWatch Logs.
#[derive(Debug)]
pub(crate) struct Core {
    /// What every service is given.
    pub(crate) setup: Setup,
    pub(crate) store: Store,
    pub(crate) lambda: Lambda,
    pub(crate) logs: Logs,
}

/// Services that a program has beside samlet's own.
static FURTHER: OnceLock<Vec<&'static Registration>> = OnceLock::new();

/// Adds services to those that samlet has itself: once, before anything else is done.
pub fn add_services(further: Vec<&'static Registration>) {
    FURTHER.set(further).ok();
}

fn registrations() -> impl Iterator<Item = &'static Registration> {
    let further = FURTHER.get().into_iter().flatten();
    SERVICES.iter().chain(further).copied()
}

/// What is known of every service, in the order in which they are named.
pub fn identities() -> impl Iterator<Item = &'static Identity> {
    let of_core = OF_CORE.iter().map(|(identity, _)| *identity);
    of_core.chain(registrations().map(|service| service.identity))
}

/// The services, made.
pub(crate) fn make_services(core: &Core) -> Result<Vec<Arc<dyn Service>>, Error> {
    let mut services: Vec<Arc<dyn Service>> = Vec::new();
    for (_, make) in &OF_CORE {
        services.push(make(core));
    }
    for Registration { identity, make, .. } in registrations() {
        let service = make(&core.setup).map_err(|source| Error::Service {
            title: identity.title,
            source,
        })?;
        services.push(service);
    }
    Ok(services)
}

/// What templates are read with: the IAM actions and condition keys of all services, of the gateway and of X-Ray, the
/// types of resources, and the services' checks of these.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let others = [samlet_gateway::ACTIONS, samlet_traces::ACTIONS];
        let actions = identities().map(|identity| identity.actions);
        let other_keys = [
            samlet_gateway::CONDITION_KEYS,
            samlet_traces::CONDITION_KEYS,
        ];
        let keys = identities().map(|identity| identity.condition_keys);
        let types = registrations().flat_map(|service| service.resource_types);
        let checks = identities().filter_map(|identity| identity.check);
        Catalogue::new(actions.chain(others))
            .with_condition_keys(keys.chain(other_keys))
            .with_types(types.copied())
            .with_checks(checks)
    });
    &CATALOGUE
}
