//! All services of an application: found by requests, authorised, served, and brought up and down together.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use http::request::Parts;
use samlet_aws::Place;
use samlet_clock::Clock;
use samlet_iam::{Context, Request, authorize};
use tokio_util::sync::CancellationToken;

use crate::recognition::{Recognised, recognise};
use crate::{
    AccessObserver, Answer, Applied, ApplyError, Call, Caller, Declared, Deliver, Fault, Need,
    Operation, Plan, Service,
};

/// What a service is given when it begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the application seems to be deployed.
    pub place: Arc<Place>,
    /// The data folder, in which its files have the names of its identity.
    pub folder: PathBuf,
    /// What its waits, and the timestamps that it writes, go by.
    pub clock: Clock,
    /// The way to other services. It is gone once samlet ends.
    pub deliver: Weak<dyn Deliver>,
    /// Cancelled when samlet takes no more requests.
    pub shutdown: CancellationToken,
}

/// What all services are going to do for a template, in their order.
#[derive(Debug)]
pub struct Plans(Vec<Plan>);

/// The services of one application. They are added once, since they need to know the way to each other before they
/// can be made.
#[derive(Debug)]
pub struct Services {
    place: Arc<Place>,
    observer: Arc<dyn AccessObserver>,
    list: OnceLock<Vec<Arc<dyn Service>>>,
}

impl Services {
    /// No services yet.
    pub fn new(place: Arc<Place>, observer: Arc<dyn AccessObserver>) -> Arc<Self> {
        Arc::new(Self {
            place,
            observer,
            list: OnceLock::new(),
        })
    }

    /// What each of them is given; `folder` is the data folder.
    pub fn setup(
        self: &Arc<Self>,
        folder: &Path,
        clock: &Clock,
        shutdown: &CancellationToken,
    ) -> Setup {
        let deliver: Weak<Self> = Arc::downgrade(self);
        Setup {
            place: Arc::clone(&self.place),
            folder: folder.to_owned(),
            clock: clock.clone(),
            deliver,
            shutdown: shutdown.clone(),
        }
    }

    /// Adds all services, once; they are closed in the opposite order.
    pub fn add(&self, services: Vec<Arc<dyn Service>>) {
        if self.list.set(services).is_err() {
            tracing::error!("services were added twice; the second list is ignored");
        }
    }

    /// The services, in their order.
    pub fn list(&self) -> &[Arc<dyn Service>] {
        self.list.get().map_or(&[], Vec::as_slice)
    }

    /// The service whose requests are signed for this name.
    pub fn find(&self, signing_name: &str) -> Option<&Arc<dyn Service>> {
        let mut list = self.list().iter();
        list.find(|service| service.identity().signing_name == signing_name)
    }

    /// Which service a request is for; `body` is given when the request was found to be a form.
    pub fn recognise(&self, head: &Parts, body: Option<&[u8]>) -> Recognised<'_> {
        recognise(self.list(), head, body)
    }

    /// What people call the services: `DynamoDB, Lambda and STS`.
    pub fn titles(&self) -> String {
        let titles = self.list().iter().map(|service| service.identity().title);
        match titles.collect::<Vec<_>>().as_slice() {
            [] => "no services".into(),
            [one] => (*one).into(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// Reads a request, authorises it and serves it.
    pub async fn call(
        &self,
        service: &dyn Service,
        call: Call,
        caller: &Caller,
    ) -> Result<Answer, Fault> {
        let operation = service.read(call).await?;
        let iam_prefix = service.identity().iam_prefix;
        let (general, own) = self
            .conditions(iam_prefix, operation.as_ref(), caller)
            .await;
        for (index, need) in operation.needs().iter().enumerate() {
            match own.get(index) {
                Some(own) => {
                    let mut context = general.clone();
                    context.extend(own);
                    self.authorise(need, &context, caller)?;
                }
                None => self.authorise(need, &general, caller)?,
            }
        }
        operation.serve(caller).await
    }

    /// The condition keys of a request, and those of the service for each need; gathered only if a policy uses any.
    async fn conditions(
        &self,
        iam_prefix: &str,
        operation: &dyn Operation,
        caller: &Caller,
    ) -> (Context, Vec<Context>) {
        let policies = || {
            operation
                .needs()
                .iter()
                .filter_map(|need| need.policy.as_deref())
        };
        let asks_for = |prefix: &str| {
            caller.principal.is_asked_for(prefix)
                || policies().any(|policy| policy.asks_for(prefix))
        };
        if !asks_for("") {
            return (Context::default(), Vec::new());
        }
        let mut general = caller.context(&self.place);
        for service in self.list() {
            general.know_service(service.identity().iam_prefix);
        }
        if !asks_for(&format!("{iam_prefix}:")) {
            return (general, Vec::new());
        }
        (general, operation.conditions().await)
    }

    fn authorise(&self, need: &Need, context: &Context, caller: &Caller) -> Result<(), Fault> {
        let Caller {
            principal, call, ..
        } = caller;
        let Need {
            action,
            resource,
            policy,
        } = need;
        if let Some(call) = call {
            call.needs(action, resource);
        }
        let request = Request {
            action,
            resource,
            context,
        };
        let Err(denied) = authorize(principal, &request, policy.as_deref()) else {
            self.observer.allowed(principal, action, resource);
            return Ok(());
        };
        self.observer.denied(principal, &denied);
        if let Some(call) = call {
            call.refuse(principal.session(), &denied);
        }
        Err(Fault::denied(&denied))
    }

    /// Has every service check everything that a template declares; changes nothing.
    pub async fn plan(&self, declared: &[Declared]) -> Result<Plans, ApplyError> {
        let mut plans = Vec::new();
        for service in self.list() {
            plans.push(service.plan(declared).await?);
        }
        Ok(Plans(plans))
    }

    /// Has every service carry out its plan, in their order. When one fails, what those before it did stays, and those
    /// after it do nothing: plans of the same template can be carried out again.
    pub async fn carry_out(&self, plans: Plans) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        for (service, plan) in self.list().iter().zip(plans.0) {
            let given = service.apply(plan).await?;
            applied.attributes.extend(given.attributes);
        }
        Ok(applied)
    }

    /// Closes all, the last ones first.
    pub async fn close(&self) {
        for service in self.list().iter().rev() {
            service.close().await;
        }
    }
}

#[async_trait]
impl Deliver for Services {
    async fn deliver(
        &self,
        signing_name: &str,
        call: Call,
        caller: &Caller,
    ) -> Result<Answer, Fault> {
        let Some(service) = self.find(signing_name) else {
            let text = format!("samlet does not provide the service {signing_name}");
            return Err(Fault::unknown_operation(text));
        };
        self.call(service.as_ref(), call, caller).await
    }
}
