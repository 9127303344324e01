//! What functions were granted, what they did of it, and the least that would do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use samlet_aws::Place;
use samlet_iam::{Context, Principal, Request, Role, judge, matches_action, matches_resource};
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
    /// Where the statement stands.
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
    /// It stands for more than was used: this.
    Wider(BTreeSet<String>),
}

/// Actions on one resource, as the template would name it.
#[derive(Debug, Serialize)]
struct Least {
    actions: BTreeSet<String>,
    resource: String,
}

/// Each function's, in the template's order.
pub fn reports(
    application: &Application,
    roles: &[Role],
    usage: &Usage,
    place: &Place,
) -> Vec<Report> {
    let names = Names::of(application);
    let functions = application.functions.iter().zip(roles);
    functions
        .map(|(function, role)| {
            let principal = Principal::of_role(role.clone(), &function.name, place);
            Report::of(
                function,
                role,
                &principal,
                &usage.of(&function.name),
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
        names: &Names,
    ) -> Self {
        let used: Vec<&Entry> = entries.iter().filter(|entry| entry.allowed > 0).collect();
        // A refusal that the policies would no longer give is past.
        let refused = entries.iter().filter(|entry| {
            let request = Request {
                action: &entry.action,
                resource: &entry.resource,
                context: &Context::default(),
            };
            entry.refused > 0 && judge(principal, &request, None).is_err()
        });
        Self {
            function: function.logical_id.clone(),
            role: role.name.clone(),
            grants: grants(role, &used),
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
            let (mark, said) = match &grant.finding {
                Finding::Used => (' ', times(grant.used, grant.last)),
                Finding::Never => ('!', "never used".to_owned()),
                Finding::Wider(used) => {
                    let used: Vec<&str> = used.iter().map(String::as_str).collect();
                    ('!', format!("wider than its use: {}", used.join(", ")))
                }
            };
            let Grant { pattern, place, .. } = grant;
            writeln!(text, "  {mark} {pattern:width$}  {said}  ({place})").ok();
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
fn grants(role: &Role, used: &[&Entry]) -> Vec<Grant> {
    let mut grants = Vec::new();
    // What SAM adds by itself stands nowhere in the template.
    for policy in role
        .policies
        .iter()
        .filter(|policy| !policy.places.is_empty())
    {
        for (statement, place) in policy.document.statements().zip(&policy.places) {
            if !statement.allows {
                continue;
            }
            let action_fits = |pattern: &str, entry: &Entry| matches_action(pattern, &entry.action);
            let resource_fits =
                |pattern: &str, entry: &Entry| matches_resource(pattern, &entry.resource);
            let about = |entry: &&&Entry| {
                let action = statement
                    .actions
                    .iter()
                    .any(|pattern| action_fits(pattern, entry));
                let resource = statement
                    .resources
                    .iter()
                    .any(|pattern| resource_fits(pattern, entry));
                action != statement.all_but_actions && resource != statement.all_but_resources
            };
            let uses: Vec<&Entry> = used.iter().filter(about).copied().collect();
            let of_lambda = |pattern: &String| OF_LAMBDA.contains(&pattern.as_str());
            let actions = statement
                .actions
                .iter()
                .filter(|pattern| !of_lambda(pattern));
            let mut any = false;
            for pattern in actions {
                any = true;
                let all_but = statement.all_but_actions;
                let fits = |entry: &Entry| action_fits(pattern, entry) != all_but;
                let told = |entry: &Entry| entry.action.clone();
                grants.push(grant(
                    place,
                    Kind::Action,
                    pattern,
                    all_but,
                    &uses,
                    &fits,
                    &told,
                ));
            }
            for pattern in statement.resources.iter().filter(|_| any) {
                let all_but = statement.all_but_resources;
                let fits = |entry: &Entry| resource_fits(pattern, entry) != all_but;
                let told = |entry: &Entry| entry.resource.clone();
                grants.push(grant(
                    place,
                    Kind::Resource,
                    pattern,
                    all_but,
                    &uses,
                    &fits,
                    &told,
                ));
            }
        }
    }
    grants
}

fn grant(
    place: &str,
    kind: Kind,
    pattern: &str,
    all_but: bool,
    uses: &[&Entry],
    fits: &dyn Fn(&Entry) -> bool,
    told: &dyn Fn(&Entry) -> String,
) -> Grant {
    let uses: Vec<&Entry> = uses.iter().filter(|entry| fits(entry)).copied().collect();
    let names: BTreeSet<String> = uses.iter().map(|entry| told(entry)).collect();
    // Some actions are of no resource: for them a `*` is not too wide.
    let exact = names.len() == 1 && names.contains(pattern);
    let finding = match uses.is_empty() {
        true => Finding::Never,
        false if !exact && (all_but || pattern.contains(['*', '?'])) => Finding::Wider(names),
        false => Finding::Used,
    };
    Grant {
        place: place.to_owned(),
        kind,
        pattern: match all_but {
            true => format!("all but {pattern}"),
            false => pattern.to_owned(),
        },
        used: uses.iter().map(|entry| entry.allowed).sum(),
        last: uses.iter().map(|entry| entry.last).max(),
        finding,
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
