//! A request of a service, before the service has read it.

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use samlet_http::{BodyError, BodyReader};
use samlet_iam::{PayloadHash, PayloadMismatch};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::form::Form;
use crate::xml::{self, Element};
use crate::{Fault, Protocol};

/// A request of a service.
#[derive(Debug)]
pub struct Call {
    /// Method, path, query and headers.
    pub head: Parts,
    /// The protocol in which it was made and is answered.
    pub protocol: &'static Protocol,
    /// The operation, where the protocol names it: in AWS JSON and Query.
    pub operation: Option<String>,
    /// The body.
    pub body: Body,
}

/// A request's body.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Still arriving.
    Stream(BodyStream),
}

impl Call {
    /// A request of an AWS JSON operation that is made without HTTP.
    pub fn json(protocol: &'static Protocol, operation: &str, body: &Value) -> Self {
        Self::local(protocol, operation, body.to_string().into())
    }

    /// A request of a Query action that is made without HTTP.
    pub fn query(protocol: &'static Protocol, action: &str, members: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).extend_pairs(members);
        Self::local(protocol, action, form.finish().into())
    }

    fn local(protocol: &'static Protocol, operation: &str, body: Bytes) -> Self {
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.method = Method::POST;
        Self {
            head,
            protocol,
            operation: Some(operation.to_owned()),
            body: Body::Whole(body),
        }
    }

    /// The operation's name; empty where the protocol names none.
    pub fn operation(&self) -> &str {
        self.operation.as_deref().unwrap_or_default()
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query string, decoded; the first of several.
    pub fn query_parameter(&self, name: &str) -> Option<String> {
        let query = self.head.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A whole body's bytes; none of one that is streamed.
    pub fn bytes(&self) -> Bytes {
        match &self.body {
            Body::Whole(bytes) => bytes.clone(),
            Body::Stream(_) => Bytes::new(),
        }
    }

    /// The body as JSON.
    pub fn read_json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.bytes()).map_err(|_| Fault::malformed())
    }

    /// The members of a Query request.
    pub fn read_form(&self) -> Result<Form, Fault> {
        let bytes = self.bytes();
        let form = match self.head.method {
            Method::GET => self.head.uri.query().unwrap_or_default().as_bytes(),
            _ => &bytes,
        };
        Form::parse(form).map_err(|_| Fault::malformed())
    }

    /// The body as XML.
    pub fn read_xml(&self) -> Result<Element, Fault> {
        Element::parse(&self.bytes(), &xml::Limits::default()).map_err(|_| Fault::malformed())
    }
}

/// A body as it arrives. It ends with an error if it is not what its sender signed: only a body that was read to its
/// end without one may be kept.
#[derive(Debug)]
pub struct BodyStream {
    reader: BodyReader,
    /// It has ended, well or not: there is nothing more to come.
    is_over: bool,
    hash: Option<PayloadHash>,
}

/// Why a streamed body can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// It did not arrive.
    #[error(transparent)]
    Broken(#[from] BodyError),
    /// It is not what was signed.
    #[error(transparent)]
    Mismatch(#[from] PayloadMismatch),
}

impl BodyStream {
    /// A body that is checked against the hash that its request declared.
    pub fn arriving(reader: BodyReader, hash: PayloadHash) -> Self {
        Self {
            reader,
            is_over: false,
            hash: Some(hash),
        }
    }

    /// The next part of it; `None` at its end, and after an error.
    pub async fn next(&mut self) -> Option<Result<Bytes, StreamError>> {
        if self.is_over {
            return None;
        }
        let next = self.reader.next().await;
        if let Some(Ok(bytes)) = next {
            if let Some(hash) = &mut self.hash {
                hash.update(&bytes);
            }
            return Some(Ok(bytes));
        }
        self.is_over = true;
        if let Some(Err(error)) = next {
            return Some(Err(error.into()));
        }
        let mismatch = self.hash.take()?.finish().err()?;
        Some(Err(mismatch.into()))
    }
}
