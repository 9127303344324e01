//! Execution roles: what a function may do, as one list of policy documents.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-function-policies.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::names::did_you_mean;
use crate::node::{Entry, Node};
use crate::schema::{Property, Shape, check, has, must, refused, unnoticed};
use crate::{Role, globals, policies};

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
    unnoticed("Tags"),
    refused(
        "PermissionsBoundary",
        "state the narrower permissions in Policies",
    ),
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
    roles: BTreeMap<String, Vec<Value>>,
    /// By ARN.
    managed: BTreeMap<String, Value>,
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
            let document = properties.get("PolicyDocument").map(Node::to_json);
            let document = document.unwrap_or_default();
            let names = properties.get("Roles").into_iter().flat_map(Node::texts);
            attached.extend(names.map(|role| (role.to_owned(), document.clone())));
            if what == "AWS::IAM::ManagedPolicy" {
                let name = scope.physical_name(&resource.key);
                let account = &scope.settings.account_id;
                let arn = format!("arn:aws:iam::{account}:policy/{name}");
                roles.managed.insert(arn, document);
            }
        }
        for resource in resources {
            if resource.type_name() == "AWS::IAM::Role" {
                let policies = roles.role(resource, scope);
                let name = scope.physical_name(&resource.key);
                roles.roles.insert(name, policies);
            }
        }
        for (role, document) in attached {
            roles.roles.entry(role).or_default().push(document);
        }
        roles
    }

    fn role(&self, resource: &Entry, scope: &mut Scope<'_>) -> Vec<Value> {
        let properties = globals::resolved(resource, scope);
        check(&properties, ROLE, "AWS::IAM::Role", resource.at, scope);
        let inline = properties.items_of("Policies").iter();
        let mut policies: Vec<Value> = inline
            .filter_map(|policy| policy.get("PolicyDocument"))
            .map(Node::to_json)
            .collect();
        for arn in properties.items_of("ManagedPolicyArns") {
            let name = arn.as_text().unwrap_or_default();
            policies.extend(self.managed(name, &resource.key, arn.at, scope));
        }
        policies
    }

    /// The role that `Role:` names: one of this template.
    pub(crate) fn by_arn(&self, arn: &str, at: Location, scope: &mut Scope<'_>) -> Role {
        let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        if let Some(policies) = self.roles.get(&name) {
            return Role {
                name,
                policies: policies.clone(),
            };
        }
        if !arn.is_empty() {
            let message = format!("the role {arn} is not in this template; it grants nothing here");
            scope.findings.warn(at, message);
        }
        Role {
            name,
            policies: Vec::new(),
        }
    }

    /// The role that SAM makes for a function: its Policies, and what every
    /// function needs to write its log.
    pub(crate) fn made_for(
        &self,
        function: &str,
        stated: Option<&Node>,
        scope: &mut Scope<'_>,
    ) -> Role {
        let mut documents =
            vec![policies::managed("AWSLambdaBasicExecutionRole").unwrap_or_default()];
        for policy in stated.into_iter().flat_map(Node::one_or_several) {
            documents.extend(self.policy(policy, function, scope));
        }
        Role {
            name: format!("{}-{function}Role", scope.settings.stack_name),
            policies: documents,
        }
    }

    /// One of a function's Policies: a managed policy, a document, or a SAM
    /// policy template.
    fn policy(&self, policy: &Node, function: &str, scope: &mut Scope<'_>) -> Option<Value> {
        if let Some(name) = policy.as_text() {
            return self.managed(name, function, policy.at, scope);
        }
        if let Some(statement) = policy.get("Statement") {
            let version = policy
                .get("Version")
                .map_or(json!("2012-10-17"), Node::to_json);
            return Some(json!({"Version": version, "Statement": statement.to_json()}));
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
        policies::template(&template.key, scope.settings, &value)
    }

    fn managed(
        &self,
        name_or_arn: &str,
        owner: &str,
        at: Location,
        scope: &mut Scope<'_>,
    ) -> Option<Value> {
        if let Some(document) = self.managed.get(name_or_arn) {
            return Some(document.clone());
        }
        let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
        let known = policies::managed(name);
        if known.is_none() {
            let message = format!(
                "what the managed policy {name} allows is not known here; it grants {owner} nothing"
            );
            scope.findings.warn(at, message);
        }
        known
    }
}
