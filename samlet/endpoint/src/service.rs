//! Which service a request is for: each has its own way to say so.

use bytes::Bytes;
use http::Method;
use http::request::Parts;

/// A service, with the operation where the protocol names it in a header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Service<'a> {
    DynamoDb(&'a str),
    Lambda,
    Logs(&'a str),
    Sts(String),
    /// DynamoDB's target with a content type it doesn't take.
    WrongContentType,
    /// One that isn't here: what was asked, and the protocol to refuse it in.
    Unknown(String, Protocol),
}

/// How a service writes its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json,
    /// XML, as of the Query services.
    Query,
    /// XML, as of S3.
    S3,
}

/// The service of a request.
pub(crate) fn of<'a>(parts: &'a Parts, body: &Bytes) -> Service<'a> {
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if let Some(target) = header("x-amz-target") {
        let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
        return match (prefix, header("content-type")) {
            (
                "DynamoDB_20120810" | "DynamoDBStreams_20120810",
                Some("application/x-amz-json-1.0"),
            ) => Service::DynamoDb(operation),
            ("DynamoDB_20120810" | "DynamoDBStreams_20120810", _) => Service::WrongContentType,
            ("Logs_20140328", _) => Service::Logs(operation),
            _ => Service::Unknown(target.to_owned(), Protocol::Json),
        };
    }
    let named = |what: &str| match signed_for(parts) {
        Some(service) => format!("{service}: {what}"),
        None => what.to_owned(),
    };
    let path = parts.uri.path();
    if path.starts_with("/2015-03-31/functions") {
        return Service::Lambda;
    }
    if parts.method == Method::GET
        && path == "/"
        && let Some(query) = parts.uri.query()
        && let Some(action) = action_of(query)
        && query.contains("Version=2011-06-15")
    {
        return Service::Sts(action.to_owned());
    }
    let form = header("content-type")
        .is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    if parts.method == Method::POST && path == "/" && form {
        let body = String::from_utf8_lossy(body);
        return match action_of(&body) {
            Some(action) if body.contains("Version=2011-06-15") => Service::Sts(action.to_owned()),
            action => {
                let action = action.unwrap_or("a form without an Action");
                Service::Unknown(named(action), Protocol::Query)
            }
        };
    }
    let protocol = match signed_for(parts) {
        Some("s3") => Protocol::S3,
        _ => Protocol::Json,
    };
    Service::Unknown(named(&format!("{} {path}", parts.method)), protocol)
}

/// The action that a form or a query names.
fn action_of(form: &str) -> Option<&str> {
    let mut pairs = form.split('&');
    pairs.find_map(|pair| pair.strip_prefix("Action="))
}

/// The service that a request is signed for.
pub(crate) fn signed_for(parts: &Parts) -> Option<&str> {
    credential(parts, 3)
}

/// The access key that a request says it is signed by.
pub(crate) fn signed_by(parts: &Parts) -> Option<&str> {
    credential(parts, 0)
}

/// A part of `AKID/date/region/SERVICE/aws4_request`.
fn credential(parts: &Parts, part: usize) -> Option<&str> {
    let header = parts.headers.get("authorization")?.to_str().ok()?;
    let (_, credential) = header.split_once("Credential=")?;
    credential.split(',').next()?.split('/').nth(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_protocol_names_its_service_in_its_own_way() {
        let json = "application/x-amz-json-1.0";
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let sts = "Action=GetCallerIdentity&Version=2011-06-15";
        for (path, target, content_type, body, service) in [
            (
                "/",
                "DynamoDB_20120810.GetItem",
                json,
                "",
                Service::DynamoDb("GetItem"),
            ),
            (
                "/",
                "DynamoDB_20120810.GetItem",
                "text/plain",
                "",
                Service::WrongContentType,
            ),
            (
                "/",
                "Logs_20140328.GetLogEvents",
                json,
                "",
                Service::Logs("GetLogEvents"),
            ),
            (
                "/2015-03-31/functions/f/invocations",
                "",
                json,
                "",
                Service::Lambda,
            ),
            ("/", "", form, sts, Service::Sts("GetCallerIdentity".into())),
            (
                "/",
                "AmazonSQS.SendMessage",
                json,
                "",
                Service::Unknown("AmazonSQS.SendMessage".into(), Protocol::Json),
            ),
            (
                "/bucket",
                "",
                json,
                "",
                Service::Unknown("POST /bucket".into(), Protocol::Json),
            ),
        ] {
            let mut request = http::Request::post(path).header("content-type", content_type);
            if !target.is_empty() {
                request = request.header("x-amz-target", target);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(of(&parts, &Bytes::from(body)), service);
        }
    }
}
