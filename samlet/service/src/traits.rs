//! What a service is to samlet, and what a request of it is.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use samlet_iam::{Context, ResourcePolicy};

use crate::{
    Answer, Applied, ApplyError, Call, Caller, Declared, Described, Fault, Identity, Plan,
};

/// A service of AWS, as it is in samlet.
#[async_trait]
pub trait Service: fmt::Debug + Send + Sync {
    /// What is always true of it.
    fn identity(&self) -> &'static Identity;

    /// Checks everything that `declared` asks of it, and changes nothing. `declared` holds all resources of the
    /// template; those of other services are passed over.
    async fn plan(&self, declared: &[Declared]) -> Result<Plan, ApplyError> {
        let _ = declared;
        Ok(Plan::nothing())
    }

    /// Makes its resources those of a plan, at the start and at each reload. What the template no longer declares
    /// stays stored.
    async fn apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        let _ = plan;
        Ok(Applied::default())
    }

    /// Reads a request: parses and validates it, once. It is authorised after that and only then served.
    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault>;

    /// The resources that it has, for the console and tools.
    async fn describe(&self) -> Vec<Described> {
        Vec::new()
    }

    /// The answer to a request that needs no signature, such as a health check; `None` leaves it to others.
    fn unsigned_answer(&self, head: &Parts) -> Option<Answer> {
        let _ = head;
        None
    }

    /// The refusal of a body that is longer than its identity allows; `None` leaves it to the protocol.
    fn too_large(&self) -> Option<Fault> {
        None
    }

    /// Finishes what is under way; nothing is asked of it after that.
    async fn close(&self) {}
}

/// A request that was read.
#[async_trait]
pub trait Operation: Send + Sync {
    /// What the caller must be allowed: all of it.
    fn needs(&self) -> &[Need];

    /// The service's own condition keys for each of its needs, in their order; a need without any may be left out at
    /// the end. Called once at most, when a policy asks for keys with the service's prefix. A key that isn't set is one that
    /// the request doesn't have.
    async fn conditions(&self) -> Vec<Context> {
        Vec::new()
    }

    /// Does it. The caller is allowed to.
    async fn serve(self: Box<Self>, caller: &Caller) -> Result<Answer, Fault>;
}

/// An action on a resource that a caller must be allowed.
#[derive(Clone, Debug)]
pub struct Need {
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// An ARN, or `*` for actions that are not on a single resource.
    pub resource: String,
    /// The resource's own policy.
    pub policy: Option<Arc<ResourcePolicy>>,
}

impl Need {
    /// An action on a resource without a policy of its own.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            policy: None,
        }
    }

    /// With the resource's own policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Option<Arc<ResourcePolicy>>) -> Self {
        self.policy = policy;
        self
    }
}
