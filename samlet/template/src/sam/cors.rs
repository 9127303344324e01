//! Cross-origin requests, as APIs declare them.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html>
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapicorsconfiguration.html>

use crate::Cors;
use crate::resolve::Scope;
use crate::resolve::check::check;
use crate::types::property::{Property, Shape, has, must};
use crate::yaml::Node;

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&TEXT);

const REST_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXT),
    has("AllowMethods", TEXT),
    must("AllowOrigin", TEXT),
    has("MaxAge", TEXT),
];

const HTTP_CORS: &[Property] = &[
    has("AllowCredentials", Shape::Bool),
    has("AllowHeaders", TEXTS),
    has("AllowMethods", TEXTS),
    has("AllowOrigins", TEXTS),
    has("ExposeHeaders", TEXTS),
    has("MaxAge", Shape::Whole(-1, 86_400)),
];

/// `Cors` of a REST API: an origin, or an object; every text in single
/// quotes, since API Gateway takes it for an expression.
pub(crate) fn of_rest(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
    let mut unquoted = |node: &Node| {
        let text = node.as_text()?;
        let inner = text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        if inner.is_none() {
            let help = format!("write \"'{text}'\"");
            let message = format!("`{text}` has to be in single quotes within the text");
            scope.findings.error(node.at, message, help);
        }
        inner.map(str::to_owned)
    };
    if node.as_text().is_some() {
        return Some(Cors {
            allow_origins: vec![unquoted(node)?],
            ..Cors::default()
        });
    }
    let mut one = |name: &str| node.get(name).and_then(&mut unquoted);
    let (origin, methods, headers, age) = (
        one("AllowOrigin"),
        one("AllowMethods"),
        one("AllowHeaders"),
        one("MaxAge"),
    );
    check(node, REST_CORS, "Cors", node.at, scope);
    let credentials = node.get_text("AllowCredentials") == Some("true");
    if credentials && origin.as_deref() == Some("*") {
        let message = "AllowCredentials does not go with the origin '*'";
        scope.findings.error(node.at, message, "name the origin");
    }
    Some(Cors {
        allow_origins: vec![origin?],
        allow_methods: methods.into_iter().collect(),
        allow_headers: headers.into_iter().collect(),
        expose_headers: Vec::new(),
        max_age: age.and_then(|age| age.parse().ok()),
        allow_credentials: credentials,
    })
}

/// `CorsConfiguration` of an HTTP API: true, or an object.
pub(crate) fn of_http(node: &Node, scope: &mut Scope<'_>) -> Option<Cors> {
    match node.as_text() {
        Some("true") => {
            return Some(Cors {
                allow_origins: vec!["*".into()],
                ..Cors::default()
            });
        }
        Some("false") => return None,
        _ => {}
    }
    check(node, HTTP_CORS, "CorsConfiguration", node.at, scope);
    let list = |name: &str| node.get(name).map(texts).unwrap_or_default();
    let credentials = node.get_text("AllowCredentials") == Some("true");
    let origins = list("AllowOrigins");
    if credentials && origins.iter().any(|origin| origin == "*") {
        let message = "AllowCredentials does not go with the origin '*'";
        scope.findings.error(node.at, message, "name the origins");
    }
    Some(Cors {
        allow_origins: origins,
        allow_methods: list("AllowMethods"),
        allow_headers: list("AllowHeaders"),
        expose_headers: list("ExposeHeaders"),
        max_age: node.get_text("MaxAge").and_then(|text| text.parse().ok()),
        allow_credentials: credentials,
    })
}

pub(crate) fn texts(node: &Node) -> Vec<String> {
    node.texts().map(str::to_owned).collect()
}
