//! Why a function was refused something, and the least that would allow it.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use samlet_iam::{Denied, Principal, Reason};
use samlet_logs::Logs;
use samlet_service::AccessObserver;
use samlet_template::{Application, Location};

use crate::Usage;

/// The stream of a function's log group that explanations go to.
const STREAM: &str = "samlet/refusals";

/// Refusals that are remembered as explained.
const MAX_EXPLAINED: usize = 10_000;

/// Records what functions do, and explains what they are refused.
#[derive(Debug)]
pub struct Access {
    usage: Arc<Usage>,
    logs: Logs,
    declared: RwLock<Arc<Declared>>,
    /// What was explained in full since the template was applied last: function,
    /// action and resource. Held for a moment only.
    explained: Mutex<HashSet<[String; 3]>>,
}

/// Why something was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The statements that come near, each with its place.
    pub why: Vec<String>,
    /// Where to add to the template: `template.yaml:12`.
    pub place: String,
    /// What to add there; `None` when that would not help.
    pub statement: Option<String>,
}

/// What explanations take from the template.
#[derive(Debug, Default)]
struct Declared {
    /// By name.
    functions: HashMap<String, Explained>,
    names: Names,
}

/// What an explanation says of a function.
#[derive(Debug)]
struct Explained {
    logical_id: String,
    log_group: String,
    /// Where a policy would be added.
    policies: String,
}

impl Access {
    /// Counts in `usage`, and writes explanations into functions' logs.
    pub fn new(usage: Arc<Usage>, logs: Logs) -> Self {
        Self {
            usage,
            logs,
            declared: RwLock::default(),
            explained: Mutex::default(),
        }
    }

    /// What functions did, and were refused.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Explains by this application's template from now on.
    pub fn update(&self, application: &Application, template: &Path) {
        let functions = application.functions.iter().map(|function| {
            let explained = Explained {
                logical_id: function.logical_id.clone(),
                log_group: function.log_group.clone(),
                policies: place(template, function.role.location),
            };
            (function.name.clone(), explained)
        });
        let declared = Declared {
            functions: functions.collect(),
            names: Names::of(application),
        };
        *self
            .declared
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(declared);
        // After a change of the template each refusal is explained again.
        self.explained().clear();
    }

    fn explained(&self) -> MutexGuard<'_, HashSet<[String; 3]>> {
        self.explained
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a refusal is the first of its kind.
    fn is_first(&self, function: &str, denied: &Denied) -> bool {
        let mut explained = self.explained();
        // A function could otherwise fill the memory with names of its own.
        if explained.len() >= MAX_EXPLAINED {
            explained.clear();
        }
        explained.insert([function, &denied.action, &denied.resource].map(str::to_owned))
    }

    /// Why a function was refused something, and what would allow it.
    pub fn explain(&self, function: &str, denied: &Denied) -> Explanation {
        let declared = self.declared();
        let place = declared.functions.get(function);
        Explanation {
            why: denied.near.iter().map(ToString::to_string).collect(),
            place: place
                .map(|function| function.policies.clone())
                .unwrap_or_default(),
            statement: match denied.reason {
                Reason::NotAllowed => Some(statement(denied, &declared.names)),
                Reason::Denied
                | Reason::OutOfBounds
                | Reason::DeniedByBoundary
                | Reason::NotAllowedByResource
                | Reason::DeniedByResource => None,
            },
        }
    }

    /// Reports what was refused to the developer or to an AWS service; of a service's deliveries, which may be many, each
    /// kind once.
    fn warn_of(&self, principal: &Principal, denied: &Denied) {
        let Some(source) = principal.source_arn() else {
            tracing::warn!("{denied}");
            return;
        };
        if self.is_first(&principal.arn, denied) {
            let names = &self.declared().names;
            tracing::warn!("{}", service_explanation(source, denied, names));
        } else {
            tracing::debug!("{denied}");
        }
    }

    fn declared(&self) -> Arc<Declared> {
        Arc::clone(&self.declared.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AccessObserver for Access {
    fn allowed(&self, principal: &Principal, action: &str, resource: &str) {
        if let Some(function) = principal.session() {
            self.usage.count(function, action, resource, true);
        }
    }

    fn denied(&self, principal: &Principal, denied: &Denied) {
        let Some(name) = principal.session() else {
            self.warn_of(principal, denied);
            return;
        };
        self.usage
            .count(name, &denied.action, &denied.resource, false);
        let declared = self.declared();
        let Some(function) = declared.functions.get(name) else {
            tracing::warn!("{denied}");
            return;
        };
        let text = if self.is_first(name, denied) {
            explanation(function, denied, &declared.names)
        } else {
            headline(function, denied)
        };
        let stream = self.logs.stream(&function.log_group, STREAM);
        tokio::spawn(async move {
            for line in text.lines() {
                stream.put(line).await;
            }
        });
    }
}

fn headline(function: &Explained, denied: &Denied) -> String {
    let Denied {
        action, resource, ..
    } = denied;
    format!(
        "ACCESS DENIED: {} is not allowed to perform {action} on {resource}",
        function.logical_id
    )
}

fn explanation(function: &Explained, denied: &Denied, names: &Names) -> String {
    let mut text = headline(function, denied);
    for near in &denied.near {
        write!(text, "\n  {near}").ok();
    }
    let Explained {
        logical_id,
        policies,
        ..
    } = function;
    match denied.reason {
        Reason::NotAllowed => {
            write!(
                text,
                "\n  to allow it, add to the Policies of {logical_id} ({policies}):"
            )
            .ok();
            for line in statement(denied, names).lines() {
                write!(text, "\n    {line}").ok();
            }
        }
        Reason::Denied => {
            text.push_str(
                "\n  an explicit Deny overrides every Allow; to allow it, narrow the statement above",
            );
        }
        Reason::OutOfBounds | Reason::DeniedByBoundary => {
            text.push_str("\n  to allow it, the permissions boundary has to");
        }
        Reason::NotAllowedByResource | Reason::DeniedByResource => {
            text.push_str("\n  to allow it, change the policy of the resource");
        }
    }
    text
}

/// Why a service was refused what it was to do for its resource `source`, and what would allow it.
fn service_explanation(source: &str, denied: &Denied, names: &Names) -> String {
    let Denied {
        principal,
        action,
        resource,
        ..
    } = denied;
    let mut text = format!(
        "ACCESS DENIED: {principal} is not allowed to perform {action} on {resource} for {source}"
    );
    for near in &denied.near {
        write!(text, "\n  {near}").ok();
    }
    if denied.reason != Reason::NotAllowedByResource {
        text.push_str(
            "\n  an explicit Deny overrides every Allow; to allow it, narrow the statement above",
        );
        return text;
    }
    let (resource, source) = (names.expression(resource), names.expression(source));
    let statement = [
        "to allow it, add to the policy of that resource:".to_owned(),
        "  - Effect: Allow".to_owned(),
        format!("    Principal: {{Service: {principal}}}"),
        format!("    Action: {action}"),
        format!("    Resource: {resource}"),
        format!("    Condition: {{ArnEquals: {{aws:SourceArn: {source}}}}}"),
    ];
    for line in statement {
        write!(text, "\n  {line}").ok();
    }
    text
}

/// The least that would allow it, as it is added to a function's `Policies`.
fn statement(denied: &Denied, names: &Names) -> String {
    let resource = names.expression(&denied.resource);
    let action = &denied.action;
    format!(
        "- Statement:\
         \n    - Effect: Allow\
         \n      Action: {action}\
         \n      Resource: {resource}"
    )
}

/// `template.yaml:12`.
pub(crate) fn place(template: &Path, location: Location) -> String {
    format!("{}:{}", template.display(), location.line)
}

/// How a template names the ARNs of its own resources: by ARN, such as `!GetAtt Table.Arn` or `!Ref Topic`.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    pub(crate) fn of(application: &Application) -> Self {
        let resources = application.resources.iter();
        let names = resources.map(|resource| {
            (
                resource.arn.as_str().to_owned(),
                resource.expression.clone(),
            )
        });
        Self(names.collect())
    }

    /// An ARN as a template would write it.
    pub(crate) fn expression(&self, arn: &str) -> String {
        if let Some(expression) = self.0.get(arn) {
            return expression.clone();
        }
        // An index, or something else within a resource.
        let within = arn.match_indices('/').find_map(|(at, _)| {
            let expression = self.0.get(&arn[..at])?;
            let value = expression
                .strip_prefix("!GetAtt ")
                .or(expression.strip_prefix("!Ref "))?;
            Some(format!("!Sub '${{{value}}}{}'", &arn[at..]))
        });
        within.unwrap_or_else(|| format!("'{arn}'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_written_as_the_template_names_them() {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table";
        let topic = "arn:aws:sns:us-east-1:123456789012:local-Topic";
        let names = Names(HashMap::from([
            (arn.to_owned(), "!GetAtt Table.Arn".to_owned()),
            (topic.to_owned(), "!Ref Topic".to_owned()),
        ]));
        assert_eq!(names.expression(topic), "!Ref Topic");
        assert_eq!(names.expression(arn), "!GetAtt Table.Arn");
        let index = format!("{arn}/index/by-state");
        assert_eq!(
            names.expression(&index),
            "!Sub '${Table.Arn}/index/by-state'"
        );
        assert_eq!(names.expression("*"), "'*'");
        let other = "arn:aws:dynamodb:us-east-1:123456789012:table/other";
        assert_eq!(names.expression(other), format!("'{other}'"));
    }
}
