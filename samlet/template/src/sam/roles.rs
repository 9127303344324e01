//! The roles of a template's functions: its own, and those that SAM makes.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-function-policies.html>

use std::collections::BTreeMap;

use super::known_policies;
use super::policies::{Written, inline};
use crate::Role;
use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Property, Shape, must};
use crate::yaml::{Entry, Node};

/// What the template's own IAM resources grant.
#[derive(Default)]
pub(crate) struct Roles {
    /// By name.
    roles: BTreeMap<String, WrittenRole>,
    /// By ARN.
    managed: BTreeMap<String, Written>,
    /// Policies that name the roles that have them.
    attached: Vec<(String, Written)>,
}

/// A role as the template has it.
#[derive(Clone)]
pub(crate) struct WrittenRole {
    pub(crate) name: String,
    pub(crate) policies: Vec<Written>,
    pub(crate) boundary: Option<Written>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) location: Location,
}

impl Roles {
    /// Adds a managed policy of the template's own.
    pub(crate) fn add_managed(&mut self, arn: String, policy: Written) {
        self.managed.insert(arn, policy);
    }

    /// Adds a policy to a role, which may be read later.
    pub(crate) fn attach(&mut self, role: &str, policy: &Written) {
        self.attached.push((role.to_owned(), policy.clone()));
    }

    /// Adds a role.
    pub(crate) fn add(&mut self, role: WrittenRole) {
        self.roles.insert(role.name.clone(), role);
    }

    /// Gives the roles, which are all there now, the policies that name them.
    pub(crate) fn attach_policies(&mut self) {
        for (role, policy) in self.attached.drain(..) {
            if let Some(role) = self.roles.get_mut(&role) {
                role.policies.push(policy);
            }
        }
    }

    /// What a role may do at most. One that isn't known can't be kept to.
    pub(crate) fn boundary(&self, properties: &Node, scope: &mut Scope<'_>) -> Option<Written> {
        let node = properties.get("PermissionsBoundary")?;
        let arn = node.as_text()?;
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let own = self.managed.get(arn).cloned();
        let boundary = own.or_else(|| known_policies::managed(name));
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
            return role.clone().enforceable(scope);
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
        let mut policies: Vec<Written> = managed.filter_map(known_policies::managed).collect();
        for policy in stated.into_iter().flat_map(Node::one_or_several) {
            policies.extend(self.policy(policy, &function.key, scope));
        }
        // SAM gives the role the function's tags, and one of its own.
        let tags = properties.entries_of("Tags").iter();
        let tags = tags.filter_map(|tag| Some((tag.key.clone(), tag.value.as_text()?.to_owned())));
        let own = ("lambda:createdBy".to_owned(), "SAM".to_owned());
        let role = WrittenRole {
            name: format!("{}-{}Role", scope.settings.place.stack, function.key),
            policies,
            boundary: self.boundary(properties, scope),
            tags: tags.chain([own]).collect(),
            location: stated.map_or(function.at, |node| node.at),
        };
        role.enforceable(scope)
    }

    /// One of a function's Policies: a managed policy, a document, or a SAM
    /// policy template.
    fn policy(&self, policy: &Node, function: &str, scope: &mut Scope<'_>) -> Option<Written> {
        if let Some(name) = policy.as_text() {
            return self.managed(name, function, policy.at, scope);
        }
        if let Some(statement) = policy.get("Statement") {
            return Some(inline(policy, statement, scope));
        }
        let [template] = policy.entries() else {
            let message =
                "a policy is a name, an ARN, a document with a Statement, or a SAM policy template";
            scope.findings.error(policy.at, message, "");
            return None;
        };
        let Some(parameters) = known_policies::template_parameters(&template.key) else {
            let message = format!("`{}` is no policy template of SAM", template.key);
            let help = did_you_mean(&template.key, &known_policies::template_names());
            scope.findings.error(template.at, message, help);
            return None;
        };
        let known: Vec<Property> = parameters
            .iter()
            .map(|name| must(name, Shape::Text))
            .collect();
        check(&template.value, &known, &template.key, template.at, scope);
        let value = |name: &str| template.value.get_text(name);
        let policy = known_policies::template(&template.key, &scope.settings.place, &value)?;
        Some(policy.at(template.at))
    }

    /// A managed policy, of the template or of AWS.
    pub(crate) fn managed(
        &self,
        name_or_arn: &str,
        owner: &str,
        at: Location,
        scope: &mut Scope<'_>,
    ) -> Option<Written> {
        if let Some(policy) = self.managed.get(name_or_arn) {
            return Some(policy.clone());
        }
        let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
        let known = known_policies::managed(name);
        if known.is_none() {
            let message = format!(
                "what the managed policy {name} allows is not known here; it grants {owner} nothing"
            );
            scope.findings.warn(at, message);
        }
        known.map(|policy| policy.at(at))
    }
}

impl WrittenRole {
    /// The role with those of its policies that can be enforced; what is wrong with others is reported.
    fn enforceable(self, scope: &mut Scope<'_>) -> Role {
        let location = self.location;
        let policies = self.policies.into_iter();
        Role {
            name: self.name,
            policies: policies
                .filter_map(|policy| policy.of_role(location, scope))
                .collect(),
            boundary: self
                .boundary
                .and_then(|policy| policy.of_role(location, scope)),
            tags: self.tags,
            location,
        }
    }
}
