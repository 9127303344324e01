//! Whether a principal may do an action on a resource, and if not, what came near.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::fmt;

use crate::context::Context;
use crate::named::Naming;
use crate::policy::{Decision, Effect, Fit, Request, Statement};
use crate::principal::{Kind, Policy, Principal};
use crate::resource_policy::{ResourcePolicy, ResourceStatement, Stance};
use crate::truth::Truth;

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
    /// No resource-based policy allows it: said of services, whom nothing else could allow it.
    NotAllowedByResource,
    /// A statement of the resource-based policy denies it.
    DeniedByResource,
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
            Reason::NotAllowedByResource => {
                format!("because no resource-based policy allows the {action} action")
            }
            Reason::DeniedByResource => "with an explicit deny in a resource-based policy".into(),
        }
    }
}

/// Whether `principal` may make a request of a resource that has
/// `resource_policy`, as AWS decides it within one account. A Deny of any
/// policy wins. What isn't known of the request never satisfies an Allow, and always meets a Deny. Otherwise:
///
/// - The developer is an administrator, and allowed everything.
/// - A role's session needs an Allow of its identity-based policies or of the
///   resource's policy, and one of its permissions boundary, unless the
///   resource's policy allows the session itself.
/// - A service needs an Allow of the resource's policy.
pub fn authorize(
    principal: &Principal,
    request: &Request<'_>,
    resource_policy: Option<&ResourcePolicy>,
) -> Result<(), Denied> {
    decide(principal, request, resource_policy, |_| ())
}

/// As [`authorize`], and returns where the statements stand that allow it:
/// none of the developer's, who is allowed everything.
pub fn judge(
    principal: &Principal,
    request: &Request<'_>,
    resource_policy: Option<&ResourcePolicy>,
) -> Result<Vec<String>, Denied> {
    decide(principal, request, resource_policy, |question| {
        question.allowing()
    })
}

/// Decides; `allowed` is what there is to say of a request that is allowed.
fn decide<T: Default>(
    principal: &Principal,
    request: &Request<'_>,
    resource_policy: Option<&ResourcePolicy>,
    allowed: impl FnOnce(&Question<'_>) -> T,
) -> Result<T, Denied> {
    if resource_policy.is_none() && matches!(principal.kind, Kind::Developer { .. }) {
        return Ok(T::default());
    }
    let mut context = Context::default();
    // Few policies ask for anything.
    if principal.is_asked_for("") || resource_policy.is_some_and(|policy| policy.asks_for("")) {
        context.extend(&principal.context);
        context.extend(request.context);
    }
    let question = Question {
        principal,
        resource_policy,
        request: Request {
            context: &context,
            ..*request
        },
    };
    let Some(reason) = question.refusal() else {
        return Ok(allowed(&question));
    };
    Err(Denied {
        principal: principal.arn.clone(),
        action: request.action.into(),
        resource: request.resource.into(),
        reason,
        near: question.near(reason),
    })
}

/// A request beside all policies that decide on it.
struct Question<'a> {
    principal: &'a Principal,
    resource_policy: Option<&'a ResourcePolicy>,
    request: Request<'a>,
}

impl Question<'_> {
    /// Why the request is refused, if it is.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    fn refusal(&self) -> Option<Reason> {
        let identity = self.identity();
        let boundary = self.boundary();
        let resource = self.stance();
        if identity == Decision::ExplicitDeny {
            return Some(Reason::Denied);
        }
        if boundary == Decision::ExplicitDeny {
            return Some(Reason::DeniedByBoundary);
        }
        if resource == Stance::Denies {
            return Some(Reason::DeniedByResource);
        }
        // An implicit deny doesn't count where the resource allows the very
        // session, or everyone, who it is one of.
        if resource == Stance::Allows {
            return None;
        }
        if identity == Decision::ImplicitDeny && resource == Stance::Silent {
            let is_service = matches!(self.principal.kind, Kind::Service);
            return Some(match is_service {
                true => Reason::NotAllowedByResource,
                false => Reason::NotAllowed,
            });
        }
        (boundary == Decision::ImplicitDeny).then_some(Reason::OutOfBounds)
    }

    fn identity(&self) -> Decision {
        match &self.principal.kind {
            Kind::Session(session) => {
                let policies = session.role.policies.iter();
                policies
                    .map(|policy| policy.document.evaluate(&self.request))
                    .fold(Decision::ImplicitDeny, Decision::or)
            }
            Kind::Developer { .. } => Decision::Allow,
            Kind::Service => Decision::ImplicitDeny,
        }
    }

    fn boundary(&self) -> Decision {
        let role = self.principal.role();
        let boundary = role.and_then(|role| role.boundary.as_ref());
        boundary.map_or(Decision::Allow, |policy| {
            policy.document.evaluate(&self.request)
        })
    }

    fn stance(&self) -> Stance {
        self.resource_policy.map_or(Stance::Silent, |policy| {
            policy.stance(self.principal, &self.request)
        })
    }

    fn near(&self, reason: Reason) -> Vec<Near> {
        let role = self.principal.role();
        let policies = role.map_or(&[][..], |role| &role.policies);
        let boundary = role.and_then(|role| role.boundary.as_ref());
        match reason {
            Reason::NotAllowed => {
                let mut near = self.near_own(policies, Effect::Allow);
                near.extend(self.near_resource(Effect::Allow));
                near
            }
            Reason::Denied => self.near_own(policies, Effect::Deny),
            Reason::OutOfBounds => self.near_own(boundary, Effect::Allow),
            Reason::DeniedByBoundary => self.near_own(boundary, Effect::Deny),
            Reason::NotAllowedByResource => self.near_resource(Effect::Allow),
            Reason::DeniedByResource => self.near_resource(Effect::Deny),
        }
    }

    /// What came near in policies of the principal.
    fn near_own<'a>(
        &self,
        policies: impl IntoIterator<Item = &'a Policy>,
        wanted: Effect,
    ) -> Vec<Near> {
        let mut near = Vec::new();
        for policy in policies {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                if statement.effect == wanted
                    && let Some(why) =
                        why_near(statement, &statement.fit(&self.request), &self.request)
                {
                    let place = policy.place(index);
                    near.push(Near { place, why });
                }
            }
        }
        near
    }

    /// What came near in the policy of the resource.
    fn near_resource(&self, wanted: Effect) -> Vec<Near> {
        let mut near = Vec::new();
        if let Some(policy) = self.resource_policy {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                if statement.statement.effect == wanted
                    && let Some(why) = why_resource_near(statement, self.principal, &self.request)
                {
                    let place = policy.place(index);
                    near.push(Near { place, why });
                }
            }
        }
        near
    }

    /// Where the statements stand that allow the request.
    fn allowing(&self) -> Vec<String> {
        let mut places = Vec::new();
        let is_within_bounds = self.boundary() == Decision::Allow;
        let role = self.principal.role().filter(|_| is_within_bounds);
        for policy in role.iter().flat_map(|role| &role.policies) {
            let statements = policy.document.statements.iter().enumerate();
            let allowing = statements
                .filter(|(_, statement)| statement.effect == Effect::Allow)
                .filter(|(_, statement)| statement.fit(&self.request).is_whole());
            places.extend(allowing.map(|(index, _)| policy.place(index)));
        }
        if let Some(policy) = self.resource_policy {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                let stance = statement.stance(self.principal, &self.request);
                if stance == Stance::Allows || (stance == Stance::AllowsRole && is_within_bounds) {
                    places.push(policy.place(index));
                }
            }
        }
        places
    }
}

/// What a statement of a resource's policy has to do with a request that is
/// refused; `None` when nothing.
fn why_resource_near(
    statement: &ResourceStatement,
    principal: &Principal,
    request: &Request<'_>,
) -> Option<String> {
    let ResourceStatement {
        principals,
        statement,
    } = statement;
    let fit = statement.fit(request);
    let naming = principals.naming(principal);
    if statement.effect == Effect::Deny {
        if naming == Naming::Not {
            return None;
        }
        return why_near(statement, &fit, request);
    }
    match naming {
        Naming::Role | Naming::Itself => why_near(statement, &fit, request),
        Naming::Not if fit.action && fit.resource => {
            Some(format!("allows it only for {principals}"))
        }
        Naming::Account if fit.is_whole() => Some(format!(
            "allows it for {principals}, which leaves the decision to the account's identity-based policies"
        )),
        Naming::Not | Naming::Account => None,
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
        (Effect::Deny, true, true, None) => Some(match statement.unknown_condition(request) {
            Some(condition) => format!("denies it where {condition}, which samlet cannot rule out"),
            None => "denies it".into(),
        }),
        (Effect::Deny, ..) => None,
        (Effect::Allow, true, true, Some(condition)) => {
            let is_unknown =
                condition.holds(request.context, statement.variables) == Truth::Unknown;
            let why = if is_unknown {
                "which samlet cannot know"
            } else {
                "which does not hold"
            };
            Some(format!("allows it where {condition}, {why}"))
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
mod resource_tests;
#[cfg(test)]
mod tests;
