//! Who may invoke a function: its resource policy, from AWS::Lambda::Permission resources and from what SAM adds to
//! them for routes and authorizers.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use std::collections::BTreeMap;

use samlet_aws::{Arn, Place};
use serde_json::{Map, Value, json};

use super::policies::Written;
use crate::diagnostics::Location;
use crate::model::Document;
use crate::resolve::Scope;
use crate::yaml::{Entry, Node};
use crate::{Api, ApiKind, Function, Policy, ResourcePolicyDocument, Route};

/// A permission to invoke a function.
pub(crate) struct Permission {
    pub(crate) sid: String,
    /// A name, an ARN, or a part of one; with a qualifier or without.
    pub(crate) function: String,
    pub(crate) action: String,
    pub(crate) principal: Value,
    pub(crate) condition: Map<String, Value>,
    pub(crate) at: Location,
}

/// A function without permissions: Lambda's own form of an empty policy.
pub(crate) fn none() -> Policy<ResourcePolicyDocument> {
    let Written { name, document, .. } = written(Vec::new(), Vec::new());
    Policy {
        name,
        document: Document::new(document, samlet_iam::ResourcePolicyDocument::default()),
        locations: Vec::new(),
        places: Vec::new(),
    }
}

fn written(statements: Vec<Value>, locations: Vec<Location>) -> Written {
    Written {
        name: "FunctionPolicy".into(),
        document: json!({"Version": "2012-10-17", "Id": "default", "Statement": statements}),
        locations,
    }
}

/// CloudFormation's ids of statements end in random characters.
pub(crate) fn sid(logical_id: &str, scope: &Scope<'_>) -> String {
    format!("{}-{logical_id}", scope.settings.place.stack)
}

/// What SAM adds for the event that a route is declared as.
pub(crate) fn of_route(
    function_id: &str,
    event: &Entry,
    api: &Api,
    route: &Route,
    scope: &Scope<'_>,
) -> Permission {
    let is_rest = api.kind == ApiKind::Rest;
    let method = match route.method.as_str() {
        "ANY" => "*",
        method => method,
    };
    let resource = match route.path.as_str() {
        "$default" => method.to_owned(),
        path => format!("{method}{}", path_pattern(path, is_rest)),
    };
    // For a REST API SAM names the stage, too.
    let stage = api.stage.chars().filter(char::is_ascii_alphanumeric);
    let stage: String = stage.filter(|_| is_rest).collect();
    let logical_id = format!("{function_id}{}Permission{stage}", event.key);
    let resource = format!("*/{resource}");
    let function = &route.function;
    by_api(logical_id, function, api, &resource, event.at, scope)
}

/// Adds the permission of a route. As with SAM, that of an HTTP API's
/// catch-all stands for those of its function's other routes.
pub(crate) fn add_route(permissions: &mut Vec<Permission>, permission: Permission) {
    if permissions
        .iter()
        .any(|known| known.stands_for(&permission))
    {
        return;
    }
    permissions.retain(|known| !permission.stands_for(known));
    permissions.push(permission);
}

/// A path with `*` for its parameters. SAM leaves the greedy ones of HTTP APIs
/// as they are, but for `{proxy+}`.
fn path_pattern(path: &str, is_rest: bool) -> String {
    let path = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    };
    let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let pattern = |segment: &str| {
        let name = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        let name = name.filter(|name| is_rest || *name == "proxy+" || !name.ends_with('+'));
        let name = name.map(|name| name.strip_suffix('+').unwrap_or(name));
        let is_parameter = name.is_some_and(|name| !name.is_empty() && name.chars().all(is_sound));
        if is_parameter {
            "*".to_owned()
        } else {
            segment.to_owned()
        }
    };
    let segments: Vec<String> = path.split('/').map(pattern).collect();
    segments.join("/")
}

/// What SAM adds for the Lambda authorizers of an API's `Auth`: for those of
/// REST APIs unless it is declined, for those of HTTP APIs if it is asked for.
pub(crate) fn of_authorizers(auth: &Node, api: &Api, scope: &Scope<'_>) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for entry in auth.entries_of("Authorizers") {
        let is_true = |name: &str| entry.value.get_text(name) == Some("true");
        let is_permitted = match api.kind {
            ApiKind::Rest => !is_true("DisableFunctionDefaultPermissions"),
            ApiKind::Http => is_true("EnableFunctionDefaultPermissions"),
        };
        let Some(function) = entry.value.get_text("FunctionArn").filter(|_| is_permitted) else {
            continue;
        };
        let logical_id = format!("{}{}AuthorizerPermission", api.logical_id, entry.key);
        let resource = "authorizers/*";
        permissions.push(by_api(logical_id, function, api, resource, entry.at, scope));
    }
    permissions
}

fn by_api(
    logical_id: String,
    function: &str,
    api: &Api,
    resource: &str,
    at: Location,
    scope: &Scope<'_>,
) -> Permission {
    let resource = format_args!("{}/{resource}", api.id);
    let source = scope.settings.place.arn("execute-api", resource);
    let condition = [("ArnLike".to_owned(), json!({"AWS:SourceArn": source}))];
    Permission {
        sid: sid(&logical_id, scope),
        function: function.to_owned(),
        action: "lambda:InvokeFunction".into(),
        principal: json!({"Service": "apigateway.amazonaws.com"}),
        condition: condition.into_iter().collect(),
        at,
    }
}

/// Gives each function the permissions that are for it; `declared` are those
/// that the template has itself, whose functions may be elsewhere.
pub(crate) fn attach(
    mut functions: Vec<Function>,
    declared: &[Permission],
    made_by_sam: &[Permission],
    scope: &mut Scope<'_>,
) -> Vec<Function> {
    let place = &scope.settings.place;
    let mut by_name: BTreeMap<&str, Vec<&Permission>> = BTreeMap::new();
    for permission in declared.iter().chain(made_by_sam) {
        let name = function_name(&permission.function, place);
        by_name.entry(name).or_default().push(permission);
    }
    for permission in declared {
        let name = function_name(&permission.function, place);
        if !functions.iter().any(|function| function.name == name) {
            let message = format!(
                "the function {name} is not in this template, so this permission has no effect here"
            );
            scope.findings.warn(permission.at, message);
        }
    }
    for function in &mut functions {
        let own = by_name.remove(function.name.as_str()).unwrap_or_default();
        let resource = format_args!("function:{}", function.name);
        let arn = place.arn("lambda", resource);
        let statements = own.iter().map(|permission| permission.statement(&arn));
        let locations = own.iter().map(|permission| permission.at);
        let policy = written(statements.collect(), locations.collect());
        if let Some(policy) = policy.of_resource(function.location, scope) {
            function.policy = policy;
        }
    }
    functions
}

/// The name of a function that is called by it, by its ARN, or by the part of
/// that from the account's id on. A qualifier is passed over, since a function
/// has one version here; what is in another account stays as it is.
fn function_name<'a>(text: &'a str, place: &Place) -> &'a str {
    let partial = format!("{}:function:", place.account);
    let arn = place.arn("lambda", "function:");
    let name = text.strip_prefix(arn.as_str());
    let Some(name) = name.or_else(|| text.strip_prefix(partial.as_str())) else {
        let is_name = !text.contains(":function:");
        return text.split(':').next().filter(|_| is_name).unwrap_or(text);
    };
    name.split(':').next().unwrap_or(name)
}

impl Permission {
    /// The ARN of what may invoke the function.
    fn source(&self) -> &str {
        let source = self.condition.get("ArnLike");
        let source = source.and_then(|keys| keys["AWS:SourceArn"].as_str());
        source.unwrap_or_default()
    }

    /// Whether it is a catch-all's, and the other a route's of the same API and function.
    fn stands_for(&self, other: &Self) -> bool {
        let api = self.source().strip_suffix("/*/*");
        let api = api.filter(|api| !api.contains('/'));
        let route = api.and_then(|api| other.source().strip_prefix(api));
        self.function == other.function && route.is_some_and(|route| route.starts_with("/*/"))
    }

    fn statement(&self, function: &Arn) -> Value {
        let mut statement = json!({
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": self.principal,
            "Action": self.action,
            "Resource": function,
        });
        if !self.condition.is_empty() {
            statement["Condition"] = json!(self.condition);
        }
        statement
    }
}
