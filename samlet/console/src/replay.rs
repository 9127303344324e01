//! Sends a request again, as it was.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use samlet_aws::trace_id;
use samlet_lambda::Invoke;
use samlet_traces::{ApiRequest, Details, Origin};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::Console;
use crate::answer::{Problem, problem};
use crate::requests::can_replay;

/// Longer than an API waits for a function.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What belongs to the connection, or is made anew.
const DROPPED: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    TRACE_HEADER,
];

const TRACE_HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

impl Console {
    /// Sends a request again; tells the new one's id and status.
    pub(crate) async fn replay(&self, id: &str) -> Result<Value, Problem> {
        let details = self.trace(id)?.details();
        if !can_replay(&details, &self.known()) {
            let message = "this request was cut or forgotten, or its API is gone";
            return Err(problem(StatusCode::CONFLICT, message));
        }
        match details.summary.origin {
            Origin::Api(ref request) => self.send_again(request, &details).await,
            Origin::Invoke | Origin::Event => self.invoke_again(&details).await,
        }
    }

    async fn send_again(&self, original: &ApiRequest, details: &Details) -> Result<Value, Problem> {
        let failed = |why: &dyn std::fmt::Display| {
            let message = format!("the request could not be sent again: {why}");
            problem(StatusCode::BAD_GATEWAY, message)
        };
        let known = self.known();
        let url = known
            .urls
            .get(&original.api)
            .and_then(|url| url.parse::<Uri>().ok());
        let address = url.as_ref().and_then(Uri::authority);
        let address = address.ok_or_else(|| failed(&"its API is gone"))?;
        // By a trace of its own the new one is found.
        let trace = trace_id::new_header();
        let body = details.body.as_ref().map(|body| body.bytes.clone());
        let mut request = http::Request::builder()
            .method(original.method.as_str())
            .uri(&original.target)
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|error| failed(&error))?;
        *request.headers_mut() = original.headers.clone();
        for name in DROPPED {
            request.headers_mut().remove(name);
        }
        if let Ok(value) = HeaderValue::from_str(&trace) {
            request.headers_mut().insert(TRACE_HEADER, value);
        }
        let sent = tokio::time::timeout(TIMEOUT, send(address.as_str(), request)).await;
        let status = match sent {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => return Err(failed(&error)),
            Err(_) => return Err(failed(&format!("no answer within {TIMEOUT:?}"))),
        };
        let new = self.sources.traces.find_by_header(&trace);
        let id = new.map(|trace| trace.summary().id);
        Ok(json!({"id": id, "status": status.as_u16()}))
    }

    async fn invoke_again(&self, details: &Details) -> Result<Value, Problem> {
        let invoke = Invoke {
            function_name: details.summary.function.clone().unwrap_or_default(),
            payload: details
                .event
                .as_ref()
                .map(|event| event.bytes.clone())
                .unwrap_or_default(),
            client_context: None,
            trace: None,
        };
        let invoked = self.sources.lambda.invoke(invoke).await;
        let invoked =
            invoked.map_err(|error| problem(StatusCode::BAD_GATEWAY, error.to_string()))?;
        let status = match invoked.function_error {
            None => 200,
            Some(_) => 500,
        };
        Ok(json!({"id": invoked.request_id, "status": status}))
    }
}

/// Over a connection of its own, as any client.
async fn send(
    address: &str,
    request: http::Request<Full<Bytes>>,
) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut response = sender.send_request(request).await?;
    // Read to its end, and dropped.
    while let Some(frame) = response.body_mut().frame().await {
        frame?;
    }
    connection.abort();
    Ok(response.status())
}
