//! Walks a template's sections and puts the application together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use samlet_aws::Place;

use crate::apis::Apis;
use crate::diagnostics::{Diagnostic, Location};
use crate::intrinsics::Scope;
use crate::keys::Keys;
use crate::names::did_you_mean;
use crate::node::{Entry, Node, parse};
use crate::roles::Roles;
use crate::{Actions, ApiKind, Application, Attributes, Output};
use crate::{alarms, dependencies, functions, globals, permissions, resources, tables};

/// The sections of a template.
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
    "Rules",
    "Hooks",
];

/// What stands beside a resource's Properties.
const RESOURCE_ATTRIBUTES: [&str; 13] = [
    "Type",
    "Description",
    "Version",
    "Properties",
    "Metadata",
    "DependsOn",
    "Condition",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Connectors",
    "IgnoreGlobals",
];

/// CloudFormation's own limit.
const MAX_RESOURCES: usize = 500;

const SERVERLESS_TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// What a template is read for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the application seems to be deployed: the values of pseudo
    /// parameters, and what ARNs are made of.
    pub place: Place,
    /// Parameter values from the command line.
    pub parameter_overrides: BTreeMap<String, String>,
    /// What services have said of their resources.
    pub attributes: Attributes,
}

impl Settings {
    /// For `place`, before any service is there; each parameter has its default.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            parameter_overrides: BTreeMap::new(),
            attributes: Attributes::default(),
        }
    }
}

/// A template whose values are not worked out yet, which can be done as often as needed.
#[derive(Debug)]
pub struct Draft {
    template: Node,
    surprises: Vec<Diagnostic>,
}

impl Draft {
    /// Parses a template's text.
    pub fn parse(source: &str) -> Result<Self, Vec<Diagnostic>> {
        let (template, surprises) = parse(source).map_err(|error| vec![error])?;
        Ok(Self {
            template,
            surprises,
        })
    }

    /// The application as it is with these settings, or everything that is
    /// wrong with the template.
    pub fn resolve(
        &self,
        settings: &Settings,
        actions: &Actions,
    ) -> Result<Application, Vec<Diagnostic>> {
        let mut scope = Scope::new(&self.template, settings, actions);
        scope.findings.warnings.clone_from(&self.surprises);
        check_sections(&self.template, &mut scope);
        globals::check(&mut scope);
        scope.check_conditions();
        let application = application(&self.template, &mut scope);
        let by_place = |found: &Diagnostic| (found.location.line, found.location.column);
        if scope.findings.errors.is_empty() {
            let mut warnings = scope.findings.warnings;
            warnings.sort_by_key(by_place);
            Ok(Application {
                late: scope.mentions.into_values(),
                warnings,
                ..application
            })
        } else {
            let mut errors = scope.findings.errors;
            errors.sort_by_key(by_place);
            Err(errors)
        }
    }
}

fn check_sections(template: &Node, scope: &mut Scope<'_>) {
    for entry in template.entries() {
        if !SECTIONS.contains(&entry.key.as_str()) {
            let message = format!("`{}` is no section of a template", entry.key);
            scope
                .findings
                .error(entry.at, message, did_you_mean(&entry.key, &SECTIONS));
        } else if matches!(entry.key.as_str(), "Rules" | "Hooks") {
            let message = format!("the section {} has no effect here", entry.key);
            scope.findings.warn(entry.at, message);
        }
    }
    let resources = scope.section("Resources");
    if resources.is_empty() {
        scope
            .findings
            .error(template.at, "the template declares no Resources", "");
    } else if resources.len() > MAX_RESOURCES {
        let message = format!("the template declares more than {MAX_RESOURCES} resources");
        scope
            .findings
            .error(template.at, message, "CloudFormation takes no more");
        return;
    }
    let serverless = resources
        .iter()
        .any(|resource| resource.type_name().starts_with("AWS::Serverless::"));
    if serverless && !is_serverless(template) {
        let message = "the template has AWS::Serverless resources but not SAM's Transform";
        let help = format!("add `Transform: {SERVERLESS_TRANSFORM}` at its top");
        scope.findings.error(template.at, message, help);
    }
    dependencies::refuse_circles(resources, &mut scope.findings);
}

fn is_serverless(template: &Node) -> bool {
    let transforms = template.get("Transform").into_iter();
    transforms
        .flat_map(Node::one_or_several)
        .any(|transform| transform.as_text() == Some(SERVERLESS_TRANSFORM))
}

fn application(template: &Node, scope: &mut Scope<'_>) -> Application {
    let declared = template.entries_of("Resources");
    let mut resources: Vec<&Entry> = Vec::new();
    for resource in declared.iter().take(MAX_RESOURCES) {
        check_resource(resource, declared, scope);
        if scope.is_wanted(resource) {
            resources.push(resource);
        }
    }
    let roles = Roles::read(&resources, scope);
    let mut apis = Apis::new(Keys::read(&resources, scope));
    for resource in &resources {
        match resource.type_name() {
            "AWS::Serverless::Api" => apis.read(resource, ApiKind::Rest, scope),
            "AWS::Serverless::HttpApi" => apis.read(resource, ApiKind::Http, scope),
            _ => {}
        }
    }
    let mut functions = Vec::new();
    let mut declared_permissions = Vec::new();
    let mut tables = Vec::new();
    let mut alarms = Vec::new();
    let mut dashboards = Vec::new();
    for resource in &resources {
        match resource.type_name() {
            "AWS::Serverless::Function" => {
                functions.extend(functions::read(resource, &roles, &mut apis, scope));
            }
            "AWS::Lambda::Function" => {
                functions.extend(functions::read_plain(resource, &roles, scope));
            }
            "AWS::Lambda::Permission" => {
                declared_permissions.extend(permissions::read(resource, scope))
            }
            "AWS::DynamoDB::Table" => tables.push(tables::read(resource, scope)),
            "AWS::Serverless::SimpleTable" => tables.push(tables::read_simple(resource, scope)),
            // Nobody has to be woken by what goes wrong here.
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => {
                alarms.push(alarms::read(resource, scope));
            }
            "AWS::CloudWatch::Dashboard" => dashboards.push(resource.key.clone()),
            // Read above, or needing nothing to be done: a log group is there
            // with its first event, a parameter's value is in the template.
            "AWS::ApiGateway::Account"
            | "AWS::ApiGateway::ApiKey"
            | "AWS::ApiGateway::UsagePlan"
            | "AWS::ApiGateway::UsagePlanKey"
            | "AWS::Serverless::Api"
            | "AWS::Serverless::HttpApi"
            | "AWS::IAM::ManagedPolicy"
            | "AWS::IAM::Policy"
            | "AWS::IAM::Role"
            | "AWS::Logs::LogGroup"
            | "AWS::SSM::Parameter"
            | "" => {}
            kind => {
                let message = format!(
                    "{} ({kind}) is not provided here; references to it give its name",
                    resource.key
                );
                scope.findings.warn(resource.at, message);
            }
        }
    }
    let names = functions
        .iter()
        .map(|f| ("function", f.name.as_str(), f.location));
    refuse_duplicates(names, scope);
    let names = tables
        .iter()
        .map(|t| ("table", t.name.as_str(), t.location));
    refuse_duplicates(names, scope);
    let apis = apis.finish(scope);
    let outputs = outputs(template, scope);
    permissions::attach(
        &mut functions,
        &declared_permissions,
        &apis.permissions,
        scope,
    );
    Application {
        description: template.get_text("Description").map(str::to_owned),
        open_api: open_api(template, scope),
        functions,
        apis: apis.apis,
        apis_without_routes: apis.without_routes,
        api_keys: apis.keys.keys,
        usage_plans: apis.keys.plans,
        tables,
        resources: resources::read(&resources, scope),
        alarms,
        dashboards,
        outputs,
        late: Vec::new(),
        warnings: Vec::new(),
    }
}

/// `Metadata` is free: the rest of it is for other tools.
fn open_api(template: &Node, scope: &mut Scope<'_>) -> Option<PathBuf> {
    let node = template.get("Metadata")?.get("OpenApi")?;
    if node.as_text().is_none() {
        let message = "OpenApi is the path of a file";
        let help = "name the file in which the functions say what they take and answer";
        scope.findings.error(node.at, message, help);
    }
    node.as_text().map(PathBuf::from)
}

/// What holds for every resource, whatever its type.
fn check_resource(resource: &Entry, declared: &[Entry], scope: &mut Scope<'_>) {
    for attribute in resource.value.entries() {
        if !RESOURCE_ATTRIBUTES.contains(&attribute.key.as_str()) {
            let message = format!("`{}` is no part of a resource", attribute.key);
            let help = did_you_mean(&attribute.key, &RESOURCE_ATTRIBUTES);
            scope.findings.error(attribute.at, message, help);
        }
    }
    if resource.type_name().is_empty() {
        let message = format!("the resource {} has no Type", resource.key);
        scope.findings.error(resource.at, message, "");
    }
    if !resource.key.chars().all(|c| c.is_ascii_alphanumeric()) {
        let message = format!("`{}` is no logical id", resource.key);
        scope
            .findings
            .error(resource.at, message, "use letters and digits only");
    }
    if let Some(node) = resource.value.get("DependsOn") {
        let known: Vec<&str> = declared.iter().map(|entry| entry.key.as_str()).collect();
        for name in node.one_or_several() {
            let text = name.as_text().unwrap_or_default();
            if !known.contains(&text) && !scope.is_made_by_sam(text) {
                let message =
                    format!("DependsOn names `{text}`, which is no resource of this template");
                scope
                    .findings
                    .error(name.at, message, did_you_mean(text, &known));
            }
        }
    }
}

fn refuse_duplicates<'a>(
    names: impl Iterator<Item = (&'static str, &'a str, Location)>,
    scope: &mut Scope<'_>,
) {
    let mut seen = BTreeSet::new();
    for (what, name, at) in names {
        if !seen.insert(name) {
            scope
                .findings
                .error(at, format!("another {what} is named {name} too"), "");
        }
    }
}

fn outputs(template: &Node, scope: &mut Scope<'_>) -> Vec<Output> {
    let mut outputs = Vec::new();
    for entry in template.entries_of("Outputs") {
        if !scope.is_wanted(entry) {
            continue;
        }
        let text = |name: &str, scope: &mut Scope<'_>| {
            let node = scope.resolve(entry.value.get(name)?)?;
            node.as_text().map(str::to_owned)
        };
        let description = text("Description", scope);
        match text("Value", scope) {
            Some(value) => outputs.push(Output {
                name: entry.key.clone(),
                description,
                value,
            }),
            None => {
                let message = format!("the output {} has no Value", entry.key);
                scope.findings.error(entry.at, message, "");
            }
        }
    }
    outputs
}
