//! The services that samlet has. An entry in [`services`] adds one.

use std::error::Error;
use std::sync::{Arc, LazyLock, OnceLock};

use samlet_dynamodb::Store;
use samlet_lambda::Lambda;
use samlet_logs::Logs;
use samlet_service::{Identity, Service, Setup};
use samlet_template::Actions;

/// What services are made of.
#[derive(Debug)]
pub struct Core {
    /// What every service is given.
    pub setup: Setup,
    /// DynamoDB's tables.
    pub store: Store,
    /// Lambda's functions.
    pub lambda: Lambda,
    /// CloudWatch's logs.
    pub logs: Logs,
}

/// A service that can be made.
#[derive(Clone, Copy, Debug)]
pub struct Registration {
    /// What is known of it before it is made.
    pub identity: &'static Identity,
    /// Makes it, opening what it keeps.
    pub make: MakeService,
}

/// Makes a service.
pub type MakeService = fn(&Core) -> Result<Arc<dyn Service>, Box<dyn Error + Send + Sync>>;

/// Every service, in the order in which they are named.
pub fn services() -> Vec<Registration> {
    let service = |identity, make| Registration { identity, make };
    let mut services = vec![
        service(&samlet_dynamodb::IDENTITY, |core| {
            Ok(samlet_dynamodb::DynamoDb::service(
                core.store.clone(),
                &core.setup,
            ))
        }),
        service(&samlet_lambda::IDENTITY, |core| {
            Ok(samlet_lambda::Api::service(
                core.lambda.clone(),
                &core.setup,
            ))
        }),
        service(&samlet_logs::IDENTITY, |core| {
            Ok(samlet_logs::LogsApi::service(
                core.logs.clone(),
                &core.setup,
            ))
        }),
        service(&samlet_sts::IDENTITY, |core| {
            Ok(samlet_sts::Sts::service(&core.setup))
        }),
    ];
    services.extend(FURTHER.get().into_iter().flatten());
    services
}

/// Services that a program has beside samlet's own.
static FURTHER: OnceLock<Vec<Registration>> = OnceLock::new();

/// Adds services to those that samlet has itself: once, before anything else is done.
pub fn add_services(further: Vec<Registration>) {
    FURTHER.set(further).ok();
}

/// The IAM actions of all services, and of the gateway and X-Ray.
pub fn actions() -> &'static Actions {
    static ACTIONS: LazyLock<Actions> = LazyLock::new(|| {
        let others = [samlet_gateway::ACTIONS, samlet_traces::ACTIONS];
        let services = services();
        let services = services.iter().map(|service| service.identity.actions);
        Actions::of(services.chain(others))
    });
    &ACTIONS
}
