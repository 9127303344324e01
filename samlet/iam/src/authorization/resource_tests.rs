//! Resources with policies of their own: who × identity × boundary × resource policy → outcome.

#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use samlet_aws::Place;
use serde_json::{Value, json};

use super::tests::policy;
use super::*;
use crate::{Context, ResourcePolicyDocument, Role};

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/role";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/role/session";
const DEVELOPER: &str = "arn:aws:iam::123456789012:user/local";
const ROOT: &str = "arn:aws:iam::123456789012:root";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:orders";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:topic";
const SEND: &str = "sqs:SendMessage";

fn place() -> Place {
    Place::new("us-east-1", ACCOUNT, "local")
}

fn session(own: Option<Value>, boundary: Option<Value>) -> Principal {
    let role = Role {
        name: "role".into(),
        policies: own.into_iter().map(|own| policy("own", own)).collect(),
        boundary: boundary.map(|statements| policy("boundary", statements)),
        tags: BTreeMap::new(),
    };
    Principal::of_role(role, "session", &place())
}

fn topic() -> Principal {
    Principal::of_service("sns.amazonaws.com", &TOPIC.parse().unwrap(), ACCOUNT)
}

fn resource_policy(statements: &Value) -> ResourcePolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let document = ResourcePolicyDocument::parse(&document).unwrap();
    ResourcePolicy {
        name: "queue".into(),
        places: (1..=document.statements.len())
            .map(|number| format!("queue:{number}"))
            .collect(),
        document,
    }
}

fn send(principal: &Principal, policy: Option<&ResourcePolicy>) -> Result<(), Denied> {
    let request = Request {
        action: SEND,
        resource: QUEUE,
        context: &Context::default(),
    };
    let outcome = authorize(principal, &request, policy);
    let judged = judge(principal, &request, policy);
    assert_eq!(judged.map(|_| ()), outcome);
    outcome
}

/// One statement of an identity-based policy or boundary.
fn says(effect: &str) -> Option<Value> {
    match effect {
        "none" => None,
        "other" => Some(json!([{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}])),
        effect => Some(json!([{"Effect": effect, "Action": "sqs:*", "Resource": "*"}])),
    }
}

/// AWS's table of "Resource-based policies and implicit denies in other policy types".
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn sessions_are_decided_on_by_all_policies_together() {
    let ok = Ok(());
    let (not_allowed, denied) = (Err(Reason::NotAllowed), Err(Reason::Denied));
    let (out_of_bounds, by_boundary) = (Err(Reason::OutOfBounds), Err(Reason::DeniedByBoundary));
    let by_resource = Err(Reason::DeniedByResource);
    let aws = |arn: &str| json!({"AWS": arn});
    let stranger = "arn:aws:iam::123456789012:role/other";
    for (own, boundary, effect, named, expected) in [
        // An Allow of either is enough.
        ("Allow", "none", "Allow", aws(stranger), ok),
        ("none", "none", "Allow", aws(ROLE), ok),
        ("other", "none", "Allow", aws(ROLE), ok),
        ("none", "none", "Allow", aws(SESSION), ok),
        ("none", "none", "Allow", aws("*"), ok),
        ("none", "none", "Allow", json!("*"), ok),
        (
            "none",
            "none",
            "Allow",
            json!({"AWS": [stranger, ROLE]}),
            ok,
        ),
        // An account leaves it to the identity-based policies.
        ("none", "none", "Allow", aws(ROOT), not_allowed),
        ("none", "none", "Allow", aws(ACCOUNT), not_allowed),
        ("Allow", "none", "Allow", aws(ROOT), ok),
        // Somebody else is allowed.
        ("none", "none", "Allow", aws(stranger), not_allowed),
        (
            "none",
            "none",
            "Allow",
            aws("arn:aws:sts::123456789012:assumed-role/role/other"),
            not_allowed,
        ),
        (
            "none",
            "none",
            "Allow",
            aws("arn:aws:iam::210987654321:role/role"),
            not_allowed,
        ),
        ("none", "none", "Allow", aws(DEVELOPER), not_allowed),
        (
            "none",
            "none",
            "Allow",
            json!({"Service": "sns.amazonaws.com"}),
            not_allowed,
        ),
        (
            "none",
            "none",
            "Allow",
            json!({"Federated": "accounts.google.com"}),
            not_allowed,
        ),
        (
            "none",
            "none",
            "Allow",
            json!({"CanonicalUser": "79a5"}),
            not_allowed,
        ),
        // The boundary limits what the role is allowed, not what the session is.
        ("none", "other", "Allow", aws(ROLE), out_of_bounds),
        ("none", "Allow", "Allow", aws(ROLE), ok),
        ("none", "other", "Allow", aws(SESSION), ok),
        ("none", "other", "Allow", json!("*"), ok),
        ("none", "other", "Allow", aws(ROOT), not_allowed),
        ("Allow", "other", "Allow", aws(stranger), out_of_bounds),
        ("Allow", "other", "Allow", aws(ROLE), out_of_bounds),
        (
            "Allow",
            "other",
            "Allow",
            json!({"AWS": [ROLE, SESSION]}),
            ok,
        ),
        // A Deny wins, wherever it stands.
        ("Deny", "none", "Allow", aws(SESSION), denied),
        ("none", "Deny", "Allow", aws(SESSION), by_boundary),
        ("Allow", "none", "Deny", aws(SESSION), by_resource),
        ("Allow", "none", "Deny", aws(ROLE), by_resource),
        ("Allow", "none", "Deny", aws(ROOT), by_resource),
        ("Allow", "none", "Deny", aws(ACCOUNT), by_resource),
        ("Allow", "Allow", "Deny", json!("*"), by_resource),
        ("Allow", "none", "Deny", aws(stranger), ok),
        (
            "Allow",
            "none",
            "Deny",
            json!({"Service": "sns.amazonaws.com"}),
            ok,
        ),
        ("Deny", "none", "Deny", json!("*"), denied),
    ] {
        let principal = session(says(own), says(boundary));
        let policy = resource_policy(&json!([
            {"Effect": effect, "Principal": named, "Action": "sqs:*", "Resource": QUEUE},
        ]));
        let outcome = send(&principal, Some(&policy)).map_err(|denied| denied.reason);
        assert_eq!(outcome, expected, "{own} {boundary} {effect} {named}");
    }
}

#[test]
fn the_developer_is_stopped_by_an_explicit_deny_only() {
    let developer = Principal::developer(&place());
    assert_eq!(send(&developer, None), Ok(()));
    let denied = Err(Reason::DeniedByResource);
    for (effect, named, expected) in [
        ("Allow", json!({"Service": "sns.amazonaws.com"}), Ok(())),
        ("Allow", json!({"AWS": DEVELOPER}), Ok(())),
        ("Deny", json!({"AWS": ROLE}), Ok(())),
        ("Deny", json!({"AWS": DEVELOPER}), denied),
        ("Deny", json!({"AWS": ROOT}), denied),
        ("Deny", json!({"AWS": "210987654321"}), Ok(())),
        ("Deny", json!("*"), denied),
    ] {
        let policy = resource_policy(&json!([
            {"Effect": effect, "Principal": named, "Action": "*", "Resource": "*"},
        ]));
        let outcome = send(&developer, Some(&policy)).map_err(|denied| denied.reason);
        assert_eq!(outcome, expected, "{effect} {named}");
    }
}

#[test]
fn a_service_is_allowed_by_the_resources_policy_only() {
    let not_allowed = Err(Reason::NotAllowedByResource);
    let refusal = send(&topic(), None).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "User: sns.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: \
        arn:aws:sqs:us-east-1:123456789012:orders because no resource-based policy allows the \
        sqs:SendMessage action"
    );
    for (effect, named, expected) in [
        ("Allow", json!({"Service": "sns.amazonaws.com"}), Ok(())),
        (
            "Allow",
            json!({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}),
            Ok(()),
        ),
        ("Allow", json!({"Service": "s3.amazonaws.com"}), not_allowed),
        ("Allow", json!("*"), Ok(())),
        ("Allow", json!({"AWS": "*"}), Ok(())),
        ("Allow", json!({"AWS": ROOT}), not_allowed),
        ("Allow", json!({"AWS": ACCOUNT}), not_allowed),
        ("Deny", json!("*"), Err(Reason::DeniedByResource)),
    ] {
        let policy = resource_policy(&json!([
            {"Effect": effect, "Principal": named, "Action": "SQS:SendMessage", "Resource": QUEUE},
        ]));
        let outcome = send(&topic(), Some(&policy)).map_err(|denied| denied.reason);
        assert_eq!(outcome, expected, "{effect} {named}");
    }
}

/// What a queue's policy for a topic looks like, and its near misses.
#[test]
fn conditions_of_a_resources_policy_are_held_against_the_caller() {
    for (condition, services, sessions) in [
        (json!({"ArnEquals": {"aws:SourceArn": TOPIC}}), true, false),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:top*"}}),
            true,
            false,
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
            true,
            false,
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "210987654321"}}),
            false,
            false,
        ),
        (
            json!({"ArnEquals": {"aws:SourceArn": format!("{TOPIC}x")}}),
            false,
            false,
        ),
        // What isn't known satisfies no Allow.
        (json!({"StringEquals": {"s3:prefix": "a"}}), false, false),
        (json!({"StringNotEquals": {"s3:prefix": "a"}}), false, false),
        (
            json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
            true,
            false,
        ),
        (
            json!({"ArnEquals": {"aws:PrincipalArn": ROLE}}),
            false,
            true,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
            false,
            true,
        ),
    ] {
        let policy = resource_policy(&json!([
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": condition},
        ]));
        let allowed =
            [topic(), session(None, None)].map(|principal| send(&principal, Some(&policy)).is_ok());
        assert_eq!(allowed, [services, sessions], "{condition}");
    }
    // Only a variable asks.
    let mine = resource_policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:${aws:SourceAccount}:*"},
    ]));
    assert!(mine.asks_for("") && mine.asks_for("aws:source") && !mine.asks_for("sqs:"));
    assert_eq!(send(&topic(), Some(&mine)), Ok(()));
    assert!(send(&session(None, None), Some(&mine)).is_err());
}

#[test]
fn what_is_not_known_meets_a_deny_of_a_resources_policy() {
    let denying = resource_policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
            "Condition": {"StringEquals": {"s3:prefix": "a"}}},
    ]));
    for principal in [topic(), session(None, None)] {
        let outcome = send(&principal, Some(&denying)).map_err(|denied| denied.reason);
        assert_eq!(outcome, Err(Reason::DeniedByResource));
    }
}

#[test]
fn a_not_principal_denies_everybody_who_is_not_named_whole() {
    let developer = || Principal::developer(&place());
    let bounded = || session(says("Allow"), says("Allow"));
    let own = || session(says("Allow"), None);
    for (principal, named, denied) in [
        (own(), json!({"AWS": [ROOT, ROLE, SESSION]}), false),
        (own(), json!({"AWS": [ACCOUNT, ROLE]}), false),
        (own(), json!({"AWS": ROLE}), true),
        (own(), json!({"AWS": ROOT}), true),
        (own(), json!({"AWS": [ROOT, SESSION]}), true),
        (own(), json!({"AWS": [ROOT, DEVELOPER]}), true),
        (bounded(), json!({"AWS": [ROOT, ROLE, SESSION]}), true),
        (developer(), json!({"AWS": [ROOT, DEVELOPER]}), false),
        (developer(), json!({"AWS": DEVELOPER}), true),
        (developer(), json!({"Service": "sns.amazonaws.com"}), true),
        (topic(), json!({"Service": "sns.amazonaws.com"}), false),
        (topic(), json!({"AWS": [ROOT, ROLE]}), true),
    ] {
        let policy = resource_policy(&json!([
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": named, "Action": "*", "Resource": "*"},
        ]));
        let outcome = send(&principal, Some(&policy)).map_err(|denied| denied.reason);
        let expected = if denied {
            Err(Reason::DeniedByResource)
        } else {
            Ok(())
        };
        assert_eq!(outcome, expected, "{} {named}", principal.arn);
    }
}

#[test]
fn what_came_near_in_a_resources_policy_is_explained() {
    let service = json!({"Service": "s3.amazonaws.com"});
    let sns = json!({"Service": "sns.amazonaws.com"});
    let source =
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:other"}});
    let other = QUEUE.replace("orders", "other");
    let policy = resource_policy(&json!([
        {"Effect": "Allow", "Principal": service, "Action": SEND, "Resource": QUEUE},
        {"Effect": "Allow", "Principal": sns, "Action": SEND, "Resource": QUEUE, "Condition": source},
        {"Effect": "Allow", "Principal": sns, "Action": "sqs:ReceiveMessage", "Resource": QUEUE},
        {"Effect": "Allow", "Principal": sns, "Action": SEND, "Resource": other},
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": SEND, "Resource": QUEUE},
        {"Effect": "Deny", "Principal": service, "Action": SEND, "Resource": QUEUE},
    ]));
    let near = |principal: &Principal| {
        let refusal = send(principal, Some(&policy)).unwrap_err();
        let near = refusal.near.iter().map(ToString::to_string);
        (refusal.reason, near.collect::<Vec<_>>())
    };
    let (reason, of_service) = near(&topic());
    assert_eq!(reason, Reason::NotAllowedByResource);
    assert_eq!(
        of_service,
        [
            "queue:1: allows it only for s3.amazonaws.com".to_owned(),
            "queue:2: allows it where ArnEquals aws:SourceArn: \
            arn:aws:sns:us-east-1:123456789012:other, which does not hold"
                .into(),
            "queue:3: allows sqs:ReceiveMessage on this resource, not this action".into(),
            format!("queue:4: allows it on {other} only"),
            format!("queue:5: allows it only for {ROOT}"),
        ]
    );
    let own = json!([{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]);
    let (reason, of_session) = near(&session(Some(own), None));
    assert_eq!(reason, Reason::NotAllowed);
    assert_eq!(
        of_session,
        [
            "own:1: allows sqs:ReceiveMessage on this resource, not this action".to_owned(),
            "queue:1: allows it only for s3.amazonaws.com".into(),
            "queue:2: allows it only for sns.amazonaws.com".into(),
            format!(
                "queue:5: allows it for {ROOT}, which leaves the decision to the account's identity-based policies"
            ),
        ]
    );
    let deny = resource_policy(&json!([
        {"Effect": "Deny", "Principal": "*", "Action": SEND, "Resource": QUEUE},
    ]));
    let refusal = send(&session(says("Allow"), None), Some(&deny)).unwrap_err();
    assert!(
        refusal
            .to_string()
            .ends_with("with an explicit deny in a resource-based policy")
    );
    assert_eq!(refusal.near[0].to_string(), "queue:1: denies it");
}

#[test]
fn only_statements_that_suffice_are_said_to_allow() {
    let judged = |own: &str, boundary: &str, named: &[&str]| {
        let policy = resource_policy(&json!([
            {"Effect": "Allow", "Principal": {"AWS": named}, "Action": SEND, "Resource": QUEUE},
        ]));
        let request = Request {
            action: SEND,
            resource: QUEUE,
            context: &Context::default(),
        };
        judge(&session(says(own), says(boundary)), &request, Some(&policy)).unwrap()
    };
    assert_eq!(judged("Allow", "none", &[ROLE]), ["own:1", "queue:1"]);
    assert_eq!(judged("Allow", "none", &[ROOT]), ["own:1"]);
    assert_eq!(judged("none", "Allow", &[ROLE]), ["queue:1"]);
    assert_eq!(judged("Allow", "other", &[SESSION]), ["queue:1"]);
}
