//! The wire protocols of AWS: how each names an operation, and how it writes answers and refusals.
//! <https://smithy.io/2.0/aws/protocols/index.html>

mod json;
mod query;
mod rest_json;
mod rest_xml;
pub(crate) mod unknown;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use samlet_http::Response;
use uuid::Uuid;

pub use json::{Json, JsonVersion};
pub use query::Query;
pub use rest_json::RestJson;
pub use rest_xml::RestXml;

use crate::xml::Element;
use crate::{Answer, Content, Fault};

/// A wire protocol, as one service speaks it.
#[derive(Debug)]
pub enum Protocol {
    /// AWS JSON 1.0 or 1.1.
    Json(Json),
    /// AWS Query: forms in, XML out.
    Query(Query),
    /// REST with JSON.
    RestJson(RestJson),
    /// REST with XML, as of S3.
    RestXml(RestXml),
}

impl Protocol {
    /// Writes an answer or a refusal of `operation`.
    pub fn write(&self, operation: Option<&str>, outcome: Result<Answer, Fault>) -> Response {
        match (self, outcome) {
            (Self::Json(json), outcome) => json.write(outcome),
            (Self::Query(query), Ok(answer)) => query.answer(operation.unwrap_or_default(), answer),
            (Self::Query(query), Err(fault)) => query.refuse(&fault),
            (Self::RestJson(_), Ok(answer)) => rest_json::answer(answer),
            (Self::RestJson(_), Err(fault)) => rest_json::refuse(&fault),
            (Self::RestXml(_), Ok(answer)) => rest_xml::answer(answer),
            (Self::RestXml(_), Err(fault)) => rest_xml::refuse(&fault),
        }
    }

    /// Sends another body in a response that was written, such as a compressed one.
    pub fn replace_body(&self, response: &mut Response, body: Bytes) {
        *response.body_mut() = samlet_http::whole(body);
        if let Self::Json(json) = self {
            json.add_checksum(response);
        }
    }
}

/// A response with its content type and a request id in the header of this name.
fn respond(
    status: u16,
    content_type: &'static str,
    (id_header, id): (&'static str, &str),
    body: samlet_http::Body,
) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(id_header, id);
    }
    response
}

/// An answer's body and content type, where XML is written by `xml`.
fn encoded(
    content: Content,
    json_type: &'static str,
    xml_type: &'static str,
    xml: fn(&Element) -> Bytes,
) -> (&'static str, samlet_http::Body) {
    match content {
        Content::Empty => (json_type, samlet_http::whole(Bytes::new())),
        Content::Json(bytes) => (json_type, samlet_http::whole(bytes)),
        Content::Xml(element) => (xml_type, samlet_http::whole(xml(&element))),
        Content::Raw { content_type, body } => (content_type, body),
    }
}

/// The header of most services' request ids.
const REQUEST_ID: &str = "x-amzn-requestid";

/// A request id as most services have them.
fn request_id() -> String {
    Uuid::new_v4().to_string()
}
