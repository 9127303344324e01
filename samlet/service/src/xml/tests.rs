//! What is written and read, by the documents of S3, SNS and Smithy's protocol tests.

#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn parse(text: &str) -> Result<Element, XmlError> {
    Element::parse(text.as_bytes(), &Limits::default())
}

fn text_of(document: &str) -> Result<String, XmlError> {
    parse(document).map(|element| element.text().into_owned())
}

#[test]
fn an_answer_of_sns_is_written() {
    let topics = ["arn:aws:sns:us-east-1:123456789012:a", "b"]
        .map(|arn| Element::new("member").with_text_child("TopicArn", arn));
    let answer = Element::new("ListTopicsResponse")
        .with_namespace("http://sns.amazonaws.com/doc/2010-03-31/")
        .with_child(
            Element::new("ListTopicsResult")
                .with_child(Element::new("Topics").with_children(topics))
                .with_optional_text_child("NextToken", Some("a&b"))
                .with_optional_text_child("Count", None::<u32>),
        )
        .with_text_child("Attempts", 1);
    assert_eq!(
        answer.to_bytes(),
        "<ListTopicsResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
         <ListTopicsResult><Topics>\
         <member><TopicArn>arn:aws:sns:us-east-1:123456789012:a</TopicArn></member>\
         <member><TopicArn>b</TopicArn></member>\
         </Topics><NextToken>a&amp;b</NextToken></ListTopicsResult>\
         <Attempts>1</Attempts></ListTopicsResponse>"
    );
}

#[test]
fn an_answer_of_s3_begins_with_a_declaration() {
    let bucket = Element::new("LocationConstraint").with_attribute("a", 1);
    assert_eq!(
        bucket.with_attribute("a", 2).to_document(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint a=\"2\"/>"
    );
}

#[test]
fn texts_and_attributes_are_escaped() {
    let written = Element::new("a")
        .with_attribute("b", "<\">'&\t\n\r")
        .with_text("<\">'&\t\n\r\u{85}\u{2028}é𝄞");
    assert_eq!(
        written.to_bytes(),
        "<a b=\"&lt;&quot;&gt;&apos;&amp;&#x9;&#xA;&#xD;\">\
         &lt;&quot;&gt;&apos;&amp;&#x9;&#xA;&#xD;&#x85;&#x2028;é𝄞</a>"
    );
}

#[test]
fn what_xml_does_not_allow_is_written_as_s3_writes_it_and_refused_when_read() {
    let written = Element::with_only_text("Key", "\0\u{1}\u{B}\u{FFFE}\u{FFFF}").to_bytes();
    assert_eq!(written, "<Key>&#x0;&#x1;&#xB;&#xFFFE;&#xFFFF;</Key>");
    for refused in [
        "&#0;",
        "&#x1;",
        "&#xFFFE;",
        "&#xD800;",
        "&#x110000;",
        "\u{1}",
        "\u{FFFF}",
    ] {
        for document in [
            format!("<Key>{refused}</Key>"),
            format!("<Key a='{refused}'/>"),
        ] {
            let error = parse(&document).unwrap_err();
            assert!(
                matches!(
                    error,
                    XmlError::Character { .. } | XmlError::Reference { .. }
                ),
                "{document:?} {error}"
            );
        }
    }
}

#[test]
fn a_request_of_s3_is_read() {
    let request = parse(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- a comment -->\n\
         <Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <Quiet>true</Quiet>\n  \
         <Object><Key>a b</Key></Object>\n  <s3:Object>\n<Key> <![CDATA[<c>&amp;]]>&#xD;&amp;<!-- -->d</Key>\
         <VersionId/></s3:Object>\n</Delete>\n<?end?>",
    )
    .unwrap();
    assert_eq!(request.name(), "Delete");
    assert_eq!(
        request.attribute("xmlns"),
        Some("http://s3.amazonaws.com/doc/2006-03-01/")
    );
    assert_eq!(request.child_text("Quiet").as_deref(), Some("true"));
    assert_eq!(request.child_text("MFA"), None);
    let objects: Vec<_> = request.children("Object").collect();
    let keys: Vec<_> = objects.iter().map(|it| it.child_text("Key")).collect();
    assert_eq!(keys, [Some("a b".into()), Some(" <c>&amp;\r&d".into())]);
    assert_eq!(objects[1].name(), "s3:Object");
    assert_eq!(objects[1].local_name(), "Object");
    assert_eq!(objects[1].child_text("VersionId").as_deref(), Some(""));
    assert_eq!(request.elements().count(), 3);
}

#[test]
fn references_are_resolved_once() {
    // Smithy's restXml test SimpleScalarPropertiesComplexEscapes.
    let text = text_of("<stringValue>escaped data: &amp;lt;&#xD;&#10;</stringValue>");
    assert_eq!(text.unwrap(), "escaped data: &lt;\r\n");
    let element = parse("<a b='&amp;lt;&#xD;&#10;&quot;'/>").unwrap();
    assert_eq!(element.attribute("b"), Some("&lt;\r\n\""));
}

#[test]
fn line_ends_are_normalized() {
    assert_eq!(text_of("<a>1\r\n2\r3\n</a>").unwrap(), "1\n2\n3\n");
    assert_eq!(text_of("<a><![CDATA[1\r\n2]]></a>").unwrap(), "1\n2");
    let element = parse("<a b='\"c' \td=\"'\"\r\n/>").unwrap();
    let attributes: Vec<_> = element.attributes().collect();
    assert_eq!(attributes, [("b", "\"c"), ("d", "'")]);
    let element = parse("<a b='1\r\n2\t3'/>").unwrap();
    assert_eq!(element.attribute("b"), Some("1 2 3"));
}

#[test]
fn text_around_elements_is_one_text() {
    let element = parse("<a>1<b>2</b>3<b/></a>").unwrap();
    assert_eq!(element.text(), "13");
    assert_eq!(element.content().len(), 4);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_not_well_formed_is_refused_with_its_place() {
    let cases = [
        ("<a></b>", XmlError::MismatchedTag { at: 3 }),
        ("<a><b></a></b>", XmlError::MismatchedTag { at: 6 }),
        ("<a/></a>", XmlError::MismatchedTag { at: 4 }),
        ("<a><b/>", XmlError::Unclosed { at: 7 }),
        ("<a/><b/>", XmlError::OutsideRoot { at: 4 }),
        ("<a/> b", XmlError::OutsideRoot { at: 4 }),
        ("b<a/>", XmlError::OutsideRoot { at: 0 }),
        ("&amp;<a/>", XmlError::OutsideRoot { at: 0 }),
        ("<![CDATA[]]><a/>", XmlError::OutsideRoot { at: 0 }),
        ("", XmlError::NoRoot),
        (" <!-- --> ", XmlError::NoRoot),
        ("<a", XmlError::Malformed { at: 0 }),
        ("<a>b]]></a>", XmlError::Malformed { at: 3 }),
        ("<a>&b</a>", XmlError::Malformed { at: 3 }),
        ("<a>&b;</a>", XmlError::Reference { at: 3 }),
        ("<a b='&c;'/>", XmlError::Reference { at: 0 }),
        ("<a b='<'/>", XmlError::Malformed { at: 0 }),
        ("<a b/>", XmlError::Malformed { at: 0 }),
        ("<a b=c/>", XmlError::Malformed { at: 0 }),
        ("<a b=''c=''/>", XmlError::Malformed { at: 0 }),
        (
            "<?xml version='1.0'encoding='UTF-8'?><a/>",
            XmlError::Malformed { at: 0 },
        ),
        ("<a b='' b=''/>", XmlError::Malformed { at: 0 }),
        ("<1/>", XmlError::Malformed { at: 0 }),
        ("<a:b:c/>", XmlError::Malformed { at: 0 }),
        ("<:a/>", XmlError::Malformed { at: 0 }),
        ("< a/>", XmlError::Malformed { at: 0 }),
        ("<a b&c=''/>", XmlError::Malformed { at: 0 }),
        ("<a><!-- -- --></a>", XmlError::Malformed { at: 8 }),
        (" <?xml version='1.0'?><a/>", XmlError::Malformed { at: 1 }),
        ("<??><a/>", XmlError::Malformed { at: 0 }),
        ("<a><?1?></a>", XmlError::Malformed { at: 3 }),
        ("<a><?XML?></a>", XmlError::Malformed { at: 3 }),
        ("<a><!--\0--></a>", XmlError::Character { at: 7 }),
        ("<a>\u{1}</a>", XmlError::Character { at: 3 }),
        ("<a>&#1;</a>", XmlError::Reference { at: 3 }),
        ("<a b='&#1;'/>", XmlError::Reference { at: 0 }),
        (
            "<?xml version='1.0' encoding='utf-8' standalone='no'?>",
            XmlError::NoRoot,
        ),
        ("<?xml?><a/>", XmlError::Malformed { at: 0 }),
        (
            "<?xml version='1.0' a=''?><a/>",
            XmlError::Malformed { at: 0 },
        ),
        (
            "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
            XmlError::Malformed { at: 0 },
        ),
        ("<?xml version='3'?><a/>", XmlError::Version),
        (
            "<?xml version='1.0' encoding='latin1'?><a/>",
            XmlError::Encoding,
        ),
        ("<!DOCTYPE a><a/>", XmlError::DocumentType { at: 0 }),
    ];
    for (document, expected) in cases {
        assert_eq!(parse(document), Err(expected), "{document}");
    }
}

#[test]
fn only_utf_8_is_read() {
    let limits = Limits::default();
    let marked = Element::parse(b"\xEF\xBB\xBF<?xml version='1.0'?><a/>", &limits);
    assert_eq!(marked, Ok(Element::new("a")));
    let latin1 = Element::parse(b"<a>\xE9</a>", &limits);
    assert_eq!(latin1, Err(XmlError::NotUtf8 { at: 3 }));
    let utf_16 = Element::parse(b"\xFE\xFF\0<\0a\0/\0>", &limits);
    assert_eq!(utf_16, Err(XmlError::NotUtf8 { at: 0 }));
}

#[test]
fn entities_that_grow_are_refused() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">\
                  <!ENTITY lol3 \"&lol2;&lol2;&lol2;\">]><lolz>&lol3;</lolz>";
    assert_eq!(parse(laughs), Err(XmlError::DocumentType { at: 0 }));
    let external = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    assert_eq!(parse(external), Err(XmlError::DocumentType { at: 0 }));
}

#[test]
fn depth_elements_and_attributes_have_limits() {
    let limits = Limits {
        depth: 3,
        elements: 4,
        attributes: 2,
    };
    let read = |text: &str| Element::parse(text.as_bytes(), &limits).map(|_| ());
    assert_eq!(read("<a><b><c/></b><d/></a>"), Ok(()));
    assert_eq!(read("<a><b><c><d/></c></b></a>"), Err(XmlError::TooDeep(3)));
    let many = "<a><b/><c/><d/><e/></a>";
    assert_eq!(read(many), Err(XmlError::TooManyElements(4)));
    assert_eq!(read("<a b='' c=''/>"), Ok(()));
    let many = "<a b='' c='' d=''/>";
    assert_eq!(read(many), Err(XmlError::TooManyAttributes(2)));
}

#[test]
fn a_megabyte_of_start_tags_or_attributes_is_refused_at_the_limit() {
    const MEGABYTE: usize = 1 << 20;
    let limits = Limits::default();
    let deep = "<a>".repeat(MEGABYTE / 3);
    assert_eq!(parse(&deep), Err(XmlError::TooDeep(limits.depth)));
    let wide = format!("<a>{}</a>", "<b/>".repeat(MEGABYTE / 4));
    assert_eq!(
        parse(&wide),
        Err(XmlError::TooManyElements(limits.elements))
    );
    let attributes: String = (0..MEGABYTE / 12).map(|n| format!(" a{n}=''")).collect();
    let error = parse(&format!("<a{attributes}/>"));
    assert_eq!(error, Err(XmlError::TooManyAttributes(limits.attributes)));
}

fn any_text() -> impl Strategy<Value = String> {
    let allowed = any::<char>().prop_filter("XML allows it", |it| is_allowed(*it));
    let special = select(vec![
        '<', '&', ']', '>', '"', '\'', '\n', '\r', '\t', ' ', ';', '#',
    ]);
    vec(prop_oneof![allowed, special], 0..8).prop_map(String::from_iter)
}

fn any_element() -> impl Strategy<Value = Element> {
    let names = select(vec!["a", "Key", "s3:Key", "é-1.2"]);
    let attribute = (select(vec!["xmlns", "xsi:type", "a"]), any_text());
    let bare = (names, vec(attribute, 0..3)).prop_map(|(name, attributes)| {
        let add = |element: Element, (name, value)| element.with_attribute(name, value);
        attributes.into_iter().fold(Element::new(name), add)
    });
    let bare = bare.boxed();
    bare.clone().prop_recursive(4, 32, 4, move |inner| {
        let content = prop_oneof![inner.prop_map(Ok), any_text().prop_map(Err)];
        (bare.clone(), vec(content, 0..4)).prop_map(|(element, content)| {
            let add = |element: Element, content| match content {
                Ok(child) => element.with_child(child),
                Err(text) => element.with_text(text),
            };
            content.into_iter().fold(element, add)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again_as_it_was(element in any_element()) {
        let limits = Limits::default();
        prop_assert_eq!(&Element::parse(&element.to_bytes(), &limits).unwrap(), &element);
        prop_assert_eq!(&Element::parse(&element.to_document(), &limits).unwrap(), &element);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Element::parse(&bytes, &Limits::default());
    }

    #[test]
    fn any_pieces_of_xml_are_read_or_refused(
        pieces in vec(select(vec![
            "<", ">", "/", "</", "/>", "<a>", "</a>", "<?", "?>", "<!--", "-->", "-", "<![CDATA[",
            "]]>", "<!DOCTYPE", "[", "]", "&", ";", "&#", "x", "amp", "a", "=", "'", "\"", " ",
            "\r", "\n", "xml", "version", "é", "\u{FEFF}",
        ]), 0..12),
    ) {
        if let Ok(element) = parse(&pieces.concat()) {
            prop_assert_eq!(Element::parse(&element.to_bytes(), &Limits::default()), Ok(element));
        }
    }
}
