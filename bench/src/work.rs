//! What is asked of a system: an echo, or an operation on messages, in the form it takes requests in.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::load::Work;

/// A message as it is created: `events/CreateMessageItem-msg.json`.
const MESSAGE: &str = include_str!("../../events/CreateMessageItem-msg.json");

/// And what it is updated with.
const UPDATE: &str = include_str!("../../events/UpdateMessageItem-msg.json");

/// The event of API Gateway that a function is invoked with directly.
const EVENT: &str = include_str!("../../events/RetrieveMessageItem-event.json");

/// Where a message's id belongs.
const ID: &str = "MESSAGE_ID";

const UUID_LENGTH: usize = 36;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Operation {
    /// A function that does nothing.
    Echo,
    /// `POST /message`.
    Create,
    /// `GET /message/{message_id}`.
    Retrieve,
    /// `PUT /message/{message_id}`.
    Update,
    /// `DELETE /message/{message_id}`.
    Delete,
    /// Of ten, seven retrieve; one creates, one updates, one deletes.
    Mix,
}

impl Operation {
    /// All of them; each finds what it needs when they are run in this order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Echo,
        Self::Create,
        Self::Retrieve,
        Self::Update,
        Self::Delete,
        Self::Mix,
    ];

    fn method(self) -> Method {
        match self {
            Self::Create => Method::POST,
            Self::Update => Method::PUT,
            Self::Delete => Method::DELETE,
            _ => Method::GET,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Echo => "/echo",
            Self::Create => "/message",
            _ => "/message/MESSAGE_ID",
        }
    }

    fn body(self) -> &'static str {
        match self {
            Self::Create => MESSAGE,
            Self::Update => UPDATE,
            _ => "",
        }
    }

    /// The name of the function that does it.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Echo => "bench-echo",
            Self::Create => "create-message-item",
            Self::Update => "update-message-item",
            Self::Delete => "delete-message-item",
            Self::Retrieve | Self::Mix => "retrieve-message-item",
        }
    }

    /// As tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Create => "create",
            Self::Retrieve => "retrieve",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Mix => "mix",
        }
    }
}

/// The form in which a system takes requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    /// An API's routes.
    Rest,
    /// Lambda's Invoke API, by functions' names, with API Gateway's events.
    Invoke,
    /// The same; whatever the name, the one function there is.
    InvokeOnly,
}

/// Messages that are known to be there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// They stay.
    pub(crate) kept: Arc<Vec<String>>,
    /// They may be deleted.
    pub(crate) spare: Vec<String>,
}

/// Requests of one operation.
#[derive(Debug)]
pub(crate) struct Requests {
    operation: Operation,
    dialect: Dialect,
    /// By operation, with `MESSAGE_ID` where the id belongs; made beforehand,
    /// since the generator's time is the system's, too.
    events: BTreeMap<Operation, String>,
    sent: usize,
    /// What it works on, and has made.
    pub(crate) messages: Messages,
}

impl Requests {
    /// Of `operation`, on these messages.
    pub(crate) fn new(operation: Operation, dialect: Dialect, messages: Messages) -> Self {
        let events = match dialect {
            Dialect::Rest => BTreeMap::new(),
            _ => Operation::ALL.map(|each| (each, event(each))).into(),
        };
        Self {
            operation,
            dialect,
            events,
            sent: 0,
            messages,
        }
    }

    /// The next one's own operation, where they are mixed.
    fn operation(&self) -> Operation {
        match (self.operation, self.sent % 10) {
            (Operation::Mix, 3) => Operation::Create,
            (Operation::Mix, 6) => Operation::Update,
            (Operation::Mix, 9) if !self.messages.spare.is_empty() => Operation::Delete,
            (Operation::Mix, _) => Operation::Retrieve,
            (operation, _) => operation,
        }
    }

    /// The message it is about, if one has to be there.
    fn id(&mut self, operation: Operation) -> Option<String> {
        match operation {
            Operation::Delete => self.messages.spare.pop(),
            Operation::Retrieve | Operation::Update => {
                let kept = &self.messages.kept;
                // One after the other would be kinder to caches than users are.
                let index = self.sent.wrapping_mul(2_654_435_761) % kept.len().max(1);
                kept.get(index).cloned()
            }
            _ => Some(String::new()),
        }
    }
}

impl Work for Requests {
    type Kind = Operation;

    fn next(&mut self) -> Option<(Operation, Request<Full<Bytes>>)> {
        self.sent += 1;
        let operation = self.operation();
        let id = self.id(operation)?;
        let request = match self.dialect {
            Dialect::Rest => {
                let path = operation.path().replace(ID, &id);
                request(operation.method(), &path, operation.body().into())
            }
            Dialect::Invoke => invoke(
                operation.function(),
                self.events[&operation].replace(ID, &id),
            ),
            Dialect::InvokeOnly => invoke("function", self.events[&operation].replace(ID, &id)),
        };
        Some((operation, request?))
    }

    fn answered(&mut self, operation: Operation, status: StatusCode, body: &Bytes) -> Result<()> {
        let text = std::str::from_utf8(body)?;
        ensure!(status == StatusCode::OK, "{status}: {text}");
        if !matches!(self.dialect, Dialect::Rest) {
            ensure!(text.contains(r#""statusCode":200"#), "{text}");
        }
        if operation != Operation::Echo {
            ensure!(text.contains("success"), "{text}");
        }
        if operation == Operation::Create {
            let id = created(text).with_context(|| format!("no id: {text}"))?;
            self.messages.spare.push(id);
        }
        Ok(())
    }
}

/// The id in the answer to a create.
fn created(text: &str) -> Option<String> {
    // Its JSON may be text within the JSON of a function's response.
    let (_, rest) = text.split_once("message_id")?;
    let start = rest.find(|c: char| c.is_ascii_hexdigit())?;
    rest.get(start..start + UUID_LENGTH).map(str::to_owned)
}

fn invoke(function: &str, event: String) -> Option<Request<Full<Bytes>>> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    request(Method::POST, &path, event.into())
}

fn request(method: Method, path: &str, body: Bytes) -> Option<Request<Full<Bytes>>> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header("content-type", "application/json");
    request.body(Full::new(body)).ok()
}

/// API Gateway's event of an operation's request.
pub(crate) fn event(operation: Operation) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap_or_default();
    let path = operation.path();
    event["httpMethod"] = json!(operation.method().as_str());
    event["path"] = json!(path);
    event["pathParameters"] = match path.contains(ID) {
        true => json!({"message_id": ID}),
        false => Value::Null,
    };
    event["body"] = match operation.body() {
        "" => Value::Null,
        body => json!(body),
    };
    event.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &str = "51eef759-f0a6-4547-b226-7d29ccb057f4";

    #[test]
    fn an_answer_must_be_a_success_in_the_systems_own_form() {
        let answer = |dialect, status: u16, body: &str| {
            let mut requests = Requests::new(Operation::Create, dialect, Messages::default());
            let status = StatusCode::from_u16(status).expect("a status");
            let right = requests.answered(Operation::Create, status, &body.to_owned().into());
            right.map(|()| requests.messages.spare)
        };
        let body = json!({"success": true, "message": {"message_id": CREATED}}).to_string();
        let response = json!({"statusCode": 200, "body": body}).to_string();
        assert_eq!(answer(Dialect::Rest, 200, &body).expect("right"), [CREATED]);
        assert_eq!(
            answer(Dialect::Invoke, 200, &response).expect("right"),
            [CREATED]
        );
        assert!(answer(Dialect::Rest, 502, &body).is_err());
        assert!(answer(Dialect::Invoke, 200, r#"{"errorType":"x"}"#).is_err());
    }

    #[test]
    fn only_what_was_created_is_deleted() {
        let messages = Messages {
            kept: Arc::new(vec!["kept".into()]),
            spare: vec!["spare".into()],
        };
        let mut requests = Requests::new(Operation::Delete, Dialect::Rest, messages);
        let (_, request) = requests.next().expect("a request");
        assert_eq!(request.uri().path(), "/message/spare");
        assert!(requests.next().is_none());
    }
}
