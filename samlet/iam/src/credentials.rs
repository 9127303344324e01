//! The credentials samlet has issued, and whose they are.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use crate::context::Context;
use crate::policy::PolicyDocument;

/// The access key, and the secret, with which a developer's tools may do everything.
pub const DEVELOPER_KEY: &str = "local";

/// What an AWS SDK signs requests with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public part: who signs.
    pub access_key_id: String,
    /// Secret part: what is signed with.
    pub secret_access_key: String,
    /// Sent along with temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, secret hidden)", self.access_key_id)
    }
}

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

/// Who made a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`, or the developer's user.
    pub arn: String,
    /// `None` may do everything.
    pub(crate) role: Option<Arc<Role>>,
    /// What conditions may ask for of the principal itself.
    pub(crate) context: Arc<Context>,
}

impl Principal {
    /// Whoever acts as `role`, in a session of this name.
    pub fn of_role(role: Role, session_name: &str, account: &str) -> Self {
        let arn = format!(
            "arn:aws:sts::{account}:assumed-role/{}/{session_name}",
            role.name
        );
        let mut context = Context::default();
        context.set("aws:PrincipalAccount", account);
        context.set(
            "aws:PrincipalArn",
            format!("arn:aws:iam::{account}:role/{}", role.name),
        );
        context.set("aws:PrincipalType", "AssumedRole");
        context.set("aws:PrincipalIsAWSService", "false");
        for (name, value) in &role.tags {
            context.set(&format!("aws:PrincipalTag/{name}"), value);
        }
        let mut principal = Self {
            arn,
            role: Some(Arc::new(role)),
            context: context.into(),
        };
        let user_id = principal.user_id();
        Arc::make_mut(&mut principal.context).set("aws:userid", user_id);
        principal
    }

    /// The session of a role: a function's name.
    pub fn session(&self) -> Option<&str> {
        self.role.as_ref()?;
        self.arn.rsplit('/').next()
    }

    /// Whether what this principal may do hangs on condition keys that begin so.
    pub fn is_asked_for(&self, prefix: &str) -> bool {
        let role = self.role.iter();
        let mut policies = role.flat_map(|role| role.policies.iter().chain(&role.boundary));
        policies.any(|policy| policy.document.asks_for(prefix))
    }

    /// STS's unique id: `AROA…:SESSION` for a role, `AIDA…` for the developer.
    pub fn user_id(&self) -> String {
        let digits = |text: &str| -> String {
            // The same at each start.
            let hex = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            format!("{hex:017X}")
        };
        match (&self.role, self.arn.rsplit_once('/')) {
            (Some(role), Some((_, session))) => format!("AROA{}:{session}", digits(&role.name)),
            _ => format!("AIDA{}", digits(&self.arn)),
        }
    }
}

impl Policy {
    /// Where a statement stands.
    pub(crate) fn place(&self, statement: usize) -> String {
        self.places.get(statement).unwrap_or(&self.name).clone()
    }
}

#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) credentials: Credentials,
    pub(crate) principal: Principal,
}

/// Everyone who may make requests.
pub struct Identities {
    pub(crate) region: String,
    account_id: String,
    issued: RwLock<HashMap<String, Identity>>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} {})", self.region, self.account_id)
    }
}

impl Identities {
    /// Only the developer, at first.
    pub fn new(region: &str, account_id: &str) -> Self {
        let credentials = Credentials {
            access_key_id: DEVELOPER_KEY.into(),
            secret_access_key: DEVELOPER_KEY.into(),
            session_token: None,
        };
        let arn = format!("arn:aws:iam::{account_id}:user/{DEVELOPER_KEY}");
        let developer = Identity {
            credentials,
            principal: Principal {
                arn,
                role: None,
                context: Arc::default(),
            },
        };
        Self {
            region: region.into(),
            account_id: account_id.into(),
            issued: RwLock::new(HashMap::from([(DEVELOPER_KEY.into(), developer)])),
        }
    }

    /// Gives the developer another secret: the first one everybody knows.
    #[must_use]
    pub fn with_developer_secret(self, secret: &str) -> Self {
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(developer) = issued.get_mut(DEVELOPER_KEY) {
            secret.clone_into(&mut developer.credentials.secret_access_key);
        }
        drop(issued);
        self
    }

    /// With the developer's credentials being these.
    #[cfg(test)]
    pub(crate) fn with(self, credentials: Credentials) -> Self {
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        let mut developer = issued[DEVELOPER_KEY].clone();
        developer.credentials = credentials.clone();
        issued.insert(credentials.access_key_id, developer);
        drop(issued);
        self
    }

    /// The region whose requests are taken.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account whose resources these are.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// New credentials for a role, as assumed by `session_name`.
    pub fn issue(&self, role: Role, session_name: &str) -> Credentials {
        let credentials = Credentials {
            access_key_id: format!("ASIA{}", random_key()),
            secret_access_key: random()[..40].into(),
            session_token: Some(random() + &random()),
        };
        let identity = Identity {
            credentials: credentials.clone(),
            principal: Principal::of_role(role, session_name, &self.account_id),
        };
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        issued.insert(credentials.access_key_id.clone(), identity);
        credentials
    }

    /// Has credentials stand for another state of their role.
    pub fn reassign(&self, credentials: &Credentials, role: Role, session_name: &str) {
        let principal = Principal::of_role(role, session_name, &self.account_id);
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = issued.get_mut(&credentials.access_key_id) {
            identity.principal = principal;
        }
    }

    /// The session that an access key was issued for: a function's name. It
    /// names, and doesn't prove, who makes a request.
    pub fn session(&self, access_key_id: &str) -> Option<String> {
        let issued = self.issued.read().unwrap_or_else(PoisonError::into_inner);
        let session = issued.get(access_key_id)?.principal.session()?;
        Some(session.to_owned())
    }

    pub(crate) fn find(&self, access_key_id: &str) -> Option<Identity> {
        let issued = self.issued.read().unwrap_or_else(PoisonError::into_inner);
        issued.get(access_key_id).cloned()
    }
}

/// 16 characters of base32, as in AWS's access keys. They name, and don't prove, who signs.
fn random_key() -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bytes = Uuid::new_v4().into_bytes();
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect()
}

/// 64 random hex digits that nobody can guess.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reassigned_credentials_stand_for_the_roles_new_state() {
        let identities = Identities::new("us-east-1", "123456789012");
        let role = |name: &str| Role {
            name: name.into(),
            policies: Vec::new(),
            boundary: None,
            tags: BTreeMap::new(),
        };
        let issued = identities.issue(role("before"), "session");
        identities.reassign(&issued, role("after"), "session");
        let identity = identities.find(&issued.access_key_id);
        let arn = identity.map(|identity| identity.principal.arn);
        let expected = "arn:aws:sts::123456789012:assumed-role/after/session";
        assert_eq!(arn.as_deref(), Some(expected));
    }

    #[test]
    fn issued_credentials_look_like_awss_and_hide_their_secrets() {
        let identities = Identities::new("us-east-1", "123456789012");
        let role = Role {
            name: "role".into(),
            policies: Vec::new(),
            boundary: None,
            tags: BTreeMap::new(),
        };
        let issued = identities.issue(role, "session");
        let key = issued
            .access_key_id
            .strip_prefix("ASIA")
            .unwrap_or_default();
        let base32 = |c: char| c.is_ascii_uppercase() || ('2'..='7').contains(&c);
        assert!(key.len() == 16 && key.chars().all(base32), "{key}");
        assert_eq!(issued.secret_access_key.len(), 40);
        assert!(!format!("{issued:?}").contains(&issued.secret_access_key));
    }
}
