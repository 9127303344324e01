//! Policy documents: `{"Version": …, "Statement": [{"Effect", "Action", "Resource", "Condition"}]}`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use serde_json::Value;

use crate::condition::Condition;
use crate::context::Context;
use crate::error::PolicyError;
use crate::pattern::{Pattern, arn_matches, has_variable};
use crate::truth::Truth;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Such as `dynamodb:PutItem`.
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// What conditions may ask for.
    pub context: &'a Context,
}

/// An identity-based policy.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    pub(crate) statements: Vec<Statement>,
}

/// A statement, for those who report on it.
#[derive(Clone, Copy, Debug)]
pub struct StatementView<'a> {
    /// `Effect: Allow`.
    pub allows: bool,
    /// The patterns of Action or NotAction.
    pub actions: &'a [String],
    /// It is NotAction.
    pub all_but_actions: bool,
    /// The patterns of Resource or NotResource.
    pub resources: &'a [String],
    /// It is NotResource.
    pub all_but_resources: bool,
}

/// Whether an action's pattern matches an action.
pub fn matches_action(pattern: &str, action: &str) -> bool {
    Pattern::plain(pattern).matches_ignoring_case(action)
}

/// Whether a resource's pattern matches an ARN, whatever its variables stand for.
pub fn matches_resource(pattern: &str, arn: &str) -> bool {
    let matches = arn_matches(pattern, arn, &|part| {
        Some(Pattern::with_any_variables(part))
    });
    matches == Truth::True
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) actions: Matcher,
    pub(crate) resources: Matcher,
    conditions: Vec<Condition>,
    /// Whether the policy's version has variables.
    pub(crate) variables: bool,
}

/// A list of patterns, or everything but it.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) patterns: Vec<String>,
    pub(crate) inverted: bool,
}

/// What a statement's parts say of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit<'a> {
    pub(crate) action: bool,
    pub(crate) resource: bool,
    /// The first condition that doesn't hold, or, of an Allow, isn't known to.
    pub(crate) unmet: Option<&'a Condition>,
}

impl Effect {
    /// Whether a statement of this effect takes it for given: what isn't known never satisfies an Allow, and always
    /// meets a Deny.
    fn takes(self, truth: Truth) -> bool {
        match self {
            Self::Allow => truth == Truth::True,
            Self::Deny => truth != Truth::False,
        }
    }
}

impl Fit<'_> {
    /// Whether the statement is about the request.
    pub(crate) fn is_whole(&self) -> bool {
        self.action && self.resource && self.unmet.is_none()
    }
}

/// What a policy says about an action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement is about it.
    ImplicitDeny,
}

impl Decision {
    /// Of two policies of one kind together: a deny wins, then an allow.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::ExplicitDeny, _) | (_, Self::ExplicitDeny) => Self::ExplicitDeny,
            (Self::Allow, _) | (_, Self::Allow) => Self::Allow,
            _ => Self::ImplicitDeny,
        }
    }
}

impl PolicyDocument {
    /// Evaluates this policy alone.
    pub fn evaluate(&self, request: &Request<'_>) -> Decision {
        let about = self.statements.iter();
        let about = about.filter(|statement| statement.fit(request).is_whole());
        let said = about.map(|statement| match statement.effect {
            Effect::Allow => Decision::Allow,
            Effect::Deny => Decision::ExplicitDeny,
        });
        said.fold(Decision::ImplicitDeny, Decision::or)
    }

    /// Reads a policy document whose intrinsics are resolved. The error says
    /// which statement it is about, from 0, when it is about one.
    pub fn parse(document: &Value) -> Result<Self, (Option<usize>, PolicyError)> {
        let parse = |statement: &Value, variables| Statement::parse_with(statement, variables, &[]);
        Ok(Self {
            statements: parse_statements(document, parse)?,
        })
    }

    /// What its statements say, in their order.
    pub fn statements(&self) -> impl Iterator<Item = StatementView<'_>> {
        self.statements.iter().map(|statement| StatementView {
            allows: statement.effect == Effect::Allow,
            actions: &statement.actions.patterns,
            all_but_actions: statement.actions.inverted,
            resources: &statement.resources.patterns,
            all_but_resources: statement.resources.inverted,
        })
    }

    /// Whether a decision may hang on a condition key that begins so.
    pub fn asks_for(&self, prefix: &str) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| statement.asks_for(prefix))
    }
}

/// Reads each statement of a document with `parse`, which is also given
/// whether the policy's version has variables.
pub(crate) fn parse_statements<S>(
    document: &Value,
    parse: impl Fn(&Value, bool) -> Result<S, PolicyError>,
) -> Result<Vec<S>, (Option<usize>, PolicyError)> {
    let malformed = |text: &str| (None, PolicyError::Malformed(text.into()));
    let document = document
        .as_object()
        .ok_or_else(|| malformed("a policy document is an object"))?;
    let variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let statements = match document.get("Statement") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(malformed("a policy document needs a Statement")),
    };
    let statements = statements.iter().enumerate();
    statements
        .map(|(index, statement)| parse(statement, variables).map_err(|error| (Some(index), error)))
        .collect()
}

impl Statement {
    /// Reads a statement that may have the elements of an identity-based
    /// policy and `more`, which are left to the caller.
    pub(crate) fn parse_with(
        statement: &Value,
        variables: bool,
        more: &[&str],
    ) -> Result<Self, PolicyError> {
        let malformed = |text: &str| PolicyError::Malformed(text.into());
        let members = statement
            .as_object()
            .ok_or_else(|| malformed("a statement is an object"))?;
        let known = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        if let Some(other) = members.keys().find(|name| {
            let name = name.as_str();
            !known.contains(&name) && !more.contains(&name)
        }) {
            return Err(PolicyError::Unsupported(other.clone()));
        }
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(malformed("a statement's Effect is Allow or Deny")),
        };
        let conditions = members.get("Condition").map(Condition::parse_all);
        Ok(Self {
            effect,
            actions: Matcher::parse(statement, "Action", "NotAction")?,
            resources: Matcher::parse(statement, "Resource", "NotResource")?,
            conditions: conditions.transpose()?.unwrap_or_default(),
            variables,
        })
    }

    /// Holds the statement against a request, part by part.
    pub(crate) fn fit(&self, request: &Request<'_>) -> Fit<'_> {
        let fill = |text: &str| match self.variables {
            true => Pattern::filled(text, request.context),
            false => Some(Pattern::plain(text)),
        };
        let action = |pattern: &str| Pattern::plain(pattern).matches_ignoring_case(request.action);
        let resource = |pattern: &str| arn_matches(pattern, request.resource, &fill);
        let mut conditions = self.conditions.iter();
        Fit {
            action: self.actions.matches(|pattern| action(pattern).into()) == Truth::True,
            resource: self.effect.takes(self.resources.matches(resource)),
            unmet: conditions.find(|condition| {
                let holds = condition.holds(request.context, self.variables);
                !self.effect.takes(holds)
            }),
        }
    }

    /// The first condition of which it isn't known whether it holds.
    pub(crate) fn unknown_condition(&self, request: &Request<'_>) -> Option<&Condition> {
        let mut conditions = self.conditions.iter();
        conditions
            .find(|condition| condition.holds(request.context, self.variables) == Truth::Unknown)
    }

    pub(crate) fn asks_for(&self, prefix: &str) -> bool {
        let mut patterns = self.resources.patterns.iter();
        let mut conditions = self.conditions.iter();
        conditions.any(|condition| condition.asks_for(prefix))
            || patterns.any(|pattern| has_variable(pattern, prefix))
    }
}

impl Matcher {
    fn parse(statement: &Value, name: &str, not_name: &str) -> Result<Self, PolicyError> {
        let (value, inverted) = match (statement.get(name), statement.get(not_name)) {
            (Some(value), None) => (value, false),
            (None, Some(value)) => (value, true),
            _ => {
                let text = format!("a statement has either {name} or {not_name}");
                return Err(PolicyError::Malformed(text));
            }
        };
        let strings = || PolicyError::Malformed(format!("{name} is a string or a list of strings"));
        let patterns: Vec<String> = match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => {
                let each = list.iter().map(|item| item.as_str().map(str::to_owned));
                each.collect::<Option<_>>().ok_or_else(strings)?
            }
            _ => return Err(strings()),
        };
        Ok(Self { patterns, inverted })
    }

    fn matches(&self, matches: impl Fn(&str) -> Truth) -> Truth {
        let each = self.patterns.iter().map(|pattern| matches(pattern));
        Truth::any(each).negated(self.inverted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let principal = json!({"Statement": [
            {"Effect": "Allow", "Action": "a:b", "Resource": "*"},
            {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Principal": "*"},
        ]});
        let error = PolicyDocument::parse(&principal).map(|_| ());
        let unsupported = PolicyError::Unsupported("Principal".into());
        assert_eq!(error, Err((Some(1), unsupported)));
        for malformed in [
            json!([]),
            json!({}),
            json!({"Statement": [{"Effect": "Maybe", "Action": "a:b", "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": 1, "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "a:b"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": 1}]}),
        ] {
            assert!(PolicyDocument::parse(&malformed).is_err(), "{malformed}");
        }
    }
}
