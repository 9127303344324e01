//! What an operation is answered, by status: by the gateway itself, as it really answers, and by the function.

use std::collections::BTreeMap;

use http::header::CONTENT_TYPE;
use samlet_template::{Api, ApiKind};
use serde_json::{Map, Value, json};

use super::contribution::Operation;
use crate::answers::GatewayAnswer;
use crate::overrides;

/// By status, or `default`.
pub(super) struct Responses<'a> {
    api: &'a Api,
    by_status: BTreeMap<String, Response>,
}

#[derive(Default)]
struct Response {
    /// Each thing that it may mean.
    meanings: Vec<String>,
    /// Each kind of body, by content type.
    bodies: BTreeMap<String, Vec<Value>>,
    /// What else the function says of it; `None` when it is the gateway's only.
    of_function: Option<Map<String, Value>>,
}

/// One of the gateway's answers, as a client is given it.
struct Given {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

impl<'a> Responses<'a> {
    pub(super) fn new(api: &'a Api) -> Self {
        Self {
            api,
            by_status: BTreeMap::new(),
        }
    }

    /// Adds an answer of the gateway's own.
    pub(super) fn add(&mut self, answer: GatewayAnswer) {
        // Where two of one kind differ, clients may expect anything.
        let [one, other] = ["1", "2"].map(|variant| self.give(&varied(&answer, variant), variant));
        let response = self.by_status.entry(one.status.to_string()).or_default();
        let (_, text) = answer.told(self.api.kind).split_once(' ').map_or_else(
            || (String::new(), String::new()),
            |(status, text)| (status.to_owned(), text.to_owned()),
        );
        if !text.is_empty() && !response.meanings.contains(&text) {
            response.meanings.push(text);
        }
        let parsed = [&one, &other].map(|given| serde_json::from_slice::<Value>(&given.body).ok());
        let schema = match &parsed {
            [Some(one), Some(other)] => common(one, other),
            _ => json!({"type": "string"}),
        };
        let schemas = response.bodies.entry(one.content_type).or_default();
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }

    fn give(&self, answer: &GatewayAnswer, request_id: &str) -> Given {
        let response = match self.api.kind {
            ApiKind::Rest => {
                let (request, ()) = http::Request::new(()).into_parts();
                overrides::response(answer, &self.api.gateway_responses, &request, request_id)
            }
            ApiKind::Http => answer.response(ApiKind::Http),
        };
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        Given {
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or("application/json").to_owned(),
            body: samlet_http::peek(response.body()).map_or_else(Vec::new, |body| body.to_vec()),
        }
    }

    /// Adds what the function answers, as far as that is known.
    pub(super) fn add_functions(&mut self, own: Option<&Operation>) {
        let described = own.map(|own| &own.responses).into_iter().flatten();
        let mut is_known = false;
        for (status, described) in described {
            is_known = true;
            let response = self.by_status.entry(status.clone()).or_default();
            let mut described = described.as_object().cloned().unwrap_or_default();
            if let Some(Value::String(text)) = described.remove("description") {
                response.meanings.insert(0, text);
            }
            if let Some(Value::Object(content)) = described.remove("content") {
                for (content_type, body) in content {
                    let schema = body.get("schema").cloned().unwrap_or(json!({}));
                    response
                        .bodies
                        .entry(content_type)
                        .or_default()
                        .insert(0, schema);
                }
            }
            response.of_function = Some(described);
        }
        if !is_known {
            let response = self.by_status.entry("default".to_owned()).or_default();
            response
                .meanings
                .push("What the function answers".to_owned());
            response.of_function = Some(Map::new());
        }
    }

    /// As OpenAPI has them; those of the gateway only are put into `shared`.
    pub(super) fn whole(self, shared: &mut Map<String, Value>) -> Value {
        let responses = self.by_status.into_iter().map(|(status, response)| {
            let is_own = response.of_function.is_none();
            let described = response.whole();
            match is_own {
                true => (status.clone(), share(&status, described, shared)),
                false => (status, described),
            }
        });
        Value::Object(responses.collect())
    }
}

impl Response {
    fn whole(self) -> Value {
        let mut whole = self.of_function.unwrap_or_default();
        whole.insert("description".to_owned(), json!(self.meanings.join("; ")));
        let contents = self.bodies.into_iter().map(|(content_type, mut schemas)| {
            let schema = match schemas.len() {
                1 => schemas.remove(0),
                _ => json!({"anyOf": schemas}),
            };
            (content_type, json!({"schema": schema}))
        });
        let contents: Map<String, Value> = contents.collect();
        if !contents.is_empty() {
            whole.insert("content".to_owned(), Value::Object(contents));
        }
        Value::Object(whole)
    }
}

/// A reference to a response that several operations have.
fn share(status: &str, response: Value, shared: &mut Map<String, Value>) -> Value {
    let code = status.parse::<u16>().ok();
    let code = code.and_then(|code| http::StatusCode::from_u16(code).ok());
    let words = code.and_then(|code| code.canonical_reason());
    let name: String = words.unwrap_or(status).split([' ', '-']).collect();
    // Routes of one API may have a status for different reasons.
    let mut names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}{n}")));
    let free = names.find(|name| shared.get(name).is_none_or(|known| *known == response));
    let name = free.unwrap_or(name);
    let reference = json!({"$ref": format!("#/components/responses/{name}")});
    shared.insert(name, response);
    reference
}

/// An answer with another detail, where it has one.
fn varied(answer: &GatewayAnswer, variant: &str) -> GatewayAnswer {
    match answer {
        GatewayAnswer::MissingParameters(_) => GatewayAnswer::MissingParameters(variant.into()),
        GatewayAnswer::InvalidBody(_) => GatewayAnswer::InvalidBody(variant.into()),
        other => other.clone(),
    }
}

/// The schema of what two values have in common.
fn common(one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let shared = one.iter();
            let shared = shared.filter_map(|(name, value)| Some((name, value, other.get(name)?)));
            let properties: Map<String, Value> = shared
                .map(|(name, value, other)| (name.clone(), common(value, other)))
                .collect();
            let required: Vec<&String> = properties.keys().collect();
            json!({"type": "object", "required": required, "properties": properties})
        }
        (one, other) if one == other => json!({"const": one}),
        (Value::String(_), Value::String(_)) => json!({"type": "string"}),
        _ => json!({}),
    }
}
