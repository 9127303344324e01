//! Who makes a request: a role's session, the developer, or an AWS service; and what conditions may ask of each.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use samlet_aws::{Arn, Place};

use crate::context::Context;
use crate::policy::PolicyDocument;

/// The developer's user name, access key and secret. The developer's tools may do everything.
pub const DEVELOPER_KEY: &str = "local";

/// The environment variable that may hold another secret for the developer's key. Only samlet itself reads it.
pub const DEVELOPER_SECRET_VARIABLE: &str = "SAMLET_DEVELOPER_SECRET";

/// A function's execution role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its identity-based policies.
    pub policies: Vec<Policy>,
    /// Its permissions boundary.
    pub boundary: Option<Policy>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A policy of a role, and where it is to be found.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it says.
    pub document: PolicyDocument,
    /// Where each of its statements stands: `template.yaml:12`.
    pub places: Vec<String>,
}

impl Policy {
    /// Where a statement stands.
    pub(crate) fn place(&self, statement: usize) -> String {
        self.places.get(statement).unwrap_or(&self.name).clone()
    }
}

/// Who made a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`, the developer's user, or a
    /// service's name, such as `sns.amazonaws.com`.
    pub arn: String,
    pub(crate) kind: Kind,
    /// What conditions may ask for of the principal itself.
    pub(crate) context: Arc<Context>,
}

/// What a principal's permissions come from.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A role's session: its role's policies.
    Session(Arc<Session>),
    /// The developer, an administrator of this account: allowed everything
    /// that isn't denied explicitly.
    Developer {
        /// The account's number.
        account: Arc<str>,
    },
    /// An AWS service: only resource-based policies.
    Service,
}

/// What a role's session is known by besides its own ARN.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) role: Role,
    pub(crate) role_arn: Arn,
    pub(crate) account: String,
}

impl Principal {
    /// The session of this name of `role`.
    pub fn of_role(role: Role, session_name: &str, place: &Place) -> Self {
        let name = &role.name;
        let arn = place.global_arn("sts", format_args!("assumed-role/{name}/{session_name}"));
        let role_arn = place.global_arn("iam", format_args!("role/{name}"));
        let mut context = Context::default();
        context.set("aws:PrincipalAccount", &place.account);
        context.set("aws:PrincipalArn", role_arn.as_str());
        context.set("aws:PrincipalType", "AssumedRole");
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:userid", session_id(name, session_name));
        // Temporary credentials have these.
        context.set_unknown("aws:TokenIssueTime");
        context.set_unknown("aws:MultiFactorAuthPresent");
        for (name, value) in &role.tags {
            context.set(&format!("aws:PrincipalTag/{name}"), value);
        }
        let session = Session {
            role,
            role_arn,
            account: place.account.clone(),
        };
        Self {
            arn: arn.into(),
            kind: Kind::Session(session.into()),
            context: context.into(),
        }
    }

    /// The developer: an IAM user who is an administrator of the account.
    pub fn developer(place: &Place) -> Self {
        let arn = place.global_arn("iam", format_args!("user/{DEVELOPER_KEY}"));
        let mut context = Context::default();
        context.set("aws:PrincipalAccount", &place.account);
        context.set("aws:PrincipalArn", arn.as_str());
        context.set("aws:PrincipalType", "User");
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:userid", user_id(arn.as_str()));
        context.set("aws:username", DEVELOPER_KEY);
        Self {
            arn: arn.into(),
            kind: Kind::Developer {
                account: place.account.as_str().into(),
            },
            context: context.into(),
        }
    }

    /// The resource that an AWS service acts for; `None` for all others.
    pub fn source_arn(&self) -> Option<&str> {
        match self.kind {
            Kind::Service => self.context.value("aws:SourceArn"),
            Kind::Session(_) | Kind::Developer { .. } => None,
        }
    }

    /// An AWS service, such as `sns.amazonaws.com`, that acts for a resource
    /// of its own: `source_arn`, which belongs to `source_account`.
    ///
    /// Keys that name an account, an ARN, a type or an id of the principal are
    /// absent: a service is in no account of the user's. It doesn't forward
    /// anybody's session, so `aws:ViaAWSService` is false.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub fn of_service(service: &str, source_arn: &Arn, source_account: &str) -> Self {
        let mut context = Context::default();
        context.set("aws:SourceArn", source_arn.as_str());
        context.set("aws:SourceAccount", source_account);
        context.set("aws:PrincipalIsAWSService", "true");
        context.set("aws:PrincipalServiceName", service);
        context.set_all("aws:PrincipalServiceNamesList", vec![service.into()]);
        context.set("aws:ViaAWSService", "false");
        Self {
            arn: service.into(),
            kind: Kind::Service,
            context: context.into(),
        }
    }

    /// The session of a role: a function's name.
    pub fn session(&self) -> Option<&str> {
        self.role()?;
        self.arn.rsplit('/').next()
    }

    pub(crate) fn role(&self) -> Option<&Role> {
        match &self.kind {
            Kind::Session(session) => Some(&session.role),
            Kind::Developer { .. } | Kind::Service => None,
        }
    }

    /// Whether the principal's own policies depend on condition keys that
    /// begin with `prefix`, which is in lower case.
    pub fn is_asked_for(&self, prefix: &str) -> bool {
        let role = self.role().into_iter();
        let mut policies = role.flat_map(|role| role.policies.iter().chain(&role.boundary));
        policies.any(|policy| policy.document.asks_for(prefix))
    }

    /// STS's unique id: `AROA…:SESSION` for a role, `AIDA…` for the developer,
    /// and a service's name.
    pub fn user_id(&self) -> String {
        match &self.kind {
            Kind::Session(session) => {
                session_id(&session.role.name, self.session().unwrap_or_default())
            }
            Kind::Developer { .. } => user_id(&self.arn),
            Kind::Service => self.arn.clone(),
        }
    }
}

fn session_id(role: &str, session: &str) -> String {
    format!("AROA{}:{session}", digits(role))
}

fn user_id(arn: &str) -> String {
    format!("AIDA{}", digits(arn))
}

/// An id's digits: the same at each start.
fn digits(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:017X}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place() -> Place {
        Place::new("us-east-1", "123456789012", "local")
    }

    #[test]
    fn conditions_may_ask_who_the_developer_is() {
        let developer = Principal::developer(&place());
        let arn = "arn:aws:iam::123456789012:user/local";
        assert_eq!(developer.arn, arn);
        assert_eq!(developer.session(), None);
        let id = developer.user_id();
        for (key, value) in [
            ("aws:PrincipalArn", Some(arn)),
            ("aws:PrincipalAccount", Some("123456789012")),
            ("aws:PrincipalType", Some("User")),
            ("aws:PrincipalIsAWSService", Some("false")),
            ("aws:userid", Some(id.as_str())),
            ("aws:username", Some("local")),
            ("aws:SourceArn", None),
            ("aws:SourceAccount", None),
        ] {
            assert_eq!(developer.context.value(key), value, "{key}");
        }
    }

    #[test]
    fn a_service_names_the_resource_it_acts_for() {
        let topic = place().arn("sns", "topic");
        let service = Principal::of_service("sns.amazonaws.com", &topic, "123456789012");
        assert_eq!(service.arn, "sns.amazonaws.com");
        assert_eq!(service.session(), None);
        for (key, value) in [
            ("aws:SourceArn", Some(topic.as_str())),
            ("aws:SourceAccount", Some("123456789012")),
            ("aws:PrincipalIsAWSService", Some("true")),
            ("aws:PrincipalServiceName", Some("sns.amazonaws.com")),
            ("aws:PrincipalServiceNamesList", Some("sns.amazonaws.com")),
            ("aws:ViaAWSService", Some("false")),
            ("aws:PrincipalArn", None),
            ("aws:PrincipalAccount", None),
            ("aws:PrincipalType", None),
            ("aws:userid", None),
        ] {
            assert_eq!(service.context.value(key), value, "{key}");
        }
    }

    #[test]
    fn a_session_is_in_the_partition_of_its_place() {
        let role = Role {
            name: "role".into(),
            policies: Vec::new(),
            boundary: None,
            tags: BTreeMap::from([("team".into(), "a".into())]),
        };
        let place = Place::new("cn-north-1", "123456789012", "local");
        let session = Principal::of_role(role, "session", &place);
        assert_eq!(
            session.arn,
            "arn:aws-cn:sts::123456789012:assumed-role/role/session"
        );
        assert_eq!(session.session(), Some("session"));
        let id = session.user_id();
        assert!(id.starts_with("AROA") && id.ends_with(":session"), "{id}");
        for (key, value) in [
            (
                "aws:PrincipalArn",
                Some("arn:aws-cn:iam::123456789012:role/role"),
            ),
            ("aws:userid", Some(id.as_str())),
            ("aws:PrincipalTag/team", Some("a")),
            ("aws:SourceArn", None),
            ("aws:username", None),
        ] {
            assert_eq!(session.context.value(key), value, "{key}");
        }
    }
}
