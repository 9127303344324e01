//! One AWS endpoint for all services: authenticates, authorises, hands on.
//!
//! Decides nothing itself: who signed and what is allowed is `samlet-iam`'s to
//! say, and what an operation does its service's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::Full;
use samlet_dynamodb::{ApiError, Store, requirements};
use samlet_http::{BodyError, Limits, Request, Response, read_body};
use samlet_iam::{Identities, authorize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// DynamoDB's largest request.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// How long a request's body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

const DYNAMODB_TARGET: &str = "DynamoDB_20120810.";
const DYNAMODB_CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The endpoint of one application.
#[derive(Debug)]
pub struct Endpoint {
    identities: Arc<Identities>,
    store: Store,
}

impl Endpoint {
    /// An endpoint for those in `identities`, over `store`.
    pub fn new(identities: Arc<Identities>, store: Store) -> Self {
        Self { identities, store }
    }

    /// Serves `listener` until `shutdown`, then finishes what is in flight.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) {
        let service = move |request: Request, _peer: SocketAddr| {
            let endpoint = Arc::clone(&self);
            async move { endpoint.answer(request).await }
        };
        let limits = Limits {
            drain_timeout: Duration::from_secs(2),
            ..Limits::default()
        };
        samlet_http::serve(listener, limits, shutdown, |_, _| true, service).await;
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        if !is_local(&parts) {
            return text(
                StatusCode::FORBIDDEN,
                "This endpoint answers to 127.0.0.1 and localhost only.\n",
            );
        }
        if parts.method == Method::GET && parts.uri.path() == "/" {
            let region = self.identities.region();
            return text(
                StatusCode::OK,
                &format!("healthy: dynamodb.{region}.amazonaws.com "),
            );
        }
        let body = match read_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, ""),
            Err(_) => return text(StatusCode::REQUEST_TIMEOUT, ""),
        };
        let result = match operation(&parts) {
            Ok(operation) => self.dynamodb(operation, &parts, body).await,
            Err(Unserved::ContentType) => {
                return text(StatusCode::NOT_FOUND, "<UnknownOperationException/>\n");
            }
            Err(Unserved::Service(what)) => Err(ApiError::new(
                400,
                "com.amazon.coral.service#UnknownOperationException",
                &format!("samlet does not provide {what}; it provides DynamoDB"),
            )),
        };
        respond(result)
    }

    /// One DynamoDB request, from signature to answer.
    async fn dynamodb(
        &self,
        operation: &str,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Bytes, ApiError> {
        let principal = self
            .identities
            .authenticate("dynamodb", parts, &body, SystemTime::now())
            .map_err(|error| {
                let type_name = format!("com.amazon.coral.service#{}", error.code());
                ApiError::new(400, &type_name, &error.to_string())
            })?;
        let request: Value =
            serde_json::from_slice(&body).map_err(|_| ApiError::serialization())?;
        let (region, account) = (self.identities.region(), self.identities.account_id());
        for needed in requirements(operation, &request, region, account)? {
            authorize(&principal, &needed.action, &needed.resource).map_err(|denied| {
                tracing::warn!("{denied}");
                let type_name = "com.amazon.coral.service#AccessDeniedException";
                let body = json!({"__type": type_name, "Message": denied.to_string()});
                ApiError {
                    status: 400,
                    body: body.to_string().into(),
                }
            })?;
        }
        self.store.execute(operation, body).await
    }
}

/// Why a request is for no operation here.
enum Unserved {
    ContentType,
    Service(String),
}

/// The DynamoDB operation that a request is for.
fn operation(parts: &Parts) -> Result<&str, Unserved> {
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let Some(target) = header("x-amz-target") else {
        return Err(Unserved::Service(format!(
            "{} {}",
            parts.method,
            parts.uri.path()
        )));
    };
    let Some(operation) = target.strip_prefix(DYNAMODB_TARGET) else {
        return Err(Unserved::Service(target.to_owned()));
    };
    if header("content-type") != Some(DYNAMODB_CONTENT_TYPE) {
        return Err(Unserved::ContentType);
    }
    Ok(operation)
}

/// A page on another site could otherwise reach us under a name of its own
/// that resolves to 127.0.0.1.
fn is_local(parts: &Parts) -> bool {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    matches!(name, Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn respond(result: Result<Bytes, ApiError>) -> Response {
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => {
            let status = StatusCode::from_u16(error.status);
            (
                status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                error.body,
            )
        }
    };
    let checksum = crc32fast::hash(&body);
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(DYNAMODB_CONTENT_TYPE),
    );
    headers.insert("x-amz-crc32", HeaderValue::from(checksum));
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// 52 upper-case letters and digits, as DynamoDB's are.
fn request_id() -> String {
    let random = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    random[..52].to_uppercase()
}

fn text(status: StatusCode, body: &str) -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from(body.to_owned())));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parts(host: &str) -> Parts {
        http::Request::post("/")
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    #[test]
    fn only_loopback_names_are_answered_to() {
        for host in [
            "127.0.0.1:4566",
            "localhost:4566",
            "localhost",
            "[::1]:4566",
        ] {
            assert!(is_local(&parts(host)), "{host}");
        }
        for host in ["evil.example:4566", "127.0.0.1.evil.example", ""] {
            assert!(!is_local(&parts(host)), "{host}");
        }
    }
}
