//! Whether a principal may do an action on a resource, and if not, what came near.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::fmt;

use crate::context::Context;
use crate::policy::{Decision, Effect, Fit, Request, Statement};
use crate::principal::{Policy, Principal, Role};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No identity-based policy allows it.
    NotAllowed,
    /// A statement of an identity-based policy denies it.
    Denied,
    /// The permissions boundary doesn't allow it.
    OutOfBounds,
    /// A statement of the permissions boundary denies it.
    DeniedByBoundary,
}

/// A refusal, in AWS's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("User: {principal} is not authorized to perform: {action} on resource: {resource} {}", self.why())]
pub struct Denied {
    /// Who asked.
    pub principal: String,
    /// For what, as `service:Action`.
    pub action: String,
    /// On which ARN.
    pub resource: String,
    /// Why not.
    pub reason: Reason,
    /// The statements that came near, or that stand against it.
    pub near: Vec<Near>,
}

/// A statement that has something to do with a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// Where it stands: `template.yaml:12`, or the name of a managed policy.
    pub place: String,
    /// What it says, and why that isn't enough.
    pub why: String,
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl Denied {
    fn why(&self) -> String {
        let action = &self.action;
        match self.reason {
            Reason::NotAllowed => {
                format!("because no identity-based policy allows the {action} action")
            }
            Reason::Denied => "with an explicit deny in an identity-based policy".into(),
            Reason::OutOfBounds => {
                format!("because no permissions boundary allows the {action} action")
            }
            Reason::DeniedByBoundary => "with an explicit deny in a permissions boundary".into(),
        }
    }
}

/// Denies unless a statement allows, and the boundary too; a statement that
/// denies wins over all.
pub fn authorize(principal: &Principal, request: &Request<'_>) -> Result<(), Denied> {
    decide(principal, request, |_, _| ())
}

/// As [`authorize`], and tells where the statements stand that allow it.
pub fn judge(principal: &Principal, request: &Request<'_>) -> Result<Vec<String>, Denied> {
    decide(principal, request, Role::allowing)
}

/// Decides; `told` is what there is to say of a request that is allowed.
fn decide<T: Default>(
    principal: &Principal,
    request: &Request<'_>,
    told: impl FnOnce(&Role, &Request<'_>) -> T,
) -> Result<T, Denied> {
    let Some(role) = principal.role() else {
        return Ok(T::default());
    };
    let mut context = Context::default();
    // Few policies ask for anything.
    if principal.is_asked_for("") {
        context.extend(&principal.context);
        context.extend(request.context);
    }
    let request = Request {
        context: &context,
        ..*request
    };
    let Some(reason) = role.refuses(&request) else {
        return Ok(told(role, &request));
    };
    Err(Denied {
        principal: principal.arn.clone(),
        action: request.action.into(),
        resource: request.resource.into(),
        reason,
        near: role.near(&request, reason),
    })
}

impl Role {
    /// Why a request is refused, if it is.
    fn refuses(&self, request: &Request<'_>) -> Option<Reason> {
        let policies = self.policies.iter();
        let identity = policies
            .map(|policy| policy.document.evaluate(request))
            .fold(Decision::ImplicitDeny, Decision::or);
        let boundary = self.boundary.as_ref();
        let boundary = boundary.map_or(Decision::Allow, |policy| policy.document.evaluate(request));
        match (identity, boundary) {
            (Decision::ExplicitDeny, _) => Some(Reason::Denied),
            (_, Decision::ExplicitDeny) => Some(Reason::DeniedByBoundary),
            (Decision::ImplicitDeny, _) => Some(Reason::NotAllowed),
            (_, Decision::ImplicitDeny) => Some(Reason::OutOfBounds),
            (Decision::Allow, Decision::Allow) => None,
        }
    }

    fn near(&self, request: &Request<'_>, reason: Reason) -> Vec<Near> {
        let policies: Vec<&Policy> = match reason {
            Reason::NotAllowed | Reason::Denied => self.policies.iter().collect(),
            Reason::OutOfBounds | Reason::DeniedByBoundary => self.boundary.iter().collect(),
        };
        let wanted = match reason {
            Reason::NotAllowed | Reason::OutOfBounds => Effect::Allow,
            Reason::Denied | Reason::DeniedByBoundary => Effect::Deny,
        };
        let mut near = Vec::new();
        for policy in policies {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                if statement.effect == wanted
                    && let Some(why) = why_near(statement, &statement.fit(request), request)
                {
                    let place = policy.place(index);
                    near.push(Near { place, why });
                }
            }
        }
        near
    }

    /// Where the statements stand that allow a request.
    fn allowing(&self, request: &Request<'_>) -> Vec<String> {
        let mut places = Vec::new();
        for policy in &self.policies {
            let statements = policy.document.statements.iter().enumerate();
            let allowing = statements
                .filter(|(_, statement)| statement.effect == Effect::Allow)
                .filter(|(_, statement)| statement.fit(request).is_whole());
            places.extend(allowing.map(|(index, _)| policy.place(index)));
        }
        places
    }
}

/// What a statement has to do with a request that is refused; `None` when nothing.
fn why_near(statement: &Statement, fit: &Fit<'_>, request: &Request<'_>) -> Option<String> {
    let list = |patterns: &[String]| patterns.join(", ");
    let (actions, resources) = (
        list(&statement.actions.patterns),
        list(&statement.resources.patterns),
    );
    match (statement.effect, fit.action, fit.resource, fit.unmet) {
        (Effect::Deny, true, true, None) => Some("denies it".into()),
        (Effect::Deny, ..) => None,
        (Effect::Allow, true, true, Some(condition)) => {
            Some(format!("allows it where {condition}, which does not hold"))
        }
        (Effect::Allow, true, false, _) if statement.resources.inverted => {
            Some(format!("allows it on all but {resources}"))
        }
        (Effect::Allow, true, false, _) => Some(format!("allows it on {resources} only")),
        // What is allowed on everything is near only if it is of the same service.
        (Effect::Allow, false, true, _) if same_service(&statement.actions.patterns, request) => {
            match statement.actions.inverted {
                true => Some(format!("allows all but {actions} on this resource")),
                false => Some(format!(
                    "allows {actions} on this resource, not this action"
                )),
            }
        }
        (Effect::Allow, ..) => None,
    }
}

fn same_service(patterns: &[String], request: &Request<'_>) -> bool {
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_lowercase();
    patterns
        .iter()
        .any(|pattern| service(pattern) == service(request.action))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Context, Identities, PolicyDocument};
    use samlet_aws::Place;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";

    fn policy(name: &str, statements: Value) -> Policy {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let document = PolicyDocument::parse(&document).unwrap();
        Policy {
            name: name.into(),
            places: (1..=document.statements.len())
                .map(|number| format!("{name}:{number}"))
                .collect(),
            document,
        }
    }

    fn ask_bounded(
        statements: Value,
        boundary: Option<Value>,
        request: &Request<'_>,
    ) -> Result<(), Denied> {
        let identities = Identities::new(Place::new("us-east-1", "123456789012", "local"));
        let role = Role {
            name: "role".into(),
            policies: vec![policy("own", statements)],
            boundary: boundary.map(|statements| policy("boundary", statements)),
            tags: BTreeMap::from([("team".into(), "a".into())]),
        };
        let credentials = identities.issue(role, "session");
        let principal = identities
            .find(&credentials.access_key_id)
            .unwrap()
            .principal;
        authorize(&principal, request)
    }

    fn ask(statements: Value, action: &str, resource: &str) -> Result<(), Denied> {
        let request = Request {
            action,
            resource,
            context: &Context::default(),
        };
        ask_bounded(statements, None, &request)
    }

    #[test]
    fn only_what_a_statement_allows_is_allowed() {
        let get = json!([{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": TABLE}]);
        assert_eq!(ask(get.clone(), "dynamodb:GetItem", TABLE), Ok(()));
        let refusal = ask(get.clone(), "dynamodb:PutItem", TABLE).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "User: arn:aws:sts::123456789012:assumed-role/role/session is not authorized \
            to perform: dynamodb:PutItem on resource: \
            arn:aws:dynamodb:us-east-1:123456789012:table/messages because no identity-based \
            policy allows the dynamodb:PutItem action"
        );
        assert_eq!(
            refusal.near[0].to_string(),
            "own:1: allows dynamodb:GetItem on this resource, not this action"
        );
        let other = ask(
            get,
            "dynamodb:GetItem",
            &TABLE.replace("messages", "others"),
        );
        let near = &other.unwrap_err().near[0].why;
        assert_eq!(*near, format!("allows it on {TABLE} only"));
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
            refusal
                .to_string()
                .ends_with("with an explicit deny in an identity-based policy"),
            "{refusal}"
        );
        assert_eq!(refusal.near[0].to_string(), "own:2: denies it");
    }

    #[test]
    fn not_action_and_not_resource_allow_all_else() {
        let not =
            json!([{"Effect": "Allow", "NotAction": "dynamodb:Put*", "NotResource": "*/secret"}]);
        assert_eq!(ask(not.clone(), "dynamodb:GetItem", TABLE), Ok(()));
        assert!(ask(not, "dynamodb:PutItem", TABLE).is_err());
    }

    #[test]
    fn a_boundary_and_the_policies_have_both_to_allow() {
        let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
        let get = json!([{"Effect": "Allow", "Action": "dynamodb:Get*", "Resource": "*"}]);
        let deny = json!([{"Effect": "Deny", "Action": "dynamodb:Get*", "Resource": "*"}]);
        let ask = |own: &Value, boundary: &Value, action: &str| {
            let request = Request {
                action,
                resource: TABLE,
                context: &Context::default(),
            };
            ask_bounded(own.clone(), Some(boundary.clone()), &request)
                .map_err(|denied| denied.reason)
        };
        assert_eq!(ask(&all, &get, "dynamodb:GetItem"), Ok(()));
        assert_eq!(
            ask(&all, &get, "dynamodb:PutItem"),
            Err(Reason::OutOfBounds)
        );
        assert_eq!(ask(&get, &all, "dynamodb:PutItem"), Err(Reason::NotAllowed));
        assert_eq!(
            ask(&all, &deny, "dynamodb:GetItem"),
            Err(Reason::DeniedByBoundary)
        );
        assert_eq!(ask(&deny, &all, "dynamodb:GetItem"), Err(Reason::Denied));
    }

    /// From DynamoDB's documentation of fine-grained access control.
    #[test]
    fn items_and_attributes_may_be_limited() {
        let own_items = json!([{
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": TABLE,
            "Condition": {
                "ForAllValues:StringEquals": {
                    "dynamodb:LeadingKeys": ["${aws:PrincipalTag/team}"],
                    "dynamodb:Attributes": ["UserId", "GameTitle"],
                },
                "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        }]);
        let ask = |keys: &[&str], attributes: &[&str], select: Option<&str>| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let mut context = Context::default();
            context.set_all("dynamodb:LeadingKeys", texts(keys));
            context.set_all("dynamodb:Attributes", texts(attributes));
            context.set_all(
                "dynamodb:Select",
                texts(&select.into_iter().collect::<Vec<_>>()),
            );
            let request = Request {
                action: "dynamodb:Query",
                resource: TABLE,
                context: &context,
            };
            ask_bounded(own_items.clone(), None, &request)
        };
        let specific = Some("SPECIFIC_ATTRIBUTES");
        assert_eq!(ask(&["a"], &["UserId"], specific), Ok(()));
        assert_eq!(ask(&["a"], &["UserId"], None), Ok(()));
        assert!(ask(&["b"], &["UserId"], specific).is_err());
        assert!(ask(&["a", "b"], &["UserId"], specific).is_err());
        let refusal = ask(&["a"], &["UserId", "Wins"], specific).unwrap_err();
        assert_eq!(
            refusal.near[0].why,
            "allows it where ForAllValues:StringEquals dynamodb:Attributes: UserId, GameTitle, which does not hold"
        );
        assert!(ask(&["a"], &["UserId"], Some("ALL_ATTRIBUTES")).is_err());
    }
}
