//! Roles' own policies and boundaries: who × identity × boundary → outcome.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::{Context, Identities, PolicyDocument, Role};
use samlet_aws::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";

pub(super) fn policy(name: &str, statements: Value) -> Policy {
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
    authorize(&principal, request, None)
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
    let not = json!([{"Effect": "Allow", "NotAction": "dynamodb:Put*", "NotResource": "*/secret"}]);
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
        ask_bounded(own.clone(), Some(boundary.clone()), &request).map_err(|denied| denied.reason)
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
        context.know_service("dynamodb");
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

/// Statements of every kind of policy, with a condition that holds, that doesn't, and of which nothing is known.
#[test]
fn what_is_not_known_never_satisfies_an_allow_and_always_meets_a_deny() {
    let statement = |effect: &str, key: &str| {
        let equals = json!({"StringEquals": {key: "a"}});
        json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": equals})
    };
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let ask = |own: Value, boundary: Value| {
        let mut context = Context::default();
        context.set("aws:SourceIdentity", "a");
        let request = Request {
            action: "dynamodb:GetItem",
            resource: TABLE,
            context: &context,
        };
        ask_bounded(own, Some(boundary), &request).map_err(|denied| denied.reason)
    };
    let (holds, fails, unknown) = ("aws:SourceIdentity", "aws:SourceVpc", "s3:prefix");
    for (key, allow, deny) in [
        (holds, true, true),
        (fails, false, false),
        (unknown, false, true),
    ] {
        let outcome =
            |is_allowed: bool, reason: Reason| if is_allowed { Ok(()) } else { Err(reason) };
        let allowing = json!([statement("Allow", key)]);
        let denying = json!([all, statement("Deny", key)]);
        let all = json!([all]);
        let own = ask(allowing.clone(), all.clone());
        assert_eq!(own, outcome(allow, Reason::NotAllowed), "{key}");
        let own = ask(denying.clone(), all.clone());
        assert_eq!(own, outcome(!deny, Reason::Denied), "{key}");
        let boundary = ask(all.clone(), allowing);
        assert_eq!(boundary, outcome(allow, Reason::OutOfBounds), "{key}");
        let boundary = ask(all, denying);
        assert_eq!(boundary, outcome(!deny, Reason::DeniedByBoundary), "{key}");
    }
}

#[test]
fn resources_that_are_not_known_are_taken_for_the_worse() {
    let ask = |effect: &str, element: &str, resource: &str| {
        let all = json!({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"});
        let statement = json!({"Effect": effect, "Action": "*", element: resource});
        let statements = match effect {
            "Allow" => json!([statement]),
            _ => json!([all, statement]),
        };
        self::ask(statements, "dynamodb:GetItem", TABLE).is_ok()
    };
    let unknown = TABLE.replace("messages", "${s3:prefix}");
    let other = TABLE.replace("messages", "other${s3:prefix}");
    for (element, resource, allowed, denied) in [
        ("Resource", &unknown, false, true),
        ("NotResource", &unknown, false, true),
        ("Resource", &other, false, false),
        ("NotResource", &other, true, true),
    ] {
        assert_eq!(
            ask("Allow", element, resource),
            allowed,
            "{element} {resource}"
        );
        assert_eq!(
            ask("Deny", element, resource),
            !denied,
            "{element} {resource}"
        );
    }
}

#[test]
fn a_refusal_says_what_is_not_known() {
    let refusal = |statements: Value| ask(statements, "dynamodb:GetItem", TABLE).unwrap_err();
    let equals = json!({"StringEquals": {"s3:prefix": "a"}});
    let allow = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": equals},
    ]);
    assert_eq!(
        refusal(allow).near[0].why,
        "allows it where StringEquals s3:prefix: a, which samlet cannot know"
    );
    let deny = json!([
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": equals},
    ]);
    assert_eq!(
        refusal(deny).near[0].why,
        "denies it where StringEquals s3:prefix: a, which samlet cannot rule out"
    );
}
