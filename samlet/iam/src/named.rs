//! Whom a statement of a resource-based policy is about: its Principal or NotPrincipal.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::fmt;

use samlet_aws::Arn;
use serde_json::Value;

use crate::error::PolicyError;
use crate::principal::{Kind, Principal};

/// A statement's Principal or NotPrincipal.
#[derive(Clone, Debug)]
pub(crate) struct Principals {
    named: Vec<Named>,
    /// It is NotPrincipal.
    pub(crate) inverted: bool,
}

/// One principal, as a policy names it.
#[derive(Clone, Debug)]
enum Named {
    /// `*`
    Everyone,
    /// An account's number, or the ARN of its root.
    Account { text: String, number: String },
    /// The ARN of a role, a session or a user.
    Arn(String),
    /// Such as `sns.amazonaws.com`.
    Service(String),
    /// An identity provider's user, or a canonical user: nobody here is one.
    Stranger(String),
}

/// How a statement names a principal, the weakest way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Naming {
    /// Not at all.
    Not,
    /// By its account: an Allow leaves it to identity-based policies.
    Account,
    /// By its role: an Allow is limited by the role's permissions boundary.
    Role,
    /// Itself, or everyone: an Allow is limited by nothing.
    Itself,
}

impl Principals {
    pub(crate) fn parse(statement: &Value) -> Result<Self, PolicyError> {
        let (name, value, inverted) = match (
            statement.get("Principal"),
            statement.get("NotPrincipal"),
        ) {
            (Some(value), None) => ("Principal", value, false),
            (None, Some(value)) => ("NotPrincipal", value, true),
            _ => {
                let text =
                    "a statement of a resource-based policy needs either Principal or NotPrincipal";
                return Err(PolicyError::Malformed(text.into()));
            }
        };
        let malformed = || {
            PolicyError::Malformed(format!(
                "{name} must be \"*\" or a map of AWS, Service, Federated or CanonicalUser"
            ))
        };
        if value == "*" {
            let named = vec![Named::Everyone];
            return Ok(Self { named, inverted });
        }
        let kinds = value.as_object().ok_or_else(malformed)?;
        let mut named = Vec::new();
        for (kind, values) in kinds {
            let parse = match kind.as_str() {
                "AWS" => Named::parse_aws,
                "Service" => Named::parse_service,
                "Federated" | "CanonicalUser" => Named::parse_stranger,
                _ => return Err(malformed()),
            };
            for text in texts(name, kind, values)? {
                named.push(parse(text)?);
            }
        }
        if named.is_empty() {
            return Err(PolicyError::Malformed(format!("{name} must not be empty")));
        }
        Ok(Self { named, inverted })
    }

    /// How these name a principal.
    pub(crate) fn naming(&self, principal: &Principal) -> Naming {
        if !self.inverted {
            return self.best(principal);
        }
        if self.excepts(principal) {
            Naming::Not
        } else {
            Naming::Itself
        }
    }

    fn best(&self, principal: &Principal) -> Naming {
        let each = self.named.iter().map(|named| named.naming(principal));
        each.max().unwrap_or(Naming::Not)
    }

    /// Whether a NotPrincipal leaves a principal out. Some services want the
    /// account named beside a user or a role, and the role beside a session,
    /// and deny otherwise: here they always have to be.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    fn excepts(&self, principal: &Principal) -> bool {
        let role = principal.role();
        // "Will always deny any IAM principal that has a permissions boundary".
        if role.is_some_and(|role| role.boundary.is_some()) {
            return false;
        }
        let names = |wanted: Naming| {
            let mut each = self.named.iter().map(|named| named.naming(principal));
            each.any(|naming| naming == wanted)
        };
        if self
            .named
            .iter()
            .any(|named| matches!(named, Named::Everyone))
        {
            return true;
        }
        match principal.kind {
            Kind::Session(_) => names(Naming::Account) && names(Naming::Role),
            Kind::Developer { .. } => names(Naming::Account) && names(Naming::Itself),
            Kind::Service => names(Naming::Itself),
        }
    }
}

impl Named {
    /// `*`, an account, or the ARN of somebody in an account. A wildcard can't
    /// stand for a part of a name.
    fn parse_aws(text: &str) -> Result<Self, PolicyError> {
        let invalid = || {
            PolicyError::Malformed(format!(
                "`{text}` is not a principal: AWS must be \"*\", an account, or the ARN of an account's root, \
                 a role, a user or a session, without wildcards"
            ))
        };
        if text == "*" {
            return Ok(Self::Everyone);
        }
        let text_of = || text.to_owned();
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Account {
                text: text_of(),
                number: text_of(),
            });
        }
        let arn: Arn = text.parse().map_err(|_| invalid())?;
        if text.contains(['*', '?']) {
            return Err(invalid());
        }
        let kind = arn.resource().split('/').next().unwrap_or_default();
        match (arn.service(), kind) {
            ("iam", "root") if arn.resource() == "root" => Ok(Self::Account {
                text: text_of(),
                number: arn.account().to_owned(),
            }),
            ("iam", "role" | "user") | ("sts", "assumed-role" | "federated-user") => {
                Ok(Self::Arn(text_of()))
            }
            _ => Err(invalid()),
        }
    }

    fn parse_service(text: &str) -> Result<Self, PolicyError> {
        if text.contains(['*', '?']) {
            return Err(PolicyError::Malformed(format!(
                "`{text}` is not a service: Service must be a name such as sns.amazonaws.com"
            )));
        }
        Ok(Self::Service(text.to_owned()))
    }

    fn parse_stranger(text: &str) -> Result<Self, PolicyError> {
        Ok(Self::Stranger(text.to_owned()))
    }

    fn naming(&self, principal: &Principal) -> Naming {
        let is_itself = match self {
            Self::Everyone => true,
            Self::Arn(arn) => *arn == principal.arn,
            Self::Service(name) => {
                *name == principal.arn && matches!(principal.kind, Kind::Service)
            }
            Self::Account { .. } | Self::Stranger(_) => false,
        };
        if is_itself {
            return Naming::Itself;
        }
        match (self, &principal.kind) {
            (Self::Arn(arn), Kind::Session(session)) if *arn == session.role_arn.as_str() => {
                Naming::Role
            }
            (Self::Account { number, .. }, Kind::Session(session))
                if *number == session.account =>
            {
                Naming::Account
            }
            (Self::Account { number, .. }, Kind::Developer { account })
                if number.as_str() == &**account =>
            {
                Naming::Account
            }
            _ => Naming::Not,
        }
    }
}

impl fmt::Display for Principals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, named) in self.named.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(match named {
                Named::Everyone => "*",
                Named::Account { text, .. }
                | Named::Arn(text)
                | Named::Service(text)
                | Named::Stranger(text) => text,
            })?;
        }
        Ok(())
    }
}

/// A text or a list of texts.
fn texts<'a>(name: &str, kind: &str, value: &'a Value) -> Result<Vec<&'a str>, PolicyError> {
    let texts = match value {
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|one| vec![one]),
    };
    texts.ok_or_else(|| {
        let text = format!("{kind} of {name} must be a string or a list of strings");
        PolicyError::Malformed(text)
    })
}
