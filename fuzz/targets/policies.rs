//! IAM's evaluation: any JSON as a policy, and policies and requests that a slow reading of the
//! rules decides too.

#![no_main]

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use fuzz::{like, pieced};
use libfuzzer_sys::fuzz_target;
use samlet_aws::Place;
use samlet_iam::{
    Context, Decision, Denied, Policy, PolicyDocument, Principal, Reason, Request, ResourcePolicy,
    ResourcePolicyDocument, Role, authorize, judge,
};
use serde_json::{Map, Value, json};

const ACTIONS: [&str; 10] = [
    "dynamodb:",
    "lambda:",
    "Get",
    "get",
    "Put",
    "Item",
    "*",
    "?",
    ":",
    "É",
];
const RESOURCES: [&str; 15] = [
    "arn:aws:dynamodb:us-east-1:1:table/",
    "arn:aws:dynamodb:*:*:",
    "table/",
    "a",
    "b",
    "*",
    "?",
    ":",
    "/",
    "${aws:username}",
    "${aws:SourceVpc}",
    "${aws:SourceVpc, 'b'}",
    "${s3:prefix}",
    "${*}",
    "${",
];
const ASKED: [&str; 8] = [
    "arn:aws:dynamodb:us-east-1:1:table/",
    "table/",
    "a",
    "b",
    "*",
    ":",
    "/",
    "arn:aws:s3:::",
];
const KEYS: [&str; 6] = [
    "aws:username",
    "dynamodb:LeadingKeys",
    "aws:PrincipalTag/team",
    "aws:SourceIp",
    "aws:CurrentTime",
    // Of a service that is not here: not known unless it is set.
    NOT_KNOWN,
];
const NOT_KNOWN: &str = "s3:prefix";
const VALUES: [&str; 14] = [
    "a",
    "b",
    "A",
    "*",
    "?",
    "true",
    "false",
    "1",
    "1.0",
    "2",
    "10.0.0.1",
    "10.0.0.0/8",
    "2026-01-01T00:00:00Z",
    "arn:aws:iam::1:role/a",
];
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "IpAddress",
    "NotIpAddress",
];
/// Those of the operators whose meaning is said again below.
const KNOWN: usize = 14;

const ACCOUNT: &str = "123456789012";
const ROOT: &str = "arn:aws:iam::123456789012:root";
const ROLE: &str = "arn:aws:iam::123456789012:role/role";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/role/session";
const USER: &str = "arn:aws:iam::123456789012:user/local";
const SERVICE: &str = "sns.amazonaws.com";
const PRINCIPALS: [&str; 10] = [
    "*",
    ACCOUNT,
    ROOT,
    ROLE,
    SESSION,
    USER,
    SERVICE,
    "210987654321",
    "arn:aws:iam::210987654321:role/role",
    "s3.amazonaws.com",
];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Session,
    Developer,
    Service,
}

struct Statement {
    /// Of a resource's policy only.
    principals: (Vec<&'static str>, bool),
    allows: bool,
    actions: (Vec<String>, bool),
    resources: (Vec<String>, bool),
    conditions: Vec<Condition>,
}

struct Condition {
    set: &'static str,
    operator: usize,
    if_exists: bool,
    key: &'static str,
    values: Vec<String>,
}

struct Asked {
    action: String,
    resource: String,
    /// `None` is not known; what isn't here is absent.
    context: BTreeMap<&'static str, Option<Vec<String>>>,
}

/// Whether something holds, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Holds {
    surely: bool,
    possibly: bool,
}

const PERHAPS: Holds = Holds {
    surely: false,
    possibly: true,
};

fn known(holds: bool) -> Holds {
    Holds {
        surely: holds,
        possibly: holds,
    }
}

impl Holds {
    fn all(each: &[Self]) -> Self {
        Self {
            surely: each.iter().all(|one| one.surely),
            possibly: each.iter().all(|one| one.possibly),
        }
    }

    fn any(each: &[Self]) -> Self {
        Self {
            surely: each.iter().any(|one| one.surely),
            possibly: each.iter().any(|one| one.possibly),
        }
    }

    fn not(self) -> Self {
        Self {
            surely: !self.possibly,
            possibly: !self.surely,
        }
    }

    fn not_if(self, opposite: bool) -> Self {
        if opposite { self.not() } else { self }
    }
}

fuzz_target!(|data: &[u8]| {
    match data.first() {
        Some(b'{' | b'[') => any(data),
        Some(_) => {
            let _ = made(&mut Unstructured::new(data));
        }
        None => {}
    }
});

/// Any JSON.
fn any(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let of_resource = ResourcePolicyDocument::parse(&value);
    if let Ok(document) = of_resource {
        assert!(
            PolicyDocument::parse(&value).is_err() || value["Statement"] == json!([]),
            "an identity-based policy has principals"
        );
        let policy = ResourcePolicy {
            name: "policy".into(),
            document,
            places: Vec::new(),
        };
        let source = "arn:aws:sns:us-east-1:123456789012:t".parse();
        let source = source.expect("it is an ARN");
        let service = Principal::of_service(SERVICE, &source, ACCOUNT);
        let request = Request {
            action: "sqs:SendMessage",
            resource: "arn:aws:sqs:us-east-1:123456789012:q",
            context: &Context::default(),
        };
        let outcome = authorize(&service, &request, Some(&policy));
        assert!(outcome.is_ok() || !outcome.unwrap_err().to_string().is_empty());
    }
    let document = match PolicyDocument::parse(&value) {
        Ok(document) => document,
        Err((statement, error)) => {
            let statements = value
                .get("Statement")
                .map_or(0, |value| value.as_array().map_or(1, Vec::len));
            assert!(statement.is_none_or(|at| at < statements), "{statement:?}");
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut context = Context::default();
    for key in KEYS {
        context.set(key, "a");
    }
    for (action, resource) in [
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:1:table/a"),
        ("lambda:InvokeFunction", "*"),
    ] {
        let request = Request {
            action,
            resource,
            context: &context,
        };
        decided(&document, &value, &request);
    }
}

/// What holds of every decision.
fn decided(document: &PolicyDocument, value: &Value, request: &Request<'_>) -> Decision {
    let decision = document.evaluate(request);
    let allows = document.statements().any(|statement| statement.allows);
    let denies = document.statements().any(|statement| !statement.allows);
    assert!(allows || decision != Decision::Allow, "nothing allows it");
    assert!(
        denies || decision != Decision::ExplicitDeny,
        "nothing denies it"
    );

    let statements = match &value["Statement"] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let with = |statements: Vec<Value>| {
        let mut value = value.clone();
        value["Statement"] = statements.into();
        let document = PolicyDocument::parse(&value).expect("its statements are sound");
        document.evaluate(request)
    };
    let reversed = statements.iter().rev().cloned().collect();
    assert_eq!(with(reversed), decision, "the order counts");
    let more = |effect: &str| {
        let all = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        [&statements[..], &[all]].concat()
    };
    assert_eq!(
        with(more("Deny")),
        Decision::ExplicitDeny,
        "a deny is passed over"
    );
    let allowed = match decision {
        Decision::ExplicitDeny => Decision::ExplicitDeny,
        _ => Decision::Allow,
    };
    assert_eq!(with(more("Allow")), allowed, "an allow wins over a deny");
    decision
}

fn made(choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let variables = choices.arbitrary()?;
    let own = statements(choices)?;
    let boundary = statements_or_none(choices)?;
    let mut asked = asked(choices)?;
    let context = context(&asked);
    let request = Request {
        action: &asked.action,
        resource: &asked.resource,
        context: &context,
    };
    let (own, identity) = alone(&own, variables, &asked, &request);
    let boundary = boundary.map(|statements| alone(&statements, variables, &asked, &request));
    let bound = boundary
        .as_ref()
        .map_or(Decision::Allow, |(_, decision)| *decision);

    let is_bounded = boundary.is_some();
    let role = role(own, boundary.map(|(document, _)| document));
    let place = Place::new("us-east-1", ACCOUNT, "local");
    let who = *choices.choose(&[Who::Session, Who::Session, Who::Developer, Who::Service])?;
    let principal = match who {
        Who::Session => Principal::of_role(role, "session", &place),
        Who::Developer => Principal::developer(&place),
        Who::Service => Principal::of_service(SERVICE, &place.arn("sns", "t"), ACCOUNT),
    };
    let is_bounded = who == Who::Session && is_bounded;
    let of_resource = statements_or_none(choices)?;
    if who == Who::Developer {
        let name = asked.context.entry("aws:username");
        name.or_insert_with(|| Some(vec!["local".into()]));
    }
    let stance = stance(
        of_resource.as_deref().unwrap_or_default(),
        (who, is_bounded),
        variables,
        &asked,
    );
    let resource_policy = of_resource.map(|statements| resource_policy(&statements, variables));
    let expected = stance.map(|stance| by_the_rules(identity, bound, stance, who));
    let outcome = authorize(&principal, &request, resource_policy.as_ref());
    if let Some(expected) = expected {
        let found = outcome.as_ref().map(|_| ()).map_err(|denied| denied.reason);
        assert_eq!(
            found, expected,
            "{request:?} {principal:?} {resource_policy:?}"
        );
    }
    if let Err(denied) = &outcome {
        explained(denied, &request);
    }
    match judge(&principal, &request, resource_policy.as_ref()) {
        Ok(places) => {
            assert!(outcome.is_ok() && (who == Who::Developer || !places.is_empty()));
        }
        Err(denied) => assert_eq!(Err(denied), outcome),
    }
    Ok(())
}

/// The values of condition keys, whose names are the same in capitals.
fn context(asked: &Asked) -> Context {
    let mut context = Context::default();
    context.know_service("dynamodb");
    for (key, values) in &asked.context {
        let key = key.to_uppercase();
        match values {
            Some(values) => context.set_all(&key, values.clone()),
            None => context.set_unknown(&key),
        }
    }
    context
}

/// An identity-based policy or a boundary, and what it decides by itself.
fn alone(
    statements: &[Statement],
    variables: bool,
    asked: &Asked,
    request: &Request<'_>,
) -> (PolicyDocument, Decision) {
    let value = document(statements, variables, false);
    let document =
        PolicyDocument::parse(&value).unwrap_or_else(|error| panic!("{error:?}: {value}"));
    let decision = decided(&document, &value, request);
    if let Some(expected) = expected(statements, variables, asked) {
        assert_eq!(decision, expected, "{value} {request:?}");
    }
    (document, decision)
}

/// What any request asks for.
fn asked(choices: &mut Unstructured<'_>) -> arbitrary::Result<Asked> {
    let mut asked = Asked {
        action: some(&ACTIONS[..6], choices)?,
        resource: some(&ASKED, choices)?,
        context: BTreeMap::new(),
    };
    for key in KEYS {
        if choices.ratio(1, 8)? {
            asked.context.insert(key, None);
            continue;
        }
        let count = choices.int_in_range(0..=2)?;
        let values = (0..count).map(|_| Ok((*choices.choose(&VALUES)?).to_owned()));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        if !values.is_empty() {
            asked.context.insert(key, Some(values));
        } else if key == NOT_KNOWN {
            asked.context.insert(key, None);
        }
    }
    Ok(asked)
}

fn role(own: PolicyDocument, boundary: Option<PolicyDocument>) -> Role {
    let policy = |document: PolicyDocument| Policy {
        name: "policy".into(),
        document,
        places: Vec::new(),
    };
    Role {
        name: "role".into(),
        policies: vec![policy(own)],
        boundary: boundary.map(policy),
        tags: BTreeMap::new(),
    }
}

fn resource_policy(statements: &[Statement], variables: bool) -> ResourcePolicy {
    let value = document(statements, variables, true);
    let document =
        ResourcePolicyDocument::parse(&value).unwrap_or_else(|error| panic!("{error:?}: {value}"));
    ResourcePolicy {
        name: "resource".into(),
        document,
        places: Vec::new(),
    }
}

/// What the policies together decide.
fn by_the_rules(
    identity: Decision,
    bound: Decision,
    stance: Stance,
    who: Who,
) -> Result<(), Reason> {
    let (identity, bound) = match who {
        Who::Session => (identity, bound),
        Who::Developer => (Decision::Allow, Decision::Allow),
        Who::Service => (Decision::ImplicitDeny, Decision::Allow),
    };
    match (identity, bound, stance) {
        (Decision::ExplicitDeny, ..) => Err(Reason::Denied),
        (_, Decision::ExplicitDeny, _) => Err(Reason::DeniedByBoundary),
        (.., Stance::Denies) => Err(Reason::DeniedByResource),
        (.., Stance::Allows) => Ok(()),
        (Decision::ImplicitDeny, _, Stance::Silent) if who == Who::Service => {
            Err(Reason::NotAllowedByResource)
        }
        (Decision::ImplicitDeny, _, Stance::Silent) => Err(Reason::NotAllowed),
        (_, Decision::ImplicitDeny, _) => Err(Reason::OutOfBounds),
        _ => Ok(()),
    }
}

/// What holds of every refusal.
fn explained(denied: &Denied, request: &Request<'_>) {
    assert_eq!(denied.action, request.action);
    assert_eq!(denied.resource, request.resource);
    // The policy that denies is always named.
    let denies = matches!(
        denied.reason,
        Reason::Denied | Reason::DeniedByBoundary | Reason::DeniedByResource
    );
    assert!(!denies || !denied.near.is_empty());
}

/// What a resource's policy says, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stance {
    Silent,
    AllowsRole,
    Allows,
    Denies,
}

/// What the rules say of a resource's policy; `None` where they are not said again here.
fn stance(
    statements: &[Statement],
    (who, is_bounded): (Who, bool),
    variables: bool,
    asked: &Asked,
) -> Option<Stance> {
    let mut stance = Stance::Silent;
    for statement in statements {
        let about = expected(std::slice::from_ref(statement), variables, asked)?;
        let (names, inverted) = &statement.principals;
        let has = |some: &[&str]| names.iter().any(|name| some.contains(name));
        let account = has(&[ACCOUNT, ROOT]) && who != Who::Service;
        let role = has(&[ROLE]) && who == Who::Session;
        let own = match who {
            Who::Session => SESSION,
            Who::Developer => USER,
            Who::Service => SERVICE,
        };
        let itself = has(&["*", own]);
        let is_left_out = match who {
            Who::Session => !is_bounded && (has(&["*"]) || (account && role)),
            Who::Developer => has(&["*"]) || (account && itself),
            Who::Service => itself,
        };
        let said = match (about, inverted) {
            (Decision::ImplicitDeny, _) => Stance::Silent,
            (_, true) if is_left_out => Stance::Silent,
            (_, true) => Stance::Denies,
            (Decision::ExplicitDeny, _) if account || role || itself => Stance::Denies,
            (Decision::Allow, _) if itself => Stance::Allows,
            (Decision::Allow, _) if role => Stance::AllowsRole,
            _ => Stance::Silent,
        };
        if said > stance {
            stance = said;
        }
    }
    Some(stance)
}

fn some(pieces: &[&str], choices: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    let length = choices.int_in_range(1..=5)?;
    Ok(pieced(pieces, choices.bytes(length)?))
}

fn statements(choices: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Statement>> {
    let count = choices.int_in_range(1..=4)?;
    (0..count).map(|_| statement(choices)).collect()
}

fn statements_or_none(choices: &mut Unstructured<'_>) -> arbitrary::Result<Option<Vec<Statement>>> {
    match choices.arbitrary()? {
        true => Ok(Some(statements(choices)?)),
        false => Ok(None),
    }
}

fn statement(choices: &mut Unstructured<'_>) -> arbitrary::Result<Statement> {
    let patterns = |pieces: &[&str], choices: &mut Unstructured<'_>| -> arbitrary::Result<_> {
        let count = choices.int_in_range(1..=3)?;
        let patterns = (0..count).map(|_| match choices.ratio(1, 4)? {
            true => Ok("*".to_owned()),
            false => some(pieces, choices),
        });
        Ok((
            patterns.collect::<Result<Vec<_>, _>>()?,
            choices.ratio(1, 5)?,
        ))
    };
    let allows = choices.ratio(2, 3)?;
    let count = choices.int_in_range(1..=3)?;
    let principals = (0..count).map(|_| choices.choose(&PRINCIPALS).copied());
    let principals = principals.collect::<Result<_, _>>()?;
    Ok(Statement {
        principals: (principals, !allows && choices.ratio(1, 3)?),
        allows,
        actions: patterns(&ACTIONS, choices)?,
        resources: patterns(&RESOURCES, choices)?,
        conditions: (0..choices.int_in_range(0..=2)?)
            .map(|_| {
                let operators = if choices.ratio(3, 4)? {
                    KNOWN
                } else {
                    OPERATORS.len()
                };
                let count = choices.int_in_range(1..=3)?;
                let values = (0..count).map(|_| {
                    Ok(match choices.ratio(1, 8)? {
                        true => (*choices.choose(&["${aws:username}", "${s3:prefix}"])?).to_owned(),
                        false => (*choices.choose(&VALUES)?).to_owned(),
                    })
                });
                let values = values.collect::<Result<_, _>>()?;
                Ok(Condition {
                    values,
                    set: choices.choose(&["", "", "ForAllValues:", "ForAnyValue:"])?,
                    operator: choices.choose_index(operators)?,
                    if_exists: choices.arbitrary()?,
                    key: choices.choose(&KEYS)?,
                })
            })
            .collect::<Result<_, _>>()?,
    })
}

fn document(statements: &[Statement], variables: bool, has_principals: bool) -> Value {
    let statements = statements.iter().map(|statement| {
        let list = |(patterns, inverted): &(Vec<String>, bool), name: &str| {
            let name = format!("{}{name}", if *inverted { "Not" } else { "" });
            // One may stand alone.
            match patterns.as_slice() {
                [one] => (name, json!(one)),
                several => (name, json!(several)),
            }
        };
        let mut conditions = Map::new();
        for condition in &statement.conditions {
            let operator = condition.name();
            let keys = conditions.entry(operator).or_insert_with(|| json!({}));
            keys[condition.key] = json!(condition.values);
        }
        let mut value = Map::from_iter([
            (
                "Effect".to_owned(),
                json!(if statement.allows { "Allow" } else { "Deny" }),
            ),
            list(&statement.actions, "Action"),
            list(&statement.resources, "Resource"),
        ]);
        if has_principals {
            let (names, inverted) = &statement.principals;
            let is_service = |name: &&&str| name.ends_with(".com");
            let services: Vec<&&str> = names.iter().filter(is_service).collect();
            let others: Vec<&&str> = names.iter().filter(|name| !is_service(name)).collect();
            let name = if *inverted {
                "NotPrincipal"
            } else {
                "Principal"
            };
            value.insert(name.into(), json!({"AWS": others, "Service": services}));
        }
        if !conditions.is_empty() {
            value.insert("Condition".into(), conditions.into());
        }
        Value::Object(value)
    });
    let version = if variables {
        "2012-10-17"
    } else {
        "2008-10-17"
    };
    json!({"Version": version, "Statement": statements.collect::<Vec<_>>()})
}

impl Condition {
    fn name(&self) -> String {
        let if_exists = if self.if_exists && OPERATORS[self.operator] != "Null" {
            "IfExists"
        } else {
            ""
        };
        format!("{}{}{if_exists}", self.set, OPERATORS[self.operator])
    }
}

/// What the rules say; `None` where they are not said again here.
fn expected(statements: &[Statement], variables: bool, asked: &Asked) -> Option<Decision> {
    let mut decision = Decision::ImplicitDeny;
    for statement in statements {
        // Of two for the same operator and key, the last is in the document.
        let conditions = &statement.conditions;
        let is_last = |at: usize, one: &Condition| {
            let later = &conditions[at + 1..];
            !later
                .iter()
                .any(|other| (other.name(), other.key) == (one.name(), one.key))
        };
        let mut parts = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            if is_last(at, condition) {
                parts.push(holds(condition, variables, asked)?);
            }
        }
        let any = |(patterns, inverted): &(Vec<String>, bool), fits: &dyn Fn(&str) -> Holds| {
            let each: Vec<Holds> = patterns.iter().map(|pattern| fits(pattern)).collect();
            Holds::any(&each).not_if(*inverted)
        };
        let is_action = |pattern: &str| {
            let lower = |text: &str| {
                text.chars()
                    .flat_map(char::to_lowercase)
                    .collect::<Vec<_>>()
            };
            known(like(&lower(pattern), &lower(&asked.action), true))
        };
        let is_resource = |pattern: &str| arn_fits(pattern, variables, asked);
        parts.push(any(&statement.actions, &is_action));
        parts.push(any(&statement.resources, &is_resource));
        let about = Holds::all(&parts);
        if !statement.allows && about.possibly {
            return Some(Decision::ExplicitDeny);
        }
        if statement.allows && about.surely {
            decision = Decision::Allow;
        }
    }
    Some(decision)
}

/// A pattern with its variables filled in; their values' wildcards are none, and U+3 is what is not known.
fn filled(pattern: &str, variables: bool, asked: &Asked) -> Option<Vec<char>> {
    let mut chars = Vec::new();
    let mut rest = pattern;
    while let (true, Some(at)) = (variables, rest.find("${")) {
        let Some(length) = rest[at..].find('}') else {
            break;
        };
        chars.extend(rest[..at].chars());
        let variable = &rest[at + 2..at + length];
        let (key, default) = match variable.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
            None => (variable, None),
        };
        let value = match (variable, asked.context.get(key.trim())) {
            ("*" | "?" | "$", _) => variable,
            (_, Some(None)) => "\u{3}",
            (_, Some(Some(values))) if values.len() == 1 => &values[0],
            _ => default?,
        };
        // Signs that stand for themselves.
        chars.extend(value.chars().map(|c| match c {
            '*' => '\u{1}',
            '?' => '\u{2}',
            c => c,
        }));
        rest = &rest[at + length + 1..];
    }
    chars.extend(rest.chars());
    Some(chars)
}

fn fits(pattern: &str, text: &str, variables: bool, asked: &Asked) -> Holds {
    let Some(pattern) = filled(pattern, variables, asked) else {
        return known(false);
    };
    // The text's own signs are taken for those, where the pattern has them so.
    let text: Vec<char> = text.chars().collect();
    let marked = |c: &char| matches!(c, '\u{1}'..='\u{3}');
    let fits = match pattern.iter().any(marked) {
        false => like(&pattern, &text, true),
        true => literally(&pattern, &text),
    };
    Holds {
        surely: fits && !pattern.contains(&'\u{3}'),
        possibly: fits,
    }
}

/// As `like`, for patterns with signs that stand for themselves.
fn literally(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*' | '\u{3}', rest)) => (0..=text.len()).any(|at| literally(rest, &text[at..])),
        Some((first, rest)) => match text.split_first() {
            None => false,
            Some((c, text)) => {
                let is_same = match first {
                    '?' => true,
                    '\u{1}' => *c == '*',
                    '\u{2}' => *c == '?',
                    first => first == c,
                };
                is_same && literally(rest, text)
            }
        },
    }
}

/// Part by part, as ARNs are compared; colons in variables cut none.
fn arn_fits(pattern: &str, variables: bool, asked: &Asked) -> Holds {
    if pattern == "*" {
        return known(true);
    }
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in pattern.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ':' && depth == 0 && parts.len() < 6 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let arn: Vec<&str> = asked.resource.splitn(6, ':').collect();
    if parts.len() != arn.len() {
        return known(false);
    }
    let pairs = parts.iter().zip(&arn);
    let each = pairs.map(|(pattern, part)| fits(pattern, part, variables, asked));
    Holds::all(&each.collect::<Vec<_>>())
}

fn holds(condition: &Condition, variables: bool, asked: &Asked) -> Option<Holds> {
    if condition.operator >= KNOWN && OPERATORS[condition.operator] != "Null" {
        return None;
    }
    let operator = OPERATORS[condition.operator];
    let present = asked.context.get(condition.key);
    if operator == "Null" {
        let asks = |absent: &str| {
            let mut values = condition.values.iter();
            values.any(|value| value.eq_ignore_ascii_case(absent))
        };
        return Some(match present {
            None => known(asks("true")),
            Some(Some(_)) => known(asks("false")),
            Some(None) => Holds {
                surely: asks("true") && asks("false"),
                possibly: asks("true") || asks("false"),
            },
        });
    }
    let negated = operator.contains("Not");
    let present = match present {
        Some(Some(present)) => present,
        Some(None) => return Some(PERHAPS),
        None => {
            return Some(known(match condition.set {
                "ForAllValues:" => true,
                "ForAnyValue:" => condition.if_exists,
                _ => condition.if_exists || negated,
            }));
        }
    };
    let one = |actual: &String| {
        let is_met = |expected: &String| met(operator, expected, actual, variables, asked);
        let each: Vec<Holds> = condition.values.iter().map(is_met).collect();
        Holds::any(&each).not_if(negated)
    };
    let each: Vec<Holds> = present.iter().map(one).collect();
    let (all, any) = (Holds::all(&each), Holds::any(&each));
    Some(match condition.set {
        "ForAllValues:" => all,
        "ForAnyValue:" => any,
        // Either may be meant.
        _ => Holds {
            surely: all.surely,
            possibly: any.possibly,
        },
    })
}

/// Whether one value is what the operator, but for its `Not`, asks for.
fn met(operator: &str, expected: &str, actual: &str, variables: bool, asked: &Asked) -> Holds {
    let is_text = |is_same: &dyn Fn(&str) -> bool| {
        let Some(filled) = filled(expected, variables, asked) else {
            return known(false);
        };
        if filled.contains(&'\u{3}') {
            return PERHAPS;
        }
        let plain = filled.iter().map(|c| match c {
            '\u{1}' => '*',
            '\u{2}' => '?',
            c => *c,
        });
        known(is_same(&plain.collect::<String>()))
    };
    let numbers = || Some((actual.parse::<f64>().ok()?, expected.parse::<f64>().ok()?));
    let ordered = |holds: fn(f64, f64) -> bool| known(numbers().is_some_and(|(a, b)| holds(a, b)));
    match operator.replace("Not", "").as_str() {
        "StringEquals" | "BinaryEquals" => is_text(&|text| text == actual),
        "StringEqualsIgnoreCase" => is_text(&|text| text.eq_ignore_ascii_case(actual)),
        "StringLike" => fits(expected, actual, variables, asked),
        "NumericEquals" => ordered(|a, b| a == b),
        "NumericLessThan" => ordered(|a, b| a < b),
        "NumericLessThanEquals" => ordered(|a, b| a <= b),
        "NumericGreaterThan" => ordered(|a, b| a > b),
        "NumericGreaterThanEquals" => ordered(|a, b| a >= b),
        _ => known(expected.eq_ignore_ascii_case(actual)),
    }
}
