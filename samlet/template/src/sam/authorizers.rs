//! `Auth` of APIs and of their routes: Lambda authorizers. What else would protect a route is refused.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html>
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapiauth.html>

use std::collections::BTreeMap;
use std::time::Duration;

use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::resolve::names::did_you_mean;
use crate::types::property::{Property, Shape, has, must, refused, unnoticed};
use crate::yaml::{Entry, Kind, Node};
use crate::{ApiKind, Authorizer, Identity, PayloadFormat};

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&TEXT);

/// It would be passed over, and the route be open.
const OPEN: &str = "it would be open to everyone here: take it out to run the application";

const API_AUTH: &[Property] = &[
    // Preflights need no key here, as with SAM's own default.
    has("AddApiKeyRequiredToCorsPreflight", Shape::OneOf(&["false"])),
    has("AddDefaultAuthorizerToCorsPreflight", Shape::Bool),
    // Checked by `asks_for_key`.
    has("ApiKeyRequired", Shape::Any),
    has("Authorizers", Shape::Map(&Shape::Any)),
    has("DefaultAuthorizer", TEXT),
    has("EnableIamAuthorizer", Shape::OneOf(&["false"])),
    unnoticed("InvokeRole"),
    has("UsagePlan", Shape::Any),
    refused("ResourcePolicy", OPEN),
];

const ROUTE_AUTH: &[Property] = &[
    has("ApiKeyRequired", Shape::Bool),
    has("Authorizer", TEXT),
    unnoticed("InvokeRole"),
    unnoticed("OverrideApiAuth"),
    refused("AuthorizationScopes", OPEN),
    refused("ResourcePolicy", OPEN),
];

const IDENTITY: Shape = Shape::Object(&[
    has("Context", TEXTS),
    has("Header", TEXT),
    has("Headers", TEXTS),
    has("QueryStrings", TEXTS),
    has("ReauthorizeEvery", Shape::Whole(0, 3600)),
    has("StageVariables", TEXTS),
    has("ValidationExpression", TEXT),
]);

const AUTHORIZER: &[Property] = &[
    must("FunctionArn", TEXT),
    has(
        "AuthorizerPayloadFormatVersion",
        Shape::OneOf(&["1.0", "2.0"]),
    ),
    has("EnableSimpleResponses", Shape::Bool),
    has("FunctionPayloadType", Shape::OneOf(&["TOKEN", "REQUEST"])),
    has("Identity", IDENTITY),
    has("DisableFunctionDefaultPermissions", Shape::Bool),
    has("EnableFunctionDefaultPermissions", Shape::Bool),
    has("FunctionInvokeRole", TEXT),
    refused("JwtConfiguration", OPEN),
    refused("UserPoolArn", OPEN),
    refused("AuthorizationScopes", OPEN),
];

/// An API's `Auth`.
pub(crate) struct ApiAuth {
    pub(crate) authorizers: BTreeMap<String, Authorizer>,
    pub(crate) default: Option<String>,
    pub(crate) preflights: bool,
    pub(crate) api_key: bool,
}

/// Reads an API's `Auth`.
pub(crate) fn read(auth: Option<&Node>, kind: ApiKind, scope: &mut Scope<'_>) -> ApiAuth {
    let mut read = ApiAuth {
        authorizers: BTreeMap::new(),
        default: None,
        // SAM's own default.
        preflights: kind == ApiKind::Rest,
        api_key: false,
    };
    let Some(auth) = auth else { return read };
    check(auth, API_AUTH, "Auth", auth.at, scope);
    for entry in auth.entries_of("Authorizers") {
        if let Some(authorizer) = authorizer(entry, kind, scope) {
            read.authorizers.insert(entry.key.clone(), authorizer);
        }
    }
    let flag = |name: &str| auth.get_text(name);
    if flag("AddDefaultAuthorizerToCorsPreflight") == Some("false") {
        read.preflights = false;
    }
    read.api_key = auth
        .get("ApiKeyRequired")
        .is_some_and(|node| asks_for_key(node, scope));
    if read.api_key && kind == ApiKind::Http {
        let message = "an HTTP API has no API keys";
        scope
            .findings
            .error(auth.at, message, "take ApiKeyRequired out");
    }
    let known: Vec<&str> = auth
        .entries_of("Authorizers")
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    read.default = auth
        .get("DefaultAuthorizer")
        .and_then(|node| named(node, &known, scope));
    read
}

/// Whether `ApiKeyRequired` of an API asks for a key. To SAM, a parameter's
/// value is a text, and any text but the empty one is yes.
fn asks_for_key(node: &Node, scope: &mut Scope<'_>) -> bool {
    match &node.kind {
        Kind::Null => false,
        Kind::Literal(text) if matches!(text.as_str(), "true" | "false") => text == "true",
        Kind::Text(text) => {
            if text.eq_ignore_ascii_case("false") {
                let message = "on AWS a key is required here: the text `false` counts as true";
                let help = "write false without quotes; if it is a parameter's, leave that empty";
                scope.findings.error(node.at, message, help);
            }
            !text.is_empty()
        }
        _ => {
            let message = "ApiKeyRequired is true or false";
            scope.findings.error(node.at, message, "");
            false
        }
    }
}

/// The authorizer of a route: its own, else the API's.
pub(crate) fn of_route(
    auth: Option<&Node>,
    api: &crate::Api,
    scope: &mut Scope<'_>,
) -> Option<String> {
    let Some(auth) = auth else {
        return api.default_authorizer.clone();
    };
    check(auth, ROUTE_AUTH, "Auth", auth.at, scope);
    let Some(node) = auth.get("Authorizer") else {
        return api.default_authorizer.clone();
    };
    let known: Vec<&str> = api.authorizers.keys().map(String::as_str).collect();
    named(node, &known, scope)
}

/// Whether a route needs an API key: its own word, else the API's.
pub(crate) fn key_of_route(auth: Option<&Node>, api: &crate::Api) -> bool {
    let own = auth.and_then(|auth| auth.get("ApiKeyRequired")?.as_text());
    own.map_or(api.api_key_required, |own| own == "true")
}

/// The name of an authorizer that is declared; `NONE` is none.
fn named(node: &Node, known: &[&str], scope: &mut Scope<'_>) -> Option<String> {
    let name = node.as_text()?;
    match name {
        "NONE" => None,
        name if known.contains(&name) => Some(name.to_owned()),
        "AWS_IAM" => {
            let message = "samlet does not provide the authorizer AWS_IAM";
            scope.findings.error(node.at, message, OPEN);
            None
        }
        name => {
            let message = format!("`{name}` is no authorizer of this API");
            scope
                .findings
                .error(node.at, message, did_you_mean(name, known));
            None
        }
    }
}

fn authorizer(entry: &Entry, kind: ApiKind, scope: &mut Scope<'_>) -> Option<Authorizer> {
    let what = format!("the authorizer {}", entry.key);
    // One of another kind has no function: that it is another is told, not that.
    let other = ["JwtConfiguration", "UserPoolArn"];
    let lambda = !other.iter().any(|name| entry.value.get(name).is_some());
    let known: Vec<Property> = AUTHORIZER
        .iter()
        .map(|&property| match (property.name, lambda) {
            ("FunctionArn", false) => has("FunctionArn", TEXT),
            _ => property,
        })
        .collect();
    check(&entry.value, &known, &what, entry.at, scope);
    let text = |name: &str| entry.value.get_text(name);
    // `arn:aws:lambda:…:function:NAME`, with a qualifier or without.
    let arn = text("FunctionArn")?;
    let function = arn.split(':').nth(6).unwrap_or(arn).to_owned();
    let identity = entry.value.get("Identity");
    let inner = |name: &str| identity.and_then(|node| node.get(name));
    let texts = |name: &str| -> Vec<String> {
        let items = inner(name).into_iter().flat_map(Node::texts);
        items.map(str::to_owned).collect()
    };
    let own = |name: &str| inner(name).and_then(Node::as_text).map(str::to_owned);
    let token = kind == ApiKind::Rest && text("FunctionPayloadType") != Some("REQUEST");
    let identity = match token {
        true => Identity::Token {
            header: own("Header").unwrap_or_else(|| "Authorization".into()),
            validation: own("ValidationExpression"),
        },
        false => Identity::Request {
            headers: texts("Headers"),
            query_strings: texts("QueryStrings"),
            stage_variables: texts("StageVariables"),
            context: texts("Context"),
        },
    };
    let seconds = own("ReauthorizeEvery").and_then(|text| text.parse().ok());
    let default = match kind {
        ApiKind::Rest => 300,
        ApiKind::Http => 0,
    };
    // SAM takes `NONE` for none.
    let role = text("FunctionInvokeRole").filter(|role| !matches!(*role, "" | "NONE"));
    Some(Authorizer {
        function,
        invoke_role: role.map(str::to_owned),
        identity,
        time_to_live: Duration::from_secs(seconds.unwrap_or(default)),
        payload_format: match (kind, text("AuthorizerPayloadFormatVersion")) {
            (ApiKind::Http, Some("2.0")) => PayloadFormat::V2,
            _ => PayloadFormat::V1,
        },
        simple_responses: text("EnableSimpleResponses") == Some("true"),
    })
}
