//! An API's contract as an OpenAPI 3.1 document: routes, keys, models and the gateway's own answers as the template
//! declares them, and what functions take and answer as far as they say so themselves.
//! <https://spec.openapis.org/oas/v3.1.1.html>

mod contribution;
mod models;
mod responses;

use std::collections::BTreeMap;

use samlet_template::{Api, ApiKind, Application, Identity, ParameterLocation, Route};
use serde_json::{Map, Value, json};

use contribution::Operation;
pub use contribution::{Contribution, ContributionError};
use responses::Responses;

use crate::answers::GatewayAnswer;
use crate::cors;

/// 3.1 is the first whose schemas are JSON Schema's own.
const VERSION: &str = "3.1.0";

/// What `ANY` stands for: all that OpenAPI has but TRACE, which no API takes.
const ALL_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Methods whose requests have a body.
const WITH_BODY: [&str; 3] = ["PATCH", "POST", "PUT"];

/// The security scheme of API keys.
const API_KEY: &str = "ApiKey";

/// The contract of one of an application's APIs; `server` is where it is
/// reached, else it is described as it would be on AWS.
pub fn openapi(
    application: &Application,
    api: &Api,
    contribution: &Contribution,
    server: Option<&str>,
) -> Value {
    let document = Document {
        application,
        api,
        contribution,
    };
    document.whole(server)
}

struct Document<'a> {
    application: &'a Application,
    api: &'a Api,
    contribution: &'a Contribution,
}

impl Document<'_> {
    fn whole(&self, server: Option<&str>) -> Value {
        let mut shared = Map::new();
        let paths = self.paths(&mut shared);
        let mut schemas = models::schemas(&self.api.models);
        schemas.extend(self.contribution.schemas());
        let schemes = self.security_schemes();
        let mut components = Map::new();
        for (name, part) in [
            ("responses", shared),
            ("schemas", schemas),
            ("securitySchemes", schemes),
        ] {
            if !part.is_empty() {
                components.insert(name.to_owned(), Value::Object(part));
            }
        }
        json!({
            "openapi": VERSION,
            "info": self.info(),
            "servers": [self.server(server)],
            "paths": paths,
            "components": components,
        })
    }

    fn info(&self) -> Value {
        let mut info = json!({"title": self.api.logical_id, "version": "1"});
        if let Some(text) = &self.application.description {
            info["description"] = json!(text);
        }
        for (name, value) in &self.contribution.info {
            info[name] = value.clone();
        }
        info
    }

    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>
    fn server(&self, url: Option<&str>) -> Value {
        if let Some(url) = url {
            return json!({"url": url});
        }
        let stage = match self.api.stage.as_str() {
            "$default" => String::new(),
            stage => format!("/{stage}"),
        };
        json!({
            "url": format!("https://{{api}}.execute-api.{{region}}.amazonaws.com{stage}"),
            "variables": {
                "api": {"default": "API-ID", "description": "The API's id, which a deployment prints"},
                "region": {"default": "us-east-1"},
            },
        })
    }

    fn paths(&self, shared: &mut Map<String, Value>) -> Map<String, Value> {
        let ids = self.operation_ids();
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        // Those that name a method go before ANY.
        let (any, named): (Vec<_>, Vec<_>) = self
            .api
            .routes
            .iter()
            .filter(|route| route.path != "$default")
            .partition(|route| route.method == "ANY");
        for route in named.into_iter().chain(any) {
            let operations = paths.entry(documented(&route.path)).or_default();
            for method in methods(route) {
                let name = method.to_lowercase();
                if !operations.contains_key(&name) {
                    let id = &ids[&(route.path.as_str(), method)];
                    operations.insert(name, self.operation(route, method, id, shared));
                }
            }
        }
        for (path, operation) in self.preflights(shared) {
            let operations = paths.entry(documented(&path)).or_default();
            operations.entry("options").or_insert(operation);
        }
        let paths = paths.into_iter();
        paths
            .map(|(path, operations)| (path, Value::Object(operations)))
            .collect()
    }

    /// A function's logical id; for those with several operations with method and path.
    fn operation_ids(&self) -> BTreeMap<(&str, &str), String> {
        let routes = self.api.routes.iter();
        let operations: Vec<(&Route, &str)> = routes
            .flat_map(|route| {
                methods(route)
                    .into_iter()
                    .map(move |method| (route, method))
            })
            .collect();
        let operation = |(route, method): &(&Route, &str)| {
            let function = self.function_id(route);
            let of_function = operations.iter();
            let count = of_function.filter(|(other, _)| other.function == route.function);
            match count.count() {
                1 => function.to_owned(),
                _ => {
                    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
                    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
                    let method = method.to_lowercase();
                    [&[function, &method], &words[..]].concat().join("-")
                }
            }
        };
        let ids = operations.iter();
        ids.map(|pair| ((pair.0.path.as_str(), pair.1), operation(pair)))
            .collect()
    }

    fn function_id<'a>(&'a self, route: &'a Route) -> &'a str {
        let mut functions = self.application.functions.iter();
        let found = functions.find(|function| function.name == route.function);
        found.map_or(&route.function, |function| &function.logical_id)
    }

    fn operation(
        &self,
        route: &Route,
        method: &str,
        id: &str,
        shared: &mut Map<String, Value>,
    ) -> Value {
        let own = self.contribution.of_function(self.function_id(route));
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), json!(id));
        for (name, value) in own.map(|own| &own.rest).into_iter().flatten() {
            operation.insert(name.clone(), value.clone());
        }
        let parameters = parameters(route, own);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if let Some(body) = request_body(route, own) {
            operation.insert("requestBody".to_owned(), body);
        }
        let security = self.security(route);
        if !security.is_empty() {
            operation.insert("security".to_owned(), json!([security]));
        }
        let mut responses = Responses::new(self.api);
        for answer in self.answers(route, method) {
            responses.add(answer);
        }
        responses.add_functions(own);
        operation.insert("responses".to_owned(), responses.whole(shared));
        Value::Object(operation)
    }

    /// What a client may be answered without the function's doing.
    fn answers(&self, route: &Route, method: &str) -> Vec<GatewayAnswer> {
        use GatewayAnswer as Answer;
        // A path that is not quite this one's has no route.
        let mut answers = vec![
            Answer::NoRoute,
            Answer::HeadersTooLarge,
            Answer::Throttled,
            Answer::InternalServerError,
            Answer::BadGateway,
            Answer::TimedOut,
        ];
        if WITH_BODY.contains(&method) {
            answers.push(Answer::RequestTooLong);
        }
        if route.authorizer.is_some() {
            answers.extend([
                Answer::Unauthorized,
                Answer::AccessDenied,
                Answer::AccessDeniedExplicitly,
                Answer::AuthorizerFailed,
            ]);
        }
        if route.api_key_required {
            answers.extend([Answer::Forbidden, Answer::QuotaSpent]);
        }
        if !route.validation.parameters.is_empty() {
            answers.push(Answer::MissingParameters(String::new()));
        }
        if route.validation.body.is_some() {
            answers.push(Answer::InvalidBody(String::new()));
        }
        answers
    }

    /// What a route's requests need, by the names of schemes.
    fn security(&self, route: &Route) -> Map<String, Value> {
        let mut needed = Map::new();
        if let Some(name) = &route.authorizer {
            let places = self.api.authorizers.get(name).map(places_of);
            for (number, _) in places.unwrap_or_default().iter().enumerate() {
                needed.insert(scheme_name(name, number), json!([]));
            }
        }
        if route.api_key_required {
            needed.insert(API_KEY.to_owned(), json!([]));
        }
        needed
    }

    fn security_schemes(&self) -> Map<String, Value> {
        let mut schemes = Map::new();
        for (name, authorizer) in &self.api.authorizers {
            for (number, (place, key)) in places_of(authorizer).into_iter().enumerate() {
                let scheme = json!({"type": "apiKey", "in": place, "name": key});
                schemes.insert(scheme_name(name, number), scheme);
            }
        }
        if self.api.routes.iter().any(|route| route.api_key_required) {
            let scheme = json!({"type": "apiKey", "in": "header", "name": "x-api-key"});
            schemes.insert(API_KEY.to_owned(), scheme);
        }
        schemes
    }

    /// The answers to OPTIONS that browsers ask for before they send a request.
    fn preflights(&self, shared: &mut Map<String, Value>) -> BTreeMap<String, Value> {
        let Some(declared) = &self.api.cors else {
            return BTreeMap::new();
        };
        let (status, names): (_, Vec<(String, Vec<String>)>) = match self.api.kind {
            ApiKind::Rest => {
                let preflights = cors::rest_preflights(declared, &self.api.routes).into_iter();
                let names = preflights.map(|(path, headers)| {
                    (path, headers.keys().map(ToString::to_string).collect())
                });
                ("200", names.collect())
            }
            ApiKind::Http => {
                let routes = self.api.routes.iter();
                let routes = routes.filter(|route| route.path != "$default");
                let names = routes.map(|route| (route.path.clone(), Vec::new()));
                ("204", names.collect())
            }
        };
        let describe = |(path, names): (String, Vec<String>)| {
            let mut responses = Responses::new(self.api);
            responses.add(GatewayAnswer::NoRoute);
            responses.add(GatewayAnswer::Throttled);
            let mut responses = responses.whole(shared);
            let headers = names.into_iter();
            let headers: Map<String, Value> = headers
                .map(|name| (name, json!({"schema": {"type": "string"}})))
                .collect();
            responses[status] = json!({"description": "What browsers may do", "headers": headers});
            let parameters = path_parameters(&path).map(|name| path_parameter(&name));
            let operation = json!({
                "summary": "Cross-origin requests",
                "parameters": parameters.collect::<Value>(),
                "responses": responses,
            });
            (path, operation)
        };
        names.into_iter().map(describe).collect()
    }
}

/// The methods that a route answers.
fn methods(route: &Route) -> Vec<&str> {
    match route.method.as_str() {
        "ANY" => ALL_METHODS.to_vec(),
        method => vec![method],
    }
}

/// OpenAPI has no greedy parameters: `{proxy+}` is `{proxy}`.
fn documented(path: &str) -> String {
    path.replace("+}", "}")
}

/// The names in a path's braces.
fn path_parameters(path: &str) -> impl Iterator<Item = String> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
}

fn path_parameter(name: &str) -> Value {
    let mut parameter = json!({
        "name": name.trim_end_matches('+'),
        "in": "path",
        "required": true,
        "schema": {"type": "string", "minLength": 1},
    });
    if name.ends_with('+') {
        parameter["description"] = json!("The rest of the path, with its slashes");
    }
    parameter
}

fn parameters(route: &Route, own: Option<&Operation>) -> Vec<Value> {
    let mut parameters: Vec<Value> = path_parameters(&route.path)
        .map(|name| path_parameter(&name))
        .collect();
    for required in &route.validation.parameters {
        let place = match required.location {
            ParameterLocation::Path => continue,
            ParameterLocation::QueryString => "query",
            ParameterLocation::Header => "header",
        };
        let schema = json!({"type": "string", "minLength": 1});
        parameters
            .push(json!({"name": required.name, "in": place, "required": true, "schema": schema}));
    }
    // What the function knows better.
    for described in own.map(|own| &own.parameters).into_iter().flatten() {
        let same = |known: &&mut Value| {
            known["name"] == described["name"] && known["in"] == described["in"]
        };
        match parameters.iter_mut().find(same) {
            Some(known) => *known = described.clone(),
            None => parameters.push(described.clone()),
        }
    }
    parameters
}

/// What the gateway checks and what the function does: both must hold.
fn request_body(route: &Route, own: Option<&Operation>) -> Option<Value> {
    let model = route.validation.body.as_deref().and_then(models::reference);
    let mut body = match own.and_then(|own| own.request_body.clone()) {
        Some(body) => body,
        None => {
            let model = model.clone()?;
            json!({"required": true, "content": {"application/json": {"schema": model}}})
        }
    };
    let schema = &mut body["content"]["application/json"]["schema"];
    if let Some(model) = model.filter(|model| schema != model) {
        *schema = json!({"allOf": [model, schema]});
    }
    Some(body)
}

/// Where an authorizer's identity is in a request.
fn places_of(authorizer: &samlet_template::Authorizer) -> Vec<(&'static str, &str)> {
    match &authorizer.identity {
        Identity::Token { header, .. } => vec![("header", header)],
        Identity::Request {
            headers,
            query_strings,
            ..
        } => {
            let headers = headers.iter().map(|name| ("header", name.as_str()));
            let query = query_strings.iter().map(|name| ("query", name.as_str()));
            headers.chain(query).collect()
        }
    }
}

fn scheme_name(authorizer: &str, number: usize) -> String {
    match number {
        0 => authorizer.to_owned(),
        _ => format!("{authorizer}{}", number + 1),
    }
}

#[cfg(test)]
mod tests;
