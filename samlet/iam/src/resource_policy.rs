//! Resource-based policies: what a queue, a topic, a function or a bucket allows, and whom.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html>

use serde_json::Value;

use crate::error::PolicyError;
use crate::named::{Naming, Principals};
use crate::policy::{Effect, Request, Statement, parse_statements};
use crate::principal::Principal;

/// The policy of a resource, and where it is to be found.
#[derive(Clone, Debug)]
pub struct ResourcePolicy {
    /// Its name.
    pub name: String,
    /// What it says.
    pub document: ResourcePolicyDocument,
    /// Where each of its statements stands: `template.yaml:12`.
    pub places: Vec<String>,
}

/// A resource-based policy: each statement has a Principal or NotPrincipal.
#[derive(Clone, Debug, Default)]
pub struct ResourcePolicyDocument {
    pub(crate) statements: Vec<ResourceStatement>,
}

#[derive(Clone, Debug)]
pub(crate) struct ResourceStatement {
    pub(crate) principals: Principals,
    pub(crate) statement: Statement,
}

/// What a resource-based policy says of a principal's request. What comes
/// later here wins over what comes earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stance {
    /// Nothing, or it leaves it to the identity-based policies of its account.
    Silent,
    /// It allows the principal's role.
    AllowsRole,
    /// It allows the principal itself.
    Allows,
    /// It denies it.
    Denies,
}

impl ResourcePolicy {
    /// Whether the policy depends on condition keys that begin with `prefix`,
    /// which is in lower case.
    pub fn asks_for(&self, prefix: &str) -> bool {
        let mut statements = self.document.statements.iter();
        statements.any(|statement| statement.statement.asks_for(prefix))
    }

    pub(crate) fn stance(&self, principal: &Principal, request: &Request<'_>) -> Stance {
        let statements = self.document.statements.iter();
        let each = statements.map(|statement| statement.stance(principal, request));
        each.max().unwrap_or(Stance::Silent)
    }

    /// Where a statement stands.
    pub(crate) fn place(&self, statement: usize) -> String {
        self.places.get(statement).unwrap_or(&self.name).clone()
    }
}

impl ResourcePolicyDocument {
    /// Reads a policy document whose intrinsics are resolved. The error says
    /// which statement it is about, from 0, when it is about one.
    pub fn parse(document: &Value) -> Result<Self, (Option<usize>, PolicyError)> {
        Ok(Self {
            statements: parse_statements(document, ResourceStatement::parse)?,
        })
    }
}

impl ResourceStatement {
    fn parse(statement: &Value, variables: bool) -> Result<Self, PolicyError> {
        let elements = ["Principal", "NotPrincipal"];
        let parsed = Statement::parse_with(statement, variables, &elements)
            .map_err(PolicyError::of_resource_policy)?;
        let principals = Principals::parse(statement)?;
        // It would allow everybody else, strangers too; AWS doesn't support it either.
        if principals.inverted && parsed.effect == Effect::Allow {
            return Err(PolicyError::NotPrincipalAllows);
        }
        Ok(Self {
            principals,
            statement: parsed,
        })
    }

    pub(crate) fn stance(&self, principal: &Principal, request: &Request<'_>) -> Stance {
        let naming = self.principals.naming(principal);
        // Most statements name somebody else, which is the quickest to find.
        if naming == Naming::Not || !self.statement.fit(request).is_whole() {
            return Stance::Silent;
        }
        match (self.statement.effect, naming) {
            (Effect::Deny, _) => Stance::Denies,
            (Effect::Allow, Naming::Itself) => Stance::Allows,
            (Effect::Allow, Naming::Role) => Stance::AllowsRole,
            (Effect::Allow, Naming::Account | Naming::Not) => Stance::Silent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(effect: &str, element: &str, named: &Value) -> Option<(Option<usize>, String)> {
        let document = json!({"Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "a:b", "Resource": "*"},
            {"Effect": effect, element: named, "Action": "a:b", "Resource": "*"},
        ]});
        let error = ResourcePolicyDocument::parse(&document).err()?;
        Some((error.0, error.1.to_string()))
    }

    #[test]
    fn principals_are_named_as_on_aws() {
        for named in [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"AWS": "123456789012"}),
            json!({"AWS": "arn:aws:iam::123456789012:root"}),
            json!({"AWS": ["arn:aws:iam::123456789012:role/path/r", "arn:aws-cn:iam::1:user/u"]}),
            json!({"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"}),
            json!({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}),
            json!({"Service": "sns.amazonaws.com", "AWS": "123456789012"}),
            json!({"Federated": "accounts.google.com"}),
            json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}),
        ] {
            assert_eq!(refusal("Allow", "Principal", &named), None, "{named}");
            assert_eq!(refusal("Deny", "NotPrincipal", &named), None, "{named}");
        }
    }

    #[test]
    fn principals_that_name_nobody_are_refused_with_their_statement() {
        for (named, reason) in [
            (json!("arn:aws:iam::123456789012:root"), "Principal must be"),
            (json!(["*"]), "Principal must be"),
            (json!({}), "Principal must not be empty"),
            (json!({"AWS": []}), "Principal must not be empty"),
            (json!({"Everyone": "*"}), "Principal must be"),
            (json!({"AWS": 123_456_789_012_u64}), "AWS of Principal must"),
            (json!({"AWS": ["*", null]}), "AWS of Principal must"),
            (json!({"AWS": "12345"}), "`12345` is not a principal"),
            (json!({"AWS": "arn:aws:iam::123456789012:role/*"}), "`arn:"),
            (json!({"AWS": "arn:aws:iam::*:root"}), "`arn:"),
            (json!({"AWS": "arn:aws:iam::123456789012:group/g"}), "`arn:"),
            (
                json!({"AWS": "arn:aws:sns:us-east-1:123456789012:t"}),
                "`arn:",
            ),
            (
                json!({"AWS": "sns.amazonaws.com"}),
                "`sns.amazonaws.com` is",
            ),
            (
                json!({"Service": "*.amazonaws.com"}),
                "`*.amazonaws.com` is",
            ),
        ] {
            let Some((Some(1), text)) = refusal("Allow", "Principal", &named) else {
                panic!("{named}");
            };
            assert!(text.starts_with(reason), "{text}");
        }
    }

    #[test]
    fn what_a_resource_policy_must_not_have_or_lack_is_refused() {
        let allowed = refusal("Allow", "NotPrincipal", &json!("*"));
        let reason = "NotPrincipal is only supported with Effect: Deny";
        assert_eq!(allowed, Some((Some(1), reason.into())));
        let statement = |more: Value| {
            let mut statement = json!({"Effect": "Deny", "Action": "a:b"});
            if let (Some(statement), Some(more)) = (statement.as_object_mut(), more.as_object()) {
                statement.extend(more.clone());
            }
            let document = json!({"Statement": statement});
            let error = ResourcePolicyDocument::parse(&document).err();
            error.map(|(_, error)| error.to_string())
        };
        for (more, reason) in [
            (
                json!({"Resource": "*"}),
                "a statement of a resource-based policy needs either Principal or NotPrincipal",
            ),
            (
                json!({"Resource": "*", "Principal": "*", "NotPrincipal": "*"}),
                "a statement of a resource-based policy needs either Principal or NotPrincipal",
            ),
            (
                json!({"Principal": "*"}),
                "a statement has either Resource or NotResource",
            ),
            (
                json!({"Resource": "*", "Principal": "*", "Principals": "*"}),
                "unknown element Principals in a resource-based policy",
            ),
        ] {
            assert_eq!(statement(more).as_deref(), Some(reason));
        }
        assert_eq!(
            statement(json!({"NotResource": "x", "Principal": "*"})),
            None
        );
    }
}
