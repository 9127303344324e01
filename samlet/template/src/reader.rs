//! Walks a template's sections and puts the application together.

use std::path::PathBuf;

use crate::diagnostics::{Diagnostic, Problems};
use crate::resolve::Scope;
use crate::resolve::names::did_you_mean;
use crate::resources::READERS;
use crate::sam::globals;
use crate::yaml::{Entry, Node, parse};
use crate::{Application, Catalogue, Output, Settings, arns, dependencies, reading};

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

/// A template whose values are not worked out yet, which can be done as often as needed.
#[derive(Debug)]
pub struct Draft {
    template: Node,
    surprises: Vec<Diagnostic>,
}

impl Draft {
    /// Parses a template's text.
    pub fn parse(source: &str) -> Result<Self, Problems> {
        let (template, surprises) = parse(source).map_err(Problems::from)?;
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
        catalogue: &Catalogue,
    ) -> Result<Application, Problems> {
        let mut scope = Scope::new(&self.template, settings, catalogue);
        scope.findings.warnings.clone_from(&self.surprises);
        check_sections(&self.template, &mut scope);
        globals::check(&mut scope);
        scope.check_conditions();
        let application = application(&self.template, &mut scope);
        let late = scope.mentions.into_values();
        let warnings = scope.findings.into_warnings()?;
        Ok(Application {
            late,
            warnings,
            ..application
        })
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
    dependencies::refuse_circles(resources, scope);
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
    let read = reading::read(&resources, READERS, scope);
    // Before the ARNs: what is wrong with a name that only an output refers to is found once.
    let outputs = outputs(template, scope);
    Application {
        description: template.get_text("Description").map(str::to_owned),
        open_api: open_api(template, scope),
        functions: read.functions,
        apis: read.apis,
        apis_without_routes: read.apis_without_routes,
        api_keys: read.api_keys,
        usage_plans: read.usage_plans,
        tables: read.tables,
        resources: arns::read(&resources, scope),
        declared: read.declared,
        alarms: read.alarms,
        dashboards: read.dashboards,
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
