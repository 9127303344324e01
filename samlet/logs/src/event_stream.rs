//! A live tail session as an event stream: one message after another, in AWS's binary framing.
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use samlet_http::{BodySender, streamed};
use samlet_service::{Answer, Content};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::live::LiveTail;

/// Answers with a session that ends with the client, with its time, or with samlet.
pub(crate) fn answer(session: LiveTail, shutdown: CancellationToken) -> Answer {
    let (sender, body) = streamed();
    let id = Uuid::new_v4().to_string();
    let mut answer = Answer::of(Content::Raw {
        content_type: "application/vnd.amazon.eventstream",
        body,
    });
    if let Ok(id) = http::HeaderValue::from_str(&id) {
        answer.headers.insert("x-amzn-requestid", id);
    }
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            _client_is_gone = send(session, sender, &id) => {}
        }
    });
    answer
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
