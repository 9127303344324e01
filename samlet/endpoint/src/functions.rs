//! Lambda: AWS REST JSON.

use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use samlet_http::Response;
use samlet_lambda::{ApiAnswer, ApiError, Operation};
use serde_json::json;

use crate::{Endpoint, Refusal, request_id, respond};

impl Endpoint {
    /// One request, from signature to answer.
    pub(crate) async fn lambda(&self, parts: &Parts, body: Bytes) -> Response {
        match self.lambda_result(parts, body).await {
            Ok(answer) => {
                let mut response = respond(answer.status, JSON, &request_id(), answer.body);
                response.headers_mut().extend(answer.headers);
                response
            }
            Err(error) => {
                let body = error.body.to_string().into();
                let mut response = respond(error.status, JSON, &request_id(), body);
                let code = HeaderValue::from_static(error.code);
                response.headers_mut().insert("x-amzn-errortype", code);
                response
            }
        }
    }

    async fn lambda_result(&self, parts: &Parts, body: Bytes) -> Result<ApiAnswer, ApiError> {
        let caller = self.caller("lambda", parts, &body).map_err(refuse)?;
        let operation = Operation::read(parts)?;
        let resource = self.functions.resource(&operation);
        let context = self.context(&caller, parts);
        self.allow(&caller, operation.action(), &resource, &context)
            .map_err(refuse)?;
        let trace = caller.call.map(|call| call.trace().clone());
        self.functions.serve(operation, body, trace).await
    }
}

const JSON: &str = "application/json";

fn refuse(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Unauthenticated(error) => ApiError {
            status: 403,
            code: error.code(),
            body: json!({"message": error.to_string()}),
        },
        Refusal::Denied(denied) => ApiError {
            status: 403,
            code: "AccessDeniedException",
            body: json!({"Message": denied.to_string()}),
        },
    }
}
