//! Policy documents: `{"Version": …, "Statement": [{"Effect", "Action", "Resource"}]}`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use serde_json::Value;

/// Why a policy can't be enforced.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A member is missing or has the wrong type.
    #[error("{0}")]
    Malformed(String),
    /// An element that is not evaluated here. Passing it over would grant
    /// more than AWS does.
    #[error(
        "the policy element {0} is not supported; remove it, or state the resources in Resource"
    )]
    Unsupported(String),
}

/// An identity-based policy.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    pub(crate) statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    actions: Matcher,
    resources: Matcher,
}

/// A list of patterns, or everything but it.
#[derive(Clone, Debug)]
struct Matcher {
    patterns: Vec<String>,
    inverted: bool,
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

impl PolicyDocument {
    /// Evaluates this policy alone.
    pub fn evaluate(&self, action: &str, resource: &str) -> Decision {
        let about = self
            .statements
            .iter()
            .filter(|statement| statement.matches(action, resource));
        about.fold(Decision::ImplicitDeny, |decision, statement| {
            match (decision, statement.effect) {
                (Decision::ExplicitDeny, _) | (_, Effect::Deny) => Decision::ExplicitDeny,
                (_, Effect::Allow) => Decision::Allow,
            }
        })
    }

    /// Reads a policy document whose intrinsics are resolved.
    pub fn parse(document: &Value) -> Result<Self, PolicyError> {
        let malformed = |text: &str| PolicyError::Malformed(text.into());
        let document = document
            .as_object()
            .ok_or_else(|| malformed("a policy document is an object"))?;
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(Statement::parse).collect(),
            Some(one @ Value::Object(_)) => Statement::parse(one).map(|one| vec![one]),
            _ => Err(malformed("a policy document needs a Statement")),
        };
        Ok(Self {
            statements: statements?,
        })
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, PolicyError> {
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
        ];
        if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(PolicyError::Unsupported(other.clone()));
        }
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(malformed("a statement's Effect is Allow or Deny")),
        };
        Ok(Self {
            effect,
            actions: Matcher::parse(statement, "Action", "NotAction")?,
            resources: Matcher::parse(statement, "Resource", "NotResource")?,
        })
    }

    pub(crate) fn matches(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions
            .matches(|pattern| glob(&pattern.to_ascii_lowercase(), &action))
            && self
                .resources
                .matches(|pattern| glob_arn(pattern, resource))
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
        if let Some(variable) = patterns.iter().find(|pattern| pattern.contains("${")) {
            return Err(PolicyError::Unsupported(format!("variable in {variable}")));
        }
        Ok(Self { patterns, inverted })
    }

    fn matches(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern)) != self.inverted
    }
}

/// ARNs are compared part by part: a `*` doesn't reach past the five colons
/// before the resource's own part.
fn glob_arn(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let mut patterns = pattern.splitn(6, ':');
    let mut parts = arn.splitn(6, ':');
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if glob(pattern, part) => {}
            _ => return false,
        }
    }
}

/// `*` is any text, `?` any one character. Takes time linear in the product
/// of the lengths, at worst.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    p = star_p + 1;
                    t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wildcards_stand_for_any_text_and_any_character() {
        for (pattern, text, expected) in [
            ("dynamodb:*", "dynamodb:getitem", true),
            ("*item", "dynamodb:getitem", true),
            ("d*b:?etitem", "dynamodb:getitem", true),
            ("dynamodb:get", "dynamodb:getitem", false),
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_arns_wildcard_stays_in_its_part() {
        let arn = "arn:aws:dynamodb:us-east-1:1:table/a";
        assert!(glob_arn("arn:aws:dynamodb:*:1:table/*", arn));
        assert!(glob_arn("arn:aws:dynamodb:us-east-1:1:table/?", arn));
        assert!(!glob_arn("arn:aws:*:table/a", arn));
        assert!(!glob_arn("arn:aws:dynamodb:us-east-1:1:table/A", arn));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let condition = json!({"Statement": {
            "Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"Bool": {}}
        }});
        let error = PolicyDocument::parse(&condition).map(|_| ());
        assert_eq!(error, Err(PolicyError::Unsupported("Condition".into())));
        for malformed in [
            json!([]),
            json!({}),
            json!({"Statement": [{"Effect": "Maybe", "Action": "a:b", "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": 1, "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "a:b"}]}),
        ] {
            assert!(PolicyDocument::parse(&malformed).is_err(), "{malformed}");
        }
    }
}
