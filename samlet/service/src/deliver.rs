//! How services reach each other: by requests that are authorised like any other, and by waiting for changes.

use std::fmt;

use async_trait::async_trait;
use samlet_aws::Arn;
use tokio::sync::watch;

use crate::{Answer, Call, Caller, Fault};

/// Carries what one service sends to another. No delivery goes past it, and so none past the policies.
#[async_trait]
pub trait Deliver: fmt::Debug + Send + Sync {
    /// Sends `call` to the service with this signing name, on behalf of `caller`.
    async fn deliver(
        &self,
        signing_name: &str,
        call: Call,
        caller: &Caller,
    ) -> Result<Answer, Fault>;
}

/// A service whose resources others wait on, rather than asking again and again.
pub trait Changes: fmt::Debug + Send + Sync {
    /// A count that goes up with each change of the resource; `None` if there is no such resource.
    fn watch(&self, resource: &Arn) -> Option<watch::Receiver<u64>>;
}
