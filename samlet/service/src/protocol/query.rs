//! AWS Query: a form names `Action` and `Version`, answers are XML.
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use samlet_http::Response;

use super::{REQUEST_ID, encoded, request_id, respond};
use crate::fault::CommonError;
use crate::xml::Element;
use crate::{Answer, Content, Fault};

/// AWS Query, as one service speaks it.
#[derive(Debug)]
pub struct Query {
    /// The value of `Version`, by which a form says whose it is.
    pub version: &'static str,
    /// The namespace of its XML.
    pub namespace: &'static str,
}

const CONTENT_TYPE: &str = "text/xml";

impl Query {
    /// `<ActionResponse><ActionResult>…</ActionResult><ResponseMetadata>…`.
    pub(crate) fn answer(&self, action: &str, answer: Answer) -> Response {
        let id = request_id();
        let mut whole = response_to(action).with_namespace(self.namespace);
        let (content_type, body) = match answer.content {
            content @ Content::Raw { .. } => {
                encoded(content, CONTENT_TYPE, CONTENT_TYPE, Element::to_bytes)
            }
            content => {
                if let Content::Xml(result) = content {
                    whole = whole.with_child(result);
                }
                let metadata = Element::new("ResponseMetadata").with_text_child("RequestId", &id);
                let bytes = whole.with_child(metadata).to_bytes();
                (CONTENT_TYPE, samlet_http::whole(bytes))
            }
        };
        let mut response = respond(answer.status, content_type, (REQUEST_ID, &id), body);
        response.headers_mut().extend(answer.headers);
        response
    }

    pub(crate) fn refuse(&self, fault: &Fault) -> Response {
        let id = request_id();
        let kind = if fault.status < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        let error = Element::new("Error")
            .with_text_child("Type", kind)
            .with_text_child("Code", code(fault))
            .with_text_child("Message", &fault.message);
        let whole = Element::new("ErrorResponse")
            .with_namespace(self.namespace)
            .with_child(error)
            .with_text_child("RequestId", &id);
        let body = samlet_http::whole(whole.to_bytes());
        respond(fault.status, CONTENT_TYPE, (REQUEST_ID, &id), body)
    }
}

/// The element around an action's answer. Only letters and digits are kept, so that an action's name cannot inject
/// markup.
fn response_to(action: &str) -> Element {
    let letters = action.chars().filter(char::is_ascii_alphanumeric);
    Element::named(format!("{}Response", letters.collect::<String>()).into())
}

/// Query has names of its own for what other protocols call otherwise.
fn code(fault: &Fault) -> &str {
    let code = fault.short_code();
    match (fault.common, code) {
        (None, code) => code,
        (Some(CommonError::UnknownOperation), _) => "InvalidAction",
        (Some(CommonError::Malformed), _) => "MalformedQueryString",
        (_, "UnrecognizedClientException") => "InvalidClientTokenId",
        (_, "InvalidSignatureException") => "SignatureDoesNotMatch",
        (_, other) => other.trim_end_matches("Exception"),
    }
}
