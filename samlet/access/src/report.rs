//! What functions were granted, what they did of it, and the least that would do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use samlet_aws::Place;
use samlet_iam::{
    Context, Principal, Request, Role, StatementView, judge, matches_action, matches_resource,
};
use samlet_template::{Application, Function};
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::explanation::Names;
use crate::{Entry, Usage};

/// What Lambda itself does as the function's role, to write its log.
const OF_LAMBDA: [&str; 3] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// A function's grants beside its use of them.
#[derive(Debug, Serialize)]
pub struct Report {
    function: String,
    role: String,
    grants: Vec<Grant>,
    refused: Vec<Entry>,
    /// The policy that would have sufficed; none when nothing was done.
    least: Option<Vec<Least>>,
}

/// An action, or a resource, that a statement allows.
#[derive(Debug, Serialize)]
struct Grant {
    /// Where the statement is.
    place: String,
    kind: Kind,
    pattern: String,
    used: u64,
    /// Seconds since the epoch.
    last: Option<i64>,
    finding: Finding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Action,
    Resource,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Finding {
    Used,
    Never,
    /// It allows more than was used, which is this.
    Wider(BTreeSet<String>),
}

/// Actions on one resource, as the template would name it.
#[derive(Debug, Serialize)]
struct Least {
    actions: BTreeSet<String>,
    resource: String,
}

/// Each function's, in the template's order. What is granted of other services than `services`, by their IAM prefixes,
/// is left out: nothing here could use it.
pub fn reports(
    application: &Application,
    services: &[&str],
    usage: &Usage,
    place: &Place,
) -> Vec<Report> {
    let names = Names::of(application);
    let functions = application.functions.iter();
    functions
        .map(|function| {
            let role = function.role.enforced();
            let principal = Principal::of_role(role.clone(), &function.name, place);
            Report::of(
                function,
                &role,
                &principal,
                &usage.of(&function.name),
                services,
                &names,
            )
        })
        .collect()
}

impl Report {
    fn of(
        function: &Function,
        role: &Role,
        principal: &Principal,
        entries: &[Entry],
        services: &[&str],
        names: &Names,
    ) -> Self {
        let used: Vec<&Entry> = entries.iter().filter(|entry| entry.allowed > 0).collect();
        // A refusal that the policies would no longer give is past.
        let refused = entries.iter().filter(|entry| {
            let request = Request {
                action: &entry.action,
                resource: &entry.resource,
                context: &Context::complete(),
            };
            entry.refused > 0 && judge(principal, &request, None).is_err()
        });
        Self {
            function: function.logical_id.clone(),
            role: role.name.clone(),
            grants: grants(role, services, &used),
            refused: refused.cloned().collect(),
            least: least(&used, names),
        }
    }

    /// Whether there is nothing to narrow and nothing to allow.
    pub fn is_least(&self) -> bool {
        let mut grants = self.grants.iter();
        self.refused.is_empty() && grants.all(|grant| grant.finding == Finding::Used)
    }

    /// As `samlet policies` prints it.
    pub fn text(&self) -> String {
        let mut text = format!("{} (role {})\n", self.function, self.role);
        let width = self
            .grants
            .iter()
            .map(|grant| grant.pattern.len())
            .max()
            .unwrap_or(0);
        for grant in &self.grants {
            let (mark, finding) = match &grant.finding {
                Finding::Used => (' ', times(grant.used, grant.last)),
                Finding::Never => ('!', "never used".to_owned()),
                Finding::Wider(used) => {
                    let used: Vec<&str> = used.iter().map(String::as_str).collect();
                    ('!', format!("wider than its use: {}", used.join(", ")))
                }
            };
            let Grant { pattern, place, .. } = grant;
            writeln!(text, "  {mark} {pattern:width$}  {finding}  ({place})").ok();
        }
        for Entry {
            action,
            resource,
            refused,
            last,
            ..
        } in &self.refused
        {
            let times = times(*refused, Some(*last));
            writeln!(text, "  ! refused: {action} on {resource}, {times}").ok();
        }
        if !self.is_least()
            && let Some(least) = &self.least
        {
            text.push_str(
                "  what it did needs no more than\n      Policies:\n        - Statement:\n",
            );
            for Least { actions, resource } in least {
                let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
                let actions = actions.join(", ");
                writeln!(text, "            - Effect: Allow").ok();
                writeln!(text, "              Action: [{actions}]").ok();
                writeln!(text, "              Resource: {resource}").ok();
            }
        }
        text
    }
}

/// What the statements of a role allow, each beside its use.
fn grants(role: &Role, services: &[&str], used: &[&Entry]) -> Vec<Grant> {
    let mut grants = Vec::new();
    for policy in &role.policies {
        // What SAM adds by itself has no place in the template, and is left out.
        for (statement, place) in policy.document.statements().zip(&policy.places) {
            if statement.allows {
                grants.extend(of_statement(&statement, services, place, used));
            }
        }
    }
    grants
}

/// What a statement that allows something allows.
fn of_statement(
    statement: &StatementView<'_>,
    services: &[&str],
    place: &str,
    used: &[&Entry],
) -> Vec<Grant> {
    let actions = Patterns {
        kind: Kind::Action,
        patterns: statement.actions,
        all_but: statement.all_but_actions,
    };
    let resources = Patterns {
        kind: Kind::Resource,
        patterns: statement.resources,
        all_but: statement.all_but_resources,
    };
    let is_allowed = |entry: &&&Entry| actions.include(entry) && resources.include(entry);
    let uses: Vec<&Entry> = used.iter().filter(is_allowed).copied().collect();
    let mut grants = Vec::new();
    for action in statement.actions {
        if !OF_LAMBDA.contains(&action.as_str()) && may_be_used(action, services) {
            grants.push(actions.grant(action, place, &uses));
        }
    }
    // A statement for the log only, or for services that are not here, is nothing to narrow.
    if grants.is_empty() {
        return grants;
    }
    let of_resource = |resource: &String| resources.grant(resource, place, &uses);
    grants.extend(statement.resources.iter().map(of_resource));
    grants
}

/// Whether an action's pattern is of one of these services, or of all.
fn may_be_used(action: &str, services: &[&str]) -> bool {
    let service = action.split(':').next().unwrap_or(action);
    let is_it = |known: &&str| known.eq_ignore_ascii_case(service);
    service.contains(['*', '?']) || services.iter().any(is_it)
}

/// A statement's actions, or its resources.
struct Patterns<'a> {
    kind: Kind,
    patterns: &'a [String],
    /// They are those of NotAction or NotResource.
    all_but: bool,
}

impl Patterns<'_> {
    fn include(&self, entry: &Entry) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| self.kind.matches(pattern, entry)) != self.all_but
    }

    /// What one of the patterns allows, beside the use of its statement.
    fn grant(&self, pattern: &str, place: &str, uses: &[&Entry]) -> Grant {
        let fits = |entry: &&&Entry| self.kind.matches(pattern, entry) != self.all_but;
        let uses: Vec<&Entry> = uses.iter().filter(fits).copied().collect();
        let names = uses.iter().map(|entry| self.kind.of(entry).to_owned());
        let names: BTreeSet<String> = names.collect();
        // Some actions have no resources: for them a `*` is not too wide.
        let is_exact = names.len() == 1 && names.contains(pattern);
        let is_wide = self.all_but || pattern.contains(['*', '?']);
        let finding = if uses.is_empty() {
            Finding::Never
        } else if is_wide && !is_exact {
            Finding::Wider(names)
        } else {
            Finding::Used
        };
        let all_but = if self.all_but { "all but " } else { "" };
        Grant {
            place: place.to_owned(),
            kind: self.kind,
            pattern: format!("{all_but}{pattern}"),
            used: uses.iter().map(|entry| entry.allowed).sum(),
            last: uses.iter().map(|entry| entry.last).max(),
            finding,
        }
    }
}

impl Kind {
    /// The action or resource of a use.
    fn of(self, entry: &Entry) -> &str {
        match self {
            Self::Action => &entry.action,
            Self::Resource => &entry.resource,
        }
    }

    fn matches(self, pattern: &str, entry: &Entry) -> bool {
        match self {
            Self::Action => matches_action(pattern, &entry.action),
            Self::Resource => matches_resource(pattern, &entry.resource),
        }
    }
}

/// One statement for each resource.
fn least(used: &[&Entry], names: &Names) -> Option<Vec<Least>> {
    let mut by_resource: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for entry in used {
        let actions = by_resource.entry(&entry.resource).or_default();
        actions.insert(entry.action.clone());
    }
    let statements = by_resource.into_iter().map(|(resource, actions)| Least {
        actions,
        resource: names.expression(resource),
    });
    let statements: Vec<Least> = statements.collect();
    (!statements.is_empty()).then_some(statements)
}

fn times(count: u64, last: Option<i64>) -> String {
    let times = if count == 1 { "time" } else { "times" };
    let clock = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let last = last
        .and_then(|last| OffsetDateTime::from_unix_timestamp(last).ok())
        .and_then(|last| last.format(clock).ok());
    match last {
        Some(last) => format!("{count} {times}, last {last}"),
        None => format!("{count} {times}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use samlet_template::{Catalogue, Settings};

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Handler: h
      Runtime: provided.al2023
      Policies:
        - Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:PutItem]
              Resource: 'arn:aws:dynamodb:us-east-1:123456789012:table/*'
            - Effect: Allow
              Action: logs:PutLogEvents
              Resource: '*'
        - SQSSendMessagePolicy: {QueueName: q}
        - AWSXRayDaemonWriteAccess
";

    #[test]
    fn each_grant_stands_beside_its_use_without_the_log_and_services_that_are_not_here() {
        let place = Place::new("us-east-1", "123456789012", "local");
        let settings = Settings::new(place.clone());
        let actions = ["dynamodb:GetItem\ndynamodb:PutItem\nlogs:PutLogEvents"];
        let catalogue = Catalogue::new(actions);
        let application = samlet_template::read(TEMPLATE, &settings, &catalogue).unwrap();
        let function = &application.functions[0];
        let folder = tempfile::tempdir().unwrap();
        let usage = Usage::open(folder.path().join("usage.json"));
        let table = "arn:aws:dynamodb:us-east-1:123456789012:table/a";
        usage.count(&function.name, "dynamodb:GetItem", table, true);
        let reports = reports(&application, &["dynamodb", "logs"], &usage, &place);
        let grants = reports[0].grants.iter();
        let found: Vec<(&str, &Finding)> = grants
            .map(|grant| (grant.pattern.as_str(), &grant.finding))
            .collect();
        let wider = Finding::Wider(BTreeSet::from([table.to_owned()]));
        let expected = [
            ("dynamodb:GetItem", &Finding::Used),
            ("dynamodb:PutItem", &Finding::Never),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/*", &wider),
        ];
        assert_eq!(found, expected);
        assert!(!reports[0].is_least());
    }
}
