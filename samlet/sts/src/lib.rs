//! STS: says who a caller is.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use std::sync::Arc;

use samlet_service::protocol::Query;
use samlet_service::xml::Element;
use samlet_service::{
    Answer, BodyRule, Call, Caller, Fault, Identity, Need, Operation, Protocol, Registration,
    Service, Setup, async_trait,
};

/// STS, as it is here.
pub static IDENTITY: Identity = Identity {
    signing_name: "sts",
    title: "STS",
    iam_prefix: "sts",
    actions: include_str!("actions.txt"),
    condition_keys: include_str!("condition_keys.txt"),
    protocols: &[Protocol::Query(Query {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    })],
    // A session policy has 2,048 characters, and a request hardly more than that.
    body: BodyRule::Whole {
        max_bytes: 64 * 1024,
    },
    has_compression: false,
    check: None,
    stored: &[],
};

/// STS, which can be made.
pub static SERVICE: Registration = Registration {
    identity: &IDENTITY,
    make: |setup| Ok(Sts::service(setup)),
    resource_types: &[],
};

/// STS of one application.
#[derive(Debug)]
pub struct Sts {
    account: String,
}

impl Sts {
    /// STS for the callers of an account.
    pub fn service(setup: &Setup) -> Arc<dyn Service> {
        Arc::new(Self {
            account: setup.place.account.clone(),
        })
    }
}

#[async_trait]
impl Service for Sts {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        match call.operation() {
            "GetCallerIdentity" => Ok(Box::new(GetCallerIdentity {
                account: self.account.clone(),
            })),
            other => {
                let text = format!("samlet does not provide the STS action {other}");
                Err(Fault::unknown_operation(text))
            }
        }
    }
}

/// It needs no permission.
struct GetCallerIdentity {
    account: String,
}

#[async_trait]
impl Operation for GetCallerIdentity {
    fn needs(&self) -> &[Need] {
        &[]
    }

    async fn serve(self: Box<Self>, caller: &Caller) -> Result<Answer, Fault> {
        let result = Element::new("GetCallerIdentityResult")
            .with_text_child("Arn", &caller.principal.arn)
            .with_text_child("UserId", caller.principal.user_id())
            .with_text_child("Account", &self.account);
        Ok(Answer::xml(result))
    }
}
