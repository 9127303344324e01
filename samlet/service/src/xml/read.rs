//! Reads XML that a client sent: only what AWS's protocols need of XML 1.0, within limits.
//!
//! There are no document types and so no entities of one's own, and nothing is ever fetched.
//! Positions in errors are bytes from the start.

use std::borrow::Cow;
use std::str;

use quick_xml::XmlVersion;
use quick_xml::errors::IllFormedError::{MismatchedEndTag, UnmatchedEndTag};
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::{Reader, escape::resolve_predefined_entity};
use thiserror::Error;

use super::{Content, Element, is_allowed};

/// What a document may have. How large it is bounds its texts; that is for the caller to limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum number of elements in each other. The deepest request of S3 has about eight.
    pub depth: usize,
    /// Maximum number of elements. The largest request of S3, `CompleteMultipartUpload`, has
    /// 10,000 parts of up to eight elements.
    pub elements: usize,
    /// Maximum number of attributes of an element.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 32,
            elements: 100_000,
            attributes: 32,
        }
    }
}

/// Why a document cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum XmlError {
    /// A byte is not part of a UTF-8 character.
    #[error("the document is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// Where.
        at: u64,
    },
    /// The declaration names a version of XML other than 1.0 and 1.1.
    #[error("the declared XML version of the document is unknown")]
    Version,
    /// The declaration names another encoding.
    #[error("the declared encoding of the document is not UTF-8")]
    Encoding,
    /// There is a document type declaration.
    #[error("the document type declaration at byte {at} is not allowed")]
    DocumentType {
        /// Where.
        at: u64,
    },
    /// A reference is neither to a character that XML allows nor to one of its five entities.
    #[error("the document has an unknown or invalid reference at byte {at}")]
    Reference {
        /// Where it begins, or the tag that it is in.
        at: u64,
    },
    /// A character is not allowed in XML 1.0.
    #[error("the character at byte {at} is not allowed in XML 1.0")]
    Character {
        /// Where.
        at: u64,
    },
    /// An end tag doesn't belong to the last start tag that is open.
    #[error("the end tag at byte {at} does not match the start tag")]
    MismatchedTag {
        /// Where the end tag begins.
        at: u64,
    },
    /// The document ends within an element.
    #[error("the document ends at byte {at} within an element")]
    Unclosed {
        /// Where the document ends.
        at: u64,
    },
    /// There is text, or another element, beside the root element.
    #[error("the document has content outside its root element at byte {at}")]
    OutsideRoot {
        /// Where.
        at: u64,
    },
    /// There is no element.
    #[error("the document has no root element")]
    NoRoot,
    /// Another rule of XML is broken.
    #[error("the document is not well-formed XML at byte {at}")]
    Malformed {
        /// Where.
        at: u64,
    },
    /// See [`Limits::depth`].
    #[error("the document nests more than {0} elements")]
    TooDeep(usize),
    /// See [`Limits::elements`].
    #[error("the document has more than {0} elements")]
    TooManyElements(usize),
    /// See [`Limits::attributes`].
    #[error("an element has more than {0} attributes")]
    TooManyAttributes(usize),
}

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Element, XmlError> {
    let text = str::from_utf8(bytes).map_err(|error| XmlError::NotUtf8 {
        at: error.valid_up_to() as u64,
    })?;
    if let Some(at) = text.find(|character| !is_allowed(character)) {
        return Err(XmlError::Character { at: at as u64 });
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree {
        limits,
        elements: 0,
        open: Vec::new(),
        root: None,
    };
    let mut is_first = true;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event();
        match event.map_err(|error| malformed(&error, reader.error_position()))? {
            Event::Start(start) => tree.open(&start, at)?,
            Event::Empty(start) => {
                tree.open(&start, at)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => {
                if text.contains("]]>") {
                    return Err(XmlError::Malformed { at });
                }
                tree.text(&text.xml10_content(), at)?;
            }
            Event::CData(text) => tree.data(&text.xml10_content(), at)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) if is_allowed(character) => {
                    tree.data(character.encode_utf8(&mut [0; 4]), at)?;
                }
                Ok(None) => {
                    let text = resolve_predefined_entity(&reference);
                    tree.data(text.ok_or(XmlError::Reference { at })?, at)?;
                }
                Ok(Some(_)) | Err(_) => return Err(XmlError::Reference { at }),
            },
            Event::Decl(declaration) if is_first => check_declaration(&declaration, at)?,
            Event::Decl(_) => return Err(XmlError::Malformed { at }),
            Event::DocType(_) => return Err(XmlError::DocumentType { at }),
            Event::PI(instruction) => check_target(instruction.target(), at)?,
            Event::Comment(_) => {}
            Event::Eof => return tree.finish(at),
        }
        is_first = false;
    }
}

/// The tree as far as it has been read.
struct Tree<'a> {
    limits: &'a Limits,
    elements: usize,
    /// The elements that have begun, each in the one before.
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree<'_> {
    fn open(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(XmlError::OutsideRoot { at });
        }
        if self.open.len() == self.limits.depth {
            return Err(XmlError::TooDeep(self.limits.depth));
        }
        if self.elements == self.limits.elements {
            return Err(XmlError::TooManyElements(self.limits.elements));
        }
        self.elements += 1;
        let mut element = Element::named(name(start.name().0, at)?);
        if !are_apart(start.attributes_raw()) {
            return Err(XmlError::Malformed { at });
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| XmlError::Malformed { at })?;
            if element.attributes.len() == self.limits.attributes {
                return Err(XmlError::TooManyAttributes(self.limits.attributes));
            }
            if attribute.value.contains('<') {
                return Err(XmlError::Malformed { at });
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| XmlError::Reference { at })?;
            if !value.chars().all(is_allowed) {
                return Err(XmlError::Reference { at });
            }
            let name = name(attribute.key.0, at)?;
            element.attributes.push((name, value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    /// Ends the last open element. The reader sees to it that there is one.
    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.content.push(Content::Element(element)),
            None => self.root = Some(element),
        }
    }

    /// Text as it stands: outside the root element it may only be white space.
    fn text(&mut self, text: &str, at: u64) -> Result<(), XmlError> {
        if self.open.is_empty() && text.chars().all(is_space) {
            return Ok(());
        }
        self.data(text, at)
    }

    fn data(&mut self, text: &str, at: u64) -> Result<(), XmlError> {
        let Some(element) = self.open.last_mut() else {
            return Err(XmlError::OutsideRoot { at });
        };
        element.push_text(text);
        Ok(())
    }

    fn finish(self, at: u64) -> Result<Element, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::Unclosed { at });
        }
        self.root.ok_or(XmlError::NoRoot)
    }
}

fn malformed(error: &quick_xml::Error, at: u64) -> XmlError {
    match error {
        quick_xml::Error::IllFormed(MismatchedEndTag { .. } | UnmatchedEndTag(_)) => {
            XmlError::MismatchedTag { at }
        }
        _ => XmlError::Malformed { at },
    }
}

/// Checks a declaration in full, of which quick-xml only reads the parts that it is asked for.
/// Version 1.1 is read by the rules of 1.0.
fn check_declaration(declaration: &BytesDecl<'_>, at: u64) -> Result<(), XmlError> {
    let tag = BytesStart::from_content(&**declaration, "xml".len());
    if !are_apart(tag.attributes_raw()) {
        return Err(XmlError::Malformed { at });
    }
    let attributes: Result<Vec<_>, _> = tag.attributes().take(4).collect();
    let attributes = attributes.map_err(|_| XmlError::Malformed { at })?;
    let pairs = attributes.iter().map(|it| (it.key.0, it.value.as_ref()));
    let pairs: Vec<_> = pairs.collect();
    let [("version", version), rest @ ..] = &pairs[..] else {
        return Err(XmlError::Malformed { at });
    };
    if !matches!(*version, "1.0" | "1.1") {
        return Err(XmlError::Version);
    }
    let rest = match rest {
        [("encoding", encoding), rest @ ..] if encoding.eq_ignore_ascii_case("UTF-8") => rest,
        [("encoding", _), ..] => return Err(XmlError::Encoding),
        rest => rest,
    };
    match rest {
        [] | [("standalone", "yes" | "no")] => Ok(()),
        _ => Err(XmlError::Malformed { at }),
    }
}

/// Whether white space follows each attribute but the last, which quick-xml doesn't ask for.
fn are_apart(attributes: &str) -> bool {
    let mut quote = None;
    let mut is_after_value = false;
    for character in attributes.chars() {
        if let Some(open) = quote {
            if character == open {
                quote = None;
                is_after_value = true;
            }
            continue;
        }
        if is_after_value && !is_space(character) {
            return false;
        }
        is_after_value = false;
        if matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    true
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// A processing instruction has a name, which is not that of the declaration.
fn check_target(target: &str, at: u64) -> Result<(), XmlError> {
    if is_name(target) && !target.eq_ignore_ascii_case("xml") {
        return Ok(());
    }
    Err(XmlError::Malformed { at })
}

/// A name, with a prefix or without (<https://www.w3.org/TR/xml-names/#ns-qualnames>).
fn name(name: &str, at: u64) -> Result<Cow<'static, str>, XmlError> {
    let mut parts = name.split(':');
    let is_valid = parts.by_ref().take(2).all(is_name) && parts.next().is_none();
    if !is_valid {
        return Err(XmlError::Malformed { at });
    }
    Ok(Cow::Owned(name.to_owned()))
}

fn is_name(part: &str) -> bool {
    part.starts_with(is_name_start) && part.chars().all(is_name_character)
}

fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
