//! STS: who a caller is. AWS Query, with XML answers.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use bytes::Bytes;
use http::request::Parts;
use samlet_http::Response;

use crate::access::Caller;
use crate::{Endpoint, Refusal, request_id, respond};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

impl Endpoint {
    /// One request. GetCallerIdentity needs no permission.
    pub(crate) fn sts(&self, action: &str, parts: &Parts, body: &Bytes) -> Response {
        let id = request_id();
        let (status, xml) = match self.caller("sts", parts, body) {
            Ok(Caller { principal, .. }) if action == "GetCallerIdentity" => {
                let result = format!(
                    "<GetCallerIdentityResult><Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account></GetCallerIdentityResult>",
                    escaped(&principal.arn),
                    escaped(&principal.user_id()),
                    self.identities.account_id(),
                );
                let metadata =
                    format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>");
                let xml = format!(
                    "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">{result}{metadata}</GetCallerIdentityResponse>"
                );
                (200, xml)
            }
            Ok(_) => {
                let text = format!("samlet does not provide the STS action {action}");
                (400, error("InvalidAction", &text, &id))
            }
            Err(Refusal::Unauthenticated(cause)) => {
                (403, error(sts_code(cause.code()), &cause.to_string(), &id))
            }
            Err(Refusal::Denied(cause)) => (403, error("AccessDenied", &cause.to_string(), &id)),
        };
        respond(status, "text/xml", &id, xml.into())
    }
}

/// STS has names of its own for what other services call otherwise.
fn sts_code(code: &str) -> &str {
    match code {
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "InvalidSignatureException" => "SignatureDoesNotMatch",
        other => other.trim_end_matches("Exception"),
    }
}

pub(crate) fn error(code: &str, message: &str, id: &str) -> String {
    let message = escaped(message);
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
    )
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
