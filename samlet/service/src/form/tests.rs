//! What a form holds, by the request bodies of Smithy's protocol tests
//! (`smithy-aws-protocol-tests/model/awsQuery/`) and by those of SQS and SNS.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

fn values<'a>(members: &[Fields<'a>], name: &str) -> Vec<Option<&'a str>> {
    members.iter().map(|member| member.get(name)).collect()
}

/// The entries of a map of texts.
fn texts<'a>(map: Result<Vec<(&'a str, Fields<'a>)>, FormError>) -> Vec<(&'a str, &'a str)> {
    let entries = map.unwrap().into_iter();
    entries
        .map(|(key, value)| (key, value.value().unwrap()))
        .collect()
}

const BAR_AND_FOO: [(&str, &str); 2] = [("bar", "Bar"), ("foo", "Foo")];

#[test]
fn scalars_are_read_by_their_names() {
    let cases = [
        ("Foo=val1&Bar=val2", "Bar", Some("val2")),
        ("Foo=val1&Baz=true", "Baz", Some("true")),
        ("Boo=10.8", "Boo", Some("10.8")),
        ("Qux=dmFsdWU%3D", "Qux", Some("dmFsdWU=")),
        ("FloatValue=-Infinity", "FloatValue", Some("-Infinity")),
        (
            "normalFormat=2015-01-25T08%3A00%3A00Z",
            "normalFormat",
            Some("2015-01-25T08:00:00Z"),
        ),
        ("Foo=a+b%20c%2B", "Foo", Some("a b c+")),
        ("Foo=%C3%A9", "Foo", Some("é")),
        ("Foo=%FF%zz%", "Foo", Some("\u{FFFD}%zz%")),
        ("Foo=1&Foo=2", "Foo", Some("1")),
        ("Foo", "Foo", Some("")),
        ("Foo=", "Foo", Some("")),
        ("Foo.Bar=1", "Foo", None),
        ("Foo=1", "Fo", None),
        ("Foo=1", "Foo.", None),
        ("Foo=1", "", None),
        ("", "Foo", None),
        ("=1&&&", "Foo", None),
    ];
    for (body, name, expected) in cases {
        assert_eq!(form(body).get(name), expected, "{body} {name}");
    }
}

#[test]
fn lists_are_read_wrapped_flattened_and_renamed() {
    let lists = form(
        "Action=QueryLists&Version=2020-01-08&ListArg.member.1=foo&ListArg.member.2=bar\
         &ListArg.member.3=baz&ComplexListArg.member.1.hi=hello&ComplexListArg.member.2.hi=hola",
    );
    assert_eq!(lists.texts("ListArg"), ["foo", "bar", "baz"]);
    let complex = lists.list("ComplexListArg");
    assert_eq!(values(&complex, "hi"), [Some("hello"), Some("hola")]);

    let flattened = form("Action=QueryLists&FlattenedListArg.1=A&FlattenedListArg.2=B");
    assert_eq!(flattened.texts("FlattenedListArg"), ["A", "B"]);

    let renamed = form(
        "Action=QueryLists&ListArgWithXmlNameMember.item.1=A&ListArgWithXmlNameMember.item.2=B",
    );
    let members = renamed.list_of("ListArgWithXmlNameMember", "item");
    assert_eq!(values(&members, ""), [Some("A"), Some("B")]);
    assert!(renamed.texts("ListArgWithXmlNameMember").is_empty());

    let nested = form("NestedWithList.ListArg.member.1=A&NestedWithList.ListArg.member.2=B");
    assert_eq!(
        nested.prefixed("NestedWithList").texts("ListArg"),
        ["A", "B"]
    );
    assert_eq!(nested.texts("NestedWithList.ListArg"), ["A", "B"]);
}

#[test]
fn an_empty_list_is_there_and_has_no_members() {
    let form = form("Action=QueryLists&Version=2020-01-08&ListArg=");
    assert!(form.contains("ListArg"));
    assert!(form.list("ListArg").is_empty());
    assert!(!form.contains("List"));
}

#[test]
fn members_are_in_the_order_of_their_indexes_and_gaps_are_skipped() {
    let members = form("A.10=ten&A.2=two&A.100=hundred&A.1=one&A.07=not&A.0=not&A.x=not&A.=not");
    assert_eq!(members.texts("A"), ["one", "two", "ten", "hundred"]);
}

#[test]
fn huge_indexes_are_members_like_others_or_none() {
    let members = form("A.member.999999999=last&A.member.1=first&A.member.99999999999999999999=no");
    assert_eq!(members.texts("A"), ["first", "last"]);
}

#[test]
fn names_that_only_begin_alike_are_apart() {
    let form = form("A.1=a&A-1.1=b&AB.1=c&A.1-2=d&A.1.x=e&A.10.x=f&A.1%00=g");
    let members = form.list("A");
    assert_eq!(values(&members, "x"), [Some("e"), Some("f")]);
    assert_eq!(values(&members, ""), [Some("a"), None]);
    assert_eq!(form.texts("AB"), ["c"]);
}

#[test]
fn maps_are_read_wrapped_flattened_and_renamed() {
    let simple = form(
        "MapArg.entry.1.key=bar&MapArg.entry.1.value=Bar\
         &MapArg.entry.2.key=foo&MapArg.entry.2.value=Foo",
    );
    assert_eq!(texts(simple.map("MapArg")), BAR_AND_FOO);

    let renamed = form(
        "MapWithXmlMemberName.entry.1.K=bar&MapWithXmlMemberName.entry.1.V=Bar\
         &MapWithXmlMemberName.entry.2.K=foo&MapWithXmlMemberName.entry.2.V=Foo",
    );
    assert_eq!(
        texts(renamed.map_of("MapWithXmlMemberName", "K", "V")),
        BAR_AND_FOO
    );

    let flattened = form(
        "FlattenedMap.1.key=bar&FlattenedMap.1.value=Bar\
         &FlattenedMap.2.key=foo&FlattenedMap.2.value=Foo",
    );
    assert_eq!(texts(flattened.map("FlattenedMap")), BAR_AND_FOO);

    let both = form("Hi.1.K=bar&Hi.1.V=Bar&Hi.2.K=foo&Hi.2.V=Foo");
    assert_eq!(texts(both.map_of("Hi", "K", "V")), BAR_AND_FOO);

    let nested = form(
        "NestedStructWithMap.MapArg.entry.1.key=bar&NestedStructWithMap.MapArg.entry.1.value=Bar",
    );
    let nested = nested.prefixed("NestedStructWithMap");
    assert_eq!(texts(nested.map("MapArg")), [("bar", "Bar")]);

    let empty = form("Action=QueryMaps&Version=2020-01-08");
    assert!(empty.map("MapArg").unwrap().is_empty());
}

#[test]
fn values_of_maps_may_be_structures_and_lists() {
    let complex = form(
        "ComplexMapArg.entry.1.key=bar&ComplexMapArg.entry.1.value.hi=Bar\
         &ComplexMapArg.entry.2.key=foo&ComplexMapArg.entry.2.value.hi=Foo",
    );
    let entries = complex.map("ComplexMapArg").unwrap();
    let read: Vec<_> = entries
        .iter()
        .map(|(key, it)| (*key, it.get("hi")))
        .collect();
    assert_eq!(read, [("bar", Some("Bar")), ("foo", Some("Foo"))]);

    let lists = form(
        "MapOfLists.entry.1.key=bar&MapOfLists.entry.1.value.member.1=C\
         &MapOfLists.entry.1.value.member.2=D&MapOfLists.entry.2.key=foo\
         &MapOfLists.entry.2.value.member.1=A&MapOfLists.entry.2.value.member.2=B",
    );
    let entries = lists.map("MapOfLists").unwrap();
    let read: Vec<_> = entries
        .iter()
        .map(|(key, it)| (*key, it.texts("")))
        .collect();
    assert_eq!(read, [("bar", vec!["C", "D"]), ("foo", vec!["A", "B"])]);
}

#[test]
fn structures_nest() {
    let form = form(
        "Action=NestedStructures&Version=2020-01-08&Nested.StringArg=foo&Nested.OtherArg=true\
         &Nested.RecursiveArg.StringArg=baz",
    );
    let nested = form.prefixed("Nested");
    assert_eq!(nested.get("StringArg"), Some("foo"));
    assert_eq!(nested.get("OtherArg"), Some("true"));
    let inner = nested.prefixed("RecursiveArg");
    assert_eq!(inner.get("StringArg"), Some("baz"));
    assert!(inner.prefixed("RecursiveArg").is_empty());
    assert_eq!(nested.get("RecursiveArg.StringArg"), Some("baz"));
    let all: Vec<_> = nested.iter().collect();
    assert_eq!(
        all,
        [
            ("OtherArg", "true"),
            ("RecursiveArg.StringArg", "baz"),
            ("StringArg", "foo")
        ]
    );
}

#[test]
fn attributes_are_read_as_sqs_and_sns_send_them() {
    let sqs = form(
        "Attribute.2.Value=30&Attribute.2.Name=DelaySeconds&Attribute.1.Name=Policy&Attribute.1.Value=",
    );
    assert_eq!(
        texts(sqs.map_of("Attribute", "Name", "Value")),
        [("Policy", ""), ("DelaySeconds", "30")]
    );
    let sns = form(
        "MessageAttributes.entry.1.Name=colour&MessageAttributes.entry.1.Value.DataType=String\
         &MessageAttributes.entry.1.Value.StringValue=blue",
    );
    let entries = sns.map_of("MessageAttributes", "Name", "Value").unwrap();
    let [("colour", value)] = entries[..] else {
        panic!("{entries:?}");
    };
    assert_eq!(value.get("DataType"), Some("String"));
    assert_eq!(value.get("StringValue"), Some("blue"));
}

#[test]
fn an_entry_without_a_key_is_refused_with_its_name() {
    let form = form("Attribute.3.Value=30");
    let refused = form.map_of("Attribute", "Name", "Value").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The request must contain the parameter Attribute.3.Name."
    );
}

#[test]
fn more_pairs_and_longer_names_than_allowed_are_refused() {
    let most = "a&".repeat(MAX_PAIRS);
    assert!(Form::parse(most.as_bytes()).is_ok());
    let more = most + "a";
    assert_eq!(
        Form::parse(more.as_bytes()).unwrap_err(),
        FormError::TooManyPairs
    );
    let longest = "a".repeat(MAX_NAME_BYTES);
    assert!(form(&longest).contains(&longest));
    let longer = longest + "a";
    assert_eq!(
        Form::parse(longer.as_bytes()).unwrap_err(),
        FormError::NameTooLong
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, name: String) {
        if let Ok(form) = Form::parse(&bytes) {
            form.get(&name);
            form.list(&name);
            let _ = form.map(&name);
        }
    }

    /// The names are few and of a few segments, so that they often meet.
    #[test]
    fn what_is_found_is_what_looking_at_each_pair_finds(
        names in prop::collection::vec("([ab.0-]|member|10|2){0,3}(\\.([ab.0-]|member|10|2)?){0,3}", 0..20),
        asked in "[ab](\\.([ab]|member|2)){0,2}",
    ) {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (number, name) in names.iter().enumerate() {
            body.append_pair(name, &number.to_string());
        }
        let form = form(&body.finish());
        let first = |name: &str| names.iter().position(|other| other == name);
        let text = first(&asked).map(|number| number.to_string());
        prop_assert_eq!(form.get(&asked), text.as_deref());

        let dotted = format!("{asked}.");
        let mut under: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(&dotted)).collect();
        under.sort_unstable();
        under.dedup();
        let fields = form.prefixed(&asked);
        let mut found: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
        found.sort_unstable();
        prop_assert_eq!(found, under);

        let scalars = |list: &str| -> Vec<String> {
            let number = |index: &u32| first(&format!("{list}.{index}"));
            (1..=1010).filter_map(|index| number(&index)).map(|number| number.to_string()).collect()
        };
        let wrapped = format!("{asked}.member");
        let is_wrapped = (1..=1010).any(|index| {
            let one = format!("{wrapped}.{index}");
            let dotted = format!("{one}.");
            names.iter().any(|name| *name == one || name.starts_with(&dotted))
        });
        let expected = if is_wrapped { scalars(&wrapped) } else { scalars(&asked) };
        prop_assert_eq!(form.texts(&asked), expected);
    }
}
