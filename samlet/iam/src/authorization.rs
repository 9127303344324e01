//! Whether a principal may do an action on a resource.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use crate::credentials::Principal;
use crate::policy::Effect;

/// A refusal, in AWS's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("User: {principal} is not authorized to perform: {action} on resource: {resource} {}", self.reason())]
pub struct Denied {
    /// Who asked.
    pub principal: String,
    /// For what, as `service:Action`.
    pub action: String,
    /// On which ARN.
    pub resource: String,
    /// A statement forbids it, rather than none allowing it.
    pub explicit: bool,
}

impl Denied {
    fn reason(&self) -> String {
        if self.explicit {
            "with an explicit deny in an identity-based policy".into()
        } else {
            format!(
                "because no identity-based policy allows the {} action",
                self.action
            )
        }
    }
}

/// Denies unless a statement allows; a statement that denies wins over all.
pub fn authorize(principal: &Principal, action: &str, resource: &str) -> Result<(), Denied> {
    let Some(role) = &principal.role else {
        return Ok(());
    };
    let mut allowed = false;
    let mut explicit = false;
    for statement in role.policies.iter().flat_map(|policy| &policy.statements) {
        if statement.matches(action, resource) {
            match statement.effect {
                Effect::Allow => allowed = true,
                Effect::Deny => explicit = true,
            }
        }
    }
    if allowed && !explicit {
        return Ok(());
    }
    Err(Denied {
        principal: principal.arn.clone(),
        action: action.into(),
        resource: resource.into(),
        explicit,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Identities, PolicyDocument, Role};
    use serde_json::{Value, json};

    const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";

    fn ask(statements: Value, action: &str, resource: &str) -> Result<(), String> {
        let identities = Identities::new("us-east-1", "123456789012");
        let policies = vec![PolicyDocument::parse(&json!({"Statement": statements})).unwrap()];
        let credentials = identities.issue(
            Role {
                name: "role".into(),
                policies,
            },
            "session",
        );
        let principal = identities
            .find(&credentials.access_key_id)
            .unwrap()
            .principal;
        authorize(&principal, action, resource).map_err(|denied| denied.to_string())
    }

    #[test]
    fn only_what_a_statement_allows_is_allowed() {
        let get = json!([{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": TABLE}]);
        assert_eq!(ask(get.clone(), "dynamodb:GetItem", TABLE), Ok(()));
        let refusal = "User: arn:aws:sts::123456789012:assumed-role/role/session is not authorized \
            to perform: dynamodb:PutItem on resource: \
            arn:aws:dynamodb:us-east-1:123456789012:table/messages because no identity-based \
            policy allows the dynamodb:PutItem action";
        assert_eq!(
            ask(get.clone(), "dynamodb:PutItem", TABLE),
            Err(refusal.into())
        );
        assert!(
            ask(
                get,
                "dynamodb:GetItem",
                &TABLE.replace("messages", "others")
            )
            .is_err()
        );
    }

    #[test]
    fn a_deny_wins_over_an_allow() {
        let both = json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "dynamodb:delete*", "Resource": "*"},
        ]);
        assert_eq!(ask(both.clone(), "dynamodb:GetItem", TABLE), Ok(()));
        let refusal = ask(both, "dynamodb:DeleteItem", TABLE).unwrap_err();
        assert!(
            refusal.ends_with("with an explicit deny in an identity-based policy"),
            "{refusal}"
        );
    }

    #[test]
    fn not_action_and_not_resource_allow_all_else() {
        let not =
            json!([{"Effect": "Allow", "NotAction": "dynamodb:Put*", "NotResource": "*/secret"}]);
        assert_eq!(ask(not.clone(), "dynamodb:GetItem", TABLE), Ok(()));
        assert!(ask(not, "dynamodb:PutItem", TABLE).is_err());
    }
}
