//! Which service a request is for: each protocol has its own way to say so.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, header};

use crate::form::Form;
use crate::protocol::{Protocol, unknown};
use crate::{BodyRule, Service};

/// The longest form that is read to see which service it is for, when no service here takes longer ones.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// Which service a request is for.
#[derive(Debug)]
pub enum Recognised<'a> {
    /// A service that is here.
    Known(Destination<'a>),
    /// A form: only its body names the service.
    Form {
        /// The longest that is worth reading.
        max_bytes: usize,
    },
    /// A target of a service, with a content type that its protocol doesn't have.
    WrongContentType(&'a Arc<dyn Service>),
    /// A service that is not here.
    Unknown(UnknownService),
}

/// The service that a request is for.
#[derive(Debug)]
pub struct Destination<'a> {
    /// The service.
    pub service: &'a Arc<dyn Service>,
    /// Which of its protocols.
    pub protocol: &'static Protocol,
    /// The operation, where the protocol names it.
    pub operation: Option<String>,
}

/// A request for a service that is not here.
#[derive(Debug)]
pub struct UnknownService {
    /// What was asked for.
    pub what: String,
    /// The protocol in which its client understands a refusal.
    pub protocol: &'static Protocol,
}

/// Looks at a request's head and, once it is read, at a form's body.
pub(crate) fn recognise<'a>(
    services: &'a [Arc<dyn Service>],
    head: &Parts,
    body: Option<&[u8]>,
) -> Recognised<'a> {
    if let Some(target) = text_header(head, "x-amz-target") {
        return by_target(services, head, target);
    }
    if let Some(destination) = by_path(services, head.uri.path()) {
        return Recognised::Known(destination);
    }
    if head.uri.path() == "/" {
        let query = head.uri.query().unwrap_or_default();
        if head.method == Method::GET
            && let Some(destination) = by_action(services, query.as_bytes())
        {
            return Recognised::Known(destination);
        }
        let content_type = text_header(head, "content-type").unwrap_or_default();
        if head.method == Method::POST
            && content_type.starts_with("application/x-www-form-urlencoded")
        {
            return match body {
                None => Recognised::Form {
                    max_bytes: longest_form(services),
                },
                Some(body) => by_action(services, body)
                    .map_or_else(|| unknown_action(head, body), Recognised::Known),
            };
        }
    }
    by_signature(services, head)
}

fn by_target<'a>(services: &'a [Arc<dyn Service>], head: &Parts, target: &str) -> Recognised<'a> {
    let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
    for (service, protocol) in protocols_of(services) {
        let Protocol::Json(json) = protocol else {
            continue;
        };
        if !json.targets.contains(&prefix) {
            continue;
        }
        let content_type = text_header(head, "content-type").unwrap_or_default();
        if !json.takes(content_type) {
            return Recognised::WrongContentType(service);
        }
        return Recognised::Known(Destination {
            service,
            protocol,
            operation: Some(operation.to_owned()),
        });
    }
    Recognised::Unknown(UnknownService {
        what: target.to_owned(),
        protocol: &unknown::JSON,
    })
}

fn by_path<'a>(services: &'a [Arc<dyn Service>], path: &str) -> Option<Destination<'a>> {
    let (service, protocol) = protocols_of(services).find(|(_, protocol)| match protocol {
        Protocol::RestJson(rest) => rest.paths.iter().any(|known| is_below(path, known)),
        _ => false,
    })?;
    Some(Destination {
        service,
        protocol,
        operation: None,
    })
}

/// Whether a path is `known`, or one of those within it.
fn is_below(path: &str, known: &str) -> bool {
    let rest = path.strip_prefix(known);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The service whose version a form names.
fn by_action<'a>(services: &'a [Arc<dyn Service>], form: &[u8]) -> Option<Destination<'a>> {
    let form = Form::parse(form).ok()?;
    let (action, version) = (form.get("Action")?, form.get("Version")?);
    let (service, protocol) = protocols_of(services).find(|(_, protocol)| match protocol {
        Protocol::Query(query) => query.version == version,
        _ => false,
    })?;
    Some(Destination {
        service,
        protocol,
        operation: Some(action.to_owned()),
    })
}

fn unknown_action<'a>(head: &Parts, body: &[u8]) -> Recognised<'a> {
    let form = Form::parse(body).ok();
    let action = form.as_ref().and_then(|form| form.get("Action"));
    let what = action.unwrap_or("a form without an Action");
    Recognised::Unknown(UnknownService {
        what: named(head, what),
        protocol: &unknown::QUERY,
    })
}

/// S3's requests say only by their signature that they are S3's.
fn by_signature<'a>(services: &'a [Arc<dyn Service>], head: &Parts) -> Recognised<'a> {
    let signed_for = signed_for(head);
    let by_name = |(service, protocol): &(&Arc<dyn Service>, &Protocol)| {
        matches!(protocol, Protocol::RestXml(_))
            && signed_for.as_deref() == Some(service.identity().signing_name)
    };
    if let Some((service, protocol)) = protocols_of(services).find(by_name) {
        return Recognised::Known(Destination {
            service,
            protocol,
            operation: None,
        });
    }
    let protocol = match signed_for.as_deref() {
        Some("s3") => &unknown::REST_XML,
        _ => &unknown::JSON,
    };
    Recognised::Unknown(UnknownService {
        what: named(head, &format!("{} {}", head.method, head.uri.path())),
        protocol,
    })
}

fn named(head: &Parts, what: &str) -> String {
    match signed_for(head) {
        Some(service) => format!("{service}: {what}"),
        None => what.to_owned(),
    }
}

/// Every service with each of its protocols.
fn protocols_of(
    services: &[Arc<dyn Service>],
) -> impl Iterator<Item = (&Arc<dyn Service>, &'static Protocol)> {
    services.iter().flat_map(|service| {
        let protocols = service.identity().protocols.iter();
        protocols.map(move |protocol| (service, protocol))
    })
}

/// The longest form that any service takes.
fn longest_form(services: &[Arc<dyn Service>]) -> usize {
    let forms =
        protocols_of(services).filter(|(_, protocol)| matches!(protocol, Protocol::Query(_)));
    let longest = forms.filter_map(|(service, _)| match service.identity().body {
        BodyRule::Whole { max_bytes } => Some(max_bytes),
        BodyRule::Streamed { .. } => None,
    });
    longest.max().unwrap_or(0).max(MAX_FORM_BYTES)
}

/// The service that a request is signed for.
pub fn signed_for(head: &Parts) -> Option<String> {
    credential(head, 3)
}

/// The access key that a request says it is signed by.
pub fn signed_by(head: &Parts) -> Option<String> {
    credential(head, 0)
}

/// A part of `AKID/date/region/SERVICE/aws4_request`, from the header or a presigned URL.
fn credential(head: &Parts, part: usize) -> Option<String> {
    let header = text_header(head, header::AUTHORIZATION.as_str());
    if let Some((_, credential)) = header.and_then(|header| header.split_once("Credential=")) {
        let credential = credential.split(',').next()?;
        return credential.split('/').nth(part).map(str::to_owned);
    }
    let query = head.uri.query()?;
    if !query.contains("X-Amz-Credential=") {
        return None;
    }
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, credential) = pairs.find(|(name, _)| name == "X-Amz-Credential")?;
    credential.split('/').nth(part).map(str::to_owned)
}

fn text_header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
