//! What is refused of requests about streams, and that they are read as they were written.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{Operation, wire};

const ARN: &str =
    "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/2026-11-27T15:58:47.000";
const SHARD: &str = "shardId-00000001577836800000-0b9d1b9d";
const NUMBER: &str = "000000000000000000001";

fn place() -> Place {
    Place::new("eu-central-1", "123456789012", "local")
}

fn members(operation: Operation, body: Value) -> Result<Map<String, Value>, Refusal> {
    wire::check(operation, body)
}

fn iterator(body: Value) -> Result<GetShardIterator, Refusal> {
    GetShardIterator::read(members(Operation::GetShardIterator, body)?, &place())
}

#[test]
fn a_streams_arn_has_its_table_and_label() {
    let arn = StreamArn::read(ARN, &place()).unwrap();
    assert_eq!(
        (arn.table(), arn.label()),
        ("messages", "2026-11-27T15:58:47.000")
    );
    assert_eq!(arn.as_str(), ARN);
}

#[test]
fn only_arns_of_streams_of_this_place_are_read() {
    for text in [
        "sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdfasdfgasf",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/messages",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/a/b/stream/label",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/label/table/other",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/messages/stream/*",
        "arn:aws:kinesis:eu-central-1:123456789012:table/messages/stream/label",
    ] {
        let expected = Refusal::Validation(format!("Invalid StreamArn: {text}"));
        assert_eq!(StreamArn::read(text, &place()), Err(expected));
    }
    for text in [
        "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/label",
        "arn:aws:dynamodb:x/secrets/stream/y:123456789012:table/messages/stream/label",
        "arn:aws-cn:dynamodb:eu-central-1:123456789012:table/messages/stream/label",
    ] {
        let message = format!("Requested resource not found: Stream: {text} not found");
        assert_eq!(
            StreamArn::read(text, &place()),
            Err(Refusal::ResourceNotFound(message))
        );
    }
    let of_others = "arn:aws:dynamodb:eu-central-1:210987654321:table/messages/stream/label";
    let refusal = StreamArn::read(of_others, &place());
    assert!(
        matches!(refusal, Err(Refusal::AccessDenied(_))),
        "{refusal:?}"
    );
}

#[test]
fn an_iterators_type_says_whether_it_has_a_sequence_number() {
    let body = |kind: &str, number: Option<&str>| {
        let mut body = json!({"StreamArn": ARN, "ShardId": SHARD, "ShardIteratorType": kind});
        body["SequenceNumber"] = number.into();
        body
    };
    let needless = "One or more parameter values were invalid: \
        SequenceNumber should not be passed for this iterator type";
    let missing = "One or more parameter values were invalid: SequenceNumber cannot be null";
    let cases = [
        ("TRIM_HORIZON", Some(NUMBER), needless),
        ("LATEST", Some(NUMBER), needless),
        ("AT_SEQUENCE_NUMBER", None, missing),
        ("AFTER_SEQUENCE_NUMBER", None, missing),
        (
            "AT_TIMESTAMP",
            None,
            "samlet does not support shard iterators of type AT_TIMESTAMP",
        ),
        (
            "LATEST",
            Some("1"),
            "1 validation error detected: Value '1' at 'sequenceNumber' failed to satisfy constraint: \
             Member must have length greater than or equal to 21",
        ),
    ];
    for (kind, number, message) in cases {
        let refusal = iterator(body(kind, number)).unwrap_err();
        assert_eq!(refusal, Refusal::validation(message));
    }
    let read = iterator(body("AFTER_SEQUENCE_NUMBER", Some(NUMBER))).unwrap();
    assert_eq!(read.kind, IteratorType::After(NUMBER.into()));
}

#[test]
fn limits_have_bounds() {
    for (operation, name, value, limit, bound) in [
        (
            Operation::GetRecords,
            "ShardIterator",
            "a",
            1001,
            "less than or equal to 1000",
        ),
        (
            Operation::GetRecords,
            "ShardIterator",
            "a",
            0,
            "greater than or equal to 1",
        ),
        (
            Operation::ListStreams,
            "TableName",
            "abc",
            101,
            "less than or equal to 100",
        ),
        (
            Operation::DescribeStream,
            "StreamArn",
            ARN,
            101,
            "less than or equal to 100",
        ),
    ] {
        let refusal = members(operation, json!({name: value, "Limit": limit})).unwrap_err();
        let message = format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: \
             Member must have value {bound}"
        );
        assert_eq!(refusal, Refusal::Validation(message));
    }
}

#[test]
fn a_filter_of_shards_has_a_type_and_a_shard() {
    let describe = |filter: Value| {
        let body = json!({"StreamArn": ARN, "ShardFilter": filter});
        let members = members(Operation::DescribeStream, body)?;
        DescribeStream::read(members, &place())
    };
    let fault = |path: &str, value: &str, constraint: &str| {
        Err(Refusal::Validation(format!(
            "1 validation error detected: Value {value} at 'shardFilter.{path}' failed to satisfy constraint: \
             Member must {constraint}"
        )))
    };
    assert_eq!(
        describe(json!({"Type": "foo", "ShardId": SHARD})),
        fault("type", "'foo'", "satisfy enum value set: [CHILD_SHARDS]")
    );
    assert_eq!(
        describe(json!({"ShardId": SHARD})),
        fault("type", "null", "not be null")
    );
    assert_eq!(
        describe(json!({"Type": "CHILD_SHARDS", "ShardId": "qwerty"})),
        fault(
            "shardId",
            "'qwerty'",
            "have length greater than or equal to 28"
        )
    );
    let read = describe(json!({"Type": "CHILD_SHARDS", "ShardId": SHARD})).unwrap();
    assert_eq!(read.children_of.as_deref(), Some(SHARD));
}

fn streams() -> impl Strategy<Value = StreamArn> {
    ("[a-zA-Z0-9_.-]{3,30}", "[0-9T:.-]{1,30}").prop_map(|(table, label)| {
        let arn = place().arn("dynamodb", format_args!("table/{table}/stream/{label}"));
        StreamArn::read(arn.as_str(), &place()).unwrap()
    })
}

fn kinds() -> impl Strategy<Value = IteratorType> {
    let number = "[0-9]{21,40}";
    prop_oneof![
        Just(IteratorType::TrimHorizon),
        Just(IteratorType::Latest),
        number.prop_map(IteratorType::At),
        number.prop_map(IteratorType::After),
    ]
}

proptest! {
    #[test]
    fn lists_are_read_as_they_were_written(
        table in proptest::option::of("[a-zA-Z0-9_.-]{3,30}"),
        limit in proptest::option::of(1_u32..=100),
        start in proptest::option::of(streams()),
    ) {
        let request = ListStreams { table, limit, start };
        let members = members(Operation::ListStreams, request.write()).unwrap();
        prop_assert_eq!(ListStreams::read(members, &place()).unwrap(), request);
    }

    #[test]
    fn descriptions_are_read_as_they_were_written(
        stream in streams(),
        limit in proptest::option::of(1_u32..=100),
        start in proptest::option::of("[a-zA-Z0-9-]{28,65}"),
        children_of in proptest::option::of("[a-zA-Z0-9-]{28,65}"),
    ) {
        let request = DescribeStream { stream, limit, start, children_of };
        let members = members(Operation::DescribeStream, request.write()).unwrap();
        prop_assert_eq!(DescribeStream::read(members, &place()).unwrap(), request);
    }

    #[test]
    fn iterators_are_read_as_they_were_written(
        stream in streams(),
        shard in "[a-zA-Z0-9-]{28,65}",
        kind in kinds(),
    ) {
        let request = GetShardIterator { stream, shard, kind };
        prop_assert_eq!(iterator(request.write()).unwrap(), request);
    }

    #[test]
    fn requests_for_records_are_read_as_they_were_written(
        iterator in ".{1,200}",
        limit in proptest::option::of(1_u32..=1000),
    ) {
        let request = GetRecords { iterator, limit };
        let members = members(Operation::GetRecords, request.write()).unwrap();
        prop_assert_eq!(GetRecords::read(members, &place()).unwrap(), request);
    }
}
