//! Execution roles: what a function may do, as one list of policy documents.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-function-policies.html>

use std::collections::BTreeMap;

use serde_json::json;

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Entry, Node};
use crate::schema::{Property, Shape, check, has, must, unnoticed};
use crate::{Policy, Role, globals, policies, statements};

const TAGS: Shape = Shape::List(&Shape::Object(&[
    must("Key", Shape::Text),
    must("Value", Shape::Text),
]));

const ROLE: &[Property] = &[
    must("AssumeRolePolicyDocument", Shape::Any),
    has("ManagedPolicyArns", Shape::List(&Shape::Text)),
    has(
        "Policies",
        Shape::List(&Shape::Object(&[
            must("PolicyName", Shape::Text),
            must("PolicyDocument", Shape::Any),
        ])),
    ),
    has("RoleName", Shape::Text),
    unnoticed("Description"),
    unnoticed("MaxSessionDuration"),
    unnoticed("Path"),
    has("Tags", TAGS),
    has("PermissionsBoundary", Shape::Text),
];

const POLICY: &[Property] = &[
    must("PolicyDocument", Shape::Any),
    has("Roles", Shape::List(&Shape::Text)),
    has("ManagedPolicyName", Shape::Text),
    has("PolicyName", Shape::Text),
    unnoticed("Description"),
    unnoticed("Groups"),
    unnoticed("Path"),
    unnoticed("Users"),
];

/// What the template's own IAM resources grant.
#[derive(Default)]
pub(crate) struct Roles {
    /// By name.
    roles: BTreeMap<String, Role>,
    /// By ARN.
    managed: BTreeMap<String, Policy>,
}

impl Roles {
    /// Reads all AWS::IAM::ManagedPolicy, Policy and Role resources.
    pub(crate) fn read(resources: &[&Entry], scope: &mut Scope<'_>) -> Self {
        let mut roles = Self::default();
        let mut attached = Vec::new();
        for resource in resources {
            let what = resource.type_name();
            if !matches!(what, "AWS::IAM::ManagedPolicy" | "AWS::IAM::Policy") {
                continue;
            }
            let properties = globals::resolved(resource, scope);
            check(&properties, POLICY, what, resource.at, scope);
            let name = scope.physical_name(&resource.key);
            let Some(document) = properties.get("PolicyDocument") else {
                continue;
            };
            let policy = written(&name, document, scope);
            let names = properties.get("Roles").into_iter().flat_map(Node::texts);
            attached.extend(names.map(|role| (role.to_owned(), policy.clone())));
            if what == "AWS::IAM::ManagedPolicy" {
                let place = &scope.settings.place;
                let arn = place.global_arn("iam", format_args!("policy/{name}"));
                roles.managed.insert(arn.into(), policy);
            }
        }
        for resource in resources {
            if resource.type_name() == "AWS::IAM::Role" {
                let role = roles.role(resource, scope);
                roles.roles.insert(role.name.clone(), role);
            }
        }
        for (role, policy) in attached {
            if let Some(role) = roles.roles.get_mut(&role) {
                role.policies.push(policy);
            }
        }
        roles
    }

    fn role(&self, resource: &Entry, scope: &mut Scope<'_>) -> Role {
        let properties = globals::resolved(resource, scope);
        check(&properties, ROLE, "AWS::IAM::Role", resource.at, scope);
        let inline = properties.items_of("Policies").iter();
        let mut policies: Vec<Policy> = inline
            .filter_map(|policy| {
                let name = policy.get_text("PolicyName").unwrap_or_default();
                Some(written(name, policy.get("PolicyDocument")?, scope))
            })
            .collect();
        for arn in properties.items_of("ManagedPolicyArns") {
            let name = arn.as_text().unwrap_or_default();
            policies.extend(self.managed(name, &resource.key, arn.at, scope));
        }
        let tags = properties.items_of("Tags").iter().filter_map(|tag| {
            let text = |name: &str| tag.get_text(name).map(str::to_owned);
            Some((text("Key")?, text("Value")?))
        });
        Role {
            name: scope.physical_name(&resource.key),
            policies,
            boundary: self.boundary(&properties, scope),
            tags: tags.collect(),
            location: properties
                .get("Policies")
                .map_or(resource.at, |node| node.at),
        }
    }

    /// What a role may do at most. One that isn't known can't be kept to.
    fn boundary(&self, properties: &Node, scope: &mut Scope<'_>) -> Option<Policy> {
        let node = properties.get("PermissionsBoundary")?;
        let arn = node.as_text()?;
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let boundary = self
            .managed
            .get(arn)
            .cloned()
            .or_else(|| policies::managed(name));
        if boundary.is_none() {
            let message = format!("what the permissions boundary {name} allows is not known here");
            let help = "declare it as an AWS::IAM::ManagedPolicy of this template";
            scope.findings.error(node.at, message, help);
        }
        boundary
    }

    /// The role that `Role:` names: one of this template.
    pub(crate) fn by_arn(&self, arn: &str, at: Location, scope: &mut Scope<'_>) -> Role {
        let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        if let Some(role) = self.roles.get(&name) {
            return role.clone();
        }
        if !arn.is_empty() {
            let message = format!("the role {arn} is not in this template; it grants nothing here");
            scope.findings.warn(at, message);
        }
        Role {
            name,
            policies: Vec::new(),
            boundary: None,
            tags: BTreeMap::new(),
            location: at,
        }
    }

    /// The role that SAM makes for a function: its Policies, and what a
    /// function needs to write its log, and its traces.
    pub(crate) fn made_for(
        &self,
        function: &Entry,
        properties: &Node,
        scope: &mut Scope<'_>,
    ) -> Role {
        let stated = properties.get("Policies");
        let traces = properties
            .get_text("Tracing")
            .is_some_and(|mode| mode != "Disabled");
        let always = ["AWSLambdaBasicExecutionRole"].into_iter();
        let managed = always.chain(traces.then_some("AWSXrayWriteOnlyAccess"));
        let mut all: Vec<Policy> = managed.filter_map(policies::managed).collect();
        for policy in stated.into_iter().flat_map(Node::one_or_several) {
            all.extend(self.policy(policy, &function.key, scope));
        }
        // SAM gives the role the function's tags, and one of its own.
        let tags = properties.entries_of("Tags").iter();
        let tags = tags.filter_map(|tag| Some((tag.key.clone(), tag.value.as_text()?.to_owned())));
        let own = ("lambda:createdBy".to_owned(), "SAM".to_owned());
        Role {
            name: format!("{}-{}Role", scope.settings.place.stack, function.key),
            policies: all,
            boundary: self.boundary(properties, scope),
            tags: tags.chain([own]).collect(),
            location: stated.map_or(function.at, |node| node.at),
        }
    }

    /// One of a function's Policies: a managed policy, a document, or a SAM
    /// policy template.
    fn policy(&self, policy: &Node, function: &str, scope: &mut Scope<'_>) -> Option<Policy> {
        if let Some(name) = policy.as_text() {
            return self.managed(name, function, policy.at, scope);
        }
        if let Some(statement) = policy.get("Statement") {
            statements::check(statement, scope);
            let version = policy
                .get("Version")
                .map_or(json!("2012-10-17"), Node::to_json);
            return Some(Policy {
                name: "Policies".into(),
                document: json!({"Version": version, "Statement": statement.to_json()}),
                locations: locations(statement),
            });
        }
        let [template] = policy.entries() else {
            let message =
                "a policy is a name, an ARN, a document with a Statement, or a SAM policy template";
            scope.findings.error(policy.at, message, "");
            return None;
        };
        let Some(parameters) = policies::template_parameters(&template.key) else {
            let message = format!("`{}` is no policy template of SAM", template.key);
            let help = did_you_mean(&template.key, &policies::template_names());
            scope.findings.error(template.at, message, help);
            return None;
        };
        let known: Vec<Property> = parameters
            .iter()
            .map(|name| must(name, Shape::Text))
            .collect();
        check(&template.value, &known, &template.key, template.at, scope);
        let value = |name: &str| template.value.get_text(name);
        let policy = policies::template(&template.key, &scope.settings.place, &value)?;
        Some(at_one_place(policy, template.at))
    }

    fn managed(
        &self,
        name_or_arn: &str,
        owner: &str,
        at: Location,
        scope: &mut Scope<'_>,
    ) -> Option<Policy> {
        if let Some(policy) = self.managed.get(name_or_arn) {
            return Some(policy.clone());
        }
        let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
        let known = policies::managed(name);
        if known.is_none() {
            let message = format!(
                "what the managed policy {name} allows is not known here; it grants {owner} nothing"
            );
            scope.findings.warn(at, message);
        }
        known.map(|policy| at_one_place(policy, at))
    }
}

/// A policy whose document stands in the template.
fn written(name: &str, document: &Node, scope: &mut Scope<'_>) -> Policy {
    if let Some(statement) = document.get("Statement") {
        statements::check(statement, scope);
    }
    Policy {
        name: name.to_owned(),
        document: document.to_json(),
        locations: document.get("Statement").map(locations).unwrap_or_default(),
    }
}

fn locations(statement: &Node) -> Vec<Location> {
    statement
        .one_or_several()
        .iter()
        .map(|node| node.at)
        .collect()
}

/// A policy of AWS or SAM, which the template names at one place.
fn at_one_place(policy: Policy, at: Location) -> Policy {
    let statements = policy.document["Statement"].as_array().map_or(1, Vec::len);
    Policy {
        locations: vec![at; statements],
        ..policy
    }
}
