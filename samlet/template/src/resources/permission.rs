//! AWS::Lambda::Permission.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>

use samlet_aws::Arn;
use serde_json::{Map, Value, json};

use crate::reading::Reading;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::sam::permissions::{Permission, sid};
use crate::sam::statements;
use crate::types::property::{Property, Shape, has, must};
use crate::types::{Handling, Naming, ResourceType};
use crate::yaml::{Entry, Node};

const TEXT: Shape = Shape::Text;

const PROPERTIES: &[Property] = &[
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

pub(super) static PERMISSION: ResourceType = ResourceType {
    properties: PROPERTIES,
    naming: Naming::Generated,
    handling: Handling::Read,
    ..ResourceType::new("AWS::Lambda::Permission")
};

pub(super) fn read(resource: &Entry, reading: &mut Reading<'_, '_>) {
    let permission = permission(resource, reading.scope);
    reading.permissions.extend(permission);
}

fn permission(resource: &Entry, scope: &mut Scope<'_>) -> Option<Permission> {
    let found = scope.findings.count();
    let properties = PERMISSION.resolved(resource, scope);
    // Nothing here needs it: what refers to something that isn't here, such as an alias, is left out.
    if let Some(unresolved) = scope.findings.take_back(found) {
        let message = format!(
            "the permission {} is left out, and so allows nothing here: {}",
            resource.key, unresolved.message
        );
        scope.findings.warn(unresolved.location, message);
        return None;
    }
    check(&properties, PROPERTIES, PERMISSION.name, resource.at, scope);
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
