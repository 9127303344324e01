//! Request models and validators of REST APIs.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-requestmodel.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::diagnostics::Location;
use crate::model::json_schema::JsonSchema;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Property, Shape, has, missing, must};
use crate::yaml::{Entry, Node};
use crate::{Api, ParameterLocation, RequiredParameter, Validation};

/// `RequestModel` of an Api event.
pub(crate) const REQUEST_MODEL: Shape = Shape::Object(&[
    must("Model", Shape::Text),
    // Documents the API only: whoever validates wants a body.
    has("Required", Shape::Bool),
    has("ValidateBody", Shape::Bool),
    has("ValidateParameters", Shape::Bool),
]);

const REQUEST_PARAMETER: &[Property] = &[has("Required", Shape::Bool), missing("Caching")];

/// An API's `Models`, by name.
pub(crate) fn models(node: Option<&Node>, scope: &mut Scope<'_>) -> BTreeMap<String, Value> {
    let entries = node.map_or(&[][..], Node::entries);
    let models: BTreeMap<String, Value> = entries
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.to_typed_json()))
        .collect();
    for entry in entries {
        if entry.value.get("type").is_none() {
            let message = format!("the model {} has no `type`", entry.key);
            scope
                .findings
                .error(entry.at, message, "add `type: object`");
        } else if let Err(reason) = JsonSchema::new(&document(&entry.key, &models)) {
            let message = format!(
                "the model {} is no JSON schema of draft 4: {reason}",
                entry.key
            );
            scope.findings.error(entry.at, message, "");
        }
    }
    models
}

/// What is checked of a route's requests.
pub(crate) fn of_route(
    properties: &Node,
    at: Location,
    api: &Api,
    scope: &mut Scope<'_>,
) -> Validation {
    let model = properties.get("RequestModel");
    let validates = |name: &str| model.and_then(|node| node.get_text(name)) == Some("true");
    let parameters: Vec<RequiredParameter> = properties
        .items_of("RequestParameters")
        .iter()
        .filter_map(|item| required(item, scope))
        .collect();
    if !parameters.is_empty() && !validates("ValidateParameters") {
        let message = "nothing checks these required parameters, here as on AWS: \
                       that takes a RequestModel with ValidateParameters: true";
        scope.findings.warn(at, message);
    }
    let schema = model.and_then(|node| schema(node, api, scope));
    Validation {
        body: schema.filter(|_| validates("ValidateBody")),
        parameters: match validates("ValidateParameters") {
            true => parameters,
            false => Vec::new(),
        },
    }
}

/// The schema of the model that a route names.
fn schema(model: &Node, api: &Api, scope: &mut Scope<'_>) -> Option<Arc<JsonSchema>> {
    let name = model.get_text("Model")?;
    if !api.models.contains_key(name) {
        let at = model.get("Model").map_or(model.at, |node| node.at);
        let message = format!("`{name}` is no model of {}", api.logical_id);
        let names: Vec<&str> = api.models.keys().map(String::as_str).collect();
        scope
            .findings
            .error(at, message, did_you_mean(name, &names));
        return None;
    }
    // What is wrong with it was told where it is declared.
    JsonSchema::new(&document(name, &api.models))
        .ok()
        .map(Arc::new)
}

/// A model as API Gateway holds it: SAM writes all of an API's models into
/// one OpenAPI document, in lower case, and there they may refer to each other.
fn document(name: &str, models: &BTreeMap<String, Value>) -> Value {
    let models: Map<String, Value> = models
        .iter()
        .map(|(name, schema)| (name.to_lowercase(), schema.clone()))
        .collect();
    json!({
        "$ref": format!("#/definitions/{}", name.to_lowercase()),
        "components": {"schemas": models},
        "definitions": models,
    })
}

/// One of `RequestParameters`, if it is required.
fn required(item: &Node, scope: &mut Scope<'_>) -> Option<RequiredParameter> {
    let (name, at, required) = match (item.as_text(), item.entries()) {
        (Some(name), _) => (name, item.at, false),
        (None, [Entry { key, at, value }]) => {
            check(value, REQUEST_PARAMETER, "a request parameter", *at, scope);
            (
                key.as_str(),
                *at,
                value.get_text("Required") == Some("true"),
            )
        }
        _ => {
            let message = "a request parameter is a name, or a name with its settings";
            scope
                .findings
                .error(item.at, message, "write one an item of the list");
            return None;
        }
    };
    let place = name.strip_prefix("method.request.");
    let found = place.and_then(|place| match place.split_once('.')? {
        ("querystring", name) => Some((ParameterLocation::QueryString, name)),
        ("path", name) => Some((ParameterLocation::Path, name)),
        ("header", name) => Some((ParameterLocation::Header, name)),
        _ => None,
    });
    let Some((location, name)) = found else {
        let message = format!("`{name}` is no request parameter");
        let help = "write method.request.querystring.NAME, or path or header for querystring";
        scope.findings.error(at, message, help);
        return None;
    };
    required.then(|| RequiredParameter {
        location,
        name: name.to_owned(),
    })
}
