//! A live tail session as an event stream: one message after another, in AWS's binary framing.
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use http::{HeaderValue as HttpHeaderValue, header};
use samlet_http::{BodySender, Response, streamed};
use samlet_logs::LiveTail;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::request_id;

/// Answers with a session that ends with the client, with its time, or with samlet.
pub(crate) fn response(session: LiveTail, shutdown: CancellationToken) -> Response {
    let (sender, body) = streamed();
    let id = request_id();
    let mut response = http::Response::new(body);
    let headers = response.headers_mut();
    let content_type = HttpHeaderValue::from_static("application/vnd.amazon.eventstream");
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Ok(id) = HttpHeaderValue::from_str(&id) {
        headers.insert("x-amzn-requestid", id);
    }
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            _client_is_gone = send(session, sender, &id) => {}
        }
    });
    response
}

/// Sends all of a session; `None` when the client has gone.
async fn send(mut session: LiveTail, mut sender: BodySender, id: &str) -> Option<()> {
    let first = event("initial-response", &json!({}))?;
    sender.send_data(first).await.ok()?;
    let start = event("sessionStart", &session.start(id))?;
    sender.send_data(start).await.ok()?;
    while let Some(update) = session.update().await {
        let update = event("sessionUpdate", &update)?;
        sender.send_data(update).await.ok()?;
    }
    let over = json!({"message": "The Live Tail session has timed out."});
    let over = message(
        "exception",
        ":exception-type",
        "SessionTimeoutException",
        &over,
    )?;
    sender.send_data(over).await.ok()
}

fn event(name: &str, payload: &Value) -> Option<Bytes> {
    message("event", ":event-type", name, payload)
}

fn message(kind: &str, type_header: &'static str, name: &str, payload: &Value) -> Option<Bytes> {
    let text = |value: &str| HeaderValue::String(value.to_owned().into());
    let message = Message::new(Bytes::from(payload.to_string()))
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(type_header, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut frame = Vec::new();
    // Fails for a message of more than 16 MB only.
    write_message_to(&message, &mut frame).ok()?;
    Some(frame.into())
}
