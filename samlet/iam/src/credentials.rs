//! The credentials samlet has issued, and whose they are.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use samlet_aws::Place;
use uuid::Uuid;

use crate::principal::{DEVELOPER_KEY, Principal, Role};

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

#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) credentials: Credentials,
    pub(crate) principal: Principal,
}

/// Everyone who may make requests.
pub struct Identities {
    place: Place,
    issued: RwLock<HashMap<String, Identity>>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} {})", self.region(), self.account_id())
    }
}

impl Identities {
    /// Only the developer, at first.
    pub fn new(place: Place) -> Self {
        let credentials = Credentials {
            access_key_id: DEVELOPER_KEY.into(),
            secret_access_key: DEVELOPER_KEY.into(),
            session_token: None,
        };
        let developer = Identity {
            credentials,
            principal: Principal::developer(&place),
        };
        Self {
            place,
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

    /// The region whose requests are accepted.
    pub fn region(&self) -> &str {
        &self.place.region
    }

    /// The account whose resources these are.
    pub fn account_id(&self) -> &str {
        &self.place.account
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
            principal: Principal::of_role(role, session_name, &self.place),
        };
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        issued.insert(credentials.access_key_id.clone(), identity);
        credentials
    }

    /// Has credentials stand for another state of their role.
    pub fn reassign(&self, credentials: &Credentials, role: Role, session_name: &str) {
        let principal = Principal::of_role(role, session_name, &self.place);
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = issued.get_mut(&credentials.access_key_id) {
            identity.principal = principal;
        }
    }

    /// Has credentials stand for nobody: requests that are signed with them are refused from now on.
    pub fn revoke(&self, credentials: &Credentials) {
        let mut issued = self.issued.write().unwrap_or_else(PoisonError::into_inner);
        issued.remove(&credentials.access_key_id);
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
    use std::collections::BTreeMap;

    use super::*;

    fn identities() -> Identities {
        Identities::new(Place::new("us-east-1", "123456789012", "local"))
    }

    #[test]
    fn reassigned_credentials_stand_for_the_roles_new_state() {
        let identities = identities();
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
    fn revoked_credentials_stand_for_nobody() {
        let identities = identities();
        let role = || Role {
            name: "role".into(),
            policies: Vec::new(),
            boundary: None,
            tags: BTreeMap::new(),
        };
        let revoked = identities.issue(role(), "session");
        let other = identities.issue(role(), "session");
        identities.revoke(&revoked);
        assert!(identities.find(&revoked.access_key_id).is_none());
        assert!(identities.find(&other.access_key_id).is_some());
        // Nor can they come to stand for somebody again.
        identities.reassign(&revoked, role(), "session");
        assert!(identities.find(&revoked.access_key_id).is_none());
    }

    #[test]
    fn issued_credentials_look_like_awss_and_hide_their_secrets() {
        let identities = identities();
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
