//! Reads and writes the XML of AWS's Query and REST-XML protocols as a tree of elements.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;

mod read;

pub use read::{Limits, XmlError};

/// S3 begins its documents so; the Query protocol's have no declaration.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// An element, with all that it contains.
///
/// Names are those of the code, or were read and are valid: they cannot come from a request's
/// texts, so that nobody can write markup through them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: Cow<'static, str>,
    attributes: Vec<(Cow<'static, str>, String)>,
    content: Vec<Content>,
}

/// What stands in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An element.
    Element(Element),
    /// Unescaped text. It is never empty, and there are never two texts in succession.
    Text(String),
}

/// Building an element.
impl Element {
    /// An empty element. A name may have a prefix.
    pub fn new(name: &'static str) -> Self {
        Self::named(Cow::Borrowed(name))
    }

    /// An element with nothing but a text.
    pub fn with_only_text(name: &'static str, text: impl ToString) -> Self {
        Self::new(name).with_text(text)
    }

    /// Adds an attribute, or replaces the one with this name.
    #[must_use]
    pub fn with_attribute(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.retain(|(other, _)| other != name);
        let attribute = (Cow::Borrowed(name), value.to_string());
        self.attributes.push(attribute);
        self
    }

    /// Sets the namespace of this element and of those in it.
    #[must_use]
    pub fn with_namespace(self, uri: &str) -> Self {
        self.with_attribute("xmlns", uri)
    }

    /// Adds text.
    #[must_use]
    pub fn with_text(mut self, text: impl ToString) -> Self {
        self.push_text(&text.to_string());
        self
    }

    /// Adds an element.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.content.push(Content::Element(child));
        self
    }

    /// Adds elements: the members of a list, or an optional one.
    #[must_use]
    pub fn with_children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        let children = children.into_iter().map(Content::Element);
        self.content.extend(children);
        self
    }

    /// Adds an element with nothing but a text.
    #[must_use]
    pub fn with_text_child(self, name: &'static str, text: impl ToString) -> Self {
        self.with_child(Self::with_only_text(name, text))
    }

    /// Adds an element with nothing but a text, if there is one.
    #[must_use]
    pub fn with_optional_text_child(self, name: &'static str, text: Option<impl ToString>) -> Self {
        self.with_children(text.map(|text| Self::with_only_text(name, text)))
    }

    pub(crate) fn named(name: Cow<'static, str>) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            content: Vec::new(),
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Content::Text(before)) = self.content.last_mut() {
            before.push_str(text);
        } else if !text.is_empty() {
            self.content.push(Content::Text(text.to_owned()));
        }
    }
}

/// Looking at an element.
impl Element {
    /// The name as it is written, with its prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name without its prefix.
    pub fn local_name(&self) -> &str {
        let name = self.name();
        name.split_once(':').map_or(name, |(_, local)| local)
    }

    /// Names and values of the attributes in their order, those that declare namespaces among them.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let attributes = self.attributes.iter();
        attributes.map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// The value of an attribute, by the name as it is written: `xmlns`, `xsi:type`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes();
        attributes.find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Elements and texts in their order.
    pub fn content(&self) -> &[Content] {
        &self.content
    }

    /// The elements directly in this one.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// The first element directly in this one with a local name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.local_name() == name)
    }

    /// All elements directly in this one with a local name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.elements()
            .filter(move |element| element.local_name() == name)
    }

    /// The text directly in this element. What elements in it contain is not part of it.
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.content.iter().filter_map(|content| match content {
            Content::Element(_) => None,
            Content::Text(text) => Some(text.as_str()),
        });
        let first = Cow::Borrowed(texts.next().unwrap_or_default());
        texts.fold(first, |text, more| text + more)
    }

    /// The text of the first element with a local name.
    pub fn child_text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.child(name).map(Self::text)
    }
}

/// From and to bytes.
impl Element {
    /// Reads a document. White space between elements is kept, as text.
    ///
    /// # Errors
    ///
    /// The document is not well-formed, has a document type or exceeds the limits.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, XmlError> {
        read::read(bytes, limits)
    }

    /// The element, without a declaration.
    ///
    /// Characters that XML 1.0 doesn't allow, such as most control characters, are written as
    /// references (`&#x1;`). That is not well-formed, but it is [what S3 does], and why it offers
    /// `encoding-type=url`.
    ///
    /// [what S3 does]: https://github.com/basho/riak_cs/pull/1255
    pub fn to_bytes(&self) -> Bytes {
        self.written_after("")
    }

    /// The element after an XML declaration, as S3 answers.
    pub fn to_document(&self) -> Bytes {
        self.written_after(DECLARATION)
    }

    fn written_after(&self, start: &str) -> Bytes {
        let mut writer = Writer::new(Vec::from(start));
        let written = self.write(&mut writer);
        debug_assert!(written.is_ok(), "a vector takes all bytes");
        Bytes::from(writer.into_inner())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = BytesStart::new(self.name());
        for (name, value) in self.attributes() {
            start.push_attribute(Attribute {
                key: QName(name),
                value: escape(value),
            });
        }
        if self.content.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        for content in &self.content {
            match content {
                Content::Element(element) => element.write(writer)?,
                Content::Text(text) => {
                    writer.write_event(Event::Text(BytesText::from_escaped(escape(text))))?;
                }
            }
        }
        writer.write_event(Event::End(BytesEnd::new(self.name())))
    }
}

/// Escapes text and values of attributes as the SDKs do (`aws-smithy-xml`): a reference also for
/// what a parser would normalize, which is line ends, and tabs in attributes.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other if is_escaped(other) => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#x{:X};", u32::from(other));
            }
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

fn is_escaped(character: char) -> bool {
    matches!(
        character,
        '&' | '<' | '>' | '"' | '\'' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}'
    ) || !is_allowed(character)
}

/// Whether XML 1.0 allows a character, be it as it is or as a reference
/// (<https://www.w3.org/TR/xml/#charsets>). Surrogates are not characters to Rust.
fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    }
}

#[cfg(test)]
mod tests;
