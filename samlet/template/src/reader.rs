//! Walks a template's resources and puts the application together.

use std::collections::BTreeSet;

use crate::diagnostics::{Diagnostic, Location};
use crate::functions::{self, Api};
use crate::intrinsics::Scope;
use crate::names::{api_id, did_you_mean};
use crate::node::{Entry, Node, parse};
use crate::{Application, Output, RestApi, Settings, tables};

/// The sections of a template.
const SECTIONS: [&str; 10] = [
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
];

/// SAM's REST API of the functions that name none.
const IMPLICIT_API: &str = "ServerlessRestApi";

/// Properties of AWS::Serverless::Api that hold here.
const API_PROPERTIES: [&str; 4] = ["StageName", "Name", "Description", "OpenApiVersion"];

/// Its other properties, of no effect here.
const OTHER_API_PROPERTIES: [&str; 20] = [
    "AccessLogSetting",
    "ApiKeySourceType",
    "Auth",
    "BinaryMediaTypes",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "Cors",
    "DefinitionBody",
    "DefinitionUri",
    "DisableExecuteApiEndpoint",
    "Domain",
    "EndpointConfiguration",
    "FailOnWarnings",
    "GatewayResponses",
    "MethodSettings",
    "MinimumCompressionSize",
    "Models",
    "Tags",
    "TracingEnabled",
];

pub(crate) fn read(source: &str, settings: &Settings) -> Result<Application, Vec<Diagnostic>> {
    let template = parse(source).map_err(|error| vec![error])?;
    let mut scope = Scope::new(&template, settings);
    for entry in template.entries() {
        if !SECTIONS.contains(&entry.key.as_str()) {
            let message = format!("`{}` is no section of a template", entry.key);
            scope
                .findings
                .error(entry.at, message, did_you_mean(&entry.key, &SECTIONS));
        }
    }
    let application = application(&template, &mut scope);
    if scope.findings.errors.is_empty() {
        Ok(Application {
            warnings: scope.findings.warnings,
            ..application
        })
    } else {
        let mut errors = scope.findings.errors;
        errors.sort_by_key(|error| (error.location.line, error.location.column));
        Err(errors)
    }
}

fn application(template: &Node, scope: &mut Scope<'_>) -> Application {
    let mut apis = Vec::new();
    let mut functions = Vec::new();
    let mut tables = Vec::new();
    let resources = template.get("Resources").map_or(&[][..], Node::entries);
    if resources.is_empty() {
        scope
            .findings
            .error(template.at, "the template declares no Resources", "");
    }
    let globals = template.get("Globals");
    let wanted: Vec<&Entry> = resources
        .iter()
        .filter(|resource| is_wanted(resource, scope))
        .collect();
    for resource in &wanted {
        if kind(resource) == "AWS::Serverless::Api" {
            apis.push(api(resource, globals, scope));
        }
    }
    for resource in wanted {
        match kind(resource) {
            "AWS::Serverless::Api" => {}
            "AWS::Serverless::Function" => {
                functions.extend(functions::read(resource, globals, &mut apis, scope));
            }
            "AWS::DynamoDB::Table" => tables.push(tables::read(resource, scope)),
            "AWS::Serverless::SimpleTable" => tables.push(tables::read_simple(resource, scope)),
            "" => {
                let message = format!("the resource {} has no Type", resource.key);
                scope.findings.error(resource.at, message, "");
            }
            kind => {
                let message = format!(
                    "{} ({kind}) is not provided here; references to it give its name",
                    resource.key
                );
                scope.findings.warn(resource.at, message);
            }
        }
    }
    refuse_duplicates(
        functions
            .iter()
            .map(|f| ("function", f.name.as_str(), f.location)),
        scope,
    );
    refuse_duplicates(
        tables
            .iter()
            .map(|t| ("table", t.name.as_str(), t.location)),
        scope,
    );
    let outputs = outputs(template, scope);
    let apis = apis
        .into_iter()
        .map(|api| api.api)
        .filter(|api| !api.routes.is_empty())
        .collect();
    Application {
        functions,
        apis,
        tables,
        outputs,
        warnings: Vec::new(),
    }
}

fn kind(resource: &Entry) -> &str {
    resource
        .value
        .get("Type")
        .and_then(Node::as_text)
        .unwrap_or_default()
}

/// Whether a resource's Condition, if it has one, holds.
fn is_wanted(resource: &Entry, scope: &mut Scope<'_>) -> bool {
    match resource.value.get("Condition") {
        Some(condition) => {
            scope.condition(condition.as_text().unwrap_or_default(), condition.at, 0)
        }
        None => true,
    }
}

fn api(resource: &Entry, globals: Option<&Node>, scope: &mut Scope<'_>) -> Api {
    let properties = functions::merged(
        resource,
        globals.and_then(|globals| globals.get("Api")),
        scope,
    );
    functions::check_names(
        &properties,
        &API_PROPERTIES,
        &OTHER_API_PROPERTIES,
        "an API",
        scope,
    );
    let stage = properties
        .get("StageName")
        .and_then(Node::as_text)
        .unwrap_or_default();
    if stage.is_empty() {
        let message = format!("the API {} has no StageName", resource.key);
        scope
            .findings
            .error(resource.at, message, "SAM asks for one, such as Prod");
    }
    Api::new(
        &resource.key,
        api_id(&scope.settings().stack_name, &resource.key),
        stage,
    )
}

/// The implicit API, made with the first route that wants it.
pub(crate) fn implicit_api<'a>(apis: &'a mut Vec<Api>, scope: &Scope<'_>) -> Option<&'a mut Api> {
    if !apis.iter().any(|api| api.api.logical_id == IMPLICIT_API) {
        let id = api_id(&scope.settings().stack_name, IMPLICIT_API);
        apis.push(Api::new(IMPLICIT_API, id, "Prod"));
    }
    apis.iter_mut()
        .find(|api| api.api.logical_id == IMPLICIT_API)
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
    for entry in template.get("Outputs").map_or(&[][..], Node::entries) {
        if !is_wanted(entry, scope) {
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

impl Api {
    fn new(logical_id: &str, id: String, stage: &str) -> Self {
        let api = RestApi {
            logical_id: logical_id.into(),
            id,
            stage: stage.into(),
            routes: Vec::new(),
        };
        Self { api }
    }
}
