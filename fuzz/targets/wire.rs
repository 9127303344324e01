//! Forms and XML: any bytes as either, which other readings agree with, and trees that are
//! written and read again.

#![no_main]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use fuzz::pieced;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode;
use roxmltree::{Document, Node};
use samlet_service::form::{Fields, Form, FormError, MAX_INDEX_DIGITS, MAX_NAME_BYTES, MAX_PAIRS};
use samlet_service::xml::{Content, Element, Limits, XmlError};

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((b'<' | b' ' | 0xEF, _)) => any_xml(data),
        Some((first, rest)) if *first < b' ' => {
            if let Ok(element) = element(&mut Unstructured::new(rest), 4) {
                again(&element);
            }
        }
        _ => any_form(data),
    }
});

/// Names that are asked for at most, of each form.
const ASKED: usize = 16;

fn any_form(data: &[u8]) {
    let pairs = pairs(data);
    let form = match Form::parse(data) {
        Ok(form) => form,
        Err(FormError::TooManyPairs) => return assert!(pairs.len() > MAX_PAIRS),
        Err(why) => {
            assert_eq!(why, FormError::NameTooLong);
            return assert!(pairs.iter().any(|(name, _)| name.len() > MAX_NAME_BYTES));
        }
    };
    let dots = |name: &'_ str| -> Vec<String> {
        let ends = name.match_indices('.').map(|(dot, _)| dot);
        ends.map(|end| name[..end].to_owned()).collect()
    };
    let written = pairs.iter().map(|(name, _)| name.clone());
    let prefixes = pairs.iter().flat_map(|(name, _)| dots(name));
    let asked: BTreeSet<String> = prefixes.chain(written).collect();
    for name in asked.iter().filter(|name| !name.is_empty()).take(ASKED) {
        same(form.prefixed(name), name, &pairs);
        let members = form.list(name);
        let wrapped = indexes(&pairs, &format!("{name}.member"));
        let (list, indexes) = if wrapped.is_empty() {
            (name.clone(), indexes(&pairs, name))
        } else {
            (format!("{name}.member"), wrapped)
        };
        assert_eq!(members.len(), indexes.len(), "{list} of {pairs:?}");
        for (member, index) in members.into_iter().zip(indexes) {
            same(member, &format!("{list}.{index}"), &pairs);
        }
        let entries = form.list_of(name, "entry");
        let keys: Option<Vec<_>> = entries.iter().map(|entry| entry.get("key")).collect();
        let read = form.map(name).ok();
        let read = read.map(|map| map.into_iter().map(|(key, _)| key).collect());
        assert_eq!(read, keys, "{name} of {pairs:?}");
    }
}

/// The URL standard's parser of forms, as slowly as it can be said.
fn pairs(data: &[u8]) -> Vec<(String, String)> {
    let decoded = |bytes: &[u8]| {
        let spaced: Vec<u8> = bytes
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    data.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(parts.next().unwrap_or_default());
            (name, decoded(parts.next().unwrap_or_default()))
        })
        .collect()
}

/// The first of the pairs with a name, and those under it.
fn same(fields: Fields<'_>, name: &str, pairs: &[(String, String)]) {
    let found = pairs.iter().find(|(other, _)| other == name);
    let value = found.map(|(_, value)| value.as_str());
    assert_eq!(fields.value(), value, "{name} of {pairs:?}");
    let dotted = format!("{name}.");
    let mut under = BTreeMap::new();
    for (other, value) in pairs {
        if let Some(rest) = other.strip_prefix(&dotted) {
            under.entry(rest).or_insert(value.as_str());
        }
    }
    let read: Vec<_> = fields.iter().collect();
    let unique: BTreeMap<_, _> = read.iter().copied().collect();
    assert_eq!(read.len(), unique.len(), "{name} of {pairs:?}");
    assert_eq!(unique, under, "{name} of {pairs:?}");
}

fn indexes(pairs: &[(String, String)], list: &str) -> BTreeSet<u64> {
    let dotted = format!("{list}.");
    let rests = pairs
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&dotted));
    let segments = rests.filter_map(|rest| rest.split('.').next());
    let numbers = segments.filter(|segment| segment.len() <= MAX_INDEX_DIGITS);
    numbers
        .filter_map(|segment| {
            let number: u64 = segment.parse().ok()?;
            (number > 0 && number.to_string() == segment).then_some(number)
        })
        .collect()
}

fn any_xml(data: &[u8]) {
    let read = Element::parse(data, &Limits::default());
    if let Ok(element) = &read {
        again(element);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        let refused = matches!(read, Err(XmlError::NotUtf8 { .. }));
        return assert!(refused, "{read:?}");
    };
    // XML normalizes line ends before all else; roxmltree leaves one before a reference.
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    match (Document::parse(text), read) {
        (Ok(other), Ok(element)) => alike(&element, other.root_element(), text),
        (
            Ok(_),
            Err(
                XmlError::Encoding
                | XmlError::Version
                | XmlError::TooDeep(_)
                | XmlError::TooManyAttributes(_)
                | XmlError::TooManyElements(_),
            ),
        )
        | (Err(_), Err(_)) => {}
        // roxmltree reads U+FFFD where a reference is to nothing.
        (Ok(_), Err(XmlError::Reference { .. })) if text.contains("&#") => {}
        // roxmltree reads `<?a<b?>` as a processing instruction.
        (Ok(_), Err(XmlError::Malformed { .. })) if text.contains("<?") => {}
        (Ok(_), Err(why)) => panic!("{why}, says samlet of {text:?}"),
        (Err(why), Ok(_)) => assert!(is_laxer(&why), "{why}, says roxmltree of {text:?}"),
    }
}

/// What roxmltree refuses and samlet doesn't look at: what the prefixes stand for.
fn is_laxer(why: &roxmltree::Error) -> bool {
    use roxmltree::Error::*;
    matches!(
        why,
        InvalidXmlPrefixUri(_)
            | UnexpectedXmlUri(_)
            | UnexpectedXmlnsUri(_)
            | InvalidElementNamePrefix(_)
            | DuplicatedNamespace(..)
            | UnknownNamespace(..)
            | DuplicatedAttribute(..)
    )
}

/// The same names, attributes and texts. roxmltree keeps neither the declarations of namespaces
/// nor the prefixes that use them.
fn alike(element: &Element, other: Node<'_, '_>, text: &str) {
    assert_eq!(element.local_name(), other.tag_name().name(), "{text:?}");
    let local = |name: &'_ str| name.rsplit(':').next().map(str::to_owned);
    let attributes = element.attributes();
    let attributes: Vec<_> = attributes
        .filter(|(name, _)| *name != "xmlns" && !name.starts_with("xmlns:"))
        .map(|(name, value)| (local(name), value))
        .collect();
    let others = other.attributes();
    let others: Vec<_> = others.map(|it| (local(it.name()), it.value())).collect();
    assert_eq!(attributes, others, "{text:?}");

    let mut content = element.content().iter();
    let mut texts = String::new();
    let mut take = |texts: &mut String| {
        if !texts.is_empty() {
            let taken = Content::Text(std::mem::take(texts));
            assert_eq!(content.next(), Some(&taken), "{text:?}");
        }
        content.next()
    };
    for child in other.children() {
        if child.is_text() {
            texts += child.text().unwrap_or_default();
        } else if child.is_element() {
            let Some(Content::Element(element)) = take(&mut texts) else {
                panic!("an element is missing in {text:?}");
            };
            alike(element, child, text);
        }
    }
    assert_eq!(take(&mut texts), None, "{text:?}");
}

/// What is written is read as it was.
fn again(element: &Element) {
    for written in [element.to_bytes(), element.to_document()] {
        let read = Element::parse(&written, &Limits::default());
        assert_eq!(read.as_ref(), Ok(element), "{written:?}");
    }
}

fn element(choices: &mut Unstructured<'_>, depth: u32) -> arbitrary::Result<Element> {
    const NAMES: [&str; 4] = ["a", "Key", "s3:Key", "é-1.2"];
    let mut element = Element::new(choices.choose(&NAMES)?);
    for _ in 0..choices.int_in_range(0..=2)? {
        let name = choices.choose(&["xmlns", "xsi:type", "a"])?;
        element = element.with_attribute(name, text(choices)?);
    }
    for _ in 0..choices.int_in_range(0..=3)? {
        element = if depth > 0 && choices.arbitrary()? {
            element.with_child(self::element(choices, depth - 1)?)
        } else {
            element.with_text(text(choices)?)
        };
    }
    Ok(element)
}

fn text<'a>(choices: &mut Unstructured<'a>) -> arbitrary::Result<Cow<'a, str>> {
    const PIECES: [&str; 16] = [
        "a", "<", ">", "&", ";", "amp;", "\"", "'", "\n", "\r", "\t", " ", "]]>", "\u{85}",
        "\u{2028}", "𝄞",
    ];
    if choices.arbitrary()? {
        return Ok(Cow::Owned(pieced(&PIECES, <&[u8]>::arbitrary(choices)?)));
    }
    let text = <&str>::arbitrary(choices)?;
    // What XML doesn't allow is written, but not read.
    let allowed = |it: &char| {
        matches!(it, '\t' | '\n' | '\r') || *it >= ' ' && !matches!(it, '\u{FFFE}' | '\u{FFFF}')
    };
    Ok(Cow::Owned(text.chars().filter(allowed).collect()))
}
