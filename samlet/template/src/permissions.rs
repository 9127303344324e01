//! Who may invoke a function: its resource policy, from AWS::Lambda::Permission resources and from what SAM adds to
//! them for routes and authorizers.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use std::collections::BTreeMap;

use samlet_aws::{Arn, Place};
use serde_json::{Map, Value, json};

use crate::diagnostics::Location;
use crate::intrinsics::Scope;
use crate::node::{Entry, Node};
use crate::schema::{Property, Shape, check, has, must};
use crate::{Api, ApiKind, Function, Policy, Route, globals, statements};

const TEXT: Shape = Shape::Text;

const PERMISSION: &[Property] = &[
    must("Action", TEXT),
    must("FunctionName", TEXT),
    must("Principal", TEXT),
    has("EventSourceToken", TEXT),
    has("FunctionUrlAuthType", Shape::OneOf(&["AWS_IAM", "NONE"])),
    has("InvokedViaFunctionUrl", Shape::Bool),
    has("PrincipalOrgID", TEXT),
    has("SourceAccount", TEXT),
    has("SourceArn", TEXT),
];

/// The properties that restrict a permission: each with the operator and the
/// condition key that Lambda makes of it, in Lambda's spelling.
const CONDITIONS: [(&str, &str, &str); 6] = [
    (
        "EventSourceToken",
        "StringEquals",
        "lambda:EventSourceToken",
    ),
    (
        "FunctionUrlAuthType",
        "StringEquals",
        "lambda:FunctionUrlAuthType",
    ),
    (
        "InvokedViaFunctionUrl",
        "Bool",
        "lambda:InvokedViaFunctionUrl",
    ),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
];

/// The digits of an account's id.
const ACCOUNT_DIGITS: usize = 12;

/// A permission to invoke a function.
pub(crate) struct Permission {
    sid: String,
    /// A name, an ARN, or a part of one; with a qualifier or without.
    function: String,
    action: String,
    principal: Value,
    condition: Map<String, Value>,
    at: Location,
}

/// A function without permissions: Lambda's own form of an empty policy.
pub(crate) fn none() -> Policy {
    policy(Vec::new(), Vec::new())
}

fn policy(statements: Vec<Value>, locations: Vec<Location>) -> Policy {
    Policy {
        name: "FunctionPolicy".into(),
        document: json!({"Version": "2012-10-17", "Id": "default", "Statement": statements}),
        locations,
    }
}

/// Reads an AWS::Lambda::Permission.
pub(crate) fn read(resource: &Entry, scope: &mut Scope<'_>) -> Option<Permission> {
    let what = "AWS::Lambda::Permission";
    let found = scope.findings.count();
    let properties = globals::resolved(resource, scope);
    // Nothing here needs it: what refers to something that isn't here, such as an alias, is left out.
    if let Some(unresolved) = scope.findings.take_back(found) {
        let message = format!(
            "the permission {} is left out, and so allows nothing here: {}",
            resource.key, unresolved.message
        );
        scope.findings.warn(unresolved.location, message);
        return None;
    }
    check(&properties, PERMISSION, what, resource.at, scope);
    let action = properties.get("Action")?;
    if !is_action_of_lambda(action.as_text()?) {
        let message = "Action must be a Lambda action";
        let help = "use lambda:InvokeFunction to allow invoking the function";
        scope.findings.error(action.at, message, help);
    }
    statements::check_action(action, scope);
    let principal = properties.get("Principal")?;
    let principal = self::principal(principal, scope)?;
    let mut condition = Map::new();
    for (property, operator, key) in CONDITIONS {
        if let Some(value) = properties.get_text(property) {
            let operator = condition.entry(operator).or_insert_with(|| json!({}));
            operator[key] = json!(value);
        }
    }
    let function = properties.get("FunctionName")?;
    Some(Permission {
        sid: sid(&resource.key, scope),
        function: function.as_text()?.to_owned(),
        action: action.as_text()?.to_owned(),
        principal,
        condition,
        at: function.at,
    })
}

/// `lambda:Name`, `lambda:*` or `*`, as Lambda takes them.
fn is_action_of_lambda(action: &str) -> bool {
    let name = action.strip_prefix("lambda:").unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    action == "*" || name == "*" || is_name
}

/// As Lambda writes it into the policy.
fn principal(node: &Node, scope: &mut Scope<'_>) -> Option<Value> {
    let text = node.as_text()?;
    let is_digit = |c: char| c.is_ascii_digit();
    if text == "*" {
        return Some(json!("*"));
    }
    if text.len() == ACCOUNT_DIGITS && text.chars().all(is_digit) {
        let place = &scope.settings.place;
        let (partition, account) = (place.partition.as_str(), text);
        let root = Arn::new(partition, "iam", "", account, "root");
        return Some(json!({"AWS": root}));
    }
    if text.starts_with("arn:") {
        return Some(json!({"AWS": text}));
    }
    if text.contains('.') {
        return Some(json!({"Service": text}));
    }
    let message = format!("invalid Principal `{text}`: it must be a service, an account or an ARN");
    let help = "write a service as `sns.amazonaws.com`, and an account as its 12 digits";
    scope.findings.error(node.at, message, help);
    None
}

/// CloudFormation's ids of statements end in random characters.
fn sid(logical_id: &str, scope: &Scope<'_>) -> String {
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
    functions: &mut [Function],
    declared: &[Permission],
    made_by_sam: &[Permission],
    scope: &mut Scope<'_>,
) {
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
    for function in functions {
        let own = by_name.remove(function.name.as_str()).unwrap_or_default();
        let resource = format_args!("function:{}", function.name);
        let arn = place.arn("lambda", resource);
        let statements = own.iter().map(|permission| permission.statement(&arn));
        let locations = own.iter().map(|permission| permission.at);
        function.policy = policy(statements.collect(), locations.collect());
    }
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
