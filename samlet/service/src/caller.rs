//! Who makes a request, and what is known of its client.

use std::net::IpAddr;
use std::time::SystemTime;

use http::HeaderValue;
use samlet_aws::{Arn, Place};
use samlet_iam::{Context, Principal};
use samlet_traces as traces;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Who makes a request: a role, the developer, or an AWS service on behalf of one of its resources.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who they are.
    pub principal: Principal,
    /// The call that the request is in a trace; only functions' requests have one.
    pub call: Option<traces::Call>,
    /// What is known of the client.
    pub client: ClientInfo,
}

/// What is known of a request's client beside who it is.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    /// Where it came from, if by a network.
    pub source_ip: Option<IpAddr>,
    /// The program, as it calls itself.
    pub user_agent: Option<HeaderValue>,
}

impl Caller {
    /// A caller without a trace or a network address.
    pub fn new(principal: Principal) -> Self {
        Self {
            principal,
            call: None,
            client: ClientInfo::default(),
        }
    }

    /// A service of AWS, such as `sns.amazonaws.com`, on behalf of its resource `source`.
    pub fn service(name: &str, source: &Arn) -> Self {
        Self::new(Principal::of_service(name, source, source.account()))
    }

    /// What conditions may ask of any request.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub(crate) fn context(&self, place: &Place) -> Context {
        let mut context = Context::default();
        let now = OffsetDateTime::from(SystemTime::now());
        context.set("aws:CurrentTime", now.format(&Rfc3339).unwrap_or_default());
        context.set("aws:EpochTime", now.unix_timestamp().to_string());
        context.set("aws:RequestedRegion", place.region.as_str());
        context.set("aws:ResourceAccount", place.account.as_str());
        context.set("aws:ViaAWSService", "false");
        context.set("aws:ViaAWSMCPService", "false");
        // Clients of AWS come by TLS; what comes by loopback is no less safe.
        context.set("aws:SecureTransport", "true");
        if let Some(ip) = self.client.source_ip {
            context.set("aws:SourceIp", ip.to_string());
        }
        match self.client.user_agent.as_ref().map(HeaderValue::to_str) {
            Some(Ok(agent)) => context.set("aws:UserAgent", agent),
            Some(Err(_)) => context.set_unknown("aws:UserAgent"),
            None => {}
        }
        if let Some(function) = self.principal.session() {
            let arn = place.arn("lambda", format_args!("function:{function}"));
            context.set("lambda:SourceFunctionArn", arn.as_str());
        }
        context
    }
}
