//! Services that are not here: refused so that their own SDK shows the reason.

use samlet_http::Response;
use serde_json::json;

use crate::service::Protocol;
use crate::sts::{error, escaped};
use crate::{request_id, respond};

/// The refusal of a service that speaks `protocol`. It isn't tried again.
pub(crate) fn response(message: &str, protocol: Protocol) -> Response {
    let id = request_id();
    match protocol {
        Protocol::Json => {
            let type_name = "com.amazon.coral.service#UnknownOperationException";
            let body = json!({"__type": type_name, "message": message});
            respond(
                400,
                "application/x-amz-json-1.0",
                &id,
                body.to_string().into(),
            )
        }
        Protocol::Query => {
            let body = error("InvalidAction", message, &id);
            respond(400, "text/xml", &id, body.into())
        }
        Protocol::S3 => {
            let message = escaped(message);
            let body = format!(
                "<Error><Code>NotImplemented</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"
            );
            respond(400, "application/xml", &id, body.into())
        }
    }
}
