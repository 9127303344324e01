//! REST with XML, as of S3: method, path and query name the operation.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use samlet_http::Response;

use super::{encoded, request_id, respond};
use crate::fault::CommonError;
use crate::xml::Element;
use crate::{Answer, Fault};

/// REST with XML, as one service speaks it. Its requests are recognised by the name that they are signed for.
#[derive(Debug)]
pub struct RestXml;

const CONTENT_TYPE: &str = "application/xml";

/// S3's own header for request ids.
const REQUEST_ID: &str = "x-amz-request-id";

pub(crate) fn answer(answer: Answer) -> Response {
    let id = request_id();
    let (content_type, body) = encoded(
        answer.content,
        CONTENT_TYPE,
        CONTENT_TYPE,
        Element::to_document,
    );
    let mut response = respond(answer.status, content_type, (REQUEST_ID, &id), body);
    response.headers_mut().extend(answer.headers);
    response
}

pub(crate) fn refuse(fault: &Fault) -> Response {
    let id = request_id();
    let mut error = Element::new("Error")
        .with_text_child("Code", code(fault))
        .with_text_child("Message", &fault.message);
    for (name, value) in &fault.members {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        error = error.with_child(Element::named(name.clone().into()).with_text(text));
    }
    let body = samlet_http::whole(error.with_text_child("RequestId", &id).to_document());
    respond(fault.status, CONTENT_TYPE, (REQUEST_ID, &id), body)
}

/// S3 has names of its own for what other services call otherwise.
fn code(fault: &Fault) -> &str {
    let code = fault.short_code();
    match (fault.common, code) {
        (None, code) => code,
        (Some(CommonError::UnknownOperation), _) => "NotImplemented",
        (Some(CommonError::Malformed), _) => "MalformedXML",
        (Some(CommonError::TooLarge), _) => "EntityTooLarge",
        (Some(CommonError::Internal), _) => "InternalError",
        (_, "UnrecognizedClientException") => "InvalidAccessKeyId",
        (_, "InvalidSignatureException") => "SignatureDoesNotMatch",
        (_, "IncompleteSignatureException") => "AuthorizationHeaderMalformed",
        _ => "AccessDenied",
    }
}
