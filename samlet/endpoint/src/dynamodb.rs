//! DynamoDB and DynamoDB Streams: AWS JSON 1.0.

use bytes::Bytes;
use http::HeaderValue;
use http::request::Parts;
use samlet_dynamodb::{ApiError, requirements};
use samlet_http::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Endpoint, Refusal, respond};

impl Endpoint {
    /// One request, from signature to answer.
    pub(crate) async fn dynamodb(&self, operation: &str, parts: &Parts, body: Bytes) -> Response {
        write(self.dynamodb_result(operation, parts, body).await)
    }

    async fn dynamodb_result(
        &self,
        operation: &str,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Bytes, ApiError> {
        let caller = self.caller("dynamodb", parts, &body).map_err(refuse)?;
        let request: Value =
            serde_json::from_slice(&body).map_err(|_| ApiError::serialization())?;
        let (region, account) = (self.identities.region(), self.identities.account_id());
        let general = self.context(&caller, parts);
        // Few policies ask for them, and they have to be looked up.
        let asks_for_keys = caller.principal.is_asked_for("dynamodb:");
        for needed in requirements(operation, &request, region, account)? {
            let mut context = general.clone();
            if asks_for_keys {
                let keys = self.store.condition_keys(operation, &needed).await;
                keys.into_iter()
                    .for_each(|(key, values)| context.set_all(key, values));
            }
            self.allow(&caller, &needed.action, &needed.resource, &context)
                .map_err(refuse)?;
        }
        self.store.execute(operation, body).await
    }
}

fn refuse(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Unauthenticated(error) => {
            let type_name = format!("com.amazon.coral.service#{}", error.code());
            ApiError::new(400, &type_name, &error.to_string())
        }
        Refusal::Denied(denied) => {
            let type_name = "com.amazon.coral.service#AccessDeniedException";
            let body = json!({"__type": type_name, "Message": denied.to_string()});
            ApiError {
                status: 400,
                body: body.to_string().into(),
            }
        }
    }
}

fn write(result: Result<Bytes, ApiError>) -> Response {
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err(error) => (error.status, error.body),
    };
    let checksum = crc32fast::hash(&body);
    let mut response = respond(status, "application/x-amz-json-1.0", &request_id(), body);
    let headers = response.headers_mut();
    headers.insert("x-amz-crc32", HeaderValue::from(checksum));
    response
}

/// 52 upper-case letters and digits, as DynamoDB's are.
fn request_id() -> String {
    let random = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    random[..52].to_uppercase()
}
