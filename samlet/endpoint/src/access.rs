//! What is allowed, what is not, and who is told of it.

use std::fmt;
use std::net::SocketAddr;
use std::time::SystemTime;

use http::request::Parts;
use samlet_iam::{Context, Denied, Payload, Principal, Request, authorize};
use samlet_traces::Call;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Endpoint, Refusal};

/// Is told what functions do and what they are refused.
pub trait AccessObserver: fmt::Debug + Send + Sync {
    /// `principal` did `action` on `resource`.
    fn allowed(&self, principal: &Principal, action: &str, resource: &str);

    /// `principal` was refused something.
    fn denied(&self, principal: &Principal, denied: &Denied);
}

/// Who makes a request, and, of a function, the call that it is in its trace.
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) call: Option<Call>,
}

impl Endpoint {
    /// Who signed a request to `service`.
    pub(crate) fn caller(
        &self,
        service: &str,
        parts: &Parts,
        body: &[u8],
    ) -> Result<Caller, Refusal> {
        let authenticated =
            self.identities
                .authenticate(service, parts, Payload::Whole(body), SystemTime::now());
        Ok(Caller {
            principal: authenticated.map_err(Refusal::Unauthenticated)?,
            call: parts.extensions.get::<Call>().cloned(),
        })
    }

    /// Whether the caller may do `action` on `resource`; `context` is what
    /// is known of the request.
    pub(crate) fn allow(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), Refusal> {
        let Caller { principal, call } = caller;
        if let Some(call) = call {
            call.needs(action, resource);
        }
        let request = Request {
            action,
            resource,
            context,
        };
        match authorize(principal, &request, None) {
            Ok(()) => {
                self.observer.allowed(principal, action, resource);
                Ok(())
            }
            Err(denied) => {
                self.observer.denied(principal, &denied);
                if let Some(call) = call {
                    call.refuse(principal.session(), &denied);
                }
                Err(Refusal::Denied(denied))
            }
        }
    }

    /// What conditions may ask of any request; nothing when none asks.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub(crate) fn context(&self, caller: &Caller, parts: &Parts) -> Context {
        let mut context = Context::default();
        if !caller.principal.is_asked_for("") {
            return context;
        }
        let now = OffsetDateTime::now_utc();
        context.set("aws:CurrentTime", now.format(&Rfc3339).unwrap_or_default());
        context.set("aws:EpochTime", now.unix_timestamp().to_string());
        context.set("aws:RequestedRegion", self.identities.region());
        context.set("aws:ViaAWSService", "false");
        // Clients of AWS come by TLS; what comes by loopback is no less safe.
        context.set("aws:SecureTransport", "true");
        if let Some(peer) = parts.extensions.get::<SocketAddr>() {
            context.set("aws:SourceIp", peer.ip().to_string());
        }
        let agent = parts.headers.get(http::header::USER_AGENT);
        if let Some(agent) = agent.and_then(|value| value.to_str().ok()) {
            context.set("aws:UserAgent", agent);
        }
        if let Some(function) = caller.principal.session() {
            let (region, account) = (self.identities.region(), self.identities.account_id());
            let arn = format!("arn:aws:lambda:{region}:{account}:function:{function}");
            context.set("lambda:SourceFunctionArn", arn);
        }
        context
    }
}
