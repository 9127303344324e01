//! What a service answers, before its protocol writes it down.

use bytes::Bytes;
use http::HeaderMap;

use crate::xml::Element;

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status; 200 for most.
    pub status: u16,
    /// Headers beside those that every answer of the protocol carries; they win over those.
    pub headers: HeaderMap,
    /// The body.
    pub content: Content,
}

/// An answer's body.
#[derive(Debug)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A JSON text.
    Json(Bytes),
    /// The result of a Query operation (what goes into `<…Result>`), or the document of a REST-XML one.
    Xml(Element),
    /// Bytes of another content type, whole or as they come to be.
    Raw {
        /// The content type.
        content_type: &'static str,
        /// The bytes.
        body: samlet_http::Body,
    },
}

impl Answer {
    /// 200 without a body.
    pub fn empty() -> Self {
        Self::of(Content::Empty)
    }

    /// 200 with a JSON text.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::of(Content::Json(body.into()))
    }

    /// 200 with XML.
    pub fn xml(element: Element) -> Self {
        Self::of(Content::Xml(element))
    }

    /// 200 with this body.
    pub fn of(content: Content) -> Self {
        Self {
            status: 200,
            headers: HeaderMap::new(),
            content,
        }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}
