//! CloudWatch Logs: AWS JSON 1.1.

use bytes::Bytes;
use http::request::Parts;
use samlet_http::Response;
use samlet_logs::{ApiError, requirements};
use serde_json::{Value, json};

use crate::{Endpoint, Refusal, live_tail, request_id, respond};

impl Endpoint {
    /// One request, from signature to answer.
    pub(crate) async fn logs(&self, operation: &str, parts: &Parts, body: &Bytes) -> Response {
        let answer = match self.permitted(operation, parts, body) {
            Ok(request) if operation == "StartLiveTail" => match self.logs.live_tail(&request) {
                Ok(session) => return live_tail::response(session, self.shutdown.clone()),
                Err(error) => Err(error),
            },
            Ok(request) => self.logs.execute(operation, request).await,
            Err(error) => Err(error),
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(error) => {
                let body = json!({"__type": error.code, "message": error.message});
                (error.status, body.to_string().into())
            }
        };
        respond(status, "application/x-amz-json-1.1", &request_id(), body)
    }

    /// The request of somebody who may make it.
    fn permitted(&self, operation: &str, parts: &Parts, body: &Bytes) -> Result<Value, ApiError> {
        let caller = self.caller("logs", parts, body).map_err(refuse)?;
        let request: Value = serde_json::from_slice(body).map_err(|_| ApiError {
            status: 400,
            code: "SerializationException",
            message: "The request is no JSON.".into(),
        })?;
        let (region, account) = (self.identities.region(), self.identities.account_id());
        let (action, resources) = requirements(operation, &request, region, account);
        let context = self.context(&caller, parts);
        for resource in resources {
            self.allow(&caller, &action, &resource, &context)
                .map_err(refuse)?;
        }
        Ok(request)
    }
}

fn refuse(refusal: Refusal) -> ApiError {
    let (code, message) = match refusal {
        Refusal::Unauthenticated(error) => (error.code(), error.to_string()),
        Refusal::Denied(denied) => ("AccessDeniedException", denied.to_string()),
    };
    ApiError {
        status: 400,
        code,
        message,
    }
}
